//! What a file declares of itself: format, dimensions, orientation, frames. No pixel is decoded here, and nothing is
//! unpacked; every length read from a file is held against the bytes that are there.

mod bmp;
pub(crate) mod bytes;
mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod tiff;
pub(crate) mod webp;

use darkroom_domain::{Code, Failure, ImageFormat, ImageLimits};

use crate::format::{sniff, unsupported};
use crate::orientation::Orientation;

/// What is known of an image file from its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// How the file is encoded.
    pub format: ImageFormat,
    /// Pixels of a row as stored, before the orientation is applied.
    pub width: u32,
    /// Rows as stored, before the orientation is applied.
    pub height: u32,
    /// How the stored pixels lie; upright where the file does not say, or says it wrongly.
    pub orientation: Orientation,
    /// Frames of an animation (GIF, APNG, WebP), 1 for a still image. Only the first is ever decoded.
    pub frames: u32,
}

impl Inspection {
    /// Width and height of the picture as it should be seen.
    #[must_use]
    pub const fn upright_dimensions(&self) -> (u32, u32) {
        if self.orientation.swaps_sides() {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        }
    }

    /// Whether the file is an animation.
    #[must_use]
    pub const fn is_animated(&self) -> bool {
        self.frames > 1
    }
}

/// Reads what a file declares and holds it against the limits: its size, its format, then its dimensions.
///
/// # Errors
/// `empty_file`, `file_too_large`, `unsupported_format`, `corrupt_image` for a header that is cut or contradicts
/// itself, `image_too_large`.
pub fn inspect(bytes: &[u8], limits: &ImageLimits) -> Result<Inspection, Failure> {
    Ok(read(bytes, limits)?.inspection)
}

/// An inspection, and whether the file goes on to where its format says that it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) inspection: Inspection,
    pub(crate) complete: bool,
}

/// What the reader of one format finds.
#[derive(Clone, Copy, Debug)]
struct Declared {
    width: u32,
    height: u32,
    /// Dimensions of what the decoder really unpacks, where a container states its own beside them.
    inner: Option<(u32, u32)>,
    orientation: Orientation,
    frames: u32,
    complete: bool,
}

pub(crate) fn read(bytes: &[u8], limits: &ImageLimits) -> Result<Header, Failure> {
    limits.check_bytes(bytes.len() as u64)?;
    let format = sniff(bytes).ok_or_else(|| unsupported(bytes))?;
    let declared = match format {
        ImageFormat::Jpeg => jpeg::read(bytes),
        ImageFormat::Png => png::read(bytes),
        ImageFormat::WebP => webp::read(bytes),
        ImageFormat::Gif => gif::read(bytes),
        ImageFormat::Bmp => bmp::read(bytes),
        ImageFormat::Tiff => tiff::read(bytes),
    }?;
    limits.check_dimensions(declared.width, declared.height)?;
    if let Some((width, height)) = declared.inner {
        limits.check_dimensions(width, height)?;
    }
    Ok(Header {
        inspection: Inspection {
            format,
            width: declared.width,
            height: declared.height,
            orientation: declared.orientation,
            frames: declared.frames.max(1),
        },
        complete: declared.complete,
    })
}

/// The failure for a header that ends too early or cannot be true.
fn broken_header(format: ImageFormat) -> Failure {
    Failure::permanent(
        Code::CorruptImage,
        format!("The {} file's header is truncated or damaged.", format.name()),
    )
}
