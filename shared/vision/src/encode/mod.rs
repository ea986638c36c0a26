//! Pixels to a baseline JPEG without metadata, and to PNG, TIFF or BMP where nothing may be lost.
//!
//! JPEG is of quality 85 on the scale of the Independent JPEG Group where none is asked for, one scan, with Huffman tables
//! made for the picture (ITU-T T.81). Chroma is at half resolution both ways (4:2:0) at every quality, as `OpenCV` and
//! Pillow write it too. Only integers and plain single-precision arithmetic are used, no
//! extension of one processor: the same pixels give the same file everywhere.

pub(crate) mod bits;
mod bmp;
pub(crate) mod cosine;
pub(crate) mod huffman;
mod planes;
mod png;
pub(crate) mod tables;
mod tiff;
pub(crate) mod writer;

use darkroom_domain::Failure;

pub use self::bmp::bmp;
use self::cosine::Quantizer;
use self::huffman::{Class, Tokens};
use self::planes::{Plane, Planes};
pub use self::png::{indexed_png, png};
pub use self::tables::Quality;
pub use self::tiff::tiff;
use crate::picture::Raster;

/// Encodes a picture at [quality 85](Quality::DEFAULT), grey with three components too.
///
/// # Errors
/// An unknown failure if a side is above 65,535 pixels.
pub fn jpeg(raster: &Raster) -> Result<Vec<u8>, Failure> {
    jpeg_of_quality(raster, Quality::DEFAULT)
}

/// Encodes a picture as [`jpeg()`] does, at another quality.
///
/// # Errors
/// An unknown failure if a side is above 65,535 pixels.
pub fn jpeg_of_quality(raster: &Raster, quality: Quality) -> Result<Vec<u8>, Failure> {
    let width = u16::try_from(raster.width()).map_err(Failure::unknown)?;
    let height = u16::try_from(raster.height()).map_err(Failure::unknown)?;
    let divisors = quality.tables();
    let tokens = tokens(&Planes::of(raster), &divisors);
    let codes = tokens.codes();
    let mut file = Vec::with_capacity(tokens.encoded_length(&codes) + 1024);
    writer::headers(&mut file, width, height, &divisors, &codes);
    tokens.write(&codes, &mut file);
    writer::end(&mut file);
    Ok(file)
}

/// What the one scan says, before it is known how many bits each word of it takes.
fn tokens(planes: &Planes, divisors: &[[u8; 64]; 2]) -> Tokens {
    let [luma, chroma] = divisors.each_ref().map(Quantizer::new);
    let mut tokens = Tokens::with_capacity(planes.luma.samples());
    let [mut last_luma, mut last_blue, mut last_red] = [0; 3];
    // A unit of the scan: four blocks of luma, one of each chroma.
    for y in 0..planes.luma.block_rows() / 2 {
        for x in 0..planes.luma.block_columns() / 2 {
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let (column, row) = (2 * x + dx, 2 * y + dy);
                let block = if planes.is_within(column, row) {
                    luma.coefficients(planes.luma.block(column, row))
                } else {
                    // Nobody sees it: say what takes the fewest bits.
                    let mut unseen = [0; 64];
                    unseen[0] = last_luma;
                    unseen
                };
                tokens.push_block(Class::Luma, &block, &mut last_luma);
            }
            for (plane, last) in [(&planes.blue, &mut last_blue), (&planes.red, &mut last_red)] {
                let block = plane
                    .as_ref()
                    .map(|plane: &Plane| chroma.coefficients(plane.block(x, y)));
                tokens.push_block(Class::Chroma, &block.unwrap_or([0; 64]), last);
            }
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use darkroom_domain::ImageLimits;

    use super::*;
    use crate::decode;
    use crate::picture::ColorModel;

    fn shown(raster: &Raster) -> Vec<u8> {
        decode(&jpeg(raster).unwrap(), &ImageLimits::DEFAULT)
            .unwrap()
            .rgb()
            .to_vec()
    }

    #[test]
    fn smooth_pictures_come_back_nearly_as_they_were() {
        for (width, height) in [(1, 1), (7, 9), (16, 16), (17, 33), (100, 100), (301, 2)] {
            let gradient = |from: u8, steps: u32| from + u8::try_from(steps).unwrap();
            let data: Vec<u8> = (0..height)
                .flat_map(|y| (0..width).flat_map(move |x| [gradient(100, x / 4), gradient(80, y / 2), 140]))
                .collect();
            let out = shown(&Raster::new(width, height, ColorModel::Rgb, data.clone()).unwrap());
            let worst = data.iter().zip(&out).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(8), "{width}x{height}: {worst:?}");
        }
    }

    #[test]
    fn extremes_of_every_channel_survive() {
        for colour in [
            [0, 0, 0],
            [255, 255, 255],
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [255, 0, 255],
        ] {
            let out = shown(&Raster::new(24, 24, ColorModel::Rgb, colour.repeat(24 * 24)).unwrap());
            for (found, wanted) in out.iter().zip(colour.iter().cycle()) {
                assert!(found.abs_diff(*wanted) <= 4, "{colour:?}");
            }
        }
        // Single pixels of the extremes are the largest coefficients that there are.
        let board: Vec<u8> = (0..64 * 64)
            .map(|index| if (index / 64 + index) % 2 == 0 { 255 } else { 0 })
            .collect();
        let out = shown(&Raster::new(64, 64, ColorModel::Luma, board.clone()).unwrap());
        let mean = out
            .iter()
            .step_by(3)
            .zip(&board)
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum::<u32>()
            / 4096;
        assert!(mean < 8, "{mean}");
    }

    #[test]
    fn higher_qualities_are_longer_and_nearer() {
        let data: Vec<u8> = (0..96 * 96)
            .map(|index: u32| u8::try_from((index * index / 7 + index / 96 * 3) % 256).unwrap())
            .collect();
        let raster = Raster::new(96, 96, ColorModel::Luma, data.clone()).unwrap();
        let mut last = (0, u64::MAX);
        for quality in [1, 10, 49, 50, 85, 95, 100] {
            let file = jpeg_of_quality(&raster, Quality::new(quality).unwrap()).unwrap();
            let out = decode(&file, &ImageLimits::DEFAULT).unwrap();
            let errors = out.pixels().iter().zip(&data);
            let error = errors
                .map(|([red, _, _], grey)| u64::from(red.abs_diff(*grey)).pow(2))
                .sum();
            assert!(file.len() > last.0, "{quality}: {} after {}", file.len(), last.0);
            assert!(error < last.1, "{quality}: {error} after {}", last.1);
            last = (file.len(), error);
        }
        // Rounded divisors of 1 leave an error of a third of a level or so.
        assert!(last.1 < 96 * 96 / 2, "{}", last.1);
        assert_eq!(
            jpeg(&raster).unwrap(),
            jpeg_of_quality(&raster, Quality::DEFAULT).unwrap()
        );
    }

    #[test]
    fn extremes_survive_the_finest_divisors() {
        let board: Vec<u8> = (0..64 * 64)
            .map(|index| if (index / 64 + index) % 2 == 0 { 255 } else { 0 })
            .collect();
        let raster = Raster::new(64, 64, ColorModel::Luma, board.clone()).unwrap();
        let file = jpeg_of_quality(&raster, Quality::new(100).unwrap()).unwrap();
        let out = decode(&file, &ImageLimits::DEFAULT).unwrap();
        for ([red, _, _], grey) in out.pixels().iter().zip(&board) {
            assert!(red.abs_diff(*grey) <= 2);
        }
    }

    #[test]
    fn all_colour_models_agree() {
        let grey: Vec<u8> = (0..40).flat_map(|_| (0..40).map(|x| x * 5)).collect();
        let rgb = grey.iter().flat_map(|value| [*value; 3]).collect();
        let ycbcr = grey.iter().flat_map(|value| [*value, 128, 128]).collect();
        let file = |model, data| jpeg(&Raster::new(40, 40, model, data).unwrap()).unwrap();
        let expected = file(ColorModel::Luma, grey);
        assert_eq!(file(ColorModel::Rgb, rgb), expected);
        assert_eq!(file(ColorModel::YCbCr, ycbcr), expected);
    }
}
