//! An entry that is deflated while it is written.

use std::{
    fmt,
    io::{self, Write},
};

use crc32fast::Hasher;
use darkroom_domain::{Failure, Timestamp};
use flate2::{Compression, write::DeflateEncoder};

use super::{
    Sink,
    contents::Contents,
    modified::DosTime,
    records::{Member, descriptor},
};
use crate::{
    fault::{too_large, while_writing},
    layout::{DEFLATED, WIDE_32},
    name::shown,
};

/// A file under way into an archive, as a [`Write`].
pub struct DeflatedEntry<'archive, W: Write> {
    encoder: DeflateEncoder<&'archive mut Sink<W>>,
    contents: &'archive mut Contents,
    name: String,
    modified: DosTime,
    offset: u64,
    crc: Hasher,
    size: u64,
}

impl<'archive, W: Write> DeflatedEntry<'archive, W> {
    pub(super) fn begin(
        sink: &'archive mut Sink<W>,
        contents: &'archive mut Contents,
        name: &str,
        modified: Timestamp,
    ) -> Result<Self, Failure> {
        contents.begin(name)?;
        let modified = DosTime::of(modified);
        let offset = sink.written;
        let unknown = Member {
            name,
            method: DEFLATED,
            streamed: true,
            modified,
            crc: 0,
            size: 0,
            compressed: 0,
            offset,
        };
        sink.put(&unknown.local_header())?;
        Ok(Self {
            encoder: DeflateEncoder::new(sink, Compression::default()),
            contents,
            name: name.to_owned(),
            modified,
            offset,
            crc: Hasher::new(),
            size: 0,
        })
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `archive_too_large` from 4 GiB on; else the writer's failure.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.encoder.try_finish().map_err(while_writing)?;
        let compressed = self.encoder.total_out();
        let crc = self.crc.finalize();
        let sink = self.encoder.finish().map_err(while_writing)?;
        // Without wide fields: whether the sizes behind a content have 32 bits or 64 is what readers disagree on.
        let (Some(size), Some(packed)) = (narrow(self.size), narrow(compressed)) else {
            return Err(too_long(&self.name));
        };
        sink.put(&descriptor(crc, packed, size))?;
        self.contents.add(&Member {
            name: &self.name,
            method: DEFLATED,
            streamed: true,
            modified: self.modified,
            crc,
            size: self.size,
            compressed,
            offset: self.offset,
        });
        Ok(())
    }
}

impl<W: Write> Write for DeflatedEntry<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if narrow(self.size.saturating_add(bytes.len() as u64)).is_none() {
            return Err(io::Error::other(too_long(&self.name)));
        }
        let written = self.encoder.write(bytes)?;
        self.crc.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    /// Does nothing: whatever is flushed between the pieces of a file makes it larger.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> fmt::Debug for DeflatedEntry<'_, W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeflatedEntry")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A size as a field of 32 bits holds it, below the mark for wide ones.
fn narrow(size: u64) -> Option<u32> {
    u32::try_from(size).ok().filter(|size| *size < WIDE_32)
}

fn too_long(name: &str) -> Failure {
    too_large(format!("The entry {} has 4 GiB or more.", shown(name.as_bytes())))
}
