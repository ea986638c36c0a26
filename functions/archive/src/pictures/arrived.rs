//! The pictures in what was uploaded.

use darkroom_domain::{
    ArchiveContent, ArchiveOrder, Code, Failure, PictureArchive, archive::naming::picture_name,
};
use darkroom_picture_archive::{NO_PICTURES, PicturePlace};
use darkroom_zip::SurveyedEntry;

/// A picture as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    /// What it is called where it came from.
    pub(super) name: String,
    /// The same without a path.
    pub(super) basename: String,
    /// Where it lies, or why it cannot be read.
    pub(super) place: Result<PicturePlace, Failure>,
}

impl Arrived {
    /// The picture that an upload is, of so many bytes.
    pub(super) fn alone(archive: &PictureArchive, bytes: u64) -> Self {
        Self {
            name: archive.filename.clone(),
            basename: archive.filename.clone(),
            place: Ok(PicturePlace::Whole { bytes }),
        }
    }

    /// The pictures among the entries of a zip, in its order.
    ///
    /// # Errors
    /// `invalid_archive` when there is none, or when there are not those that came.
    pub(super) fn among(archive: &PictureArchive, entries: Vec<SurveyedEntry>) -> Result<Vec<Self>, Failure> {
        let arrived: Vec<Self> = match &archive.content {
            ArchiveContent::Pictures { names } => {
                if names.len() != entries.len() {
                    return Err(Failure::unknown("another number of pictures than of names"));
                }
                let named = names.iter().zip(entries);
                named
                    .map(|(name, entry)| Self {
                        name: name.clone(),
                        basename: name.clone(),
                        place: entry.content.map(PicturePlace::Entry),
                    })
                    .collect()
            }
            ArchiveContent::Zip | ArchiveContent::Picture => {
                let extensions = archive.order.picture_extensions();
                let pictures = entries.into_iter().filter_map(|entry| {
                    let basename = picture_name(&entry.name, extensions)?.to_owned();
                    Some(Self {
                        basename,
                        name: entry.name,
                        place: entry.content.map(PicturePlace::Entry),
                    })
                });
                pictures.collect()
            }
        };
        if arrived.is_empty() {
            let detail = match archive.order {
                ArchiveOrder::Segmentation(_) => "No files extracted from archive",
                ArchiveOrder::Prediction(_) => NO_PICTURES,
            };
            return Err(Failure::permanent(Code::InvalidArchive, detail));
        }
        Ok(arrived)
    }
}
