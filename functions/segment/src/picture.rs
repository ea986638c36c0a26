//! One picture: its file in, what was found and another file out. No I/O.

use std::time::{Duration, Instant};

use darkroom_domain::{ArchiveOutput, Code, Failure, ImageLimits, archive::PictureFindings};
use darkroom_inference::{Model, Pixels, SegmentOptions, Timing};
use darkroom_vision::{Picture, decode, encode};

use crate::{
    findings::{Outlined, findings, model_use},
    painting,
};

/// What is asked of a picture.
#[derive(Clone, Debug)]
pub struct PictureOrder {
    /// What counts as found.
    pub options: SegmentOptions,
    /// What comes back.
    pub output: ArchiveOutput,
    /// The extension of what comes back, without the dot: an overlay is encoded as it says.
    pub extension: String,
}

/// A picture that was segmented.
#[derive(Clone, Debug)]
pub struct SegmentedPicture {
    /// The file that comes back.
    pub bytes: Vec<u8>,
    /// What was found.
    pub findings: PictureFindings,
    /// How long each stage took.
    pub stages: Stages,
}

/// How long each stage took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// From the file to pixels.
    pub decode: Duration,
    /// The model: preparing its input, running it, reading its output.
    pub model: Timing,
    /// Areas, and painting them.
    pub paint: Duration,
    /// From pixels to the file.
    pub encode: Duration,
}

/// Segments one picture.
///
/// # Errors
/// Those of decoding; `model_failed`.
pub fn segmented(
    file: &[u8],
    limits: &ImageLimits,
    model: &Model,
    order: &PictureOrder,
) -> Result<SegmentedPicture, Failure> {
    let mut stages = Stages::default();
    let mut picture = timed(&mut stages.decode, || decode(file, limits))?;
    let pixels =
        Pixels::new(picture.width(), picture.height(), picture.pixels()).map_err(Failure::unknown)?;
    let (segmentation, timing) = model
        .segment(&pixels, &order.options)
        .map_err(|error| Failure::permanent(Code::ModelFailed, error.to_string()))?;
    stages.model = timing;
    let found = timed(&mut stages.paint, || {
        let model = model_use(model, &order.options, &segmentation);
        findings(&segmentation, model)
    })?;
    let bytes = match order.output {
        ArchiveOutput::Overlay => {
            timed(&mut stages.paint, || {
                painting::overlay(&mut picture, &segmentation, &found.areas);
            });
            timed(&mut stages.encode, || encoded(picture, &order.extension))?
        }
        ArchiveOutput::Mask => timed(&mut stages.encode, || painting::mask(&segmentation))?,
        ArchiveOutput::Json => timed(&mut stages.encode, || {
            Outlined::new(&found, &segmentation).to_json()
        })?,
    };
    Ok(SegmentedPicture {
        bytes,
        findings: found,
        stages,
    })
}

/// The picture in the format that its name promises, whatever it came in.
fn encoded(picture: Picture, extension: &str) -> Result<Vec<u8>, Failure> {
    match extension {
        "png" => encode::png(&picture.into_raster()),
        "bmp" => encode::bmp(&picture),
        "tif" | "tiff" => encode::tiff(&picture),
        _ => encode::jpeg_of_quality(&picture.into_raster(), encode::Quality::HIGH),
    }
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    *total = total.saturating_add(begin.elapsed());
    result
}
