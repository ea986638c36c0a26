//! PNG and APNG: the chunks (PNG third edition), by their lengths alone.

use darkroom_domain::{Failure, ImageFormat};

use super::bytes::Bytes;
use super::{Declared, broken_header, tiff};
use crate::orientation::Orientation;

pub(crate) const SIGNATURE_LENGTH: usize = 8;

pub(super) fn read(file: &[u8]) -> Result<Declared, Failure> {
    let (width, height, rest) = image_header(file).ok_or_else(|| broken_header(ImageFormat::Png))?;
    let mut declared = Declared {
        width,
        height,
        inner: None,
        orientation: Orientation::Upright,
        frames: 1,
        complete: false,
    };
    let mut bytes = rest;
    while let Some((kind, data)) = chunk(&mut bytes) {
        match &kind {
            b"eXIf" => {
                if let Some(orientation) = tiff::orientation(data) {
                    declared.orientation = orientation;
                }
            }
            b"acTL" => declared.frames = Bytes::new(data).u32_be().unwrap_or(1),
            b"IEND" => {
                declared.complete = true;
                break;
            }
            _ => {}
        }
    }
    Ok(declared)
}

fn image_header(file: &[u8]) -> Option<(u32, u32, Bytes<'_>)> {
    let mut bytes = Bytes::at(file, SIGNATURE_LENGTH)?;
    let (kind, data) = chunk(&mut bytes)?;
    if &kind != b"IHDR" || data.len() != 13 {
        return None;
    }
    let mut data = Bytes::new(data);
    Some((data.u32_be()?, data.u32_be()?, bytes))
}

/// The next chunk: its type and its data, if all of it is there.
pub(crate) fn chunk<'file>(bytes: &mut Bytes<'file>) -> Option<([u8; 4], &'file [u8])> {
    let length = bytes.length_be()?;
    let kind = bytes.array()?;
    let data = bytes.take(length)?;
    let _checksum = bytes.u32_be()?;
    Some((kind, data))
}
