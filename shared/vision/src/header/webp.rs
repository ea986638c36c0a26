//! WebP: the RIFF container (RFC 9649) and the first bytes of its bitstreams.

use darkroom_domain::{Failure, ImageFormat};

use super::bytes::Bytes;
use super::{Declared, broken_header, tiff};
use crate::orientation::Orientation;

const RIFF_HEADER_LENGTH: usize = 8;
pub(crate) const EXIF_SIGNATURE: &[u8] = b"Exif\0\0";

pub(super) fn read(file: &[u8]) -> Result<Declared, Failure> {
    container(file).ok_or_else(|| broken_header(ImageFormat::WebP))
}

fn container(file: &[u8]) -> Option<Declared> {
    let riff_length = Bytes::at(file, 4)?.length_le()?;
    let mut bytes = chunks(file)?;

    let mut canvas = None;
    let mut bitstream = None;
    let mut orientation = None;
    let mut animation_frames = 0_u32;
    while let Some(chunk) = next_chunk(&mut bytes) {
        match &chunk.kind {
            b"VP8X" => {
                canvas = canvas.or(canvas_dimensions(chunk.data));
                canvas?;
            }
            b"VP8 " | b"VP8L" if bitstream.is_none() => bitstream = Some(chunk.bitstream_dimensions()?),
            b"ANMF" => {
                animation_frames = animation_frames.saturating_add(1);
                if bitstream.is_none() {
                    bitstream = Some(frame_dimensions(chunk.data)?);
                }
            }
            b"EXIF" => {
                let block = chunk.data.strip_prefix(EXIF_SIGNATURE).unwrap_or(chunk.data);
                orientation = orientation.or_else(|| tiff::orientation(block));
            }
            _ => {}
        }
    }

    let (width, height) = canvas.or(bitstream)?;
    // A still image fills its canvas. Were this not held, a small canvas could hide a huge bitstream.
    if animation_frames == 0 && bitstream.is_some_and(|inner| inner != (width, height)) {
        return None;
    }
    Some(Declared {
        width,
        height,
        inner: bitstream,
        orientation: orientation.unwrap_or(Orientation::Upright),
        frames: animation_frames,
        complete: bitstream.is_some() && file.len().saturating_sub(RIFF_HEADER_LENGTH) >= riff_length,
    })
}

pub(crate) struct Chunk<'file> {
    pub(crate) kind: [u8; 4],
    /// What is there of the chunk's data: less than it declares in a cut file.
    pub(crate) data: &'file [u8],
}

impl Chunk<'_> {
    fn bitstream_dimensions(&self) -> Option<(u32, u32)> {
        let mut data = Bytes::new(self.data);
        if &self.kind == b"VP8L" {
            if data.u8()? != 0x2F {
                return None;
            }
            let packed = data.u32_le()?;
            return Some(((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1));
        }
        let [_, _, _, 0x9D, 0x01, 0x2A] = data.array()? else {
            return None;
        };
        // The two upper bits are a scale for display, which decoders ignore.
        Some((
            u32::from(data.u16_le()? & 0x3FFF),
            u32::from(data.u16_le()? & 0x3FFF),
        ))
    }
}

/// Where the chunks of a file begin.
pub(crate) fn chunks(file: &[u8]) -> Option<Bytes<'_>> {
    Bytes::at(file, 12)
}

pub(crate) fn next_chunk<'file>(bytes: &mut Bytes<'file>) -> Option<Chunk<'file>> {
    let kind = bytes.array()?;
    let length = bytes.length_le()?;
    let padded = length.checked_add(length & 1)?;
    let data = match bytes.take(padded) {
        Some(data) => data.get(..length)?,
        None => bytes.take(bytes.rest().len())?,
    };
    Some(Chunk { kind, data })
}

fn canvas_dimensions(data: &[u8]) -> Option<(u32, u32)> {
    let mut data = Bytes::new(data);
    let _flags_and_reserved: [u8; 4] = data.array()?;
    dimensions_less_one(&mut data)
}

/// Two numbers of 24 bits, each one less than what it means.
fn dimensions_less_one(data: &mut Bytes<'_>) -> Option<(u32, u32)> {
    let [w0, w1, w2, h0, h1, h2] = data.array()?;
    Some((
        u32::from_le_bytes([w0, w1, w2, 0]) + 1,
        u32::from_le_bytes([h0, h1, h2, 0]) + 1,
    ))
}

/// The first frame of an animation; its bitstream must have the dimensions that the frame declares.
fn frame_dimensions(data: &[u8]) -> Option<(u32, u32)> {
    let mut data = Bytes::new(data);
    let _position: [u8; 6] = data.array()?;
    let declared = dimensions_less_one(&mut data)?;
    let _duration_and_flags: [u8; 4] = data.array()?;
    while let Some(chunk) = next_chunk(&mut data) {
        if matches!(&chunk.kind, b"VP8 " | b"VP8L") {
            return chunk.bitstream_dimensions().filter(|inner| *inner == declared);
        }
    }
    None
}
