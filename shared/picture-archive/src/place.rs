//! Where a picture lies in what was uploaded.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use darkroom_domain::{ArchivedPicture, Failure, limits::MAX_ARCHIVED_PICTURE_BYTES};
use darkroom_zip::PackedEntry;
use serde::{Deserialize, Serialize};

/// Where a picture lies in what was uploaded. In records it is a text of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PicturePlace {
    /// In an entry of a zip.
    Entry(PackedEntry),
    /// The upload is the picture.
    Whole {
        /// Its size in bytes.
        bytes: u64,
    },
}

impl PicturePlace {
    /// Where a picture lies, as its record says.
    ///
    /// # Errors
    /// `internal` when it says nothing that can be read.
    pub fn of(picture: &ArchivedPicture) -> Result<Self, Failure> {
        let text = picture.place.as_deref();
        let text = text.ok_or_else(|| Failure::unknown("a picture that lies nowhere"))?;
        serde_json::from_str(text).map_err(Failure::unknown)
    }

    /// The text that a record keeps.
    ///
    /// # Errors
    /// `internal`.
    pub fn to_text(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(Failure::unknown)
    }

    /// The bytes of the upload that must be read for it.
    #[must_use]
    pub fn span(&self) -> Range<u64> {
        match self {
            Self::Entry(entry) => entry.span(),
            Self::Whole { bytes } => 0..*bytes,
        }
    }

    /// The picture's file, of the bytes of its [span](Self::span). What was stored as it is is not copied.
    ///
    /// # Errors
    /// `invalid_archive` or `archive_too_large` when the entry is not what the directory of its zip says, or larger than a
    /// picture may be; `internal` when there are fewer bytes than the picture has.
    pub fn unpack(&self, span: &Bytes) -> Result<Bytes, Failure> {
        match self {
            Self::Entry(entry) => match entry.unpack(span, MAX_ARCHIVED_PICTURE_BYTES)? {
                Cow::Borrowed(content) => Ok(span.slice_ref(content)),
                Cow::Owned(content) => Ok(Bytes::from(content)),
            },
            Self::Whole { bytes } if span.len() as u64 == *bytes => Ok(span.clone()),
            Self::Whole { .. } => Err(Failure::unknown("a picture of another size than its upload")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{Code, Timestamp};
    use darkroom_zip::{ArchiveLimits, ArchiveWriter, survey};
    use std::io::Cursor;

    fn read_back(place: PicturePlace) -> PicturePlace {
        serde_json::from_str(&place.to_text().unwrap()).unwrap()
    }

    #[test]
    fn a_single_picture_is_the_whole_upload() {
        let file = Bytes::from_static(b"a picture");
        let place = read_back(PicturePlace::Whole { bytes: 9 });
        assert_eq!(place.span(), 0..9);
        assert_eq!(place.unpack(&file).unwrap(), file);
        assert_eq!(
            place.unpack(&file.slice(..4)).unwrap_err().code,
            Code::Internal,
            "cut short"
        );
    }

    #[test]
    fn an_entry_is_unpacked_of_its_span_alone() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let mut zip = ArchiveWriter::new(Vec::new());
        zip.stored("1.jpg", b"first", now).unwrap();
        zip.stored("2.jpg", b"second", now).unwrap();
        let zip = Bytes::from(zip.finish().unwrap());
        let limits = ArchiveLimits::of_pictures(zip.len() as u64);
        let entries = survey(&mut Cursor::new(&zip), zip.len() as u64, &limits).unwrap();
        let place = read_back(PicturePlace::Entry(entries[1].content.clone().unwrap()));
        let span = place.span();
        let [start, end] = [span.start, span.end].map(|at| usize::try_from(at).unwrap());
        let span = zip.slice(start..end);
        assert_eq!(place.unpack(&span).unwrap(), &b"second"[..]);
        let other = read_back(PicturePlace::Entry(entries[0].content.clone().unwrap()));
        assert_eq!(other.unpack(&span).unwrap_err().code, Code::InvalidArchive);
    }
}
