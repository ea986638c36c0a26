//! One entry, apart from its archive: enough to unpack it later and elsewhere.

use std::{borrow::Cow, io::BufRead, ops::Range};

use darkroom_domain::Failure;
use serde::{Deserialize, Serialize};

use super::{content::Wanted, record::Method};
use crate::{
    fault::{cut_short, invalid},
    layout::LOCAL_HEADER_BYTES,
};

/// Bytes of the longest local header: its name and its extra fields have lengths of 16 bits.
const LONGEST_HEADER_BYTES: u64 = LOCAL_HEADER_BYTES as u64 + 2 * 65_535;

/// Where one entry lies in its archive, and what its content must be: some 70 bytes of JSON, as
/// `[offset, bound, method, CRC, size, packed size, CRC of the name]`.
///
/// Values that contradict each other are not deserialised. Others may still be wrong: what is read is held against them as
/// against a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct PackedEntry {
    /// Of the local header.
    pub(super) offset: u64,
    /// Where the next entry or the directory begins: neither header nor content reaches beyond.
    pub(super) bound: u64,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(super) compressed: u64,
    /// Of the name as it stands, undecoded: the local header must have the same.
    pub(super) name_crc: u32,
}

impl PackedEntry {
    /// Bytes unpacked.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of the archive in which the local header and the content lie: one ranged read of them, never empty and
    /// never beyond the end of the archive that was surveyed, is all that unpacking needs. They reach at most 131,100 bytes
    /// beyond the content, since only the local header says how long it is itself, and not into the next entry.
    #[must_use]
    pub fn span(&self) -> Range<u64> {
        let longest = LONGEST_HEADER_BYTES.saturating_add(self.compressed);
        self.offset..self.offset.saturating_add(longest).min(self.bound)
    }

    /// Reads and checks the content, of at most `limit` bytes, from a reader that stands where the [span](Self::span)
    /// begins. The reader is left behind the content, or wherever an error was noticed. Of a slice, deflated content is
    /// read in place; see [`Self::unpack`] for stored content.
    ///
    /// # Errors
    /// `invalid_archive` when header, size or CRC are not what the directory declared, and when the reader ends before the
    /// content; `archive_too_large` above `limit`; whatever failure the reader has, as for
    /// [`Archive::open`](super::Archive::open).
    pub fn read<R: BufRead>(&self, reader: R, limit: u64) -> Result<Vec<u8>, Failure> {
        self.wanted().read(reader, limit, |content| content)
    }

    /// Does what [`Self::read`] does for a caller who holds the whole [span](Self::span): stored content is a part of it
    /// and not copied.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn unpack<'span>(&self, span: &'span [u8], limit: u64) -> Result<Cow<'span, [u8]>, Failure> {
        if self.method == Method::Deflated {
            return self.read(span, limit).map(Cow::Owned);
        }
        let mut rest = span;
        self.wanted().begin(&mut rest, limit)?;
        let content = usize::try_from(self.compressed)
            .ok()
            .and_then(|length| rest.get(..length))
            .ok_or_else(cut_short)?;
        self.wanted().check(content)?;
        Ok(Cow::Borrowed(content))
    }

    const fn wanted(&self) -> Wanted<'_> {
        Wanted {
            packed: self,
            name: None,
        }
    }
}

/// A [`PackedEntry`] as it is serialised.
#[derive(Serialize, Deserialize)]
struct Row(u64, u64, Method, u32, u64, u64, u32);

impl From<PackedEntry> for Row {
    fn from(packed: PackedEntry) -> Self {
        Self(
            packed.offset,
            packed.bound,
            packed.method,
            packed.crc,
            packed.size,
            packed.compressed,
            packed.name_crc,
        )
    }
}

impl TryFrom<Row> for PackedEntry {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let Row(offset, bound, method, crc, size, compressed, name_crc) = row;
        let least_end = offset
            .checked_add(LOCAL_HEADER_BYTES as u64)
            .and_then(|end| end.checked_add(compressed));
        if least_end.is_none_or(|end| end > bound) || (method == Method::Stored && size != compressed) {
            return Err(invalid("The packed entry contradicts itself."));
        }
        Ok(Self {
            offset,
            bound,
            method,
            crc,
            size,
            compressed,
            name_crc,
        })
    }
}
