//! GIF 87a and 89a: the logical screen and the chain of blocks.

use darkroom_domain::{Failure, ImageFormat};

use super::bytes::Bytes;
use super::{Declared, broken_header};
use crate::orientation::Orientation;

const EXTENSION: u8 = 0x21;
const IMAGE_DESCRIPTOR: u8 = 0x2C;
const TRAILER: u8 = 0x3B;

pub(super) fn read(file: &[u8]) -> Result<Declared, Failure> {
    let (width, height, mut bytes) = logical_screen(file).ok_or_else(|| broken_header(ImageFormat::Gif))?;
    let mut first_frame = None;
    let mut frames = 0_u32;
    let complete = loop {
        match bytes.u8() {
            // Files without a trailer are common enough: what matters is that no block is cut.
            None => break frames > 0,
            Some(TRAILER) => break true,
            Some(EXTENSION) => {
                if bytes.u8().is_none() || sub_blocks(&mut bytes).is_none() {
                    break false;
                }
            }
            Some(IMAGE_DESCRIPTOR) => {
                let Some(dimensions) = image(&mut bytes) else {
                    break false;
                };
                first_frame.get_or_insert(dimensions);
                frames = frames.saturating_add(1);
            }
            // What follows is no GIF block: nothing after it can be told.
            Some(_) => break frames > 0,
        }
    };
    Ok(Declared {
        width,
        height,
        inner: first_frame,
        orientation: Orientation::Upright,
        frames,
        complete,
    })
}

fn logical_screen(file: &[u8]) -> Option<(u32, u32, Bytes<'_>)> {
    let mut bytes = Bytes::at(file, 6)?;
    let width = bytes.u16_le()?;
    let height = bytes.u16_le()?;
    let [flags, _background, _aspect] = bytes.array()?;
    color_table(&mut bytes, flags)?;
    Some((u32::from(width), u32::from(height), bytes))
}

fn color_table(bytes: &mut Bytes<'_>, flags: u8) -> Option<()> {
    if flags & 0x80 != 0 {
        bytes.take(3 << ((flags & 7) + 1))?;
    }
    Some(())
}

/// An image descriptor with its data; answers the frame's dimensions.
fn image(bytes: &mut Bytes<'_>) -> Option<(u32, u32)> {
    let _position: [u8; 4] = bytes.array()?;
    let width = bytes.u16_le()?;
    let height = bytes.u16_le()?;
    let flags = bytes.u8()?;
    color_table(bytes, flags)?;
    let _minimum_code_size = bytes.u8()?;
    sub_blocks(bytes)?;
    Some((u32::from(width), u32::from(height)))
}

fn sub_blocks(bytes: &mut Bytes<'_>) -> Option<()> {
    loop {
        match bytes.u8()? {
            0 => return Some(()),
            length => bytes.take(usize::from(length))?,
        };
    }
}
