//! The colour profile of a JPEG: without it, the same samples are other colours.

use crate::encode::writer;
use crate::header::bytes::Bytes;
use crate::header::jpeg::{next_marker, segment};

/// The first bytes of segments with a part of a profile (ICC.1, annex B.4); its number and how many there are follow.
const SIGNATURE: &[u8] = b"ICC_PROFILE\0";
/// Where a profile names the colours that it is for (ICC.1, 7.2).
const COLOR_SPACE: std::ops::Range<usize> = 16..20;

/// The segments of a profile, as they are in its file.
#[derive(Debug, Default)]
pub(super) struct Profile {
    segments: Vec<Vec<u8>>,
}

impl Profile {
    /// Reads what stands before the first scan of a JPEG. There is none in a file that is damaged, and one for other colours
    /// than red, green and blue is none: it would not be true of what is written.
    pub(super) fn read(file: &[u8]) -> Self {
        let mut segments = Vec::new();
        let mut bytes = Bytes::at(file, 2).unwrap_or(Bytes::new(&[]));
        while let Some(marker) = next_marker(&mut bytes) {
            match marker {
                0x01 | 0xD0..=0xD8 => {}
                0xD9 | 0xDA => break,
                marker => match segment(&mut bytes) {
                    Some(content) if marker == 0xE2 && content.starts_with(SIGNATURE) => {
                        segments.push(content.to_vec());
                    }
                    Some(_) => {}
                    None => break,
                },
            }
        }
        let colors = segments
            .first()
            .and_then(|first| first.get(SIGNATURE.len() + 2..)?.get(COLOR_SPACE));
        match colors {
            Some(b"RGB ") => Self { segments },
            _ => Self::default(),
        }
    }

    /// Writes the segments as they were.
    pub(super) fn write(&self, file: &mut Vec<u8>) {
        for content in &self.segments {
            writer::segment(file, 0xE2, content);
        }
    }

    /// Puts the segments behind the first one of a file, which is JFIF's.
    pub(super) fn insert_into(&self, file: Vec<u8>) -> Vec<u8> {
        let Some(after) = self.segments.first().and_then(|_| {
            let mut bytes = Bytes::at(&file, 2)?;
            next_marker(&mut bytes)?;
            segment(&mut bytes)?;
            Some(bytes.rest().len())
        }) else {
            return file;
        };
        let (before, after) = file.split_at(file.len() - after);
        let mut with = before.to_vec();
        self.write(&mut with);
        with.extend_from_slice(after);
        with
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(colors: &[u8; 4]) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        writer::segment(&mut file, 0xE0, b"JFIF\0");
        let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), &[7; 16], colors, &[9; 100]].concat();
        writer::segment(&mut file, 0xE2, b"MPF\0");
        writer::segment(&mut file, 0xE2, &profile);
        writer::segment(&mut file, 0xDA, b"scan");
        writer::segment(&mut file, 0xE2, &profile);
        file
    }

    #[test]
    fn profiles_of_red_green_and_blue_are_kept() {
        let profile = Profile::read(&file(b"RGB "));
        assert_eq!(profile.segments.len(), 1);
        let bare = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xD9".to_vec();
        let with = profile.insert_into(bare.clone());
        assert_eq!(with[..12], *b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xE2\0\x88");
        assert!(with.ends_with(&[9, 9, 0xFF, 0xD9]));
        assert_eq!(Profile::default().insert_into(bare.clone()), bare);
    }

    #[test]
    fn profiles_of_other_colours_and_damaged_ones_are_not() {
        assert!(Profile::read(&file(b"CMYK")).segments.is_empty());
        assert!(Profile::read(&file(b"GRAY")).segments.is_empty());
        let whole = file(b"RGB ");
        for length in 0..40 {
            assert!(Profile::read(&whole[..length]).segments.is_empty());
        }
    }
}
