//! What the upload of an archive holds.

use serde::{Deserialize, Serialize};

use crate::upload::Upload;

/// What the upload of an archive holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveContent {
    /// A zip, in which pictures are told by their names.
    #[default]
    Zip,
    /// A single picture.
    Picture,
    /// A zip of pictures that came one by one: all of its entries, with these names in its order.
    Pictures {
        /// As the client calls them.
        names: Vec<String>,
    },
}

impl ArchiveContent {
    /// What an upload declares that it holds.
    #[must_use]
    pub fn of(upload: &Upload) -> Self {
        if upload.content_type.starts_with("image/") {
            Self::Picture
        } else {
            Self::Zip
        }
    }
}
