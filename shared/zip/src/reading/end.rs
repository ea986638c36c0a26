//! The records at the end of an archive: where the directory is, and how large.

use std::io::{Read, Seek};

use darkroom_domain::Failure;

use super::read_at;
use crate::{
    fault::{cut_short, invalid},
    fields::Fields,
    layout::{
        DIRECTORY_RECORD_BYTES, END, END_BYTES, LOCAL_HEADER, WIDE_16, WIDE_32, WIDE_END, WIDE_END_BYTES,
        WIDE_END_LOCATOR, WIDE_END_LOCATOR_BYTES, WIDE_END_UNCOUNTED_BYTES,
    },
};

/// Bytes in which the end record and the locator before it are: the longest comment has 65,535.
const TAIL_BYTES: u64 = (WIDE_END_LOCATOR_BYTES + END_BYTES) as u64 + 65_535;

/// What the end of an archive says of its directory, which is known to lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) directory_offset: u64,
    pub(super) directory_bytes: u64,
}

/// The end record as it stands (4.3.16), or its wide form (4.3.14).
#[derive(Clone, Copy, Debug)]
struct Record {
    disk: u32,
    directory_disk: u32,
    entries_on_disk: u64,
    entries: u64,
    directory_bytes: u64,
    directory_offset: u64,
}

/// Reads the end of an archive of `size` bytes.
pub(super) fn read<R: Read + Seek>(reader: &mut R, size: u64) -> Result<End, Failure> {
    let tail_bytes = size.min(TAIL_BYTES);
    let tail_offset = size - tail_bytes;
    let tail = read_at(reader, tail_offset, tail_bytes)?;
    let position = find(&tail)?.ok_or_else(|| missing(reader, size))?;
    let before = tail.get(..position).unwrap_or_default();
    let narrow = tail
        .get(position..)
        .and_then(|bytes| narrow(Fields::new(bytes)))
        .ok_or_else(cut_short)?;

    let end_offset = tail_offset + position as u64;
    let (record, directory_end) = match locator(before) {
        None => (narrow, end_offset),
        Some(locator) => {
            let (wide_offset, disks) = locator.ok_or_else(cut_short)?;
            let (wide, length) = read_wide(reader, wide_offset, end_offset)?;
            let locator_offset = end_offset - WIDE_END_LOCATOR_BYTES as u64;
            if disks > 1 || wide_offset.checked_add(length) != Some(locator_offset) || !agree(&narrow, &wide)
            {
                return Err(invalid("The archive's two end records contradict each other."));
            }
            (wide, wide_offset)
        }
    };
    check(&record, directory_end)
}

/// Where the end record begins: where its signature stands and its comment ends with the file. A comment that holds a
/// second record of that kind would be read differently by different programs.
fn find(tail: &[u8]) -> Result<Option<usize>, Failure> {
    let mut found = None;
    for (position, record) in tail.windows(END_BYTES).enumerate() {
        let Some((fields, comment)) = record.split_last_chunk::<2>() else {
            continue;
        };
        let behind = tail.len() - position - record.len();
        if fields.starts_with(&END.to_le_bytes()) && usize::from(u16::from_le_bytes(*comment)) == behind {
            if found.is_some() {
                return Err(invalid("The archive has two end records."));
            }
            found = Some(position);
        }
    }
    Ok(found)
}

/// The failure for an archive without an end record: cut, or another kind of file.
fn missing<R: Read + Seek>(reader: &mut R, size: u64) -> Failure {
    match read_at(reader, 0, size.min(4)) {
        Ok(head) if head == LOCAL_HEADER.to_le_bytes() => {
            invalid("The archive does not end as a zip file does: it is cut short, or more follows it.")
        }
        Ok(_) => invalid("The file is not a zip archive."),
        Err(failure) => failure,
    }
}

fn narrow(mut fields: Fields<'_>) -> Option<Record> {
    fields.u32()?;
    Some(Record {
        disk: fields.u16()?.into(),
        directory_disk: fields.u16()?.into(),
        entries_on_disk: fields.u16()?.into(),
        entries: fields.u16()?.into(),
        directory_bytes: fields.u32()?.into(),
        directory_offset: fields.u32()?.into(),
    })
}

/// What the locator before the end record says, if there is one: the offset of the wide end record and the number of disks.
/// The inner option is none for a locator that cannot be read.
fn locator(before: &[u8]) -> Option<Option<(u64, u32)>> {
    let (_, bytes) = before.split_at_checked(before.len().checked_sub(WIDE_END_LOCATOR_BYTES)?)?;
    let mut fields = Fields::new(bytes);
    (fields.u32()? == WIDE_END_LOCATOR).then(|| {
        let disk = fields.u32()?;
        let offset = fields.u64()?;
        let disks = fields.u32()?;
        (disk == 0).then_some((offset, disks))
    })
}

/// The wide end record and its whole length in bytes.
fn read_wide<R: Read + Seek>(reader: &mut R, offset: u64, limit: u64) -> Result<(Record, u64), Failure> {
    if offset.checked_add(WIDE_END_BYTES).is_none_or(|end| end > limit) {
        return Err(invalid("The archive's wide end record lies outside of the file."));
    }
    let bytes = read_at(reader, offset, WIDE_END_BYTES)?;
    wide(Fields::new(&bytes)).ok_or_else(|| invalid("The archive's wide end record is damaged."))
}

fn wide(mut fields: Fields<'_>) -> Option<(Record, u64)> {
    if fields.u32()? != WIDE_END {
        return None;
    }
    let length = fields.u64()?.checked_add(WIDE_END_UNCOUNTED_BYTES)?;
    // The versions of the program that made it and of one that reads it.
    fields.take(4)?;
    let record = Record {
        disk: fields.u32()?,
        directory_disk: fields.u32()?,
        entries_on_disk: fields.u64()?,
        entries: fields.u64()?,
        directory_bytes: fields.u64()?,
        directory_offset: fields.u64()?,
    };
    Some((record, length))
}

/// Whether each value of the end record is that of the wide one, or refers to it.
fn agree(narrow: &Record, wide: &Record) -> bool {
    let agree_16 = |narrow: u64, wide: u64| narrow == u64::from(WIDE_16) || narrow == wide;
    let agree_32 = |narrow: u64, wide: u64| narrow == u64::from(WIDE_32) || narrow == wide;
    agree_16(narrow.disk.into(), wide.disk.into())
        && agree_16(narrow.directory_disk.into(), wide.directory_disk.into())
        && agree_16(narrow.entries_on_disk, wide.entries_on_disk)
        && agree_16(narrow.entries, wide.entries)
        && agree_32(narrow.directory_bytes, wide.directory_bytes)
        && agree_32(narrow.directory_offset, wide.directory_offset)
}

/// Holds the end against the file: one disk, and a directory that ends where the end begins and has room for its entries.
fn check(record: &Record, directory_end: u64) -> Result<End, Failure> {
    if record.disk != 0 || record.directory_disk != 0 || record.entries_on_disk != record.entries {
        return Err(invalid("The archive is one of several parts."));
    }
    if record.directory_offset.checked_add(record.directory_bytes) != Some(directory_end) {
        return Err(invalid(
            "The archive's directory is not where the archive's end says that it is.",
        ));
    }
    if record.entries > record.directory_bytes / DIRECTORY_RECORD_BYTES {
        return Err(invalid("The archive's directory is too small for its entries."));
    }
    Ok(End {
        entries: record.entries,
        directory_offset: record.directory_offset,
        directory_bytes: record.directory_bytes,
    })
}
