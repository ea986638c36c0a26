//! What jobs make.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{AnalysisId, ArchiveId, BatchId, DatasetId},
    image::ImageFormat,
    thumbnail::ThumbnailPreset,
    timestamp::Timestamp,
};

/// What a job made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum JobResult {
    /// A thumbnail.
    Thumbnail {
        /// Its size in pixels.
        preset: ThumbnailPreset,
        /// Its size in bytes.
        bytes: u64,
    },
    /// A picture painted with its clusters.
    ClusteredPicture {
        /// The analysis that it shows.
        analysis_id: AnalysisId,
        /// What the file is.
        format: ImageFormat,
        /// Its size in bytes.
        bytes: u64,
    },
    /// An archive of a dataset. It is downloaded once, or forgotten.
    Export {
        /// The name that it is downloaded under.
        filename: String,
        /// Its size in bytes.
        bytes: u64,
        /// Until when it is kept.
        expires_at: Timestamp,
        /// Whether it was downloaded.
        is_downloaded: bool,
    },
    /// A dataset that was made of an archive.
    Import {
        /// The dataset.
        dataset_id: DatasetId,
        /// How many pictures it has.
        images: u64,
    },
    /// An archive of segmented pictures. It is kept for a while, however often it is downloaded.
    SegmentedArchive {
        /// The archive.
        user_hash: ArchiveId,
        /// The name that it is downloaded under.
        filename: String,
        /// Its size in bytes.
        bytes: u64,
        /// Pictures that were segmented.
        segmented: u64,
        /// Pictures that could not be.
        failed: u64,
        /// Until when it is kept.
        expires_at: Timestamp,
    },
    /// What was found in the pictures of an archive.
    Predictions {
        /// Asks for it.
        result_id: ArchiveId,
        /// Pictures in which tools were looked for.
        predicted: u64,
        /// Pictures in which they could not be.
        failed: u64,
        /// Until when it can be asked for.
        kept_until: Timestamp,
    },
    /// What is known of a picture: its vector, its perceptual hash, its quality.
    Description {
        /// The name of the model that made the vector.
        model: String,
        /// Numbers of the vector.
        dimensions: u32,
    },
    /// The groups of a batch.
    Grouping {
        /// The batch.
        batch_id: BatchId,
        /// How many groups were found.
        groups: u32,
        /// How many photographs are in none.
        ungrouped: u32,
    },
}
