//! TIFF 6.0 and `BigTIFF`: the tags of the first directory. EXIF blocks in other formats are TIFF files too.

use darkroom_domain::{Failure, ImageFormat};

use super::bytes::Bytes;
use super::{Declared, broken_header};
use crate::orientation::Orientation;

const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
/// How samples become colours; 3 says that they are indices into a palette.
pub(crate) const PHOTOMETRIC_INTERPRETATION: u16 = 262;
const ORIENTATION: u16 = 274;

const TYPE_BYTE: u16 = 1;
const TYPE_SHORT: u16 = 3;
const TYPE_LONG: u16 = 4;
const TYPE_LONG8: u16 = 16;

pub(super) fn read(file: &[u8]) -> Result<Declared, Failure> {
    let broken = || broken_header(ImageFormat::Tiff);
    let directory = Directory::first(file).ok_or_else(broken)?;
    let side = |tag| {
        let value = directory.find(tag)?.value;
        // A side above 32 bits is above every limit as well.
        Some(u32::try_from(value).unwrap_or(u32::MAX))
    };
    Ok(Declared {
        width: side(IMAGE_WIDTH).ok_or_else(broken)?,
        height: side(IMAGE_LENGTH).ok_or_else(broken)?,
        inner: None,
        orientation: orientation(file).unwrap_or(Orientation::Upright),
        frames: 1,
        // Strips and tiles may lie anywhere: the decoder fails on one that is not there.
        complete: true,
    })
}

/// The orientation that the first directory of a TIFF file or an EXIF block states, if it does so validly.
pub(crate) fn orientation(block: &[u8]) -> Option<Orientation> {
    let entry = Directory::first(block)?.find(ORIENTATION)?;
    Orientation::from_exif(u16::try_from(entry.value).ok()?)
}

/// The value of a tag with one integer, and where in the file its bytes stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) value: u64,
    pub(crate) offset: usize,
}

/// One entry of a directory, whatever its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'file> {
    pub(crate) tag: u16,
    /// The bytes of all its values; none if they are not all there, or of an unknown type.
    pub(crate) content: Option<&'file [u8]>,
    kind: u16,
    layout: Layout,
}

impl<'file> Field<'file> {
    fn read(layout: Layout, file: &'file [u8], entry: &mut Bytes<'file>) -> Option<Self> {
        let tag = u16::try_from(layout.number(entry, 2)?).ok()?;
        let kind = u16::try_from(layout.number(entry, 2)?).ok()?;
        let slot_length = if layout.big { 8 } else { 4 };
        let count = layout.number(entry, slot_length)?;
        let content = || {
            let length = usize::try_from(count).ok()?.checked_mul(type_length(kind)?)?;
            if length <= slot_length {
                return entry.rest().get(..length);
            }
            let start = layout.offset(&mut entry.clone())?;
            Bytes::at(file, start)?.take(length)
        };
        Some(Self {
            tag,
            content: content(),
            kind,
            layout,
        })
    }

    /// Its first value, where that is an unsigned integer of at most 32 bits.
    pub(crate) fn first_integer(&self) -> Option<u64> {
        let length = match self.kind {
            TYPE_BYTE | TYPE_SHORT | TYPE_LONG => type_length(self.kind)?,
            _ => return None,
        };
        self.layout.number(&mut Bytes::new(self.content?), length)
    }
}

/// Bytes of one value of a type (TIFF 6.0, section 2; the three of 8 bytes from 16 on are of `BigTIFF`; 129 is UTF-8 text of
/// Exif 3.0).
const fn type_length(kind: u16) -> Option<usize> {
    Some(match kind {
        TYPE_BYTE | 2 | 6 | 7 | 129 => 1,
        TYPE_SHORT | 8 => 2,
        TYPE_LONG | 9 | 11 | 13 => 4,
        5 | 10 | 12 | TYPE_LONG8 | 17 | 18 => 8,
        _ => return None,
    })
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory<'file> {
    layout: Layout,
    file: &'file [u8],
    entries: usize,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Layout {
    little_endian: bool,
    big: bool,
}

impl Layout {
    fn number(self, bytes: &mut Bytes<'_>, length: usize) -> Option<u64> {
        let bytes = bytes.take(length)?;
        let shift = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.little_endian {
            bytes.iter().rev().fold(0, shift)
        } else {
            bytes.iter().fold(0, shift)
        })
    }

    fn offset(self, bytes: &mut Bytes<'_>) -> Option<usize> {
        let length = if self.big { 8 } else { 4 };
        self.number(bytes, length)
            .and_then(|offset| usize::try_from(offset).ok())
    }

    const fn entry_length(self) -> usize {
        if self.big { 20 } else { 12 }
    }
}

impl<'file> Directory<'file> {
    /// Finds the first directory of a file.
    pub(crate) fn first(file: &'file [u8]) -> Option<Self> {
        let mut bytes = Bytes::new(file);
        let (little_endian, big) = match bytes.array()? {
            [b'I', b'I', 42, 0] => (true, false),
            [b'M', b'M', 0, 42] => (false, false),
            [b'I', b'I', 43, 0] => (true, true),
            [b'M', b'M', 0, 43] => (false, true),
            _ => return None,
        };
        let layout = Layout { little_endian, big };
        if big {
            let _offset_size_and_reserved: [u8; 4] = bytes.array()?;
        }
        let start = layout.offset(&mut bytes)?;
        Self::read(layout, file, start)
    }

    fn read(layout: Layout, file: &'file [u8], start: usize) -> Option<Self> {
        let count_length = if layout.big { 8 } else { 2 };
        let count = layout.number(&mut Bytes::at(file, start)?, count_length)?;
        Some(Self {
            layout,
            file,
            entries: start.checked_add(count_length)?,
            count: usize::try_from(count).ok()?,
        })
    }

    /// Another directory of the same file.
    pub(crate) fn at(&self, start: usize) -> Option<Self> {
        Self::read(self.layout, self.file, start)
    }

    /// The directory after this one, where all entries of this one are there and one follows.
    pub(crate) fn next(&self) -> Option<Self> {
        let length = self.count.checked_mul(self.layout.entry_length())?;
        let mut bytes = Bytes::at(self.file, self.entries.checked_add(length)?)?;
        match self.layout.offset(&mut bytes)? {
            0 => None,
            start => self.at(start),
        }
    }

    /// Its entries, as many as are there.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field<'file>> + use<'file> {
        let (layout, file, count) = (self.layout, self.file, self.count);
        let mut bytes = Bytes::at(file, self.entries);
        (0..count).map_while(move |_| {
            let mut entry = Bytes::new(bytes.as_mut()?.take(layout.entry_length())?);
            Field::read(layout, file, &mut entry)
        })
    }

    /// The bytes of a tag's values; none if they are not all there.
    pub(crate) fn content(&self, tag: u16) -> Option<&'file [u8]> {
        self.fields().find(|field| field.tag == tag)?.content
    }

    /// Whether it is of a `BigTIFF` file.
    pub(crate) const fn is_big(&self) -> bool {
        self.layout.big
    }

    /// Looks a tag up that holds one integer.
    pub(crate) fn find(&self, tag: u16) -> Option<Entry> {
        let mut bytes = Bytes::at(self.file, self.entries)?;
        for index in 0..self.count {
            let mut entry = Bytes::new(bytes.take(self.layout.entry_length())?);
            if self.layout.number(&mut entry, 2)? != u64::from(tag) {
                continue;
            }
            let kind = u16::try_from(self.layout.number(&mut entry, 2)?).ok()?;
            let head = if self.layout.big { 12 } else { 8 };
            let count = self.layout.number(&mut entry, head - 4)?;
            let length = match kind {
                TYPE_SHORT => 2,
                TYPE_LONG => 4,
                TYPE_LONG8 if self.layout.big => 8,
                _ => return None,
            };
            if count != 1 {
                return None;
            }
            return Some(Entry {
                value: self.layout.number(&mut entry, length)?,
                offset: self.entries + index * self.layout.entry_length() + head,
            });
        }
        None
    }

    /// How the file writes a number of 16 bits.
    pub(crate) const fn u16_bytes(&self, value: u16) -> [u8; 2] {
        if self.layout.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }
}
