//! Pixels in memory.

use std::fmt;
use std::ops::Range;

use darkroom_domain::{Code, Failure};

/// What the samples of a [`Raster`] mean. All are 8 bits and interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorModel {
    /// One channel: grey, 0 black to 255 white.
    Luma,
    /// Three channels: red, green, blue.
    Rgb,
    /// Three channels: Y, Cb, Cr over the full range, as JFIF defines them.
    YCbCr,
}

impl ColorModel {
    /// Bytes per pixel.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Luma => 1,
            Self::Rgb | Self::YCbCr => 3,
        }
    }
}

/// Rows of 8-bit pixels without padding, in one of the colour models that the decoders work in.
#[derive(Clone, PartialEq, Eq)]
pub struct Raster {
    width: u32,
    height: u32,
    model: ColorModel,
    data: Vec<u8>,
}

impl Raster {
    /// Rows of pixels, from the top.
    ///
    /// # Errors
    /// `corrupt_image` if the data is not exactly `width * height` pixels, or there are none.
    pub fn new(width: u32, height: u32, model: ColorModel, data: Vec<u8>) -> Result<Self, Failure> {
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        let expected = pixels.saturating_mul(model.channels() as u64);
        if expected == 0 || expected != data.len() as u64 {
            return Err(
                Failure::permanent(Code::CorruptImage, "The image is truncated or damaged.").because(
                    format_args!("{} bytes for {width}x{height} {model:?}", data.len()),
                ),
            );
        }
        Ok(Self {
            width,
            height,
            model,
            data,
        })
    }

    /// Pixels of a row.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Number of rows.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// What the samples mean.
    #[must_use]
    pub const fn color_model(&self) -> ColorModel {
        self.model
    }

    /// All samples, row by row.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The same pixels in red, green and blue.
    #[must_use]
    pub fn into_rgb(self) -> Picture {
        let data = match self.model {
            ColorModel::Rgb => self.data,
            ColorModel::Luma => {
                let mut rgb = vec![[0; 3]; self.data.len()];
                for (pixel, grey) in rgb.iter_mut().zip(self.data) {
                    *pixel = [grey; 3];
                }
                rgb.into_flattened()
            }
            ColorModel::YCbCr => {
                let mut data = self.data;
                for pixel in data.as_chunks_mut::<3>().0 {
                    *pixel = rgb_from_ycbcr(*pixel);
                }
                data
            }
        };
        Picture {
            width: self.width,
            height: self.height,
            data,
        }
    }

    /// All samples without a copy.
    pub(crate) fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// Pixels in red, green and blue whose number has been checked.
    pub(crate) fn rgb(width: u32, height: u32, data: Vec<u8>) -> Self {
        Self {
            width,
            height,
            model: ColorModel::Rgb,
            data,
        }
    }

    /// Grey pixels whose number has been checked.
    pub(crate) fn luma(width: u32, height: u32, data: Vec<u8>) -> Self {
        Self {
            width,
            height,
            model: ColorModel::Luma,
            data,
        }
    }

    pub(crate) fn row_bytes(&self) -> usize {
        self.width as usize * self.model.channels()
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The same number of pixels in another arrangement.
    pub(crate) fn replaced(self, width: u32, height: u32, data: Vec<u8>) -> Self {
        Self {
            width,
            height,
            model: self.model,
            data,
        }
    }
}

impl fmt::Debug for Raster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Raster({}x{} {:?})",
            self.width, self.height, self.model
        )
    }
}

/// A decoded picture as it should be seen: upright, opaque, 8-bit sRGB samples in the order red, green, blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Picture {
    /// A picture of the given rows.
    ///
    /// # Errors
    /// `corrupt_image` if the data is not exactly `width * height` pixels of three bytes, or there are none.
    pub fn from_rgb(width: u32, height: u32, data: Vec<u8>) -> Result<Self, Failure> {
        Raster::new(width, height, ColorModel::Rgb, data).map(Raster::into_rgb)
    }

    /// Pixels of a row.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Number of rows.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// All samples, row by row, three bytes a pixel.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.data
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[[u8; 3]] {
        self.data.as_chunks().0
    }

    /// The pixels of a row, or none if the picture has no such row.
    pub(crate) fn row_mut(&mut self, y: u32) -> Option<&mut [[u8; 3]]> {
        let width = self.width as usize;
        let start = width.checked_mul(y as usize)?;
        let (pixels, _) = self.data.as_chunks_mut();
        pixels.get_mut(start..start.checked_add(width)?)
    }

    /// A copy of a part.
    ///
    /// # Errors
    /// `validation_failed` if the part is empty or not within the picture.
    pub fn region(&self, columns: Range<u32>, rows: Range<u32>) -> Result<Self, Failure> {
        Ok(Self {
            width: columns.end.saturating_sub(columns.start),
            height: rows.end.saturating_sub(rows.start),
            data: region(&self.data, self.width, 3, columns, rows)?,
        })
    }

    /// The samples without a copy.
    #[must_use]
    pub fn into_raster(self) -> Raster {
        Raster {
            width: self.width,
            height: self.height,
            model: ColorModel::Rgb,
            data: self.data,
        }
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Picture({}x{})", self.width, self.height)
    }
}

/// A copy of a part of interleaved rows of `width` pixels.
///
/// # Errors
/// `validation_failed` if the part is empty or not within the rows.
pub(crate) fn region(
    data: &[u8],
    width: u32,
    channels: usize,
    columns: Range<u32>,
    rows: Range<u32>,
) -> Result<Vec<u8>, Failure> {
    let outside = || {
        Failure::permanent(
            Code::ValidationFailed,
            "The region is empty or not within the image.",
        )
        .because(format_args!(
            "columns {columns:?}, rows {rows:?} of rows of {width}"
        ))
    };
    if columns.is_empty() || rows.is_empty() || columns.end > width {
        return Err(outside());
    }
    let row_bytes = width as usize * channels;
    let part = columns.start as usize * channels..columns.end as usize * channels;
    let lines = data
        .get(rows.start as usize * row_bytes..rows.end as usize * row_bytes)
        .ok_or_else(outside)?;
    let mut copy = Vec::with_capacity(part.len() * rows.len());
    for row in lines.chunks_exact(row_bytes) {
        copy.extend_from_slice(row.get(part.clone()).ok_or_else(outside)?);
    }
    Ok(copy)
}

/// JFIF's inverse transform (ITU-R BT.601 coefficients, full range), in 16-bit fixed point with rounding.
fn rgb_from_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let y = (i32::from(y) << 16) + (1 << 15);
    let cb = i32::from(cb) - 128;
    let cr = i32::from(cr) - 128;
    let clamp = |value: i32| u8::try_from((value >> 16).clamp(0, 255)).unwrap_or(u8::MAX);
    [
        clamp(y + 91_881 * cr),
        clamp(y - 22_554 * cb - 46_802 * cr),
        clamp(y + 116_130 * cb),
    ]
}

/// JFIF's transform (ITU-R BT.601 coefficients, full range), in 16-bit fixed point with rounding.
#[inline]
pub(crate) fn ycbcr_from_rgb([red, green, blue]: [u8; 3]) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    const MIDDLE: i32 = 128 << 16;
    let (red, green, blue) = (i32::from(red), i32::from(green), i32::from(blue));
    // 255.5 is the largest that chroma comes to: it is rounded down, not up to 256.
    let luma = 19_595 * red + 38_470 * green + 7_471 * blue + HALF;
    let cb = 32_768 * blue - 11_059 * red - 21_709 * green + MIDDLE + HALF - 1;
    let cr = 32_768 * red - 27_439 * green - 5_329 * blue + MIDDLE + HALF - 1;
    [luma, cb, cr].map(|value| u8::try_from(value >> 16).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raster_has_exactly_its_pixels() {
        assert!(Raster::new(2, 2, ColorModel::Rgb, vec![0; 12]).is_ok());
        assert!(Raster::new(2, 2, ColorModel::Rgb, vec![0; 11]).is_err());
        assert!(Raster::new(2, 2, ColorModel::Rgb, vec![0; 13]).is_err());
        assert!(Raster::new(0, 2, ColorModel::Luma, Vec::new()).is_err());
        assert!(Raster::new(u32::MAX, u32::MAX, ColorModel::Rgb, vec![0; 3]).is_err());
    }

    #[test]
    fn ycbcr_of_known_colours() {
        assert_eq!(rgb_from_ycbcr([255, 128, 128]), [255, 255, 255]);
        assert_eq!(rgb_from_ycbcr([0, 128, 128]), [0, 0, 0]);
        assert_eq!(rgb_from_ycbcr([76, 85, 255]), [254, 0, 0]);
        assert_eq!(rgb_from_ycbcr([29, 255, 107]), [0, 0, 254]);
        for grey in 0..=255 {
            assert_eq!(ycbcr_from_rgb([grey; 3]), [grey, 128, 128]);
        }
        assert_eq!(ycbcr_from_rgb([255, 0, 0]), [76, 85, 255]);
        assert_eq!(ycbcr_from_rgb([0, 0, 255]), [29, 255, 107]);
    }
}
