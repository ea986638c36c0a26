//! How much of anything the system takes on, with the defaults that docs/API.md states.

use crate::failure::{Code, Failure};

/// Bytes of an archive, 5 GiB, where a deployment says nothing else.
pub const MAX_ARCHIVE_BYTES: u64 = 5 << 30;

/// Bytes of one picture of an archive that is segmented, 64 MiB: such archives hold TIFF and BMP files as scanners write
/// them.
pub const MAX_ARCHIVED_PICTURE_BYTES: u64 = 64 << 20;

/// Bytes of all that is made of one archive, 16 GiB: uncompressed formats of few bytes become large.
pub const MAX_RESULT_BYTES: u64 = 16 << 30;

/// The limits on one image. All are inclusive: a value equal to its limit is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Bytes of the encoded file.
    pub bytes: u64,
    /// Pixels of the decoded first frame, width times height.
    pub pixels: u64,
    /// Pixels of the longer side.
    pub side: u32,
}

impl ImageLimits {
    /// 10 MiB, 50 megapixels, 16,384 pixels a side.
    pub const DEFAULT: Self = Self {
        bytes: 10_485_760,
        pixels: 50_000_000,
        side: 16_384,
    };

    /// Bytes of working memory that one image within these limits may need: the decoder's own buffers (16-bit RGBA
    /// is the widest sample layout accepted), the 8-bit picture made of it, and the encoded file.
    #[must_use]
    pub const fn memory_budget(&self) -> u64 {
        self.pixels.saturating_mul(8 + 3).saturating_add(self.bytes)
    }

    /// Holds a file's size in bytes against the limit.
    ///
    /// # Errors
    /// `empty_file` for 0, `file_too_large` above the limit.
    pub fn check_bytes(&self, bytes: u64) -> Result<(), Failure> {
        if bytes == 0 {
            return Err(Failure::permanent(Code::EmptyFile, "The file is empty."));
        }
        if bytes > self.bytes {
            return Err(Failure::permanent(
                Code::FileTooLarge,
                format!("File too large. Max size: {} bytes", self.bytes),
            ));
        }
        Ok(())
    }

    /// Holds the dimensions that a header declares against the limits, in 64-bit arithmetic, before any pixel is decoded.
    ///
    /// # Errors
    /// `corrupt_image` for a side of 0, `image_too_large` above a limit.
    pub fn check_dimensions(&self, width: u32, height: u32) -> Result<(), Failure> {
        if width == 0 || height == 0 {
            return Err(Failure::permanent(Code::CorruptImage, "The image has no pixels."));
        }
        if width > self.side || height > self.side {
            return Err(Failure::permanent(
                Code::ImageTooLarge,
                format!(
                    "The image is {width}x{height} pixels; the longer side may have at most {}.",
                    self.side
                ),
            ));
        }
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        if pixels > self.pixels {
            return Err(Failure::permanent(
                Code::ImageTooLarge,
                format!(
                    "The image has {pixels} pixels ({width}x{height}); at most {} are accepted.",
                    self.pixels
                ),
            ));
        }
        Ok(())
    }
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_at_the_limit_and_beside_it() {
        let limits = ImageLimits::DEFAULT;
        assert_eq!(limits.check_bytes(0).unwrap_err().code, Code::EmptyFile);
        assert!(limits.check_bytes(1).is_ok());
        assert!(limits.check_bytes(10_485_760).is_ok());
        let failure = limits.check_bytes(10_485_761).unwrap_err();
        assert_eq!(failure.code, Code::FileTooLarge);
        assert_eq!(failure.detail, "File too large. Max size: 10485760 bytes");
    }

    #[test]
    fn sides_and_pixels_at_the_limit_and_beside_it() {
        let limits = ImageLimits::DEFAULT;
        assert!(limits.check_dimensions(16_384, 3_000).is_ok());
        assert_eq!(
            limits.check_dimensions(16_385, 1).unwrap_err().code,
            Code::ImageTooLarge
        );
        assert!(limits.check_dimensions(10_000, 5_000).is_ok());
        assert_eq!(
            limits.check_dimensions(10_000, 5_001).unwrap_err().code,
            Code::ImageTooLarge
        );
        assert_eq!(
            limits.check_dimensions(u32::MAX, u32::MAX).unwrap_err().code,
            Code::ImageTooLarge
        );
        assert_eq!(
            limits.check_dimensions(0, 5).unwrap_err().code,
            Code::CorruptImage
        );
    }
}
