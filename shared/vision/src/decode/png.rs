//! PNG and APNG.

use std::io::Cursor;

use darkroom_domain::Failure;
use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use super::samples::{self, Alpha, Sample};
use super::{Budget, corrupt, too_much_memory};
use crate::header::Inspection;
use crate::picture::{ColorModel, Raster};

pub(super) fn decode(bytes: &[u8], inspection: &Inspection, budget: Budget) -> Result<Raster, Failure> {
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        Limits {
            bytes: budget.length(),
        },
    );
    // Compressed texts and colour profiles can unpack to a thousand times their size, and are not used.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes, fewer than 8 bits and transparent colours become plain samples; 16 bits stay, to be rounded here.
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(failure)?;
    let length = reader.output_buffer_size().ok_or_else(too_much_memory)?;
    let mut data = vec![0; budget.check(length as u64)?];
    let frame = reader.next_frame(&mut data).map_err(failure)?;

    let (model, data) = match frame.bit_depth {
        BitDepth::Sixteen => in_eight_bits(data.as_chunks::<2>().0, frame.color_type),
        _ => match frame.color_type {
            ColorType::Grayscale => (ColorModel::Luma, data),
            ColorType::Rgb => (ColorModel::Rgb, data),
            color_type => in_eight_bits(&data, color_type),
        },
    };
    Raster::new(inspection.width, inspection.height, model, data)
}

fn in_eight_bits<S: Sample>(samples: &[S], color_type: ColorType) -> (ColorModel, Vec<u8>) {
    match color_type {
        ColorType::Grayscale => (ColorModel::Luma, samples::luma(samples)),
        ColorType::GrayscaleAlpha => (ColorModel::Luma, samples::luma_alpha(samples, Alpha::Straight)),
        // Palettes have been expanded by the decoder.
        ColorType::Rgb | ColorType::Indexed => (ColorModel::Rgb, samples::rgb(samples)),
        ColorType::Rgba => (ColorModel::Rgb, samples::rgba(samples, Alpha::Straight)),
    }
}

fn failure(error: DecodingError) -> Failure {
    match error {
        DecodingError::LimitsExceeded => too_much_memory(),
        error => corrupt(error),
    }
}
