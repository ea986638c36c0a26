//! A job as the routes under `/jobs` tell of it.

use darkroom_domain::{FailureReport, ImageId, Job, JobId, JobKind, JobResult, JobState, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::image_view::thumbnail_path;

/// A piece of work on a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobView {
    /// Its id.
    pub job_id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// On which picture.
    pub image_id: ImageId,
    /// How far it has come.
    pub state: JobState,
    /// How often a worker began it.
    pub attempts: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a worker began it last.
    pub started_at: Option<Timestamp>,
    /// When it was done or failed.
    pub finished_at: Option<Timestamp>,
    /// Milliseconds from the last beginning to the end.
    pub duration_ms: Option<u64>,
    /// Why it failed, or why the last attempt did.
    pub error: Option<FailureReport>,
    /// What it made.
    pub results: Vec<JobResultView>,
}

/// One file that a job made.
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
        let image = job.image_id;
        let located = |result| {
            let JobResult::Thumbnail { preset, .. } = &result;
            JobResultView {
                url: thumbnail_path(image, *preset),
                result,
            }
        };
        let duration = job
            .started_at
            .zip(job.finished_at)
            .map(|(started, finished)| finished.since(started));
        Self {
            job_id: job.id,
            kind: job.kind,
            image_id: image,
            state: job.state,
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
