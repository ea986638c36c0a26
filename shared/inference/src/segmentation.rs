//! The answer of a model that segments.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::class_map::ClassMap;
use crate::contour::Ring;
use crate::detection::Detection;
use crate::manifest::Labels;
use crate::mask::Mask;
use crate::score_grid::ScoreGrid;

/// Which pixels of a picture belong to what.
#[derive(Clone, Debug)]
pub struct Segmentation {
    /// Pixels in a row of the picture.
    pub width: u32,
    /// Rows of the picture.
    pub height: u32,
    /// What was found.
    pub regions: Regions,
    pub(crate) labels: Arc<Labels>,
}

/// What was found, in the way of the model.
#[derive(Clone, Debug)]
pub enum Regions {
    /// A class for every pixel.
    Semantic(Semantic),
    /// Things of their own, which may overlap; strongest first.
    Instances(Vec<Instance>),
}

/// A class for every pixel.
#[derive(Clone, Debug)]
pub struct Semantic {
    pub(crate) map: ClassMap,
    pub(crate) background: u8,
    pub(crate) grid: ScoreGrid,
}

impl Semantic {
    /// The class of every pixel.
    #[must_use]
    pub fn map(&self) -> &ClassMap {
        &self.map
    }

    /// The class that stands for nothing in particular.
    #[must_use]
    pub fn background(&self) -> u8 {
        self.background
    }
}

/// One thing and the pixels that belong to it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Class, score and box.
    pub detection: Detection,
    /// The pixels.
    pub mask: Mask,
}

/// How much of a picture belongs to a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassArea {
    /// The class, as the model counts.
    pub class: usize,
    /// Name of the class.
    pub label: String,
    /// Pixels that belong to it; those of several instances count once.
    pub pixels: u64,
    /// Part of the picture, 0 to 100.
    pub percent: f64,
}

/// The outlines of a class or of an instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contour {
    /// The class, as the model counts.
    pub class: usize,
    /// Name of the class.
    pub label: String,
    /// Which instance this is, counted from 0, if the model knows instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<usize>,
    /// Closed lines around the region and, the other way about, around its holes.
    pub rings: Vec<Ring>,
}

impl Segmentation {
    /// Name of a class.
    #[must_use]
    pub fn label(&self, class: usize) -> String {
        self.labels.name(class)
    }

    /// How much of the picture belongs to each class that occurs, by class. In a semantic segmentation that includes
    /// the background.
    #[must_use]
    pub fn areas(&self) -> Vec<ClassArea> {
        let total = u64::from(self.width) * u64::from(self.height);
        let area = |class: usize, pixels: u64| ClassArea {
            class,
            label: self.labels.name(class),
            pixels,
            percent: 100.0 * pixels as f64 / total.max(1) as f64,
        };
        match &self.regions {
            Regions::Semantic(semantic) => {
                let counts = semantic.map.counts().into_iter().enumerate();
                counts
                    .filter(|(_, pixels)| *pixels > 0)
                    .map(|(class, pixels)| area(class, pixels))
                    .collect()
            }
            Regions::Instances(instances) => {
                let mut by_class: BTreeMap<usize, Vec<&Mask>> = BTreeMap::new();
                for instance in instances {
                    by_class
                        .entry(instance.detection.class)
                        .or_default()
                        .push(&instance.mask);
                }
                by_class
                    .into_iter()
                    .map(|(class, masks)| area(class, union_area(&masks)))
                    .collect()
            }
        }
    }

    /// The outlines of every class but the background, or of every instance, in pixels of the picture. Rings that
    /// enclose less than `min_area` pixels are left out, and so is what has no ring left.
    ///
    /// Within a cell of the network's grid the outline of a class follows where its lead over the best other class,
    /// interpolated, is 0; between three classes that may differ from the map by a fraction of the cell.
    #[must_use]
    pub fn contours(&self, min_area: f64) -> Vec<Contour> {
        let contour = |class: usize, instance: Option<usize>, rings: Vec<Ring>| {
            let contour = Contour {
                class,
                label: self.labels.name(class),
                instance,
                rings,
            };
            (!contour.rings.is_empty()).then_some(contour)
        };
        match &self.regions {
            Regions::Semantic(semantic) => {
                let background = usize::from(semantic.background);
                let counts = semantic.map.counts().into_iter().enumerate();
                counts
                    .filter(|(class, pixels)| *pixels > 0 && *class != background)
                    .filter_map(|(class, _)| {
                        let rings = semantic.grid.rings(class, (self.width, self.height), min_area);
                        contour(class, None, rings)
                    })
                    .collect()
            }
            Regions::Instances(instances) => instances
                .iter()
                .enumerate()
                .filter_map(|(index, instance)| {
                    contour(
                        instance.detection.class,
                        Some(index),
                        instance.mask.rings(min_area),
                    )
                })
                .collect(),
        }
    }
}

/// How many pixels belong to at least one of the masks.
fn union_area(masks: &[&Mask]) -> u64 {
    if let [only] = masks {
        return only.area();
    }
    let first = masks.iter().map(|mask| mask.rows().start).min().unwrap_or(0);
    let end = masks.iter().map(|mask| mask.rows().end).max().unwrap_or(0);
    let mut spans = Vec::new();
    let mut all: Vec<Range<u32>> = Vec::new();
    let mut pixels = 0;
    for y in first..end {
        all.clear();
        for mask in masks {
            mask.spans(y, &mut spans);
            all.append(&mut spans);
        }
        all.sort_by_key(|span| span.start);
        let mut reached = 0;
        for span in &all {
            let start = span.start.max(reached);
            pixels += u64::from(span.end.saturating_sub(start));
            reached = reached.max(span.end);
        }
    }
    pixels
}
