//! The central directory: what the archive holds, and where.

use std::collections::{HashMap, hash_map};

use darkroom_domain::Failure;

use super::{Entry, end::End};
use crate::{
    fault::invalid,
    fields::Fields,
    layout::{
        DEFLATED, DIRECTORY_RECORD, FLAG_DIRECTORY_ENCRYPTED, FLAG_ENCRYPTED, FLAG_PATCH,
        FLAG_STRONGLY_ENCRYPTED, LOCAL_HEADER_BYTES, MODE_DIRECTORY, MODE_FILE, MODE_KIND, STORED, WIDE_16,
        WIDE_32, WIDE_EXTRA,
    },
    limits::ArchiveLimits,
    name::{fault_of, is_directory, shown, without_slash},
};

/// How an entry's content is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Where an entry lies in the archive, and what its content must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Of its local header.
    pub(super) offset: u64,
    /// Where the next entry or the directory begins: neither header nor content reaches beyond.
    pub(super) bound: u64,
    pub(super) method: Method,
    pub(super) crc: u32,
}

/// All files of an archive.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    places: Vec<Place>,
    /// The number of each file by its name; none for directories, whose names are taken nevertheless.
    numbers: HashMap<String, Option<usize>>,
}

impl Directory {
    pub(super) fn find(&self, name: &str) -> Option<(&Entry, &Place)> {
        let number = (*self.numbers.get(name)?)?;
        self.entries.get(number).zip(self.places.get(number))
    }
}

/// One record of the directory (4.3.12).
#[derive(Clone, Copy, Debug)]
struct Record<'bytes> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    name: &'bytes [u8],
    disk: u32,
    attributes: u32,
    offset: u64,
}

/// The bytes that an entry takes up at the least, and which file it is.
#[derive(Clone, Copy, Debug)]
struct Span {
    offset: u64,
    end: u64,
    number: Option<usize>,
}

/// Reads the whole directory and holds it against the limits.
pub(super) fn read(bytes: &[u8], end: &End, limits: &ArchiveLimits) -> Result<Directory, Failure> {
    let mut directory = Directory::default();
    let mut spans = Vec::new();
    let mut unpacked = Some(0_u64);
    let mut fields = Fields::new(bytes);
    for _ in 0..end.entries {
        let record = record(&mut fields).ok_or_else(|| invalid("The archive's directory is damaged."))?;
        let label = shown(record.name);
        let (name, method) = check(&record, &label)?;
        limits.check_entry(&label, record.size, record.compressed)?;
        unpacked = unpacked.and_then(|sum| sum.checked_add(record.size));
        limits.check_unpacked(unpacked)?;

        let number = (!is_directory(name)).then_some(directory.entries.len());
        match directory.numbers.entry(without_slash(name).to_owned()) {
            hash_map::Entry::Occupied(_) => {
                return Err(invalid(format!("The archive has two entries {label}.")));
            }
            hash_map::Entry::Vacant(vacant) => vacant.insert(number),
        };
        spans.push(Span {
            offset: record.offset,
            end: least_end(&record).ok_or_else(|| overlapping(&label))?,
            number,
        });
        if number.is_some() {
            directory.entries.push(Entry {
                name: name.to_owned(),
                size: record.size,
                compressed: record.compressed,
            });
            directory.places.push(Place {
                offset: record.offset,
                bound: end.directory_offset,
                method,
                crc: record.crc,
            });
        }
    }
    if !fields.is_empty() {
        return Err(invalid(
            "The archive's directory has more entries than it declares.",
        ));
    }
    bound(&mut directory, spans, end.directory_offset)?;
    Ok(directory)
}

/// Gives each file the bound that it may not reach beyond. Were two entries allowed to share their bytes, a small archive
/// could unpack to any size without a suspicious ratio.
fn bound(directory: &mut Directory, mut spans: Vec<Span>, directory_offset: u64) -> Result<(), Failure> {
    spans.sort_by_key(|span| span.offset);
    let mut bound = directory_offset;
    for span in spans.iter().rev() {
        if span.end > bound {
            let name = span.number.and_then(|number| directory.entries.get(number));
            return Err(overlapping(&shown(
                name.map_or("a directory", |entry| &entry.name).as_bytes(),
            )));
        }
        if let Some(place) = span.number.and_then(|number| directory.places.get_mut(number)) {
            place.bound = bound;
        }
        bound = span.offset;
    }
    Ok(())
}

fn overlapping(label: &str) -> Failure {
    invalid(format!(
        "The archive's entry {label} lies over another entry or outside of the archive."
    ))
}

/// Where an entry ends at the least: its local header may have extra fields that the directory does not know of.
fn least_end(record: &Record<'_>) -> Option<u64> {
    record
        .offset
        .checked_add(LOCAL_HEADER_BYTES as u64)?
        .checked_add(record.name.len() as u64)?
        .checked_add(record.compressed)
}

/// Checks what one record says for itself, and gives its name and method.
fn check<'bytes>(record: &Record<'bytes>, label: &str) -> Result<(&'bytes str, Method), Failure> {
    let refused = |what: &str| invalid(format!("The archive's entry {label} {what}."));
    let name = str::from_utf8(record.name).map_err(|_| refused("has a name that is not UTF-8"))?;
    if let Some(fault) = fault_of(name) {
        return Err(invalid(format!(
            "The name of the archive's entry {label} {fault}."
        )));
    }
    if record.flags & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED | FLAG_DIRECTORY_ENCRYPTED) != 0 {
        return Err(refused("is encrypted"));
    }
    if record.flags & FLAG_PATCH != 0 {
        return Err(refused("is a patch of another file"));
    }
    let method = Method::of(record.method)
        .ok_or_else(|| refused("is packed in another way than stored or deflated"))?;
    if method == Method::Stored && record.size != record.compressed {
        return Err(refused("is stored, but with another size than its own"));
    }
    // The upper half is the file's mode on Unix, whatever system the archive claims to be from; elsewhere it is 0.
    match ((record.attributes >> 16) & MODE_KIND, is_directory(name)) {
        (0, _) | (MODE_FILE, false) | (MODE_DIRECTORY, true) => {}
        _ => return Err(refused("is neither a plain file nor a directory")),
    }
    if is_directory(name) && record.size != 0 {
        return Err(refused("is a directory with content"));
    }
    if record.disk != 0 {
        return Err(refused("lies in another part of the archive"));
    }
    Ok((name, method))
}

fn record<'bytes>(fields: &mut Fields<'bytes>) -> Option<Record<'bytes>> {
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
    Some(Record {
        flags,
        method,
        crc,
        // In this order, and only those that refer to it (4.5.3).
        size: widened(size, &mut wide)?,
        compressed: widened(compressed, &mut wide)?,
        name,
        offset: widened(offset, &mut wide)?,
        disk: if disk == WIDE_16 { wide.u32()? } else { disk.into() },
        attributes,
    })
}

/// The value of a field, or that of the wide extra field where it refers there; none where that is missing.
pub(super) fn widened(value: u32, wide: &mut Fields<'_>) -> Option<u64> {
    if value == WIDE_32 {
        wide.u64()
    } else {
        Some(value.into())
    }
}

/// The content of the wide extra field, nothing if there is none. Bytes behind the last whole field are padding that
/// some programs align contents with.
pub(super) fn wide_extra(extra: &[u8]) -> Fields<'_> {
    let mut fields = Fields::new(extra);
    while let (Some(kind), Some(length)) = (fields.u16(), fields.u16()) {
        let Some(content) = fields.take(length.into()) else {
            break;
        };
        if kind == WIDE_EXTRA {
            return Fields::new(content);
        }
    }
    Fields::new(&[])
}
