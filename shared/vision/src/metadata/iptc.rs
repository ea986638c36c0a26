//! IPTC records: the Information Interchange Model, version 4.2, of newspapers and of older editors.

use std::borrow::Cow;

use super::text::{Tags, caption, latin1, utf8_or_latin1};
use crate::header::bytes::Bytes;

const TAG_MARKER: u8 = 0x1C;
/// The character set of the records that follow, as an escape sequence of ISO 2022.
const CODED_CHARACTER_SET: (u8, u8) = (1, 90);
const KEYWORD: (u8, u8) = (2, 25);
const CAPTION: (u8, u8) = (2, 120);
const ESCAPE_TO_UTF8: &[u8] = b"\x1B%G";

/// What is asked of IPTC records.
#[derive(Debug, Default)]
pub(super) struct Iptc {
    pub(super) caption: Option<String>,
    pub(super) keywords: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum CharacterSet {
    /// Not said. Many editors wrote UTF-8 without saying so, and a text of Latin-1 with an accent in it is hardly ever valid
    /// UTF-8.
    Unstated,
    Utf8,
    Latin1,
}

impl CharacterSet {
    fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Unstated => utf8_or_latin1(bytes),
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Latin1 => Cow::Owned(latin1(bytes)),
        }
    }
}

/// Reads as many datasets as are whole.
pub(super) fn read(records: &[u8]) -> Iptc {
    let mut found = Iptc::default();
    let mut keywords = Tags::default();
    let mut character_set = CharacterSet::Unstated;
    let mut bytes = Bytes::new(records);
    while let Some((dataset, data)) = next_dataset(&mut bytes) {
        match dataset {
            CODED_CHARACTER_SET if data == ESCAPE_TO_UTF8 => character_set = CharacterSet::Utf8,
            CODED_CHARACTER_SET => character_set = CharacterSet::Latin1,
            KEYWORD if !keywords.is_full() => keywords.add(&character_set.decode(data)),
            CAPTION if found.caption.is_none() => found.caption = caption(&character_set.decode(data)),
            _ => {}
        }
    }
    found.keywords = keywords.into_vec();
    found
}

/// The record and the number of a dataset, and its data.
fn next_dataset<'file>(bytes: &mut Bytes<'file>) -> Option<((u8, u8), &'file [u8])> {
    let [TAG_MARKER, record, number] = bytes.array()? else {
        return None;
    };
    let length = bytes.u16_be()?;
    let length = match length.checked_sub(0x8000) {
        None => usize::from(length),
        // Too long for 15 bits: these are the length of the length.
        Some(octets @ 1..=4) => bytes
            .take(usize::from(octets))?
            .iter()
            .try_fold(0_usize, |length, &octet| {
                length.checked_mul(256)?.checked_add(usize::from(octet))
            })?,
        Some(_) => return None,
    };
    Some(((record, number), bytes.take(length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(record: u8, number: u8, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![TAG_MARKER, record, number];
        bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn character_sets_are_told_and_guessed() {
        for (stated, text, expected) in [
            (Some(ESCAPE_TO_UTF8), "Zürich".as_bytes(), "Zürich"),
            (Some(ESCAPE_TO_UTF8), b"Z\xFCrich", "Z\u{FFFD}rich"),
            (Some(b"\x1B.A"), b"Z\xFCrich", "Zürich"),
            // Stated, and therefore not guessed.
            (Some(b"\x1B.A"), b"\xC3\xA4", "Ã¤"),
            (None, b"Z\xFCrich", "Zürich"),
            (None, "Zürich".as_bytes(), "Zürich"),
        ] {
            let mut records = stated.map_or_else(Vec::new, |escape| dataset(1, 90, escape));
            records.extend(dataset(2, 120, text));
            assert_eq!(read(&records).caption.as_deref(), Some(expected));
        }
    }

    #[test]
    fn keywords_repeat_and_other_datasets_are_passed_over() {
        let records = [
            dataset(2, 0, &[0, 2]),
            dataset(2, 25, b"sea"),
            dataset(2, 105, b"headline"),
            dataset(2, 25, b"starfish"),
            dataset(2, 25, b"sea"),
            dataset(2, 120, b" \0 "),
            dataset(2, 120, b"On the beach"),
        ]
        .concat();
        let found = read(&records);
        assert_eq!(found.keywords, ["sea", "starfish"]);
        assert_eq!(found.caption.as_deref(), Some("On the beach"));
    }

    #[test]
    fn lengths_beyond_15_bits_have_a_length_of_their_own() {
        let text = vec![b'a'; 40_000];
        let mut records = vec![TAG_MARKER, 2, 120, 0x80, 4, 0, 0, 0x9C, 0x40];
        records.extend(&text);
        records.extend(dataset(2, 25, b"after"));
        let found = read(&records);
        assert_eq!(found.caption.unwrap(), "a".repeat(2_000));
        assert_eq!(found.keywords, ["after"]);
    }

    #[test]
    fn what_is_whole_is_kept_of_records_that_are_cut() {
        let records = [dataset(2, 25, b"whole"), dataset(2, 25, b"cut off")].concat();
        let found = read(&records[..records.len() - 1]);
        assert_eq!(found.keywords, ["whole"]);
        for broken in [
            &[TAG_MARKER, 2, 25, 0x80, 0][..],
            &[TAG_MARKER, 2, 25, 0x80, 5, 1, 1, 1, 1, 1],
            &[TAG_MARKER, 2, 25, 0x80, 4, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0; 64],
        ] {
            assert!(read(broken).keywords.is_empty());
        }
    }
}
