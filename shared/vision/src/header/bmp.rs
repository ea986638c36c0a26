//! BMP: the file header and the bitmap header, in the OS/2 and the Windows forms.

use darkroom_domain::{Failure, ImageFormat};

use super::bytes::Bytes;
use super::{Declared, broken_header};
use crate::orientation::Orientation;

const FILE_HEADER_LENGTH: usize = 14;
const CORE_HEADER_LENGTH: u32 = 12;

pub(super) fn read(file: &[u8]) -> Result<Declared, Failure> {
    let (width, height) = dimensions(file).ok_or_else(|| broken_header(ImageFormat::Bmp))?;
    Ok(Declared {
        width,
        height,
        inner: None,
        orientation: Orientation::Upright,
        frames: 1,
        // The decoder asks for every row; the header's own file size is wrong in too many files to go by.
        complete: true,
    })
}

fn dimensions(file: &[u8]) -> Option<(u32, u32)> {
    let mut bytes = Bytes::at(file, FILE_HEADER_LENGTH)?;
    let header_length = bytes.u32_le()?;
    // The whole header must be there.
    Bytes::at(file, FILE_HEADER_LENGTH)?.take(usize::try_from(header_length).ok()?)?;
    if header_length == CORE_HEADER_LENGTH {
        return Some((u32::from(bytes.u16_le()?), u32::from(bytes.u16_le()?)));
    }
    let width = i32::from_le_bytes(bytes.array()?);
    let height = i32::from_le_bytes(bytes.array()?);
    // Rows from the top down are told by a negative height; a width has no sign.
    Some((u32::try_from(width).ok()?, height.unsigned_abs()))
}
