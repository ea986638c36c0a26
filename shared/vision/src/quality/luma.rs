//! How bright each pixel looks: luma of ITU-R BT.601 in 8 bits.

use fearless_simd::{Level, Simd, dispatch};

use crate::picture::Picture;

/// Rows of 8-bit luma without padding, at least one.
#[derive(Clone, Debug)]
pub(crate) struct Luma {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Luma {
    /// From 0, black, to 255, white.
    pub(crate) fn full_range(picture: &Picture) -> Self {
        // In 15 bits, which is the grey of OpenCV.
        Self::of(picture, |[red, green, blue]| {
            (9798 * red + 19_235 * green + 3735 * blue + (1 << 14)) >> 15
        })
    }

    /// From 16, black, to 235, white, as digital television has it and MATLAB's `rgb2ycbcr` computes it, rounded to the
    /// nearest whole number; of two, to the even one.
    pub(super) fn studio_range(picture: &Picture) -> Self {
        // Thousandths of 255ths: all digits of the coefficients.
        const ONE: u32 = 255_000;
        Self::of(picture, |[red, green, blue]| {
            let raised = 65_481 * red + 128_553 * green + 24_966 * blue + 16 * ONE + ONE / 2;
            let nearest = raised / ONE;
            nearest - (nearest & u32::from(raised == nearest * ONE))
        })
    }

    fn of(picture: &Picture, luma: impl Fn([u32; 3]) -> u32 + Copy) -> Self {
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            data: dispatch!(Level::new(), simd => converted(simd, picture.pixels(), luma)),
        }
    }

    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    pub(crate) const fn height(&self) -> usize {
        self.height
    }

    /// The row, or that at the edge if there are not so many.
    #[inline(always)]
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let start = y.min(self.height.saturating_sub(1)) * self.width;
        self.data.get(start..start + self.width).unwrap_or_default()
    }
}

/// Compiled once for each level of vector instructions.
#[inline(always)]
fn converted<S: Simd>(_simd: S, pixels: &[[u8; 3]], luma: impl Fn([u32; 3]) -> u32) -> Vec<u8> {
    let mut data = vec![0; pixels.len()];
    for (out, pixel) in data.iter_mut().zip(pixels) {
        *out = u8::try_from(luma(pixel.map(u32::from))).unwrap_or(u8::MAX);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_one(pixel: [u8; 3]) -> [u8; 2] {
        let picture = Picture::from_rgb(1, 1, pixel.to_vec()).unwrap();
        [Luma::full_range(&picture), Luma::studio_range(&picture)].map(|luma| luma.row(0)[0])
    }

    #[test]
    fn known_colors() {
        assert_eq!(of_one([0, 0, 0]), [0, 16]);
        assert_eq!(of_one([255, 255, 255]), [255, 235]);
        assert_eq!(of_one([255, 0, 0]), [76, 81]);
        assert_eq!(of_one([0, 255, 0]), [150, 145]);
        assert_eq!(of_one([0, 0, 255]), [29, 41]);
        for grey in 0..=255 {
            assert_eq!(of_one([grey; 3])[0], grey);
        }
        // 52.5 and 198.5 in studio range.
        assert_eq!(of_one([61, 39, 12])[1], 52);
        assert_eq!(of_one([220, 208, 216])[1], 198);
    }
}
