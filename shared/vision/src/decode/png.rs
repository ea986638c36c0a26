//! PNG and APNG.

use std::io::Cursor;

use darkroom_domain::Failure;
use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use super::samples::{self, Blend, Sample};
use super::{Budget, Rendition, corrupt, too_much_memory};
use crate::header::Inspection;
use crate::picture::{ColorModel, Raster};

pub(super) fn decode(
    bytes: &[u8],
    inspection: &Inspection,
    budget: Budget,
    rendition: Rendition,
) -> Result<Raster, Failure> {
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        Limits {
            bytes: budget.length(),
        },
    );
    // Compressed texts and colour profiles can unpack to a thousand times their size, and are not used.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes, fewer than 8 bits and transparent colours become plain samples. Where 16 bits are to be rounded, it is
    // done here; the decoder would take the high byte.
    decoder.set_transformations(match rendition {
        Rendition::Display => Transformations::EXPAND,
        Rendition::Analysis => Transformations::EXPAND | Transformations::STRIP_16,
    });
    let blend = Blend::of_straight_alpha(rendition);
    let mut reader = decoder.read_info().map_err(failure)?;
    let length = reader.output_buffer_size().ok_or_else(too_much_memory)?;
    let mut data = vec![0; budget.check(length as u64)?];
    let frame = reader.next_frame(&mut data).map_err(failure)?;

    let (model, data) = match frame.bit_depth {
        BitDepth::Sixteen => in_eight_bits(data.as_chunks::<2>().0, frame.color_type, blend),
        _ => match frame.color_type {
            ColorType::Grayscale => (ColorModel::Luma, data),
            ColorType::Rgb => (ColorModel::Rgb, data),
            color_type => in_eight_bits(&data, color_type, blend),
        },
    };
    Raster::new(inspection.width, inspection.height, model, data)
}

fn in_eight_bits<S: Sample>(samples: &[S], color_type: ColorType, blend: Blend) -> (ColorModel, Vec<u8>) {
    match color_type {
        ColorType::Grayscale => (ColorModel::Luma, samples::luma(samples)),
        ColorType::GrayscaleAlpha => (ColorModel::Luma, samples::luma_alpha(samples, blend)),
        // Palettes have been expanded by the decoder.
        ColorType::Rgb | ColorType::Indexed => (ColorModel::Rgb, samples::rgb(samples)),
        ColorType::Rgba => (ColorModel::Rgb, samples::rgba(samples, blend)),
    }
}

fn failure(error: DecodingError) -> Failure {
    match error {
        DecodingError::LimitsExceeded => too_much_memory(),
        error => corrupt(error),
    }
}
