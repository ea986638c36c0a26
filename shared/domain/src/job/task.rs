//! What jobs do, and on what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{AnalysisId, ArchiveId, BatchId, DatasetId, ImageId, UploadId};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Makes the thumbnails of a picture.
    Thumbnail,
    /// Finds clusters of lightness or colour in a picture.
    Kmeans,
    /// Packs a dataset into an archive.
    DatasetExport,
    /// Makes a dataset of an archive.
    DatasetImport,
    /// Takes an archive of pictures apart, and puts what was made of them together.
    ArchiveSegmentation,
    /// Segments one picture of an archive.
    Segment,
    /// Takes an archive of pictures apart, and ends when tools were looked for in each.
    ArchivePrediction,
    /// Looks for tools in one picture of an archive.
    Detect,
    /// Describes a picture: its vector, its perceptual hash, its quality.
    Embed,
    /// Finds the groups of a batch of photographs.
    BatchAnalysis,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Thumbnail,
        Self::Kmeans,
        Self::DatasetExport,
        Self::DatasetImport,
        Self::ArchiveSegmentation,
        Self::Segment,
        Self::ArchivePrediction,
        Self::Detect,
        Self::Embed,
        Self::BatchAnalysis,
    ];
}

/// What a job does, and on what: ids, never data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Makes the thumbnails of a picture.
    Thumbnail {
        /// The picture.
        image_id: ImageId,
    },
    /// Finds clusters in a picture.
    Kmeans {
        /// The picture.
        image_id: ImageId,
        /// The analysis that waits for what is found.
        analysis_id: AnalysisId,
    },
    /// Packs a dataset into an archive.
    DatasetExport {
        /// The dataset.
        dataset_id: DatasetId,
    },
    /// Makes a dataset of an archive.
    DatasetImport {
        /// The dataset to make.
        dataset_id: DatasetId,
        /// The upload that the archive came by.
        upload_id: UploadId,
    },
    /// Takes an archive of pictures apart, and puts what was made of them together.
    ArchiveSegmentation {
        /// The archive.
        archive_id: ArchiveId,
        /// The upload that the archive came by.
        upload_id: UploadId,
    },
    /// Segments one picture of an archive.
    Segment {
        /// The archive.
        archive_id: ArchiveId,
        /// The number of the picture in it.
        number: u32,
    },
    /// Takes an archive of pictures apart, and ends when tools were looked for in each.
    ArchivePrediction {
        /// The archive.
        archive_id: ArchiveId,
        /// The upload that the archive came by.
        upload_id: UploadId,
    },
    /// Looks for tools in one picture of an archive.
    Detect {
        /// The archive.
        archive_id: ArchiveId,
        /// The number of the picture in it.
        number: u32,
    },
    /// Describes a picture: its vector, its perceptual hash, its quality.
    Embed {
        /// The picture.
        image_id: ImageId,
    },
    /// Finds the groups of a batch of photographs.
    BatchAnalysis {
        /// The batch.
        batch_id: BatchId,
    },
}

impl Task {
    /// What the zip of segmented pictures is asked for by, where it works on one or towards one.
    #[must_use]
    pub const fn user_hash(&self) -> Option<ArchiveId> {
        match self {
            Self::ArchiveSegmentation { archive_id, .. } | Self::Segment { archive_id, .. } => {
                Some(*archive_id)
            }
            _ => None,
        }
    }

    /// What predictions are asked for by, where it works on them.
    #[must_use]
    pub const fn result_id(&self) -> Option<ArchiveId> {
        match self {
            Self::ArchivePrediction { archive_id, .. } | Self::Detect { archive_id, .. } => Some(*archive_id),
            _ => None,
        }
    }

    /// Which worker it is for.
    #[must_use]
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::Thumbnail { .. } => JobKind::Thumbnail,
            Self::Kmeans { .. } => JobKind::Kmeans,
            Self::DatasetExport { .. } => JobKind::DatasetExport,
            Self::DatasetImport { .. } => JobKind::DatasetImport,
            Self::ArchiveSegmentation { .. } => JobKind::ArchiveSegmentation,
            Self::Segment { .. } => JobKind::Segment,
            Self::ArchivePrediction { .. } => JobKind::ArchivePrediction,
            Self::Detect { .. } => JobKind::Detect,
            Self::Embed { .. } => JobKind::Embed,
            Self::BatchAnalysis { .. } => JobKind::BatchAnalysis,
        }
    }

    /// The picture that it works on, if it is one.
    #[must_use]
    pub const fn image_id(&self) -> Option<ImageId> {
        match self {
            Self::Thumbnail { image_id } | Self::Kmeans { image_id, .. } | Self::Embed { image_id } => {
                Some(*image_id)
            }
            Self::BatchAnalysis { .. }
            | Self::DatasetExport { .. }
            | Self::DatasetImport { .. }
            | Self::ArchiveSegmentation { .. }
            | Self::Segment { .. }
            | Self::ArchivePrediction { .. }
            | Self::Detect { .. } => None,
        }
    }

    /// The dataset that it works on, if it is one.
    #[must_use]
    pub const fn dataset_id(&self) -> Option<DatasetId> {
        match self {
            Self::DatasetExport { dataset_id } | Self::DatasetImport { dataset_id, .. } => Some(*dataset_id),
            Self::Thumbnail { .. }
            | Self::Kmeans { .. }
            | Self::Embed { .. }
            | Self::BatchAnalysis { .. }
            | Self::ArchiveSegmentation { .. }
            | Self::Segment { .. }
            | Self::ArchivePrediction { .. }
            | Self::Detect { .. } => None,
        }
    }

    /// The batch that it works on, if it is one.
    #[must_use]
    pub const fn batch_id(&self) -> Option<BatchId> {
        match self {
            Self::BatchAnalysis { batch_id } => Some(*batch_id),
            _ => None,
        }
    }

    /// The archive of pictures that it works on, if it is one, or a picture of one.
    #[must_use]
    pub fn archive_id(&self) -> Option<ArchiveId> {
        let part = self.archived_picture().map(|(archive_id, _)| archive_id);
        self.whole_archive_id().or(part)
    }

    /// The archive of pictures that it works on as a whole, if it does.
    #[must_use]
    pub const fn whole_archive_id(&self) -> Option<ArchiveId> {
        match self {
            Self::ArchiveSegmentation { archive_id, .. } | Self::ArchivePrediction { archive_id, .. } => {
                Some(*archive_id)
            }
            Self::Thumbnail { .. }
            | Self::Kmeans { .. }
            | Self::Embed { .. }
            | Self::BatchAnalysis { .. }
            | Self::DatasetExport { .. }
            | Self::DatasetImport { .. }
            | Self::Segment { .. }
            | Self::Detect { .. } => None,
        }
    }

    /// The picture of an archive that it works on, if it is one: the archive, and the number of the picture in it.
    #[must_use]
    pub const fn archived_picture(&self) -> Option<(ArchiveId, u32)> {
        match self {
            Self::Segment { archive_id, number } | Self::Detect { archive_id, number } => {
                Some((*archive_id, *number))
            }
            Self::Thumbnail { .. }
            | Self::Kmeans { .. }
            | Self::Embed { .. }
            | Self::BatchAnalysis { .. }
            | Self::DatasetExport { .. }
            | Self::DatasetImport { .. }
            | Self::ArchiveSegmentation { .. }
            | Self::ArchivePrediction { .. } => None,
        }
    }

    /// Whether it is a part of a larger piece of work, which alone its owner sees.
    #[must_use]
    pub const fn is_part(&self) -> bool {
        self.archived_picture().is_some()
    }
}
