//! The records of the central directory, one by one: the only reading of them that there is.

use darkroom_domain::Failure;
use serde::{Deserialize, Serialize};

use super::packed::PackedEntry;
use crate::{
    fault::invalid,
    fields::Fields,
    layout::{
        DEFLATED, DIRECTORY_RECORD, FLAG_DIRECTORY_ENCRYPTED, FLAG_ENCRYPTED, FLAG_PATCH,
        FLAG_STRONGLY_ENCRYPTED, FLAG_UTF_8, LOCAL_HEADER_BYTES, MODE_DIRECTORY, MODE_FILE, MODE_KIND,
        STORED, WIDE_16, WIDE_32, WIDE_EXTRA,
    },
};

/// How an entry's content is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    Stored,
    Deflated,
}

impl Method {
    pub(super) const fn of(number: u16) -> Option<Self> {
        match number {
            STORED => Some(Self::Stored),
            DEFLATED => Some(Self::Deflated),
            _ => None,
        }
    }
}

/// One record of the directory (4.3.12).
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'bytes> {
    flags: u16,
    method: u16,
    crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) name: &'bytes [u8],
    pub(super) extra: &'bytes [u8],
    disk: u32,
    attributes: u32,
    pub(super) offset: u64,
}

/// Hands each of the `count` records to `visit`. A directory that is damaged, or that goes on behind the last of them, is
/// refused.
pub(super) fn visit_all<'bytes>(
    directory: &'bytes [u8],
    count: u64,
    mut visit: impl FnMut(&Record<'bytes>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut fields = Fields::new(directory);
    for _ in 0..count {
        let record =
            Record::take(&mut fields).ok_or_else(|| invalid("The archive's directory is damaged."))?;
        visit(&record)?;
    }
    if !fields.is_empty() {
        return Err(invalid(
            "The archive's directory has more entries than it declares.",
        ));
    }
    Ok(())
}

impl<'bytes> Record<'bytes> {
    fn take(fields: &mut Fields<'bytes>) -> Option<Self> {
        if fields.u32()? != DIRECTORY_RECORD {
            return None;
        }
        // The versions of the program that made it and of one that reads it.
        fields.take(4)?;
        let flags = fields.u16()?;
        let method = fields.u16()?;
        // When it was changed.
        fields.take(4)?;
        let crc = fields.u32()?;
        let compressed = fields.u32()?;
        let size = fields.u32()?;
        let name_bytes = fields.u16()?;
        let extra_bytes = fields.u16()?;
        let comment_bytes = fields.u16()?;
        let disk = fields.u16()?;
        // Whether it is a text.
        fields.take(2)?;
        let attributes = fields.u32()?;
        let offset = fields.u32()?;
        let name = fields.take(name_bytes.into())?;
        let extra = fields.take(extra_bytes.into())?;
        fields.take(comment_bytes.into())?;

        let mut wide = wide_extra(extra);
        Some(Self {
            flags,
            method,
            crc,
            // In this order, and only those that refer to it (4.5.3).
            size: widened(size, &mut wide)?,
            compressed: widened(compressed, &mut wide)?,
            name,
            extra,
            offset: widened(offset, &mut wide)?,
            disk: if disk == WIDE_16 { wide.u32()? } else { disk.into() },
            attributes,
        })
    }

    /// Whether the name is said to be UTF-8.
    pub(super) const fn is_named_in_utf_8(&self) -> bool {
        self.flags & FLAG_UTF_8 != 0
    }

    /// Whether the entry lies in this file, and not in another part of a divided archive.
    pub(super) const fn is_here(&self) -> bool {
        self.disk == 0
    }

    /// The kind of the file: the upper half of the attributes is its mode on Unix, whatever system the archive claims to
    /// be from; elsewhere it is 0.
    const fn kind(&self) -> u32 {
        (self.attributes >> 16) & MODE_KIND
    }

    /// Whether Unix would call it a directory.
    pub(super) const fn has_mode_of_directory(&self) -> bool {
        self.kind() == MODE_DIRECTORY
    }

    /// Where the entry ends at the least: its local header may have extra fields that the directory does not know of.
    pub(super) fn least_end(&self) -> Option<u64> {
        self.offset
            .checked_add(LOCAL_HEADER_BYTES as u64)?
            .checked_add(self.name.len() as u64)?
            .checked_add(self.compressed)
    }

    /// Checks what the record says of its content, and gives its method. `label` is the name for a person, and `directory`
    /// whether the name is a directory's.
    pub(super) fn check(&self, label: &str, directory: bool) -> Result<Method, Failure> {
        let refused = |what: &str| invalid(format!("The archive's entry {label} {what}."));
        if self.flags & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED | FLAG_DIRECTORY_ENCRYPTED) != 0 {
            return Err(refused("is encrypted"));
        }
        if self.flags & FLAG_PATCH != 0 {
            return Err(refused("is a patch of another file"));
        }
        let method = Method::of(self.method)
            .ok_or_else(|| refused("is packed in another way than stored or deflated"))?;
        if method == Method::Stored && self.size != self.compressed {
            return Err(refused("is stored, but with another size than its own"));
        }
        match (self.kind(), directory) {
            (0, _) | (MODE_FILE, false) | (MODE_DIRECTORY, true) => {}
            _ => return Err(refused("is neither a plain file nor a directory")),
        }
        if directory && self.size != 0 {
            return Err(refused("is a directory with content"));
        }
        if !self.is_here() {
            return Err(refused("lies in another part of the archive"));
        }
        Ok(method)
    }

    /// The entry as it is read later.
    pub(super) fn packed(&self, method: Method, bound: u64) -> PackedEntry {
        PackedEntry {
            offset: self.offset,
            bound,
            method,
            crc: self.crc,
            size: self.size,
            compressed: self.compressed,
            name_crc: crc32fast::hash(self.name),
        }
    }
}

/// The value of a field, or that of the wide extra field where it refers there; none where that is missing.
pub(super) fn widened(value: u32, wide: &mut Fields<'_>) -> Option<u64> {
    if value == WIDE_32 {
        wide.u64()
    } else {
        Some(value.into())
    }
}

/// The content of the wide extra field, nothing if there is none.
pub(super) fn wide_extra(extra: &[u8]) -> Fields<'_> {
    extra_field(extra, WIDE_EXTRA).unwrap_or_else(|| Fields::new(&[]))
}

/// The content of the first extra field of a kind. Bytes behind the last whole field are padding that some programs align
/// contents with.
pub(super) fn extra_field(extra: &[u8], wanted: u16) -> Option<Fields<'_>> {
    let mut fields = Fields::new(extra);
    while let (Some(kind), Some(length)) = (fields.u16(), fields.u16()) {
        let content = fields.take(length.into())?;
        if kind == wanted {
            return Some(Fields::new(content));
        }
    }
    None
}
