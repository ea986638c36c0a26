//! The records of an archive, as bytes.

use super::modified::DosTime;
use crate::{
    layout::{
        DATA_DESCRIPTOR, DIRECTORY_RECORD, END, FLAG_DESCRIPTOR, FLAG_UTF_8, LOCAL_HEADER, MODE_DIRECTORY,
        MODE_FILE, WIDE_16, WIDE_32, WIDE_END, WIDE_END_BYTES, WIDE_END_LOCATOR, WIDE_END_UNCOUNTED_BYTES,
        WIDE_EXTRA,
    },
    name::is_directory,
};

/// The version of a program that reads deflated entries and directories: 2.0 (4.4.3.2).
const VERSION: u16 = 20;
/// The version of one that reads wide records: 4.5.
const WIDE_VERSION: u16 = 45;
/// Made on Unix (4.4.2), so that the modes of files mean something.
const MADE_ON_UNIX: u16 = 3 << 8;
/// What Unix lets everybody do with files: read them, and the owner write them.
const FILE_PERMISSIONS: u32 = 0o644;
/// The same of directories.
const DIRECTORY_PERMISSIONS: u32 = 0o755;
/// What MS-DOS calls a directory, in the lower half of the attributes.
const DOS_DIRECTORY: u32 = 0x10;

/// One entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'name> {
    pub(super) name: &'name str,
    pub(super) method: u16,
    /// Whether CRC and sizes follow the content, since they are not known before.
    pub(super) streamed: bool,
    pub(super) modified: DosTime,
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(super) compressed: u64,
    pub(super) offset: u64,
}

impl Member<'_> {
    /// What stands before the content (4.3.7).
    pub(super) fn local_header(&self) -> Vec<u8> {
        // Both sizes stand in the wide field of a local header, or none.
        let wide = self.size >= u64::from(WIDE_32) || self.compressed >= u64::from(WIDE_32);
        let extra = if wide {
            wide_extra(&[self.size, self.compressed])
        } else {
            Vec::new()
        };
        let mut record = Vec::new();
        put_u32(&mut record, LOCAL_HEADER);
        put_u16(&mut record, if wide { WIDE_VERSION } else { VERSION });
        self.put_shared(&mut record, wide);
        put_u16(&mut record, low_16(extra.len() as u64));
        record.extend(self.name.as_bytes());
        record.extend(extra);
        record
    }

    /// The record of the directory (4.3.12).
    pub(super) fn directory_record(&self) -> Vec<u8> {
        let wide_sizes = self.size >= u64::from(WIDE_32) || self.compressed >= u64::from(WIDE_32);
        let offset = low_32(self.offset);
        let mut values = Vec::new();
        if wide_sizes {
            values.extend([self.size, self.compressed]);
        }
        if offset == WIDE_32 {
            values.push(self.offset);
        }
        let extra = wide_extra(&values);
        let version = if extra.is_empty() { VERSION } else { WIDE_VERSION };
        let attributes = if is_directory(self.name) {
            ((MODE_DIRECTORY | DIRECTORY_PERMISSIONS) << 16) | DOS_DIRECTORY
        } else {
            (MODE_FILE | FILE_PERMISSIONS) << 16
        };

        let mut record = Vec::new();
        put_u32(&mut record, DIRECTORY_RECORD);
        put_u16(&mut record, MADE_ON_UNIX | version);
        put_u16(&mut record, version);
        self.put_shared(&mut record, wide_sizes);
        put_u16(&mut record, low_16(extra.len() as u64));
        // No comment, the first disk, not known to be a text.
        record.extend([0; 6]);
        put_u32(&mut record, attributes);
        put_u32(&mut record, offset);
        record.extend(self.name.as_bytes());
        record.extend(extra);
        record
    }

    /// The fields that both have in common, from the flags to the length of the name.
    fn put_shared(&self, record: &mut Vec<u8>, wide_sizes: bool) {
        let descriptor = if self.streamed { FLAG_DESCRIPTOR } else { 0 };
        let utf_8 = if self.name.is_ascii() { 0 } else { FLAG_UTF_8 };
        put_u16(record, descriptor | utf_8);
        put_u16(record, self.method);
        put_u16(record, self.modified.time);
        put_u16(record, self.modified.date);
        put_u32(record, self.crc);
        for size in [self.compressed, self.size] {
            put_u32(record, if wide_sizes { WIDE_32 } else { low_32(size) });
        }
        put_u16(record, low_16(self.name.len() as u64));
    }
}

/// What follows a content whose size was not known before (4.3.9).
pub(super) fn descriptor(crc: u32, compressed: u32, size: u32) -> Vec<u8> {
    let mut record = Vec::new();
    for value in [DATA_DESCRIPTOR, crc, compressed, size] {
        put_u32(&mut record, value);
    }
    record
}

/// The end of an archive whose directory of so many entries and bytes begins at `offset` (4.3.14 to 4.3.16).
pub(super) fn end(entries: u64, offset: u64, directory_bytes: u64) -> Vec<u8> {
    let narrow_entries = low_16(entries);
    let narrow_bytes = low_32(directory_bytes);
    let narrow_offset = low_32(offset);
    let mut record = Vec::new();
    if narrow_entries == WIDE_16 || narrow_bytes == WIDE_32 || narrow_offset == WIDE_32 {
        put_u32(&mut record, WIDE_END);
        put_u64(&mut record, WIDE_END_BYTES - WIDE_END_UNCOUNTED_BYTES);
        put_u16(&mut record, MADE_ON_UNIX | WIDE_VERSION);
        put_u16(&mut record, WIDE_VERSION);
        // The first disk, twice.
        put_u64(&mut record, 0);
        for value in [entries, entries, directory_bytes, offset] {
            put_u64(&mut record, value);
        }
        put_u32(&mut record, WIDE_END_LOCATOR);
        put_u32(&mut record, 0);
        put_u64(&mut record, offset.saturating_add(directory_bytes));
        put_u32(&mut record, 1);
    }
    put_u32(&mut record, END);
    put_u32(&mut record, 0);
    put_u16(&mut record, narrow_entries);
    put_u16(&mut record, narrow_entries);
    put_u32(&mut record, narrow_bytes);
    put_u32(&mut record, narrow_offset);
    put_u16(&mut record, 0);
    record
}

/// The wide extra field (4.5.3); nothing for no values.
fn wide_extra(values: &[u64]) -> Vec<u8> {
    let mut field = Vec::new();
    if !values.is_empty() {
        put_u16(&mut field, WIDE_EXTRA);
        put_u16(&mut field, low_16(size_of_val(values) as u64));
        for value in values {
            put_u64(&mut field, *value);
        }
    }
    field
}

/// The value, or the mark that it stands in the wide record.
fn low_16(value: u64) -> u16 {
    u16::try_from(value).unwrap_or(WIDE_16)
}

/// The value, or the mark that it stands in the wide record.
fn low_32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(WIDE_32)
}

fn put_u16(record: &mut Vec<u8>, value: u16) {
    record.extend(value.to_le_bytes());
}

fn put_u32(record: &mut Vec<u8>, value: u32) {
    record.extend(value.to_le_bytes());
}

fn put_u64(record: &mut Vec<u8>, value: u64) {
    record.extend(value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: Member<'_> = Member {
        name: "a",
        method: 0,
        streamed: false,
        modified: DosTime { date: 33, time: 0 },
        crc: 0x1234_5678,
        size: 5 << 30,
        compressed: 5 << 30,
        offset: 6 << 30,
    };

    #[test]
    fn sizes_beyond_4_gib_stand_in_the_wide_field_of_both_headers() {
        let header = MEMBER.local_header();
        assert_eq!(header.len(), 30 + 1 + 4 + 16);
        assert_eq!(header[4], 45);
        assert_eq!(header[18..26], [0xff; 8]);
        assert_eq!(header[31..35], [1, 0, 16, 0]);
        assert_eq!(header[35..43], (5_u64 << 30).to_le_bytes());

        let record = MEMBER.directory_record();
        assert_eq!(record.len(), 46 + 1 + 4 + 24);
        assert_eq!(record[20..28], [0xff; 8]);
        assert_eq!(record[42..46], [0xff; 4]);
        assert_eq!(record[67..75], (6_u64 << 30).to_le_bytes());
    }

    #[test]
    fn the_end_is_wide_from_the_marks_on() {
        assert_eq!(end(65_534, u64::from(u32::MAX) - 1, 0).len(), 22);
        assert_eq!(end(65_535, 0, 0).len(), 56 + 20 + 22);
        assert_eq!(end(0, u64::from(u32::MAX), 0).len(), 56 + 20 + 22);
        assert_eq!(end(0, 0, u64::from(u32::MAX)).len(), 56 + 20 + 22);
    }
}
