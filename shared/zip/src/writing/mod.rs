//! Archives that are written from their beginning to their end, without ever turning back.

mod contents;
mod declared;
mod deflated;
mod modified;
mod records;

use std::{
    fmt,
    io::{self, Write},
};

use darkroom_domain::{Failure, Timestamp};

use crate::{
    fault::{invalid, while_writing},
    layout::STORED,
    name::{is_directory, shown, without_slash},
};
use contents::Contents;
pub use declared::DeclaredEntry;
pub use deflated::DeflatedEntry;
use modified::DosTime;
use records::Member;

/// An archive under way into `W`.
///
/// Entries that are given whole carry their size and CRC in front of them, so that programs which read archives as they
/// arrive can read them too. The same calls make the same bytes. Archives of 65,535 entries or of 4 GiB and more are
/// written in the wide form (zip64). An error from `W` ends the archive: what was written so far is of no use.
pub struct ArchiveWriter<W> {
    sink: Sink<W>,
    contents: Contents,
}

impl<W: Write> ArchiveWriter<W> {
    /// An archive without entries.
    pub fn new(writer: W) -> Self {
        Self {
            sink: Sink { writer, written: 0 },
            contents: Contents::default(),
        }
    }

    /// Adds a file as it is: right for pictures, which are packed already. `modified` is kept in UTC, to two seconds,
    /// between the years 1980 and 2107.
    ///
    /// # Errors
    /// `invalid_archive` for a name that [`crate::Archive`] would refuse, or that is taken; whatever failure the writer
    /// has: a [`Failure`] inside of its [`io::Error`] comes back as it is, any other error as a temporary `unavailable`.
    pub fn stored(&mut self, name: &str, content: &[u8], modified: Timestamp) -> Result<(), Failure> {
        must_be_file(name)?;
        self.whole(name, content, modified)
    }

    /// Adds an empty directory, with or without the `/` at the end of its name. Files need none to be in.
    ///
    /// # Errors
    /// As for [`Self::stored`].
    pub fn directory(&mut self, name: &str, modified: Timestamp) -> Result<(), Failure> {
        self.whole(&format!("{}/", without_slash(name)), &[], modified)
    }

    /// Begins a file that is deflated while it is written: right for text. Its size and CRC follow it, and it must have
    /// less than 4 GiB. The entry must be [finished](DeflatedEntry::finish), or else the archive cannot be.
    ///
    /// # Errors
    /// As for [`Self::stored`].
    pub fn deflated(&mut self, name: &str, modified: Timestamp) -> Result<DeflatedEntry<'_, W>, Failure> {
        must_be_file(name)?;
        DeflatedEntry::begin(&mut self.sink, &mut self.contents, name, modified)
    }

    /// Begins a file that is stored piece by piece: right for what lies elsewhere and is too large to be held. Its `size` in
    /// bytes and its CRC-32 must be known before. The entry must be [finished](DeclaredEntry::finish), or else the archive
    /// cannot be.
    ///
    /// # Errors
    /// As for [`Self::stored`].
    pub fn declared(
        &mut self,
        name: &str,
        size: u64,
        crc: u32,
        modified: Timestamp,
    ) -> Result<DeclaredEntry<'_, W>, Failure> {
        must_be_file(name)?;
        DeclaredEntry::begin(&mut self.sink, &mut self.contents, name, (size, crc), modified)
    }

    /// What is written into, between two entries: what lies there already may be taken away.
    pub const fn writer_mut(&mut self) -> &mut W {
        &mut self.sink.writer
    }

    /// Writes the archive's directory and gives the writer back, neither flushed nor closed.
    ///
    /// # Errors
    /// `internal` when an entry was not finished or an earlier error was passed over; else the writer's failure.
    pub fn finish(mut self) -> Result<W, Failure> {
        let (directory, end) = self.contents.into_directory(self.sink.written)?;
        self.sink.put(&directory)?;
        self.sink.put(&end)?;
        Ok(self.sink.writer)
    }

    fn whole(&mut self, name: &str, content: &[u8], modified: Timestamp) -> Result<(), Failure> {
        self.contents.begin(name)?;
        let size = content.len() as u64;
        let member = Member {
            name,
            method: STORED,
            streamed: false,
            modified: DosTime::of(modified),
            crc: crc32fast::hash(content),
            size,
            compressed: size,
            offset: self.sink.written,
        };
        self.sink.put(&member.local_header())?;
        self.sink.put(content)?;
        self.contents.add(&member);
        Ok(())
    }
}

impl<W> fmt::Debug for ArchiveWriter<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ArchiveWriter")
            .field("contents", &self.contents)
            .field("written", &self.sink.written)
            .finish_non_exhaustive()
    }
}

fn must_be_file(name: &str) -> Result<(), Failure> {
    if is_directory(name) {
        return Err(invalid(format!(
            "The name {} is a directory's, not a file's.",
            shown(name.as_bytes())
        )));
    }
    Ok(())
}

/// A writer that counts.
struct Sink<W> {
    writer: W,
    written: u64,
}

impl<W: Write> Sink<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write_all(bytes).map_err(while_writing)
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
