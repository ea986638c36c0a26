//! One picture: its file in, what was found and a picture that shows it out. No I/O.

use std::time::{Duration, Instant};

use darkroom_domain::{
    Code, DetectedObject, Failure, ImageLimits, PredictionTimes, prediction::UNCERTAIN_MARGIN,
};
use darkroom_inference::{Detection, Model, Pixels};
use darkroom_vision::{LabelledBox, Proof, draw};

use crate::parameters::Parameters;

/// A picture in which it was looked for things.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectedPicture {
    /// What was found, the surest first.
    pub detections: Vec<DetectedObject>,
    /// What was nearly found, the surest first.
    pub uncertain: Vec<DetectedObject>,
    /// Pixels of the picture, upright.
    pub width: u32,
    /// Pixels of the picture, upright.
    pub height: u32,
    /// How long it took.
    pub times: PredictionTimes,
    /// The picture at full resolution with a box round each thing that was found, as a JPEG file.
    pub annotated: Vec<u8>,
}

/// Looks for things in one picture.
///
/// # Errors
/// Those of decoding; `model_failed`.
pub fn detected(
    file: &[u8],
    limits: &ImageLimits,
    model: &Model,
    parameters: &Parameters,
) -> Result<DetectedPicture, Failure> {
    let mut decoding = Duration::ZERO;
    let mut drawing = Duration::ZERO;
    let input = &model.description().input;
    let proof = timed(&mut decoding, || {
        Proof::open(file, limits, (input.width, input.height))
    })?;
    let seen = proof.rendition();
    let pixels = Pixels::new(seen.width(), seen.height(), seen.pixels()).map_err(Failure::unknown)?;
    let (found, timing) = model
        .detect_graded(&pixels, &parameters.options(), UNCERTAIN_MARGIN)
        .map_err(|error| Failure::permanent(Code::ModelFailed, error.to_string()))?;
    let (width, height) = (proof.width(), proof.height());
    let objects = |found: &[Detection]| {
        found
            .iter()
            .filter_map(|detection| object(detection, &proof).transpose())
            .collect::<Result<Vec<_>, _>>()
    };
    let detections = objects(&found.sure)?;
    let uncertain = objects(&found.uncertain)?;
    let boxes = boxes(&detections);
    let annotated = timed(&mut drawing, || proof.annotated(&boxes))?;
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    Ok(DetectedPicture {
        detections,
        uncertain,
        width,
        height,
        times: PredictionTimes {
            decode_ms: milliseconds(decoding),
            preprocess_ms: timing.preprocess_ms,
            inference_ms: timing.inference_ms,
            postprocess_ms: timing.postprocess_ms,
            drawing_ms: milliseconds(drawing),
        },
        annotated,
    })
}

/// What was found in the rendition, where it is in the picture. None for what lies beyond the picture's border, in the part of
/// a rendition's pixel behind which there is nothing.
fn object(detection: &Detection, proof: &Proof) -> Result<Option<DetectedObject>, Failure> {
    let found = detection.bounds;
    let [x1, y1, x2, y2] = proof.full_bounds([found.x1, found.y1, found.x2, found.y2]);
    let (right, bottom) = (side(proof.width()), side(proof.height()));
    let bounds = [
        x1.clamp(0.0, right),
        y1.clamp(0.0, bottom),
        x2.clamp(0.0, right),
        y2.clamp(0.0, bottom),
    ];
    let [x1, y1, x2, y2] = bounds;
    if !(x1 < x2 && y1 < y2) {
        return Ok(None);
    }
    Ok(Some(DetectedObject {
        class: u32::try_from(detection.class).map_err(Failure::unknown)?,
        label: detection.label.clone(),
        confidence: detection.score,
        bounds,
    }))
}

/// A side as a coordinate. Limits keep sides far below what would be rounded.
fn side(pixels: u32) -> f32 {
    u16::try_from(pixels).map_or(f32::from(u16::MAX), f32::from)
}

/// The boxes to draw. Where they meet, the surest is on top.
fn boxes(detections: &[DetectedObject]) -> Vec<LabelledBox> {
    detections
        .iter()
        .rev()
        .map(|object| LabelledBox {
            bounds: object.bounds,
            class: usize::try_from(object.class).unwrap_or(usize::MAX),
            text: draw::detection_text(&object.label, object.confidence),
        })
        .collect()
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    *total += began.elapsed();
    result
}
