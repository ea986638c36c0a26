//! How much there is in an EXIF block, before it is given to the reader.
//!
//! The reader follows every pointer to a directory that it meets, also the second and the thousandth to the same one, and
//! decodes a value whole when asked for it. A block could make that take gigabytes; hence it is walked once, by the rules of
//! the reader, in time and memory that are bounded.

use crate::header::tiff::{Directory, Field};

const EXIF_POINTER: u16 = 0x8769;
const GPS_POINTER: u16 = 0x8825;
const INTEROPERABILITY_POINTER: u16 = 0xA005;

/// Entries that the reader may meet. Cameras write some hundred; a damaged pointer into noise may lead to some ten thousand,
/// and what stands before it is to be kept.
const MAX_ENTRIES: usize = 100_000;
/// Directories in a row that the reader goes through.
const MAX_CHAIN: usize = 8;
/// Bytes of a value that is decoded: what a segment of a JPEG holds.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// What kind of directory it is: each knows other pointers.
#[derive(Clone, Copy, Debug)]
enum Level {
    Image,
    Exif,
    Leaf,
}

/// A block that may be read.
#[derive(Debug)]
pub(super) struct Survey {
    entries_left: usize,
    oversized: Vec<u16>,
}

impl Survey {
    /// Walks a block; none if there is no directory in it, or too much.
    pub(super) fn of(block: &[u8]) -> Option<Self> {
        let mut survey = Self {
            entries_left: MAX_ENTRIES,
            oversized: Vec::new(),
        };
        // The reader knows no BigTIFF.
        let first = Directory::first(block).filter(|directory| !directory.is_big())?;
        let chain = std::iter::successors(Some(first), Directory::next);
        for directory in chain.take(MAX_CHAIN) {
            survey.walk(&directory, Level::Image)?;
        }
        Some(survey)
    }

    /// Whether a tag's value is too long to be decoded.
    pub(super) fn is_oversized(&self, tag: u16) -> bool {
        self.oversized.contains(&tag)
    }

    /// None once there are too many entries. At most three directories deep.
    fn walk(&mut self, directory: &Directory<'_>, level: Level) -> Option<()> {
        for field in directory.fields() {
            self.entries_left = self.entries_left.checked_sub(1)?;
            if field
                .content
                .is_some_and(|content| content.len() > MAX_VALUE_BYTES)
            {
                self.oversized.push(field.tag);
            }
            let child = match (level, field.tag) {
                (Level::Image, EXIF_POINTER) => Level::Exif,
                (Level::Image, GPS_POINTER) | (Level::Exif, INTEROPERABILITY_POINTER) => Level::Leaf,
                _ => continue,
            };
            if let Some(directory) = pointed_at(directory, &field) {
                self.walk(&directory, child)?;
            }
        }
        Some(())
    }
}

fn pointed_at<'file>(directory: &Directory<'file>, field: &Field<'_>) -> Option<Directory<'file>> {
    directory.at(usize::try_from(field.first_integer()?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A directory without a successor, of entries with one LONG each.
    fn directory(entries: &[(u16, u32)]) -> Vec<u8> {
        let mut bytes = u16::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
        for (tag, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend([4, 0, 1, 0, 0, 0]);
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes
    }

    fn block(directories: &[u8]) -> Vec<u8> {
        [&b"II*\0\x08\0\0\0"[..], directories].concat()
    }

    #[test]
    fn pointers_that_multiply_are_refused() {
        // A thousand pointers to a directory of a thousand pointers to one of a thousand entries: a billion entries.
        let count = 1_000;
        let length = u32::try_from(directory(&[(1, 0); 1_000]).len()).unwrap();
        let (exif, leaf) = (8 + length, 8 + 2 * length);
        let hostile = block(
            &[
                directory(&vec![(EXIF_POINTER, exif); count]),
                directory(&vec![(INTEROPERABILITY_POINTER, leaf); count]),
                directory(&vec![(1, 0); count]),
            ]
            .concat(),
        );
        assert!(hostile.len() < 65_536);
        assert!(Survey::of(&hostile).is_none());
        // One of each is what cameras write.
        let length = u32::try_from(directory(&[(1, 0)]).len()).unwrap();
        let usual = block(
            &[
                directory(&[(EXIF_POINTER, 8 + length)]),
                directory(&[(INTEROPERABILITY_POINTER, 8 + 2 * length)]),
                directory(&[(1, 0)]),
            ]
            .concat(),
        );
        assert_eq!(Survey::of(&usual).unwrap().entries_left, MAX_ENTRIES - 3);
    }

    #[test]
    fn directories_in_a_circle_end() {
        let mut circle = block(&directory(&[(1, 0), (EXIF_POINTER, 8), (GPS_POINTER, 8)]));
        let end = circle.len();
        circle[end - 4..].copy_from_slice(&8_u32.to_le_bytes());
        let survey = Survey::of(&circle).unwrap();
        // Three entries, and three in each of the two directories that are the same, eight times.
        assert_eq!(MAX_ENTRIES - survey.entries_left, 8 * 9);
    }

    /// How many entries the reader keeps.
    fn kept(block: &[u8]) -> usize {
        let mut reader = ::exif::Reader::new();
        match reader.continue_on_error(true).read_raw(block.to_vec()) {
            Ok(exif) => exif.fields().len(),
            Err(::exif::Error::PartialResult(partial)) => partial.into_inner().0.fields().len(),
            Err(_) => 0,
        }
    }

    proptest! {
        /// The bound is worth something only if the reader never keeps more than was counted.
        #[test]
        fn the_reader_keeps_no_more_entries_than_are_counted(
            little_endian: bool,
            entries in prop::collection::vec(
                (
                    prop::sample::select(vec![1, 0x8769, 0x8825, 0xA005, 0x0100]),
                    prop::sample::select(vec![0_u16, 1, 2, 3, 4, 5, 7, 9, 13, 16, 129]),
                    prop::sample::select(vec![0_u32, 1, 2, 4, 5, 100, u32::MAX]),
                    0..140_u32,
                    prop::sample::select(vec![0_u16, 1, 2, 3, 0x0100]),
                ),
                0..12,
            ),
            first in prop::sample::select(vec![0_u32, 4, 8, 10, 20]),
            next in prop::sample::select(vec![0_u32, 8, 22, 34, 1000]),
        ) {
            let u16_bytes = |value: u16| if little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
            let u32_bytes = |value: u32| if little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
            let mut bytes = if little_endian { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
            bytes.extend(u32_bytes(first));
            bytes.extend(u16_bytes(u16::try_from(entries.len()).unwrap()));
            for (tag, kind, count, value, noise) in entries {
                bytes.extend(u16_bytes(tag));
                bytes.extend(u16_bytes(kind));
                bytes.extend(u32_bytes(count));
                // Of several bytes, each may become the pointer.
                bytes.extend(u32_bytes(value | u32::from(noise) << 16));
            }
            bytes.extend(u32_bytes(next));
            let counted = Survey::of(&bytes).map(|survey| MAX_ENTRIES - survey.entries_left);
            match counted {
                Some(counted) => prop_assert!(kept(&bytes) <= counted),
                None => prop_assert_eq!(kept(&bytes), 0),
            }
        }
    }
}
