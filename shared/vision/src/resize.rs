//! Lanczos resampling of a fractional region.

use darkroom_domain::Failure;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::picture::Raster;

/// A part of a picture, in pixels from its top left corner. Neither the corner nor the size need be whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// From the left to the right edge.
    pub width: f64,
    /// From the top to the bottom edge.
    pub height: f64,
}

impl Region {
    /// The largest square in the middle of a picture: for 601x400 it begins half a pixel after the hundredth.
    #[must_use]
    pub fn central_square(width: u32, height: u32) -> Self {
        let side = f64::from(width.min(height));
        Self {
            left: (f64::from(width) - side) / 2.0,
            top: (f64::from(height) - side) / 2.0,
            width: side,
            height: side,
        }
    }
}

/// Resamples a region to the given size with the Lanczos kernel of three lobes.
///
/// The kernel is widened to the scale when the picture becomes smaller. Samples are taken as they are, without a change
/// to linear light.
///
/// # Errors
/// An unknown failure if the region is not within the picture.
pub fn lanczos3(source: &Raster, region: Region, width: u32, height: u32) -> Result<Raster, Failure> {
    let pixel_type = match source.color_model().channels() {
        1 => PixelType::U8,
        _ => PixelType::U8x3,
    };
    let view = ImageRef::new(source.width(), source.height(), source.data(), pixel_type)
        .map_err(Failure::unknown)?;
    let mut target = Image::new(width, height, pixel_type);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(region.left, region.top, region.width, region.height)
        .use_alpha(false);
    Resizer::new()
        .resize(&view, &mut target, &options)
        .map_err(Failure::unknown)?;
    Raster::new(width, height, source.color_model(), target.into_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::ColorModel;

    #[test]
    fn the_central_square_is_fractional() {
        let region = Region::central_square(601, 400);
        assert_eq!(
            region,
            Region {
                left: 100.5,
                top: 0.0,
                width: 400.0,
                height: 400.0
            }
        );
        let region = Region::central_square(1, 4);
        assert_eq!(
            region,
            Region {
                left: 0.0,
                top: 1.5,
                width: 1.0,
                height: 1.0
            }
        );
    }

    #[test]
    fn half_a_pixel_is_between_two() {
        // Two columns, black and white: the square in the middle of them is half of each.
        let source = Raster::new(2, 1, ColorModel::Luma, vec![0, 255]).unwrap();
        let grey = lanczos3(&source, Region::central_square(2, 1), 1, 1).unwrap();
        assert!((127..=128).contains(&grey.data()[0]), "{}", grey.data()[0]);
    }

    #[test]
    fn a_flat_colour_stays_what_it_is() {
        let source = Raster::new(37, 23, ColorModel::Rgb, [7, 130, 255].repeat(37 * 23)).unwrap();
        for side in [1, 5, 23, 64] {
            let out = lanczos3(&source, Region::central_square(37, 23), side, side).unwrap();
            assert!(
                out.data()
                    .as_chunks::<3>()
                    .0
                    .iter()
                    .all(|pixel| *pixel == [7, 130, 255])
            );
        }
    }

    #[test]
    fn a_region_outside_the_picture_is_an_error() {
        let source = Raster::new(4, 4, ColorModel::Luma, vec![0; 16]).unwrap();
        let region = Region {
            left: 2.0,
            top: 0.0,
            width: 4.0,
            height: 4.0,
        };
        assert!(lanczos3(&source, region, 2, 2).is_err());
    }
}
