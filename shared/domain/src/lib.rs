//! What Darkroom is: ids, entities, state machines, messages, limits and failures.
//!
//! Nothing here reads a file, a clock or a network, and nothing here knows of AWS or of pixels.

pub mod analysis;
pub mod archive;
pub mod crib;
pub mod dataset;
pub mod failure;
pub mod file_key;
pub mod ids;
pub mod image;
pub mod job;
pub mod limits;
pub mod message;
pub mod parts;
pub mod photograph_metadata;
pub mod prediction;
pub mod quality;
pub mod record_key;
pub mod sorter;
pub mod tenant;
pub mod thumbnail;
pub mod timestamp;
pub mod upload;

pub use analysis::{Analysis, CropBox, Findings, Method};
pub use archive::{
    ArchiveContent, ArchiveOrder, ArchiveOutput, ArchiveState, ArchivedPicture, PictureArchive,
    PictureOutcome, PredictionOrder, SegmentationOrder, SegmentationStatistics, Tally,
};
pub use dataset::{Dataset, DatasetImage, DatasetState};
pub use failure::{Code, Failure, FailureReport, RetryPolicy};
pub use file_key::{AnalysisFile, FileKey};
pub use ids::{
    AnalysisId, ArchiveId, BatchId, DatasetId, GroupingId, ImageId, JobId, PredictionId, ToolId, ToolkitId,
    ToolkitItemId, TransactionId, UploadId, UserId,
};
pub use image::{Image, ImageFormat};
pub use job::{Job, JobKind, JobResult, JobState, Progress, Task};
pub use limits::ImageLimits;
pub use message::{IngestMessage, JobMessage};
pub use parts::{Multipart, Part};
pub use photograph_metadata::{LocalDateTime, NotALocalDateTime, PhotographMetadata};
pub use prediction::{DetectedObject, DetectionOrder, Prediction, PredictionTimes};
pub use quality::{Better, QualityMetric, UnknownMetric};
pub use record_key::{Listing, RecordKey, Subject};
pub use sorter::{Batch, BatchMember, BatchState, Description, Grouping, GroupingParameters, VectorSpace};
pub use tenant::TenantId;
pub use thumbnail::ThumbnailPreset;
pub use timestamp::Timestamp;
pub use upload::{Declaration, Purpose, Upload, UploadState};
