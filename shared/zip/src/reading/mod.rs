//! Archives as they come from strangers.

mod content;
mod directory;
mod encoding;
mod end;
mod extents;
mod packed;
mod record;
mod survey;

use std::{
    fmt,
    io::{BufReader, Read, Seek, SeekFrom},
};

use darkroom_domain::Failure;

use crate::{
    fault::{cut_short, invalid, while_reading},
    limits::ArchiveLimits,
    name::shown,
};
use content::Wanted;
use directory::Directory;
use end::End;

pub use packed::PackedEntry;
pub use survey::{SurveyedEntry, survey};

/// A file in an archive, as the archive's directory declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A relative path of plain components, parted by `/`.
    pub name: String,
    /// Bytes unpacked.
    pub size: u64,
    /// Bytes in the archive.
    pub compressed: u64,
}

/// An open archive whose directory was held against the limits.
///
/// What an entry's own header and content say is checked when that entry is read. Reading takes short reads of the headers
/// and then longer ones of the content, each once and in order: a reader that pays for each call should be buffered.
pub struct Archive<R> {
    reader: R,
    directory: Directory,
}

impl<R: Read + Seek> Archive<R> {
    /// Opens an archive of `size` bytes and checks all that its directory declares. Besides the directory, at most the
    /// last 66 KiB are read, and no more is held than [`ArchiveLimits::directory_bytes`] and a few times that for the
    /// names. Directory entries are checked likewise, and then left out.
    ///
    /// Refused are: archives on several disks, encrypted ones, and ones that do not end where they say; methods other than
    /// stored and deflated; names that are not UTF-8, not relative, longer than 512 bytes, of `.`, `..` or empty components,
    /// with backslashes or control characters; two entries of one name (case distinguishes them); links and devices; entries
    /// that overlap in the archive.
    ///
    /// # Errors
    /// `archive_too_large`, `invalid_archive`, and whatever failure the reader has: a [`Failure`] inside of its
    /// [`std::io::Error`] comes back as it is, any other error as a temporary `unavailable`.
    pub fn open(mut reader: R, size: u64, limits: &ArchiveLimits) -> Result<Self, Failure> {
        let (end, records) = read_directory(&mut reader, size, limits)?;
        let directory = directory::read(&records, &end, limits)?;
        Ok(Self { reader, directory })
    }

    /// Reads the content of one entry, of at most `limit` bytes.
    ///
    /// # Errors
    /// `invalid_archive` when there is no such entry, and when its header, size or CRC are not what the directory declares;
    /// `archive_too_large` above `limit`; whatever failure the reader has, as for [`Self::open`].
    pub fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let (entry, packed) = self
            .directory
            .find(name)
            .ok_or_else(|| invalid(format!("The archive has no entry {}.", shown(name.as_bytes()))))?;
        self.reader
            .seek(SeekFrom::Start(packed.offset))
            .map_err(while_reading)?;
        let wanted = Wanted {
            packed,
            name: Some(&entry.name),
        };
        wanted.read(&mut self.reader, limit, |content| {
            BufReader::with_capacity(PIECE_BYTES, content)
        })
    }
}

impl<R> Archive<R> {
    /// The files of the archive, in the order of its directory.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.directory.entries
    }

    /// What the directory declares of one file.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.directory.find(name).map(|(entry, _)| entry)
    }

    /// The reader, at whatever position the last read left it.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R> fmt::Debug for Archive<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Archive")
            .field("entries", &self.directory.entries.len())
            .finish_non_exhaustive()
    }
}

/// Reads the end of an archive of `size` bytes and the whole of its directory, both within the limits.
fn read_directory<R: Read + Seek>(
    reader: &mut R,
    size: u64,
    limits: &ArchiveLimits,
) -> Result<(End, Vec<u8>), Failure> {
    limits.check_bytes(size)?;
    let end = end::read(reader, size)?;
    limits.check_directory(end.entries, end.directory_bytes)?;
    let records = read_at(reader, end.directory_offset, end.directory_bytes)?;
    Ok((end, records))
}

/// Reads a part of the archive whole. The caller has held `length` against a limit.
fn read_at<R: Read + Seek>(reader: &mut R, offset: u64, length: u64) -> Result<Vec<u8>, Failure> {
    reader.seek(SeekFrom::Start(offset)).map_err(while_reading)?;
    read_next(reader, length)
}

/// Reads the next `length` bytes of the archive. Memory grows with what arrives, not with what was promised.
fn read_next<R: Read>(reader: &mut R, length: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(PROMISED_BYTES)).unwrap_or_default());
    let read = reader
        .by_ref()
        .take(length)
        .read_to_end(&mut bytes)
        .map_err(while_reading)?;
    if u64::try_from(read) != Ok(length) {
        return Err(cut_short());
    }
    Ok(bytes)
}

/// Bytes of the archive that are inflated at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Bytes of memory that are taken on a mere promise of content: 4 MiB.
const PROMISED_BYTES: u64 = 4 << 20;
