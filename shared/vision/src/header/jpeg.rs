//! JPEG: the marker segments up to the first scan (ITU-T T.81, annex B), and where the file ends.

use darkroom_domain::{Code, Failure, ImageFormat};

use super::bytes::Bytes;
use super::{Declared, broken_header, tiff};
use crate::orientation::Orientation;

const PROGRESSIVE: u8 = 0xC2;
pub(crate) const START_OF_SCAN: u8 = 0xDA;
const RESTART_INTERVAL: u8 = 0xDD;
pub(crate) const END_OF_IMAGE: u8 = 0xD9;
pub(crate) const APPLICATION_1: u8 = 0xE1;
pub(crate) const EXIF_SIGNATURE: &[u8] = b"Exif\0\0";

pub(super) fn read(file: &[u8]) -> Result<Declared, Failure> {
    let segments = Segments::read(file)?;
    Ok(Declared {
        width: segments.frame.width,
        height: segments.frame.height,
        inner: None,
        orientation: segments.orientation.unwrap_or(Orientation::Upright),
        frames: 1,
        complete: segments.end_of_image().is_some(),
    })
}

/// How the entropy-coded data of a file is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scans {
    /// Baseline, one scan of all components without restart markers: nearly all files that are not progressive. The scan
    /// alone tells whether every row is there; it ends at the given offset.
    One { end: usize },
    /// Baseline, one scan with restart markers.
    Restarted,
    /// Baseline, the components apart.
    Separate,
    /// Progressive.
    Progressive,
}

/// Tells how the entropy-coded data is divided; none if the file does not reach its end.
pub(crate) fn scans(file: &[u8]) -> Option<Scans> {
    let segments = Segments::read(file).ok()?;
    let after = segments.end_of_image()?;
    Some(if segments.frame.progressive {
        Scans::Progressive
    } else if segments.scan_components != segments.frame.components {
        Scans::Separate
    } else if segments.restarts {
        Scans::Restarted
    } else {
        Scans::One {
            end: file.len().checked_sub(after)?.checked_sub(2)?,
        }
    })
}

/// What stands before the first scan.
struct Segments<'file> {
    frame: Frame,
    orientation: Option<Orientation>,
    restarts: bool,
    scan_components: u8,
    /// From the first scan's data on.
    scans: Bytes<'file>,
}

#[derive(Clone, Copy)]
struct Frame {
    width: u32,
    height: u32,
    components: u8,
    progressive: bool,
}

impl<'file> Segments<'file> {
    fn read(file: &'file [u8]) -> Result<Self, Failure> {
        let broken = || broken_header(ImageFormat::Jpeg);
        let mut bytes = Bytes::at(file, 2).ok_or_else(broken)?;
        let mut frame = None;
        let mut orientation = None;
        let mut restarts = false;
        let scan_components = loop {
            match next_marker(&mut bytes).ok_or_else(broken)? {
                // Markers without a segment.
                0x01 | 0xD0..=0xD8 => {}
                END_OF_IMAGE => return Err(broken()),
                marker => {
                    let segment = segment(&mut bytes).ok_or_else(broken)?;
                    match marker {
                        START_OF_SCAN => break segment.first().copied().ok_or_else(broken)?,
                        0xC0..=0xC2 => frame = Some(frame_header(segment, marker == PROGRESSIVE)?),
                        // Hierarchical and lossless processes, and everything with arithmetic coding.
                        0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                            let what = "uses a coding process other than baseline and progressive";
                            return Err(unsupported_process(what));
                        }
                        RESTART_INTERVAL => restarts = segment != [0, 0],
                        APPLICATION_1 if orientation.is_none() => {
                            orientation = segment.strip_prefix(EXIF_SIGNATURE).and_then(tiff::orientation);
                        }
                        _ => {}
                    }
                }
            }
        };
        let frame = frame.ok_or_else(broken)?;
        Ok(Self {
            frame,
            orientation,
            restarts,
            scan_components,
            scans: bytes,
        })
    }

    /// How many bytes follow the end-of-image marker, if there is one. Entropy-coded data never holds one, since 0xFF is
    /// stuffed there.
    fn end_of_image(&self) -> Option<usize> {
        let mut bytes = self.scans;
        if bytes.rest().ends_with(&[0xFF, END_OF_IMAGE]) {
            return Some(0);
        }
        // Something follows the image, or it is cut: go from marker to marker.
        loop {
            match next_marker(&mut bytes)? {
                END_OF_IMAGE => return Some(bytes.rest().len()),
                0x01 | 0xD0..=0xD8 => {}
                _ => {
                    segment(&mut bytes)?;
                }
            }
        }
    }
}

fn unsupported_process(what: &str) -> Failure {
    Failure::permanent(
        Code::UnsupportedFormat,
        format!("This JPEG {what}; save it again as baseline or progressive JPEG."),
    )
}

/// Goes to the next marker, over fill bytes and over stray bytes between segments, as common decoders do.
pub(crate) fn next_marker(bytes: &mut Bytes<'_>) -> Option<u8> {
    loop {
        let stray = bytes.rest().iter().position(|&byte| byte == 0xFF)?;
        bytes.take(stray)?;
        while bytes.rest().first() == Some(&0xFF) {
            bytes.u8()?;
        }
        match bytes.u8()? {
            0 => {}
            marker => return Some(marker),
        }
    }
}

/// What a marker is followed by, without its length.
pub(crate) fn segment<'file>(bytes: &mut Bytes<'file>) -> Option<&'file [u8]> {
    let length = bytes.u16_be()?.checked_sub(2)?;
    bytes.take(usize::from(length))
}

fn frame_header(segment: &[u8], progressive: bool) -> Result<Frame, Failure> {
    let mut segment = Bytes::new(segment);
    let broken = || broken_header(ImageFormat::Jpeg);
    let precision = segment.u8().ok_or_else(broken)?;
    let height = u32::from(segment.u16_be().ok_or_else(broken)?);
    let width = u32::from(segment.u16_be().ok_or_else(broken)?);
    if precision != 8 {
        return Err(unsupported_process(&format!("has {precision} bits per sample")));
    }
    match segment.u8().ok_or_else(broken)? {
        components @ (1 | 3 | 4) => Ok(Frame {
            width,
            height,
            components,
            progressive,
        }),
        components => Err(unsupported_process(&format!(
            "has {components} colour components"
        ))),
    }
}
