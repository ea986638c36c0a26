//! The content of one entry: its local header, its bytes, its CRC.

use std::io::{Read, Seek, SeekFrom};

use darkroom_domain::Failure;
use flate2::{Decompress, FlushDecompress, Status};

use super::{
    Entry, PROMISED_BYTES,
    directory::{Method, Place, wide_extra, widened},
    read_next,
};
use crate::{
    fault::{cut_short, invalid, too_large, while_reading},
    fields::Fields,
    layout::{FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_STRONGLY_ENCRYPTED, LOCAL_HEADER, LOCAL_HEADER_BYTES},
    name::shown,
};

/// Bytes of the archive that are inflated at a time.
const PIECE_BYTES: u64 = 64 << 10;

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

/// Reads and checks the whole content of an entry.
pub(super) fn read<R: Read + Seek>(reader: &mut R, entry: &Entry, place: &Place) -> Result<Vec<u8>, Failure> {
    reader
        .seek(SeekFrom::Start(place.offset))
        .map_err(while_reading)?;
    pass_header(reader, entry, place)?;
    let content = match place.method {
        Method::Stored => read_next(reader, entry.compressed)?,
        Method::Deflated => inflate(reader, entry)?,
    };
    if crc32fast::hash(&content) != place.crc {
        return Err(refused(entry, "is damaged: its CRC is another"));
    }
    Ok(content)
}

/// Reads the local header up to the content, and checks that it speaks of the entry that the directory speaks of.
fn pass_header<R: Read>(reader: &mut R, entry: &Entry, place: &Place) -> Result<(), Failure> {
    let bytes = read_next(reader, LOCAL_HEADER_BYTES as u64)?;
    let header =
        local_header(Fields::new(&bytes)).ok_or_else(|| refused(entry, "is not where it should be"))?;
    let variable = u64::from(header.name_bytes) + u64::from(header.extra_bytes);
    let end = [LOCAL_HEADER_BYTES as u64, variable, entry.compressed]
        .into_iter()
        .try_fold(place.offset, u64::checked_add);
    if end.is_none_or(|end| end > place.bound) {
        return Err(refused(entry, "lies over another entry"));
    }
    let name_and_extra = read_next(reader, variable)?;
    let (name, extra) = name_and_extra
        .split_at_checked(header.name_bytes.into())
        .ok_or_else(cut_short)?;
    if name != entry.name.as_bytes() || !agrees(&header, extra, entry, place) {
        return Err(refused(
            entry,
            "is declared in two ways that contradict each other",
        ));
    }
    Ok(())
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
fn agrees(header: &LocalHeader, extra: &[u8], entry: &Entry, place: &Place) -> bool {
    if header.flags & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED) != 0
        || Method::of(header.method) != Some(place.method)
    {
        return false;
    }
    if header.flags & FLAG_DESCRIPTOR != 0 {
        return true;
    }
    let mut wide = wide_extra(extra);
    header.crc == place.crc
        && widened(header.size, &mut wide) == Some(entry.size)
        && widened(header.compressed, &mut wide) == Some(entry.compressed)
}

/// Inflates an entry's content. It must end where the packed bytes end, and be of the declared size; one byte more than that
/// is room enough to notice a lie.
fn inflate<R: Read>(reader: &mut R, entry: &Entry) -> Result<Vec<u8>, Failure> {
    let room = usize::try_from(entry.size)
        .ok()
        .and_then(|size| size.checked_add(1))
        .ok_or_else(|| too_large("The archive has an entry that is larger than memory."))?;
    let mut inflated = vec![0; room.min(usize::try_from(PROMISED_BYTES).unwrap_or(room))];
    let mut filled = 0;
    let mut packed_left = entry.compressed;
    let mut piece = Vec::new();
    let mut taken = 0;
    let mut decompress = Decompress::new(false);
    loop {
        if filled == inflated.len() {
            if filled == room {
                return Err(refused(entry, "is larger than it declares"));
            }
            inflated.resize(filled.saturating_mul(2).min(room), 0);
        }
        let (read_before, written_before) = (decompress.total_in(), decompress.total_out());
        let input = piece.get(taken..).unwrap_or_default();
        let output = inflated.get_mut(filled..).unwrap_or_default();
        let status = decompress
            .decompress(input, output, FlushDecompress::None)
            .map_err(|error| refused(entry, "is damaged: it cannot be inflated").because(error))?;
        let read = usize::try_from(decompress.total_in() - read_before).unwrap_or(usize::MAX);
        let written = usize::try_from(decompress.total_out() - written_before).unwrap_or(usize::MAX);
        taken = taken.saturating_add(read);
        filled = filled.saturating_add(written);
        if status == Status::StreamEnd {
            break;
        }
        if read == 0 && written == 0 {
            if taken < piece.len() || packed_left == 0 {
                return Err(refused(entry, "is damaged: its content does not end"));
            }
            let length = packed_left.min(PIECE_BYTES);
            piece = read_next(reader, length)?;
            packed_left -= length;
            taken = 0;
        }
    }
    if packed_left != 0 || taken != piece.len() {
        return Err(refused(entry, "is damaged: its content ends too early"));
    }
    if filled.checked_add(1) != Some(room) {
        return Err(refused(entry, "is of another size than it declares"));
    }
    inflated.truncate(filled);
    Ok(inflated)
}

fn refused(entry: &Entry, what: &str) -> Failure {
    invalid(format!(
        "The archive's entry {} {what}.",
        shown(entry.name.as_bytes())
    ))
}
