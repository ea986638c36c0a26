//! `/api/v1/IO/dataset/…`: datasets.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod remove;

use darkroom_domain::{Dataset, DatasetId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetView {
    id: DatasetId,
    title: String,
    description: Option<String>,
    created_at: Timestamp,
    /// When title or description were changed last.
    updated_at: Option<Timestamp>,
}

impl From<Dataset> for DatasetView {
    fn from(dataset: Dataset) -> Self {
        Self {
            id: dataset.id,
            title: dataset.title,
            description: dataset.description,
            created_at: dataset.created_at,
            updated_at: dataset.updated_at,
        }
    }
}
