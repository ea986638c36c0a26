//! Pixels to BMP: 24 bits a pixel, uncompressed, the oldest header that every reader knows.

use darkroom_domain::Failure;

use crate::picture::Picture;

const FILE_HEADER_BYTES: u32 = 14;
/// `BITMAPINFOHEADER`.
const INFO_HEADER_BYTES: u32 = 40;
const HEADER_BYTES: u32 = FILE_HEADER_BYTES + INFO_HEADER_BYTES;

/// Encodes a picture: rows from the bottom up, padded to whole groups of four bytes.
///
/// # Errors
/// An unknown failure if a side or the file is longer than the header can say: about 4 GB, or 1,431 million pixels.
pub fn bmp(picture: &Picture) -> Result<Vec<u8>, Failure> {
    let layout = Layout::new(picture.width(), picture.height())
        .ok_or_else(|| Failure::unknown(format_args!("{picture:?} is too large for BMP")))?;
    let mut file = Vec::with_capacity(layout.file_bytes as usize);
    layout.write_headers(&mut file);
    for row in picture.pixels().chunks_exact(picture.width() as usize).rev() {
        let start = file.len();
        file.resize(start + layout.row_bytes as usize, 0);
        let (stored, _) = file.get_mut(start..).unwrap_or_default().as_chunks_mut::<3>();
        for (stored, [red, green, blue]) in stored.iter_mut().zip(row) {
            *stored = [*blue, *green, *red];
        }
    }
    Ok(file)
}

/// The numbers of the headers.
struct Layout {
    width: i32,
    height: i32,
    row_bytes: u32,
    file_bytes: u32,
}

impl Layout {
    /// None if a number does not fit into its field.
    fn new(width: u32, height: u32) -> Option<Self> {
        let row_bytes = width.checked_mul(3)?.checked_next_multiple_of(4)?;
        Some(Self {
            width: i32::try_from(width).ok()?,
            height: i32::try_from(height).ok()?,
            row_bytes,
            file_bytes: row_bytes.checked_mul(height)?.checked_add(HEADER_BYTES)?,
        })
    }

    fn write_headers(&self, file: &mut Vec<u8>) {
        file.extend(b"BM");
        // The length of the file, nothing, and where the pixels begin.
        for field in [self.file_bytes, 0, HEADER_BYTES, INFO_HEADER_BYTES] {
            file.extend(field.to_le_bytes());
        }
        // A positive height: from the bottom up.
        file.extend(self.width.to_le_bytes());
        file.extend(self.height.to_le_bytes());
        // One plane of 24 bits.
        file.extend([1, 0, 24, 0]);
        // Uncompressed, bytes of pixels, no resolution either way, no palette, all colours important.
        for field in [0, self.file_bytes - HEADER_BYTES, 0, 0, 0, 0] {
            file.extend(field.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{ImageFormat, ImageLimits};

    use super::*;
    use crate::{decode, inspect};

    #[test]
    fn pictures_come_back_exactly() {
        // Rows with each number of bytes of padding.
        for (width, height) in [(1, 1), (2, 3), (3, 2), (4, 5), (301, 7)] {
            let data: Vec<u8> = (0..width * height * 3)
                .map(|index| u8::try_from(index * 7 % 251).unwrap())
                .collect();
            let picture = Picture::from_rgb(width, height, data).unwrap();
            let file = bmp(&picture).unwrap();
            assert_eq!(
                inspect(&file, &ImageLimits::DEFAULT).unwrap().format,
                ImageFormat::Bmp
            );
            assert!(
                decode(&file, &ImageLimits::DEFAULT).unwrap() == picture,
                "{width}x{height}"
            );
        }
    }

    #[test]
    fn files_are_the_same_to_the_byte() {
        let picture = Picture::from_rgb(1, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
        #[rustfmt::skip]
        let expected = [
            b'B', b'M', 62, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0,
            40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 8, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            6, 5, 4, 0, 3, 2, 1, 0,
        ];
        assert_eq!(bmp(&picture).unwrap(), expected);
    }

    #[test]
    fn sizes_that_do_not_fit_their_fields_are_refused() {
        assert!(Layout::new(65_535, 21_845).is_some());
        assert!(Layout::new(65_535, 21_846).is_none());
        assert!(Layout::new(u32::MAX, 1).is_none());
        assert!(Layout::new(1, u32::MAX).is_none());
        assert!(Layout::new(1, 1 << 31).is_none());
        assert!(Layout::new(1 << 30, 1).is_some());
    }
}
