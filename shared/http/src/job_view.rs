//! A job as the routes under `/jobs` tell of it.

use darkroom_domain::{
    ArchiveId, BatchId, DatasetId, FailureReport, ImageFormat, ImageId, Job, JobId, JobKind, JobResult,
    JobState, Timestamp, job::Progress,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::image_view::thumbnail_path;

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobView {
    /// Its id.
    pub job_id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// On which picture, if it is one.
    pub image_id: Option<ImageId>,
    /// On which dataset, if it is one.
    pub dataset_id: Option<DatasetId>,
    /// On which archive of pictures to segment, if it is one.
    pub user_hash: Option<ArchiveId>,
    /// On which predictions, if it is any.
    pub result_id: Option<ArchiveId>,
    /// How far it has come.
    pub state: JobState,
    /// How far it has come with the pieces of its work, where it has several.
    pub progress: Option<Progress>,
    /// How often a worker began it.
    pub attempts: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a worker began it last.
    pub started_at: Option<Timestamp>,
    /// When it was done, failed or called off.
    pub finished_at: Option<Timestamp>,
    /// Milliseconds from the last beginning to the end.
    pub duration_ms: Option<u64>,
    /// Why it failed, or why the last attempt did.
    pub error: Option<FailureReport>,
    /// What it made.
    pub results: Vec<JobResultView>,
}

/// What a job made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobResultView {
    /// What it is.
    #[serde(flatten)]
    pub result: JobResult,
    /// Where it is.
    pub url: String,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let (id, image_id) = (job.id, job.task.image_id());
        let located = |result| JobResultView {
            url: located_at(&result, id, image_id),
            result,
        };
        let duration = job
            .started_at
            .zip(job.finished_at)
            .map(|(started, finished)| finished.since(started));
        Self {
            job_id: id,
            kind: job.task.kind(),
            image_id,
            dataset_id: job.task.dataset_id(),
            user_hash: job.task.user_hash(),
            result_id: job.task.result_id(),
            state: job.state,
            progress: job.progress,
            attempts: job.attempts,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            duration_ms: duration.and_then(|duration| u64::try_from(duration.as_millis()).ok()),
            error: job.failure,
            results: job.results.into_iter().map(located).collect(),
        }
    }
}

fn located_at(result: &JobResult, job: JobId, image: Option<ImageId>) -> String {
    match (result, image) {
        (JobResult::Thumbnail { preset, .. }, Some(image)) => thumbnail_path(image, *preset),
        (JobResult::ClusteredPicture { format, .. }, Some(image)) => clustered_picture_path(image, *format),
        (JobResult::Export { .. }, _) => export_path(job),
        (JobResult::Import { dataset_id, .. }, _) => dataset_path(*dataset_id),
        (JobResult::SegmentedArchive { user_hash, .. }, _) => segmented_archive_path(*user_hash),
        (JobResult::Predictions { result_id, .. }, _) => predictions_path(*result_id),
        (JobResult::Description { .. }, Some(image)) => metadata_path(image),
        (JobResult::Grouping { batch_id, .. }, _) => batch_path(*batch_id),
        // A result on a picture whose job names none cannot be.
        (
            JobResult::Thumbnail { .. } | JobResult::ClusteredPicture { .. } | JobResult::Description { .. },
            None,
        ) => String::new(),
    }
}

/// Where the picture painted with its clusters is.
#[must_use]
pub fn clustered_picture_path(image: ImageId, format: ImageFormat) -> String {
    let base = format!("/api/v1/analysis/kmeans/{image}/result/image");
    match format {
        ImageFormat::Png => format!("{base}?format=png"),
        _ => base,
    }
}

/// Where an exported dataset is downloaded.
#[must_use]
pub fn export_path(job: JobId) -> String {
    format!("/api/v1/IO/archive/download/{job}")
}

/// Where the result of an archive of pictures is downloaded.
#[must_use]
pub fn segmented_archive_path(archive: ArchiveId) -> String {
    format!("/api/download/{archive}")
}

/// Where what was found in many pictures is.
#[must_use]
pub fn predictions_path(result: ArchiveId) -> String {
    format!("/predict/results/{result}")
}

/// Where it is told what is known of a photograph.
#[must_use]
pub fn metadata_path(image: ImageId) -> String {
    format!("/images/metadata/{image}")
}

/// Where a batch of photographs is.
#[must_use]
pub fn batch_path(batch: BatchId) -> String {
    format!("/batches/{batch}")
}

/// Where a job is.
#[must_use]
pub fn job_path(job: JobId) -> String {
    format!("/jobs/{job}")
}

/// Where a dataset is.
#[must_use]
pub fn dataset_path(dataset: DatasetId) -> String {
    format!("/api/v1/IO/dataset/{dataset}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{Task, TenantId, UploadId};
    use uuid::Uuid;

    #[test]
    fn predictions_lead_to_their_list_and_not_to_a_zip() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let id = Uuid::from_u128(7);
        let result_id = ArchiveId::from_uuid(&id);
        let task = Task::ArchivePrediction {
            archive_id: result_id,
            upload_id: UploadId::from_uuid(id),
        };
        let result = JobResult::Predictions {
            result_id,
            predicted: 2,
            failed: 1,
            kept_until: now,
        };
        let job = Job::queued(JobId::from_uuid(id), TenantId::single(), task, now)
            .claimed(now, now)
            .and_then(|job| job.done(vec![result], now))
            .unwrap();
        let view = serde_json::to_value(JobView::from(job)).unwrap();
        assert_eq!(view["kind"], "archive_prediction");
        assert_eq!(view["result_id"], result_id.to_string());
        assert_eq!(view["user_hash"], serde_json::Value::Null);
        assert_eq!(view["results"][0]["url"], format!("/predict/results/{result_id}"));
        assert_eq!(view["results"][0]["failed"], 1);
    }
}
