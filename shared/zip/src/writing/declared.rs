//! An entry that is stored piece by piece, and whose size and CRC are known before.

use std::{
    fmt,
    io::{self, Write},
};

use crc32fast::Hasher;
use darkroom_domain::{Failure, Timestamp};

use super::{Sink, contents::Contents, modified::DosTime, records::Member};
use crate::{fault::invalid, layout::STORED, name::shown};

/// A file under way into an archive, as a [`Write`]. It is never in memory as a whole.
pub struct DeclaredEntry<'archive, W: Write> {
    sink: &'archive mut Sink<W>,
    contents: &'archive mut Contents,
    name: String,
    /// But for its name.
    declared: Member<'static>,
    /// What came so far.
    written: u64,
    hash: Hasher,
}

impl<'archive, W: Write> DeclaredEntry<'archive, W> {
    pub(super) fn begin(
        sink: &'archive mut Sink<W>,
        contents: &'archive mut Contents,
        name: &str,
        (size, crc): (u64, u32),
        modified: Timestamp,
    ) -> Result<Self, Failure> {
        contents.begin(name)?;
        let declared = Member {
            name: "",
            method: STORED,
            streamed: false,
            modified: DosTime::of(modified),
            crc,
            size,
            compressed: size,
            offset: sink.written,
        };
        sink.put(&Member { name, ..declared }.local_header())?;
        Ok(Self {
            sink,
            contents,
            name: name.to_owned(),
            declared,
            written: 0,
            hash: Hasher::new(),
        })
    }

    /// What is written into, between two pieces: what lies there already may be taken away.
    pub const fn writer_mut(&mut self) -> &mut W {
        &mut self.sink.writer
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `invalid_archive` when what came is not what was declared.
    pub fn finish(self) -> Result<(), Failure> {
        if (self.written, self.hash.clone().finalize()) != (self.declared.size, self.declared.crc) {
            return Err(invalid(format!(
                "The content of {} is not what was declared.",
                shown(self.name.as_bytes())
            )));
        }
        self.contents.add(&Member {
            name: &self.name,
            ..self.declared
        });
        Ok(())
    }
}

impl<W: Write> Write for DeclaredEntry<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        self.written = self.written.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl<W: Write> fmt::Debug for DeclaredEntry<'_, W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeclaredEntry")
            .field("name", &self.name)
            .field("size", &self.declared.size)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}
