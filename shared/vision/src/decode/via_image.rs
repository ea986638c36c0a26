//! The formats that are decoded through the decoders of the `image` crate.

use darkroom_domain::Failure;
use image::error::ImageError;
use image::{ColorType, ImageDecoder, Limits};

use super::samples::{self, Blend};
use super::{Budget, corrupt, too_much_memory, unsupported_variant};
use crate::header::Inspection;
use crate::picture::{ColorModel, Raster};

/// Checks what the decoder is about to do against the limits, and lets it.
pub(super) fn read(
    mut decoder: impl ImageDecoder,
    inspection: &Inspection,
    budget: Budget,
    blend: Blend,
) -> Result<Raster, Failure> {
    let failure = |error| failure(inspection, error);
    let (width, height) = decoder.dimensions();
    if (width, height) != (inspection.width, inspection.height) {
        return Err(corrupt(
            "the decoder finds other dimensions than the header states",
        ));
    }
    let length = budget.check(decoder.total_bytes())?;
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(inspection.width);
    limits.max_image_height = Some(inspection.height);
    limits.max_alloc = Some(budget.bytes);
    decoder.set_limits(limits).map_err(failure)?;

    let color_type = decoder.color_type();
    let mut data = vec![0; length];
    decoder.read_image(&mut data).map_err(failure)?;
    let (model, data) = match color_type {
        ColorType::L8 => (ColorModel::Luma, data),
        ColorType::Rgb8 => (ColorModel::Rgb, data),
        ColorType::La8 => (ColorModel::Luma, samples::luma_alpha(&data, blend)),
        ColorType::Rgba8 => (ColorModel::Rgb, samples::rgba(&data, blend)),
        other => return Err(unsupported_variant(inspection.format, format_args!("{other:?}"))),
    };
    Raster::new(width, height, model, data)
}

pub(super) fn failure(inspection: &Inspection, error: ImageError) -> Failure {
    match error {
        ImageError::Limits(_) => too_much_memory(),
        ImageError::Unsupported(error) => unsupported_variant(inspection.format, error),
        error => corrupt(error),
    }
}
