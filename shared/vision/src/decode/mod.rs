//! A file to 8-bit pixels, within limits.
//!
//! The order of the checks is the order of their cost: bytes, format, declared dimensions, completeness of the
//! container, what the decoder itself says that it will need, and only then the pixels. Of an animation only the first
//! frame is read. What 8-bit RGB cannot hold is brought into it in one of two ways: as the picture should look, or as
//! `OpenCV` hands it to analyses (see [`decode()`] and [`decode_for_analysis`]).

mod bmp;
mod gif;
mod jpeg;
mod png;
mod samples;
mod tiff;
mod via_image;
mod webp;

use std::fmt;

use darkroom_domain::{Code, Failure, ImageFormat, ImageLimits};

use crate::guard::guarded;
use crate::header::{self, Inspection};
use crate::picture::{Picture, Raster};

/// Decodes a file to the picture that it shows: upright, opaque, 8-bit RGB. Transparent parts are laid on white, 16-bit
/// samples are rounded to 8.
///
/// # Errors
/// Those of [`inspect`](crate::inspect), `corrupt_image` for a file that is cut or damaged, `unsupported_format` for a
/// rare variant of an accepted format, and `decode_panic`.
pub fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Picture, Failure> {
    guarded(|| upright(bytes, limits, Rendition::Display))
}

/// Decodes a file to the samples that `OpenCV`'s `imread` finds in it as 8-bit colour: upright, alpha dropped, of 16-bit
/// samples the high byte.
///
/// TIFF is what `libtiff` makes of it: 16-bit colours are rounded, and colours with straight alpha are laid on black. Of
/// GIF, what is left open has the background colour of the screen.
///
/// # Errors
/// Those of [`decode()`].
pub fn decode_for_analysis(bytes: &[u8], limits: &ImageLimits) -> Result<Picture, Failure> {
    guarded(|| upright(bytes, limits, Rendition::Analysis))
}

fn upright(bytes: &[u8], limits: &ImageLimits, rendition: Rendition) -> Result<Picture, Failure> {
    let (inspection, stored) = decode_stored(bytes, limits, JpegColors::Rgb, rendition)?;
    Ok(inspection
        .orientation
        .apply(stored.into_rgb().into_raster())
        .into_rgb())
}

/// How alpha and the lower half of 16-bit samples are brought into 8-bit samples without alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rendition {
    /// As it should look: on white, rounded.
    Display,
    /// As `OpenCV` 4 reads it: alpha dropped, the high byte of 16 bits.
    Analysis,
}

/// In which colours a JPEG with luma and chroma is handed out. Other files are grey or RGB in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JpegColors {
    /// Converted to red, green and blue.
    Rgb,
    /// As they are in the file: for results that become JPEG again, which saves two conversions.
    YCbCr,
}

/// Decodes a file to its stored pixels, the orientation not applied.
pub(crate) fn decode_stored(
    bytes: &[u8],
    limits: &ImageLimits,
    jpeg_colors: JpegColors,
    rendition: Rendition,
) -> Result<(Inspection, Raster), Failure> {
    let header = header::read(bytes, limits)?;
    if !header.complete {
        return Err(corrupt("the file ends before the image does"));
    }
    let inspection = header.inspection;
    let budget = Budget::of(limits);
    let raster = match inspection.format {
        ImageFormat::Jpeg => jpeg::decode(bytes, &inspection, budget, jpeg_colors),
        ImageFormat::Png => png::decode(bytes, &inspection, budget, rendition),
        ImageFormat::WebP => webp::decode(bytes, &inspection, budget, rendition),
        ImageFormat::Gif => gif::decode(bytes, &inspection, budget, rendition),
        ImageFormat::Bmp => bmp::decode(bytes, &inspection, budget, rendition),
        ImageFormat::Tiff => tiff::decode(bytes, &inspection, budget, rendition),
    }?;
    if (raster.width(), raster.height()) != (inspection.width, inspection.height) {
        return Err(corrupt(
            "the decoded picture has other dimensions than its header",
        ));
    }
    Ok((inspection, raster))
}

/// Bytes of memory that one decoder may use.
#[derive(Clone, Copy, Debug)]
struct Budget {
    bytes: u64,
}

impl Budget {
    const fn of(limits: &ImageLimits) -> Self {
        Self {
            bytes: limits.memory_budget(),
        }
    }

    /// Holds what a decoder says that its output takes against the budget, and answers it as a length.
    fn check(self, needed: u64) -> Result<usize, Failure> {
        usize::try_from(needed)
            .ok()
            .filter(|_| needed <= self.bytes)
            .ok_or_else(too_much_memory)
    }

    fn length(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

pub(crate) fn corrupt(cause: impl fmt::Display) -> Failure {
    Failure::permanent(Code::CorruptImage, "The image is truncated or damaged.").because(cause)
}

fn too_much_memory() -> Failure {
    Failure::permanent(
        Code::ImageTooLarge,
        "Decoding the image would take more memory than is allowed.",
    )
}

fn unsupported_variant(format: ImageFormat, cause: impl fmt::Display) -> Failure {
    Failure::permanent(
        Code::UnsupportedFormat,
        format!(
            "This variant of {} is not accepted; convert the picture to JPEG or PNG.",
            format.name()
        ),
    )
    .because(cause)
}
