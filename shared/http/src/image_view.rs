//! A picture as the routes under `/images` tell of it.

use std::collections::BTreeMap;

use darkroom_domain::{
    DatasetId, FailureReport, Image, ImageFormat, ImageId, Job, JobId, JobResult, JobState, Purpose,
    ThumbnailPreset, Timestamp, Upload, UploadState,
};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a picture has come, in the words of these routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ImageStatus {
    /// Promised, not yet there.
    New,
    /// There, and being worked on.
    Processing,
    /// Everything is there.
    Done,
    /// It came to nothing; `error` says why.
    Error,
}

/// A picture, or what is to become one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImageView {
    /// Its id.
    pub id: ImageId,
    /// How far it has come.
    pub status: ImageStatus,
    /// Where the file is, once it is done.
    #[schema(example = "/images/0192f0c1-2345-7abc-8def-0123456789ab/original")]
    pub original_url: Option<String>,
    /// Where the square thumbnails are, by size in pixels; only those that are finished.
    pub thumbnails: BTreeMap<String, String>,
    /// Why it came to nothing.
    pub error: Option<FailureReport>,
    /// The client's name for the file.
    pub filename: String,
    /// Bytes; those declared, as long as nobody has looked.
    pub size: u64,
    /// Pixels, as shown upright.
    pub width: Option<u32>,
    /// Pixels, as shown upright.
    pub height: Option<u32>,
    /// What the file is.
    pub format: Option<ImageFormat>,
    /// Lower-case hexadecimal SHA-256.
    pub sha256: Option<String>,
    /// When it was accepted; promised, as long as it is not.
    pub created_at: Timestamp,
    /// The job that makes the thumbnails.
    pub job_id: Option<JobId>,
    /// The dataset it is in, if it is in one.
    pub dataset_id: Option<DatasetId>,
}

impl ImageView {
    /// The view of a picture whose thumbnail job is `job`.
    #[must_use]
    pub fn of(image: Image, job: Option<&Job>) -> Self {
        let status = match job.map(|job| job.state) {
            Some(JobState::Done) => ImageStatus::Done,
            Some(JobState::Failed | JobState::Cancelled) => ImageStatus::Error,
            Some(JobState::Queued | JobState::Running) | None => ImageStatus::Processing,
        };
        let presets = job
            .into_iter()
            .flat_map(|job| &job.results)
            .filter_map(|result| match result {
                JobResult::Thumbnail { preset, .. } => Some(*preset),
                _ => None,
            })
            .filter(|preset| ThumbnailPreset::SQUARES.contains(preset));
        Self {
            thumbnails: presets
                .map(|preset| (preset.to_string(), thumbnail_path(image.id, preset)))
                .collect(),
            original_url: (status == ImageStatus::Done).then(|| original_path(image.id)),
            // A job in the queue may remember why it was given back: that is no end.
            error: job
                .filter(|_| status == ImageStatus::Error)
                .and_then(|job| job.failure.clone()),
            status,
            id: image.id,
            filename: image.filename,
            size: image.size,
            width: Some(image.width),
            height: Some(image.height),
            format: Some(image.format),
            sha256: Some(image.sha256),
            created_at: image.created_at,
            job_id: Some(image.thumbnail_job),
            dataset_id: image.dataset_id,
        }
    }

    /// The view of what is no picture yet, or never will be.
    #[must_use]
    pub fn of_upload(upload: Upload) -> Self {
        let (status, error) = match upload.state {
            UploadState::Pending => (ImageStatus::New, None),
            UploadState::Received | UploadState::Accepted { .. } | UploadState::HandedOver { .. } => {
                (ImageStatus::Processing, None)
            }
            UploadState::Rejected { failure } => (ImageStatus::Error, Some(failure)),
            UploadState::Expired => (
                ImageStatus::Error,
                Some(FailureReport {
                    code: darkroom_domain::Code::UploadExpired,
                    detail: "The file was not sent in time.".to_owned(),
                }),
            ),
        };
        Self {
            id: upload.id.into(),
            status,
            original_url: None,
            thumbnails: BTreeMap::new(),
            error,
            filename: upload.filename,
            size: upload.size,
            width: None,
            height: None,
            format: None,
            sha256: upload.sha256,
            created_at: upload.created_at,
            job_id: None,
            dataset_id: match upload.purpose {
                Purpose::DatasetImage { dataset_id } => Some(dataset_id),
                Purpose::Image
                | Purpose::Photograph { .. }
                | Purpose::DatasetImport
                | Purpose::Archive { .. }
                | Purpose::Prediction { .. } => None,
            },
        }
    }
}

/// Where the original of a picture is.
#[must_use]
pub fn original_path(image: ImageId) -> String {
    format!("/images/{image}/original")
}

/// Where a thumbnail of a picture is.
#[must_use]
pub fn thumbnail_path(image: ImageId, preset: ThumbnailPreset) -> String {
    format!("/images/{image}/thumbnails/{preset}")
}
