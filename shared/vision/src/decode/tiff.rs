//! TIFF and `BigTIFF`: the first page, in grey, RGB, CMYK or palette colours, with or without alpha.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_domain::{Failure, ImageFormat};
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::samples::{self, BLACK, Blend, Sample, WHITE};
use super::{Budget, Rendition, corrupt, too_much_memory, unsupported_variant};
use crate::header::Inspection;
use crate::header::tiff::{Directory, PHOTOMETRIC_INTERPRETATION};
use crate::picture::{ColorModel, Raster};

const BLACK_IS_ZERO: u16 = 1;
const PALETTE_COLOR: u64 = 3;
/// The value of `ExtraSamples` for alpha that the colours are multiplied with.
const ASSOCIATED_ALPHA: u16 = 1;
/// The value of `ExtraSamples` for alpha that the colours are not multiplied with.
const STRAIGHT_ALPHA: u16 = 2;
/// Bytes of one tag's values. The longest that is read is the table of strips; 50 million rows are not accepted.
const TAG_BYTES: usize = 1 << 20;

pub(super) fn decode(
    bytes: &[u8],
    inspection: &Inspection,
    budget: Budget,
    rendition: Rendition,
) -> Result<Raster, Failure> {
    let (file, indexed) = palette_as_grey(bytes);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = budget.length();
    limits.intermediate_buffer_size = budget.length();
    limits.ifd_value_size = TAG_BYTES;
    let mut decoder = Decoder::new(Cursor::new(file))
        .map_err(failure)?
        .with_limits(limits);

    if decoder.dimensions().map_err(failure)? != (inspection.width, inspection.height) {
        return Err(corrupt(
            "the decoder finds other dimensions than the header states",
        ));
    }
    let color_type = decoder.colortype().map_err(failure)?;
    let palette = if indexed {
        Some(palette(&mut decoder, color_type.bit_depth(), rendition)?)
    } else {
        None
    };
    let extra = decoder
        .find_tag_unsigned_vec::<u16>(Tag::ExtraSamples)
        .map_err(failure)?;
    let alpha = Alpha {
        kind: extra.and_then(|kinds| kinds.first().copied()),
        rendition,
    };

    let layout = decoder.image_buffer_layout().map_err(failure)?;
    budget.check(layout.complete_len as u64)?;
    let mut result = DecodingResult::U8(Vec::new());
    decoder.read_image_to_buffer(&mut result).map_err(failure)?;
    drop(decoder);

    let (model, data) = match (result, color_type) {
        (DecodingResult::U8(packed), ColorType::Gray(bits @ (1 | 2 | 4 | 8))) => {
            let row_bytes = layout.row_stride.map_or(0, |stride| stride.get());
            let samples = samples::unpacked(&packed, bits, inspection.width, row_bytes);
            match palette {
                Some(palette) => (ColorModel::Rgb, palette.colors(&samples)?),
                None => (ColorModel::Luma, stretched(samples, bits)),
            }
        }
        (DecodingResult::U8(samples), color_type) => {
            in_eight_bits(interleaved(samples, layout.planes), color_type, alpha)?
        }
        (DecodingResult::U16(samples), color_type) => {
            in_eight_bits(interleaved(samples, layout.planes), color_type, alpha)?
        }
        (_, color_type) => return Err(unsupported_color(color_type)),
    };
    Raster::new(inspection.width, inspection.height, model, data)
}

/// What the file says of its alpha, and what is to become of it.
#[derive(Clone, Copy)]
struct Alpha {
    kind: Option<u16>,
    rendition: Rendition,
}

impl Alpha {
    fn blend_of_grey(self) -> Blend {
        match (self.rendition, self.kind) {
            (Rendition::Display, Some(ASSOCIATED_ALPHA)) => Blend::PremultipliedOverWhite,
            (Rendition::Display, _) => Blend::Over(WHITE),
            (Rendition::Analysis, _) => Blend::Opaque,
        }
    }

    fn blend_of_colors(self) -> Blend {
        match (self.rendition, self.kind) {
            (Rendition::Analysis, Some(STRAIGHT_ALPHA)) => Blend::Over(BLACK),
            _ => self.blend_of_grey(),
        }
    }
}

fn in_eight_bits<S: Sample>(
    samples: Vec<S>,
    color_type: ColorType,
    alpha: Alpha,
) -> Result<(ColorModel, Vec<u8>), Failure> {
    Ok(match color_type {
        ColorType::Gray(16) => (
            ColorModel::Luma,
            match alpha.rendition {
                Rendition::Display => samples::luma(&samples),
                Rendition::Analysis => samples::luma_high(&samples),
            },
        ),
        ColorType::GrayA(8 | 16)
        | ColorType::Multiband {
            bit_depth: 8 | 16,
            num_samples: 2,
        } => (
            ColorModel::Luma,
            samples::luma_alpha(&samples, alpha.blend_of_grey()),
        ),
        ColorType::RGB(8 | 16) => (ColorModel::Rgb, samples::rgb(&samples)),
        ColorType::RGBA(8 | 16) => (ColorModel::Rgb, samples::rgba(&samples, alpha.blend_of_colors())),
        ColorType::CMYK(8 | 16) => (ColorModel::Rgb, samples::cmyk(&samples, alpha.rendition)),
        other => return Err(unsupported_color(other)),
    })
}

/// Samples that are stored plane after plane, pixel after pixel.
fn interleaved<S: Sample>(samples: Vec<S>, planes: usize) -> Vec<S> {
    let Some(plane_length) = samples
        .len()
        .checked_div(planes)
        .filter(|length| planes > 1 && *length > 0)
    else {
        return samples;
    };
    let mut out = Vec::with_capacity(samples.len());
    let mut planes: Vec<_> = samples
        .chunks_exact(plane_length)
        .map(|plane| plane.iter())
        .collect();
    for _ in 0..plane_length {
        out.extend(planes.iter_mut().filter_map(Iterator::next));
    }
    out
}

/// Grey samples of few bits at full scale.
fn stretched(mut samples: Vec<u8>, bits: u8) -> Vec<u8> {
    let scale = 255 / (u8::MAX >> (8 - bits.min(8)));
    if scale > 1 {
        for sample in &mut samples {
            *sample = sample.saturating_mul(scale);
        }
    }
    samples
}

/// The decoder does not read palette pictures, but it reads the indices if the file calls them grey. Answers the file
/// with that one tag changed, and whether it was.
fn palette_as_grey(bytes: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let changed = Directory::first(bytes).and_then(|directory| {
        let entry = directory.find(PHOTOMETRIC_INTERPRETATION)?;
        if entry.value != PALETTE_COLOR {
            return None;
        }
        let mut file = bytes.to_vec();
        let value = file.get_mut(entry.offset..)?.first_chunk_mut::<2>()?;
        *value = directory.u16_bytes(BLACK_IS_ZERO);
        Some(file)
    });
    match changed {
        Some(file) => (Cow::Owned(file), true),
        None => (Cow::Borrowed(bytes), false),
    }
}

/// Colours by index.
struct Palette {
    colors: Vec<[u8; 3]>,
}

impl Palette {
    fn colors(&self, indices: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut rgb = vec![[0; 3]; indices.len()];
        for (pixel, index) in rgb.iter_mut().zip(indices) {
            *pixel = *self
                .colors
                .get(usize::from(*index))
                .ok_or_else(|| corrupt("an index is outside the palette"))?;
        }
        Ok(rgb.into_flattened())
    }
}

/// Reads the palette: all reds, then all greens, then all blues, 16 bits each.
fn palette(
    decoder: &mut Decoder<Cursor<Cow<'_, [u8]>>>,
    bits: u8,
    rendition: Rendition,
) -> Result<Palette, Failure> {
    let table = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(failure)?;
    let length = 1_usize << bits.min(8);
    let (red, rest) = table
        .split_at_checked(length)
        .ok_or_else(|| corrupt("the palette is too short"))?;
    let (green, blue) = rest
        .split_at_checked(length)
        .ok_or_else(|| corrupt("the palette is too short"))?;
    // Some writers put 8-bit values into the 16-bit table.
    let in_sixteen_bits = table.iter().any(|value| *value > 255);
    let sample = |value: &u16| match rendition {
        _ if !in_sixteen_bits => u8::try_from(*value).unwrap_or(u8::MAX),
        Rendition::Display => value.to_u8(),
        Rendition::Analysis => value.high_byte(),
    };
    let colors = red
        .iter()
        .zip(green)
        .zip(blue)
        .map(|((red, green), blue)| [sample(red), sample(green), sample(blue)])
        .collect();
    Ok(Palette { colors })
}

fn unsupported_color(color_type: ColorType) -> Failure {
    unsupported_variant(ImageFormat::Tiff, format_args!("{color_type:?}"))
}

fn failure(error: TiffError) -> Failure {
    match error {
        TiffError::LimitsExceeded => too_much_memory(),
        TiffError::UnsupportedError(error) => unsupported_variant(ImageFormat::Tiff, error),
        error => corrupt(error),
    }
}
