//! The content of one entry: its local header, its bytes, its CRC.

use std::io::{BufRead, ErrorKind, Read, Take};

use darkroom_domain::Failure;
use flate2::{Decompress, FlushDecompress, Status};

use super::{
    PROMISED_BYTES,
    packed::PackedEntry,
    read_next,
    record::{Method, wide_extra, widened},
};
use crate::{
    fault::{cut_short, invalid, too_large, while_reading},
    fields::Fields,
    layout::{FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_STRONGLY_ENCRYPTED, LOCAL_HEADER, LOCAL_HEADER_BYTES},
    name::shown,
};

/// What the local header of an entry says (4.3.7).
#[derive(Clone, Copy, Debug)]
struct LocalHeader {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
    name_bytes: u16,
    extra_bytes: u16,
}

/// An entry that is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'entry> {
    pub(super) packed: &'entry PackedEntry,
    /// Its name where that is known; else the CRC of the name must do.
    pub(super) name: Option<&'entry str>,
}

impl Wanted<'_> {
    /// Reads and checks the whole content, of at most `limit` bytes, from a reader at the local header. `buffered` makes
    /// what deflated content is read through.
    pub(super) fn read<R: Read, B: BufRead>(
        self,
        mut reader: R,
        limit: u64,
        buffered: impl FnOnce(Take<R>) -> B,
    ) -> Result<Vec<u8>, Failure> {
        self.begin(&mut reader, limit)?;
        let content = match self.packed.method {
            Method::Stored => read_next(&mut reader, self.packed.compressed)?,
            Method::Deflated => self.inflate(buffered(reader.take(self.packed.compressed)))?,
        };
        self.check(&content)?;
        Ok(content)
    }

    /// Holds the size against `limit` and passes the local header.
    pub(super) fn begin<R: Read>(self, reader: &mut R, limit: u64) -> Result<(), Failure> {
        if self.packed.size > limit {
            return Err(too_large(format!(
                "The archive's entry{} has {} bytes; at most {limit} are accepted.",
                self.label(),
                self.packed.size
            )));
        }
        self.pass_header(reader)
    }

    /// Holds a content against its CRC.
    pub(super) fn check(self, content: &[u8]) -> Result<(), Failure> {
        if crc32fast::hash(content) != self.packed.crc {
            return Err(self.refused("is damaged: its CRC is another"));
        }
        Ok(())
    }

    /// Reads the local header up to the content, and checks that it speaks of the entry that the directory speaks of.
    fn pass_header<R: Read>(self, reader: &mut R) -> Result<(), Failure> {
        let bytes = read_next(reader, LOCAL_HEADER_BYTES as u64)?;
        let header =
            local_header(Fields::new(&bytes)).ok_or_else(|| self.refused("is not where it should be"))?;
        let variable = u64::from(header.name_bytes) + u64::from(header.extra_bytes);
        let end = [LOCAL_HEADER_BYTES as u64, variable, self.packed.compressed]
            .into_iter()
            .try_fold(self.packed.offset, u64::checked_add);
        if end.is_none_or(|end| end > self.packed.bound) {
            return Err(self.refused("lies over another entry"));
        }
        let name_and_extra = read_next(reader, variable)?;
        let (name, extra) = name_and_extra
            .split_at_checked(header.name_bytes.into())
            .ok_or_else(cut_short)?;
        if !self.is_named(name) || !agrees(&header, extra, self.packed) {
            return Err(self.refused("is declared in two ways that contradict each other"));
        }
        Ok(())
    }

    fn is_named(self, name: &[u8]) -> bool {
        self.name.map_or_else(
            || crc32fast::hash(name) == self.packed.name_crc,
            |wanted| wanted.as_bytes() == name,
        )
    }

    /// Inflates the content. It must end where the packed bytes end, and be of the declared size; one byte more than that
    /// is room enough to notice a lie.
    fn inflate<B: BufRead>(self, mut packed: B) -> Result<Vec<u8>, Failure> {
        let room = usize::try_from(self.packed.size)
            .ok()
            .and_then(|size| size.checked_add(1))
            .ok_or_else(|| too_large("The archive has an entry that is larger than memory."))?;
        let mut inflated = vec![0; room.min(usize::try_from(PROMISED_BYTES).unwrap_or(room))];
        let mut filled = 0;
        let mut packed_left = self.packed.compressed;
        let mut decompress = Decompress::new(false);
        loop {
            if filled == inflated.len() {
                if filled == room {
                    return Err(self.refused("is larger than it declares"));
                }
                inflated.resize(filled.saturating_mul(2).min(room), 0);
            }
            let (read_before, written_before) = (decompress.total_in(), decompress.total_out());
            let input = next_piece(&mut packed)?;
            let arrived = !input.is_empty();
            let output = inflated.get_mut(filled..).unwrap_or_default();
            let status = decompress
                .decompress(input, output, FlushDecompress::None)
                .map_err(|error| self.refused("is damaged: it cannot be inflated").because(error))?;
            let read = decompress.total_in() - read_before;
            let written = usize::try_from(decompress.total_out() - written_before).unwrap_or(usize::MAX);
            packed.consume(usize::try_from(read).unwrap_or(usize::MAX));
            packed_left = packed_left.saturating_sub(read);
            filled = filled.saturating_add(written);
            if status == Status::StreamEnd {
                break;
            }
            if read == 0 && written == 0 {
                if arrived || packed_left == 0 {
                    return Err(self.refused("is damaged: its content does not end"));
                }
                return Err(cut_short());
            }
        }
        if packed_left != 0 {
            return Err(self.refused("is damaged: its content ends too early"));
        }
        if filled.checked_add(1) != Some(room) {
            return Err(self.refused("is of another size than it declares"));
        }
        inflated.truncate(filled);
        Ok(inflated)
    }

    /// The name in a message, with a space before it.
    fn label(self) -> String {
        self.name
            .map(|name| format!(" {}", shown(name.as_bytes())))
            .unwrap_or_default()
    }

    fn refused(self, what: &str) -> Failure {
        invalid(format!("The archive's entry{} {what}.", self.label()))
    }
}

/// What has arrived and was not taken yet; nothing at the end.
fn next_piece<B: BufRead>(reader: &mut B) -> Result<&[u8], Failure> {
    // What is found here is given out below: one call cannot do both and try again.
    while let Err(error) = reader.fill_buf() {
        if error.kind() != ErrorKind::Interrupted {
            return Err(while_reading(error));
        }
    }
    reader.fill_buf().map_err(while_reading)
}

fn local_header(mut fields: Fields<'_>) -> Option<LocalHeader> {
    if fields.u32()? != LOCAL_HEADER {
        return None;
    }
    // The version of a program that reads it.
    fields.take(2)?;
    let flags = fields.u16()?;
    let method = fields.u16()?;
    // When it was changed.
    fields.take(4)?;
    Some(LocalHeader {
        flags,
        method,
        crc: fields.u32()?,
        compressed: fields.u32()?,
        size: fields.u32()?,
        name_bytes: fields.u16()?,
        extra_bytes: fields.u16()?,
    })
}

/// Whether a local header says what the directory says. Size and CRC may stand behind the content instead (4.4.4), and are
/// then the directory's alone.
fn agrees(header: &LocalHeader, extra: &[u8], packed: &PackedEntry) -> bool {
    if header.flags & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED) != 0
        || Method::of(header.method) != Some(packed.method)
    {
        return false;
    }
    if header.flags & FLAG_DESCRIPTOR != 0 {
        return true;
    }
    let mut wide = wide_extra(extra);
    header.crc == packed.crc
        && widened(header.size, &mut wide) == Some(packed.size)
        && widened(header.compressed, &mut wide) == Some(packed.compressed)
}
