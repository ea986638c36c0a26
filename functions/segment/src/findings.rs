//! What a model found, in the words of records and answers.

use darkroom_domain::{
    Failure,
    archive::{ClassArea, InstanceFinding, ModelUse, PictureFindings},
};
use darkroom_inference::{Contour, Model, Regions, SegmentOptions, Segmentation};
use serde::Serialize;

/// The least area of an outline, in pixels: smaller ones are specks of the network's grid.
const SPECK: f64 = 4.0;

/// The most single things of a picture that are written down, the surest first: a record has 400 kB. All are painted.
const MOST_INSTANCES: usize = 1_000;

/// A picture's findings with the outlines of what was found: what `output=json` brings back.
#[derive(Serialize)]
pub(crate) struct Outlined<'findings> {
    #[serde(flatten)]
    findings: &'findings PictureFindings,
    contours: Vec<Contour>,
}

impl<'findings> Outlined<'findings> {
    pub(crate) fn new(findings: &'findings PictureFindings, segmentation: &Segmentation) -> Self {
        Self {
            findings,
            contours: segmentation.contours(SPECK),
        }
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
        serde_json::to_vec(self).map_err(Failure::unknown)
    }
}

fn number(class: usize) -> Result<u32, Failure> {
    u32::try_from(class).map_err(Failure::unknown)
}

/// The model, and what it was told.
pub(crate) fn model_use(model: &Model, options: &SegmentOptions, segmentation: &Segmentation) -> ModelUse {
    let thresholds = model.thresholds();
    let tells_apart = matches!(segmentation.regions, Regions::Instances(_));
    ModelUse {
        name: model.name().to_owned(),
        version: model.version().to_owned(),
        sha256: model.digest().to_owned(),
        confidence: options.confidence.or(thresholds.confidence).unwrap_or_default(),
        iou: tells_apart.then(|| options.iou.unwrap_or(thresholds.iou)),
    }
}

/// What there is to say of a picture. The time is filled in at the end.
pub(crate) fn findings(segmentation: &Segmentation, model: ModelUse) -> Result<PictureFindings, Failure> {
    let background = match &segmentation.regions {
        Regions::Semantic(semantic) => Some(usize::from(semantic.background())),
        Regions::Instances(_) => None,
    };
    let areas = segmentation
        .areas()
        .into_iter()
        .filter(|area| Some(area.class) != background)
        .map(|area| {
            Ok(ClassArea {
                class: number(area.class)?,
                label: area.label,
                pixels: area.pixels,
                percent: area.percent,
            })
        })
        .collect::<Result<_, Failure>>()?;
    let instances = match &segmentation.regions {
        Regions::Semantic(_) => Vec::new(),
        Regions::Instances(instances) => instances
            .iter()
            .take(MOST_INSTANCES)
            .map(|instance| {
                let bounds = instance.detection.bounds;
                Ok(InstanceFinding {
                    class: number(instance.detection.class)?,
                    label: instance.detection.label.clone(),
                    confidence: instance.detection.score,
                    bounds: [bounds.x1, bounds.y1, bounds.x2, bounds.y2],
                    pixels: instance.mask.area(),
                })
            })
            .collect::<Result<_, Failure>>()?,
    };
    Ok(PictureFindings {
        width: segmentation.width,
        height: segmentation.height,
        model,
        areas,
        instances,
        milliseconds: 0,
    })
}
