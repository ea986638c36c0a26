//! One file holds a body and what is known about it, so that a single rename publishes both.
//!
//! ```text
//! body | footer (JSON) | body length, u64 | footer length, u32 | CRC-32 of the footer | magic, 8 bytes
//! ```
//!
//! Numbers are little-endian. The trailer stands last because length and digests are known only when the
//! body has been received.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use s3s::crypto::{Checksum, Crc32};
use serde::Serialize;
use serde::de::DeserializeOwned;

const MAGIC: [u8; 8] = *b"drkroom1";
const TRAILER_LENGTH: usize = 8 + 4 + 4 + MAGIC.len();
/// Read in one go from the end of a file: footers are nearly always shorter.
const TAIL_LENGTH: u64 = 4096;

/// Why a file is not a whole object file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectFileError {
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file was cut off, lengthened, or is something else.
    #[error("the file is not a whole object: {0}")]
    Damaged(&'static str),
}

/// Appends footer and trailer behind a body of `body_length` bytes that `file` already holds.
pub(crate) fn write_footer<T: Serialize>(file: &mut File, body_length: u64, footer: &T) -> io::Result<()> {
    let mut tail = serde_json::to_vec(footer)?;
    let footer_length = u32::try_from(tail.len()).map_err(io::Error::other)?;
    let checksum = Crc32::checksum(&tail);
    tail.extend_from_slice(&body_length.to_le_bytes());
    tail.extend_from_slice(&footer_length.to_le_bytes());
    tail.extend_from_slice(&checksum);
    tail.extend_from_slice(&MAGIC);
    file.seek(SeekFrom::Start(body_length))?;
    file.write_all(&tail)
}

/// Reads the footer and the body length, and checks that the file is neither shorter nor longer than they say.
pub(crate) fn read_footer<T: DeserializeOwned>(file: &mut File) -> Result<(u64, T), ObjectFileError> {
    let length = file.metadata()?.len();
    let mut tail = read_tail(file, length, TAIL_LENGTH)?;
    let trailer = tail
        .len()
        .checked_sub(TRAILER_LENGTH)
        .and_then(|at| tail.get(at..))
        .and_then(Trailer::parse)
        .ok_or(ObjectFileError::Damaged("no trailer"))?;
    let footer_length = u64::from(trailer.footer_length);
    let trailer_length = u64::try_from(TRAILER_LENGTH).unwrap_or(u64::MAX);
    let behind_body = footer_length.saturating_add(trailer_length);
    if trailer.body_length.checked_add(behind_body) != Some(length) {
        return Err(ObjectFileError::Damaged("its length is not the recorded one"));
    }
    if behind_body > TAIL_LENGTH {
        tail = read_tail(file, length, behind_body)?;
    }
    let footer_end = tail.len().saturating_sub(TRAILER_LENGTH);
    let footer_start = footer_end.saturating_sub(usize::try_from(footer_length).unwrap_or(usize::MAX));
    let footer = tail.get(footer_start..footer_end).unwrap_or_default();
    if Crc32::checksum(footer) != trailer.checksum {
        return Err(ObjectFileError::Damaged("its footer does not match its checksum"));
    }
    let footer = serde_json::from_slice(footer)
        .map_err(|_| ObjectFileError::Damaged("its footer is not understood"))?;
    Ok((trailer.body_length, footer))
}

fn read_tail(file: &mut File, length: u64, wanted: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(length.saturating_sub(wanted)))?;
    let mut tail = Vec::new();
    file.take(wanted).read_to_end(&mut tail)?;
    Ok(tail)
}

struct Trailer {
    body_length: u64,
    footer_length: u32,
    checksum: [u8; 4],
}

impl Trailer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (body_length, rest) = bytes.split_first_chunk::<8>()?;
        let (footer_length, rest) = rest.split_first_chunk::<4>()?;
        let (checksum, magic) = rest.split_first_chunk::<4>()?;
        (magic == MAGIC).then(|| Self {
            body_length: u64::from_le_bytes(*body_length),
            footer_length: u32::from_le_bytes(*footer_length),
            checksum: *checksum,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file_with(body: &[u8], footer: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(body).unwrap();
        write_footer(&mut file, body.len() as u64, &footer).unwrap();
        file
    }

    #[test]
    fn a_footer_longer_than_the_tail_is_read_whole() {
        let footer = "x".repeat(3 * usize::try_from(TAIL_LENGTH).unwrap());
        let mut file = file_with(b"body", &footer);
        assert_eq!(read_footer::<String>(&mut file).unwrap(), (4, footer));
    }

    proptest! {
        #[test]
        fn every_cut_and_every_changed_trailer_byte_is_noticed(
            body in proptest::collection::vec(any::<u8>(), 0..64),
            cut in 1_u64..200,
            flipped in 0_u64..24,
        ) {
            let mut file = file_with(&body, "what is known");
            let length = file.metadata().unwrap().len();
            prop_assert_eq!(read_footer::<String>(&mut file).unwrap().0, body.len() as u64);

            file.set_len(length.saturating_sub(cut)).unwrap();
            prop_assert!(read_footer::<String>(&mut file).is_err());

            let mut file = file_with(&body, "what is known");
            let mut byte = [0];
            file.seek(SeekFrom::Start(length - 1 - flipped)).unwrap();
            file.read_exact(&mut byte).unwrap();
            file.seek(SeekFrom::Start(length - 1 - flipped)).unwrap();
            file.write_all(&[byte[0] ^ 0x40]).unwrap();
            prop_assert!(read_footer::<String>(&mut file).is_err());
        }
    }
}
