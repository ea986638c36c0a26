//! JPEG, baseline and progressive.

use std::borrow::Cow;

use darkroom_domain::{Failure, ImageFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::{Budget, JpegColors, corrupt, too_much_memory, unsupported_variant};
use crate::header::Inspection;
use crate::header::jpeg::{Scans, scans};
use crate::picture::{ColorModel, Raster};

/// Scans of a progressive file. Each goes over the whole picture, so that their number must be bounded; encoders write
/// about ten.
const MAXIMUM_SCANS: usize = 64;

/// Bytes that stand in for the end marker. The decoder reads at most eight ahead.
const PADDING: [u8; 16] = [0; 16];

pub(super) fn decode(
    bytes: &[u8],
    inspection: &Inspection,
    budget: Budget,
    colors: JpegColors,
) -> Result<Raster, Failure> {
    let file = match scans(bytes) {
        Some(Scans::Separate) => return decode_separate_scans(bytes, inspection, budget),
        // After an end marker the decoder makes up what rows are missing. Where nothing but the scan follows, the marker
        // is therefore taken away: running out of data is then an error.
        Some(Scans::One { end }) => match bytes.get(..end) {
            Some(scan) => Cow::Owned([scan, &PADDING].concat()),
            None => Cow::Borrowed(bytes),
        },
        _ => Cow::Borrowed(bytes),
    };
    // Stray bytes between segments are forgiven, a damaged or short scan is not: hence strict only from there on.
    let options = DecoderOptions::new_fast()
        .set_strict_mode(false)
        .set_max_width(inspection.width as usize)
        .set_max_height(inspection.height as usize)
        .jpeg_set_max_scans(MAXIMUM_SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*file), options);
    decoder.decode_headers().map_err(failure)?;

    let (space, model) = match (decoder.input_colorspace(), colors) {
        (Some(ColorSpace::Luma), _) => (ColorSpace::Luma, ColorModel::Luma),
        (Some(ColorSpace::YCbCr), JpegColors::YCbCr) => (ColorSpace::YCbCr, ColorModel::YCbCr),
        _ => (ColorSpace::RGB, ColorModel::Rgb),
    };
    decoder.set_options(options.set_strict_mode(true).jpeg_set_out_colorspace(space));
    let length = decoder.output_buffer_size().ok_or_else(too_much_memory)?;
    let mut data = vec![0; budget.check(length as u64)?];
    decoder.decode_into(&mut data).map_err(failure)?;
    Raster::new(inspection.width, inspection.height, model, data)
}

/// Decodes a baseline file with a scan for each component. The decoder used otherwise reads such scans as if they were
/// interleaved where chroma has fewer rows, without an error; this one is slower, but right.
fn decode_separate_scans(bytes: &[u8], inspection: &Inspection, budget: Budget) -> Result<Raster, Failure> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(budget.length());
    let data = decoder.decode().map_err(separate_scans_failure)?;
    let model = match decoder.info().map(|info| info.pixel_format) {
        Some(jpeg_decoder::PixelFormat::RGB24) => ColorModel::Rgb,
        format => {
            return Err(unsupported_variant(
                ImageFormat::Jpeg,
                format_args!("{format:?} in separate scans"),
            ));
        }
    };
    Raster::new(inspection.width, inspection.height, model, data)
}

fn failure(error: DecodeErrors) -> Failure {
    match error {
        DecodeErrors::Unsupported(_) => unsupported_variant(ImageFormat::Jpeg, error),
        DecodeErrors::LargeDimensions(_) => too_much_memory(),
        error => corrupt(error),
    }
}

fn separate_scans_failure(error: jpeg_decoder::Error) -> Failure {
    match error {
        jpeg_decoder::Error::Unsupported(_) => unsupported_variant(ImageFormat::Jpeg, error),
        error => corrupt(error),
    }
}
