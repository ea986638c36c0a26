//! What a model found, painted: over the picture, or as a mask.

use darkroom_domain::{Failure, archive::ClassArea};
use darkroom_inference::{Instance, Regions, Segmentation, Semantic};
use darkroom_vision::{
    Picture,
    draw::{self, ClassColors, ClassTint},
    encode,
};

/// How much of a region's pixels is the colour of its class.
const ALPHA: f32 = 0.5;
/// How much of a picture a class must cover to be named in it, in percent: what rounds to nothing is not worth a label.
const NAMED_PERCENT: f64 = 0.5;
/// The least area of an outline that is drawn, in line widths squared: smaller ones would be blots.
const SMALLEST_OUTLINE: f64 = 4.0;

/// Paints what was found over the picture, at its full resolution.
pub(crate) fn overlay(picture: &mut Picture, segmentation: &Segmentation, areas: &[ClassArea]) {
    let line_width = draw::line_width(picture.width(), picture.height());
    match &segmentation.regions {
        Regions::Semantic(semantic) => {
            let tint = ClassTint::with_background(semantic.background(), ALPHA);
            for y in 0..picture.height() {
                tint.row(picture, y, semantic.map().row(y));
            }
            outlines(picture, segmentation, line_width);
            let mut named: Vec<&ClassArea> = areas
                .iter()
                .filter(|area| area.percent >= NAMED_PERCENT)
                .collect();
            // The largest last: where labels meet, that one is read.
            named.sort_by(|one, other| one.percent.total_cmp(&other.percent));
            for area in named {
                label_class(picture, semantic, area, line_width);
            }
        }
        Regions::Instances(instances) => {
            // The strongest come first, and are painted last.
            for instance in instances.iter().rev() {
                let color = draw::class_color(instance.detection.class);
                for_each_span(instance, |y, columns| {
                    draw::tint(picture, y, columns, color, ALPHA);
                });
            }
            outlines(picture, segmentation, line_width);
            for instance in instances.iter().rev() {
                let found = &instance.detection;
                let corners = [found.bounds.x1, found.bounds.y1, found.bounds.x2, found.bounds.y2];
                let text = draw::detection_text(&found.label, found.score);
                draw::labelled_box(picture, corners, line_width, ClassColors::of(found.class), &text);
            }
        }
    }
}

fn outlines(picture: &mut Picture, segmentation: &Segmentation, line_width: u32) {
    let width = line_width.div_ceil(2);
    let least = SMALLEST_OUTLINE * f64::from(line_width) * f64::from(line_width);
    for contour in segmentation.contours(least) {
        for ring in &contour.rings {
            draw::outline(picture, ring.points(), width, draw::class_color(contour.class));
        }
    }
}

fn for_each_span(instance: &Instance, mut paint: impl FnMut(u32, std::ops::Range<u32>)) {
    let mut spans = Vec::new();
    for y in instance.mask.rows() {
        instance.mask.spans(y, &mut spans);
        for span in spans.drain(..) {
            paint(y, span);
        }
    }
}

/// Names a class, and how much of the picture it covers, in the middle of its longest row.
fn label_class(picture: &mut Picture, semantic: &Semantic, area: &ClassArea, line_width: u32) {
    let Ok(class) = u8::try_from(area.class) else {
        return;
    };
    let mut longest = (0_usize, 0_u32, 0_usize);
    for y in 0..picture.height() {
        let mut start = 0_usize;
        for run in semantic.map().row(y).chunk_by(|a, b| a == b) {
            if run.first() == Some(&class) && run.len() > longest.2 {
                longest = (start, y, run.len());
            }
            start = start.saturating_add(run.len());
        }
    }
    let (start, row, length) = longest;
    let place = |value: usize| u16::try_from(value).map_or(f32::INFINITY, f32::from);
    let middle = place(start.saturating_add(length / 2));
    let row = u16::try_from(row).map_or(f32::INFINITY, f32::from);
    let text = format!("{} {:.0} %", area.label, area.percent);
    let colors = ClassColors::of(usize::from(class));
    draw::label(picture, [middle, row], line_width, colors, &text);
}

/// A PNG of classes: of a model that knows the class of each pixel, their numbers; of one that finds single things, the
/// number of the class and one, with 0 where nothing is, and the strongest on top.
pub(crate) fn mask(segmentation: &Segmentation) -> Result<Vec<u8>, Failure> {
    let (width, height) = (segmentation.width, segmentation.height);
    let (first, indices) = match &segmentation.regions {
        Regions::Semantic(semantic) => {
            let palette = palette(|class| {
                (class != semantic.background()).then(|| draw::class_color(usize::from(class)))
            });
            return encode::indexed_png(width, height, semantic.map().classes(), &palette);
        }
        Regions::Instances(instances) => (1_usize, painted(instances, width, height)?),
    };
    let palette = palette(|value| usize::from(value).checked_sub(first).map(draw::class_color));
    encode::indexed_png(width, height, &indices, &palette)
}

fn palette(color_of: impl Fn(u8) -> Option<[u8; 3]>) -> Vec<[u8; 3]> {
    (0..=u8::MAX)
        .map(|value| color_of(value).unwrap_or_default())
        .collect()
}

fn painted(instances: &[Instance], width: u32, height: u32) -> Result<Vec<u8>, Failure> {
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    let mut indices = vec![0_u8; usize::try_from(pixels).map_err(Failure::unknown)?];
    for instance in instances.iter().rev() {
        // What a byte does not hold is still something: it shares the last number.
        let value = u8::try_from(instance.detection.class.saturating_add(1)).unwrap_or(u8::MAX);
        for_each_span(instance, |y, columns| {
            let row = y as usize * width as usize;
            let span = row + columns.start as usize..row + columns.end as usize;
            if let Some(span) = indices.get_mut(span) {
                span.fill(value);
            }
        });
    }
    Ok(indices)
}
