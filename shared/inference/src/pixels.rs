//! The picture a model looks at.

use thiserror::Error;

/// Why some memory is not a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PixelsError {
    /// A side is 0.
    #[error("a picture of {width} x {height} pixels has nothing in it")]
    Empty {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The memory holds another number of pixels.
    #[error("a picture of {width} x {height} pixels needs as many values, but {found} were given")]
    Length {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Pixels in the memory.
        found: usize,
    },
}

/// An upright picture in memory that someone else owns: 8-bit sRGB, row by row from the top left.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    width: u32,
    height: u32,
    rgb: &'a [[u8; 3]],
}

impl<'a> Pixels<'a> {
    /// Looks at `width * height` pixels, red first.
    ///
    /// # Errors
    /// A side of 0, or another number of pixels than the sides say.
    pub fn new(width: u32, height: u32, rgb: &'a [[u8; 3]]) -> Result<Self, PixelsError> {
        if width == 0 || height == 0 {
            return Err(PixelsError::Empty { width, height });
        }
        if u64::from(width) * u64::from(height) != rgb.len() as u64 {
            return Err(PixelsError::Length {
                width,
                height,
                found: rgb.len(),
            });
        }
        Ok(Self { width, height, rgb })
    }

    /// Pixels in a row; at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows; at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn rgb(&self) -> &'a [[u8; 3]] {
        self.rgb
    }

    /// One row, or nothing below the last.
    pub(crate) fn row(&self, y: usize) -> &'a [[u8; 3]] {
        let width = self.width as usize;
        y.checked_mul(width)
            .and_then(|start| self.rgb.get(start..start.checked_add(width)?))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pictures_are_taken() {
        let memory = [[1, 2, 3]; 6];
        let pixels = Pixels::new(3, 2, &memory).unwrap();
        assert_eq!(pixels.row(1).len(), 3);
        assert!(pixels.row(2).is_empty());
        assert!(pixels.row(usize::MAX).is_empty());
        assert_eq!(
            Pixels::new(3, 3, &memory).unwrap_err(),
            PixelsError::Length {
                width: 3,
                height: 3,
                found: 6
            }
        );
        assert_eq!(
            Pixels::new(0, 6, &[]).unwrap_err(),
            PixelsError::Empty { width: 0, height: 6 }
        );
        assert!(Pixels::new(u32::MAX, u32::MAX, &memory).is_err());
    }
}
