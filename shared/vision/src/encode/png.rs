//! Pixels to PNG, for results that must not lose anything: grey, RGB, or colours by index.

use darkroom_domain::Failure;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

use crate::picture::{ColorModel, Raster};

/// Encodes a picture, grey with one channel. JPEG's colours become red, green and blue.
///
/// # Errors
/// An unknown failure if the encoder fails, which writing to memory gives it no reason for.
pub fn png(raster: &Raster) -> Result<Vec<u8>, Failure> {
    match raster.color_model() {
        ColorModel::Luma => write(raster, ColorType::Grayscale),
        ColorModel::Rgb => write(raster, ColorType::Rgb),
        ColorModel::YCbCr => write(&raster.clone().into_rgb().into_raster(), ColorType::Rgb),
    }
}

fn write(raster: &Raster, color_type: ColorType) -> Result<Vec<u8>, Failure> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, raster.width(), raster.height());
    encoder.set_color(color_type);
    // Of all settings the one that is small for its speed: a third of the time of `OpenCV`'s, and fewer bytes, for a
    // blurred photograph. Smaller files by a sixth would take thirty times as long.
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Adaptive);
    finish(encoder, raster.data())?;
    Ok(file)
}

/// Encodes a picture of few colours: each pixel names one of the palette, in as few of 1, 2, 4 or 8 bits as that takes.
///
/// # Errors
/// An unknown failure if the palette has no or more than 256 colours, a pixel names one that it does not have, or the
/// pixels are not exactly `width * height`.
pub fn indexed_png(width: u32, height: u32, indices: &[u8], palette: &[[u8; 3]]) -> Result<Vec<u8>, Failure> {
    let (bits, depth) = match palette.len() {
        0 | 257.. => {
            return Err(Failure::unknown(format_args!(
                "{} colours are no palette",
                palette.len()
            )));
        }
        1..=2 => (1_u8, BitDepth::One),
        3..=4 => (2, BitDepth::Two),
        5..=16 => (4, BitDepth::Four),
        17..=256 => (8, BitDepth::Eight),
    };
    if indices.is_empty() || u64::from(width) * u64::from(height) != indices.len() as u64 {
        return Err(Failure::unknown(format_args!(
            "{} pixels for {width}x{height}",
            indices.len()
        )));
    }
    if let Some(index) = indices.iter().find(|index| usize::from(**index) >= palette.len()) {
        return Err(Failure::unknown(format_args!(
            "colour {index} of a palette of {}",
            palette.len()
        )));
    }
    let packed: Vec<u8> = indices
        .chunks_exact(width as usize)
        .flat_map(|row| row.chunks(8 / usize::from(bits)))
        .map(|pixels| {
            // The first pixel is in the highest bits.
            let shifts = (0..8).step_by(usize::from(bits)).map(|before| 8 - bits - before);
            pixels
                .iter()
                .zip(shifts)
                .fold(0, |byte, (index, shift)| byte | index << shift)
        })
        .collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(palette.as_flattened());
    encoder.set_compression(Compression::Fast);
    // Neighbouring numbers are not neighbouring colours.
    encoder.set_filter(Filter::NoFilter);
    finish(encoder, &packed)?;
    Ok(file)
}

fn finish(encoder: Encoder<'_, &mut Vec<u8>>, data: &[u8]) -> Result<(), Failure> {
    let failure = |error: EncodingError| Failure::unknown(error);
    let mut writer = encoder.write_header().map_err(failure)?;
    writer.write_image_data(data).map_err(failure)?;
    writer.finish().map_err(failure)
}

#[cfg(test)]
mod tests {
    use darkroom_domain::ImageLimits;

    use super::*;
    use crate::decode;

    fn shown(file: &[u8]) -> Vec<u8> {
        decode(file, &ImageLimits::DEFAULT).unwrap().rgb().to_vec()
    }

    /// The bit depth and colour type that the header states.
    fn kind(file: &[u8]) -> (u8, u8) {
        (file[24], file[25])
    }

    #[test]
    fn grey_and_colours_come_back_exactly() {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (7, 5), (64, 33)] {
            let data: Vec<u8> = (0..width * height * 3)
                .map(|index| u8::try_from(index * index % 251).unwrap())
                .collect();
            let grey = data[..data.len() / 3].to_vec();
            let file = png(&Raster::new(width, height, ColorModel::Luma, grey.clone()).unwrap()).unwrap();
            assert_eq!(kind(&file), (8, 0));
            assert_eq!(
                shown(&file),
                grey.iter().flat_map(|value| [*value; 3]).collect::<Vec<u8>>()
            );
            let file = png(&Raster::new(width, height, ColorModel::Rgb, data.clone()).unwrap()).unwrap();
            assert_eq!(kind(&file), (8, 2));
            assert_eq!(shown(&file), data);
        }
        let raster = Raster::new(2, 1, ColorModel::YCbCr, vec![255, 128, 128, 0, 128, 128]).unwrap();
        assert_eq!(shown(&png(&raster).unwrap()), [255, 255, 255, 0, 0, 0]);
    }

    #[test]
    fn indices_take_as_few_bits_as_the_palette_needs() {
        for (colors, depth) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)] {
            let palette: Vec<[u8; 3]> = (0..colors)
                .map(|index| {
                    let value = u8::try_from(index).unwrap();
                    [value, 255 - value, value / 2]
                })
                .collect();
            // An odd width: rows end within a byte.
            let indices: Vec<u8> = (0..13 * 3)
                .map(|index| u8::try_from(index % colors).unwrap())
                .collect();
            let file = indexed_png(13, 3, &indices, &palette).unwrap();
            assert_eq!(kind(&file), (depth, 3), "{colors}");
            let expected: Vec<u8> = indices
                .iter()
                .flat_map(|index| palette[usize::from(*index)])
                .collect();
            assert_eq!(shown(&file), expected, "{colors}");
        }
    }

    #[test]
    fn impossible_palettes_and_pixels_are_refused() {
        let palette = [[0; 3]; 3];
        assert!(indexed_png(2, 1, &[0, 2], &palette).is_ok());
        assert!(indexed_png(2, 1, &[0, 3], &palette).is_err());
        assert!(indexed_png(2, 1, &[0], &palette).is_err());
        assert!(indexed_png(2, 1, &[0; 3], &palette).is_err());
        assert!(indexed_png(0, 0, &[], &palette).is_err());
        assert!(indexed_png(1, 1, &[0], &[]).is_err());
        assert!(indexed_png(1, 1, &[0], &[[0; 3]; 257]).is_err());
        assert!(indexed_png(u32::MAX, u32::MAX, &[0], &palette).is_err());
    }
}
