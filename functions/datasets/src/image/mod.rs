//! `/api/v1/IO/image/…`, and the list of a dataset's images.

pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod upload;

use darkroom_domain::{DatasetId, DatasetImage, ImageId};
use serde::Serialize;
use utoipa::ToSchema;

/// The most pictures of a dataset that one list is made of.
pub(crate) const MAX_IMAGES: usize = 100_000;

/// A picture of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetImageView {
    id: ImageId,
    /// The name that the file has in archives.
    filename: String,
    /// The client's name for the file.
    original_filename: String,
    /// The dataset it is in; null for a picture that is in none.
    dataset_id: Option<DatasetId>,
}

impl From<DatasetImage> for DatasetImageView {
    fn from(member: DatasetImage) -> Self {
        Self {
            id: member.image_id,
            filename: member.filename,
            original_filename: member.original_filename,
            dataset_id: Some(member.dataset_id),
        }
    }
}
