//! Archives of ordinary people: one strange entry does not cost the others.

use std::io::{Read, Seek};

use darkroom_domain::Failure;

use super::{
    encoding::decoded,
    extents::{Extent, bounds},
    packed::PackedEntry,
    read_directory,
    record::{Record, visit_all},
};
use crate::{limits::ArchiveLimits, name::shown};

/// A file in an archive, as the archive's directory declares it, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedEntry {
    /// The name as it stands: **not a path to anything**. It may be empty, absolute, lead upwards, have a drive letter,
    /// backslashes or control characters, and be that of another entry too. Of a name of more than 512 bytes the last
    /// whole characters within 512 are kept.
    pub name: String,
    /// Bytes unpacked, as declared.
    pub size: u64,
    /// Bytes in the archive, as declared.
    pub compressed: u64,
    /// How the content is read, or why it is not: `invalid_archive` for encrypted entries, other methods than stored and
    /// deflated, stored ones of two sizes, patches, links, devices, directories with content, and entries in other parts
    /// of the archive; `archive_too_large` above [`ArchiveLimits::entry_bytes`] or [`ArchiveLimits::ratio`].
    pub content: Result<PackedEntry, Failure>,
}

/// Reads the directory of an archive of `size` bytes and says of each file whether it can be read.
///
/// The files are in the order of the directory. Directory entries are left out: empty ones with a slash, or the backslash
/// of some Windows programs, at the end of their name, or with the mode of a directory. As much is read and held as by
/// [`Archive::open`](super::Archive::open).
///
/// Names are decoded as well as can be known. Marked ones are UTF-8, and so are those of Info-ZIP's extra field and any that
/// are valid UTF-8; the rest are taken for code page 437. Names that a Russian Windows wrote in code page 866, or a Japanese
/// one in Shift-JIS, are bytes of the same kind and cannot be told apart reliably: they become other characters, though
/// always the same ones, and what is ASCII in them, such as a file's extension, stays right.
///
/// # Errors
/// For the whole archive, as [`Archive::open`](super::Archive::open): above the limits on its bytes, its entries, its
/// directory, and the unpacked bytes of all entries that can be read together; when its end or its directory are damaged
/// or of several parts; when any two entries overlap, or one lies outside of the archive; whatever failure the reader has.
pub fn survey<R: Read + Seek>(
    reader: &mut R,
    size: u64,
    limits: &ArchiveLimits,
) -> Result<Vec<SurveyedEntry>, Failure> {
    let (end, records) = read_directory(reader, size, limits)?;
    let mut files = Vec::new();
    let mut extents = Vec::new();
    let mut unpacked = Some(0_u64);
    visit_all(&records, end.entries, |record| {
        let name = decoded(record);
        let label = shown(name.as_bytes());
        let number = (!is_plain_directory(record)).then_some(files.len());
        // The offset of an entry in another part of the archive is not one in this file.
        if record.is_here() {
            extents.push(Extent::of(record, number, &label)?);
        }
        if number.is_some() {
            let content = check(record, &label, limits, end.directory_offset);
            if content.is_ok() {
                unpacked = unpacked.and_then(|sum| sum.checked_add(record.size));
                limits.check_unpacked(unpacked)?;
            }
            files.push(SurveyedEntry {
                name,
                size: record.size,
                compressed: record.compressed,
                content,
            });
        }
        Ok(())
    })?;
    let bounds = bounds(extents, end.directory_offset, |number| {
        files.get(number).map(|file| shown(file.name.as_bytes()))
    })?;
    for (number, bound) in bounds {
        if let Some(Ok(packed)) = files.get_mut(number).map(|file| &mut file.content) {
            packed.bound = bound;
        }
    }
    Ok(files)
}

/// Whether this is a directory and nothing else: one with content is reported.
fn is_plain_directory(record: &Record<'_>) -> bool {
    record.size == 0
        && (record.name.ends_with(b"/") || record.name.ends_with(b"\\") || record.has_mode_of_directory())
}

/// Checks what one record says for itself.
fn check(
    record: &Record<'_>,
    label: &str,
    limits: &ArchiveLimits,
    directory_offset: u64,
) -> Result<PackedEntry, Failure> {
    let method = record.check(label, record.name.ends_with(b"/"))?;
    limits.check_entry(label, record.size, record.compressed)?;
    Ok(record.packed(method, directory_offset))
}
