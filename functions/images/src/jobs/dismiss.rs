//! `DELETE /jobs/{job_id}` and `DELETE /jobs`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_cloud::JobFilter;
use darkroom_domain::{Code, FileKey, Job, JobId, JobState, Task};
use darkroom_http::{HttpResult, PathId, Problem, Query, Tenant};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Service;

/// Take a job off the list
///
/// Only one that is over. What it made of a picture stays; an archive that it made goes with it, and so does the list of
/// what it found in many pictures.
#[utoipa::path(delete, path = "/jobs/{job_id}", tag = "jobs", params(("job_id" = JobId, Path)), responses(
    (status = 204, description = "Off the list"),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It is not over: cancel it first", body = Problem),
))]
pub(crate) async fn dismiss_job(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<JobId>,
) -> HttpResult<StatusCode> {
    let job = service.job(&tenant, id).await?;
    service.dismiss(job).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which jobs are cleared.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClearOptions {
    /// Only those that are done; otherwise those that failed or were called off too.
    #[serde(default = "yes")]
    only_completed: bool,
}

const fn yes() -> bool {
    true
}

/// How many jobs were cleared.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleared {
    /// Taken off the list.
    cleared: usize,
    /// Whether there may be more: ask again.
    has_more: bool,
}

/// How many jobs one request clears: each is a write.
const AT_ONCE: usize = 500;

/// Clear the list of jobs
///
/// Takes those off that are over, at most five hundred at once. What they made of pictures stays.
#[utoipa::path(delete, path = "/jobs", tag = "jobs", params(ClearOptions), responses(
    (status = 200, description = "How many were cleared", body = Cleared),
))]
pub(crate) async fn clear_jobs(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<ClearOptions>,
) -> HttpResult<Json<Cleared>> {
    let states: &[JobState] = if options.only_completed {
        &[JobState::Done]
    } else {
        &[JobState::Done, JobState::Failed, JobState::Cancelled]
    };
    let (mut cleared, mut has_more) = (0_usize, false);
    for state in states {
        let filter = JobFilter {
            state: Some(*state),
            ..JobFilter::default()
        };
        let mut after = None;
        while let left @ 1.. = AT_ONCE.saturating_sub(cleared) {
            let page = service.records.job_page(&tenant, &filter, after, left).await?;
            for job in page.items {
                match service.dismiss(job).await {
                    Ok(()) => cleared = cleared.saturating_add(1),
                    // Redriven at this very moment: it is not over any more.
                    Err(failure) if failure.code == Code::Conflict => {}
                    Err(failure) => return Err(failure.into()),
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        has_more |= cleared >= AT_ONCE;
    }
    Ok(Json(Cleared { cleared, has_more }))
}

impl Service {
    async fn dismiss(&self, job: Job) -> Result<(), darkroom_domain::Failure> {
        let job = self.records.save_job(job.dismissed()?).await?;
        match job.task {
            Task::DatasetExport { .. } => {
                let export = FileKey::Export {
                    tenant: job.tenant,
                    job: job.id,
                };
                self.files.delete(&export).await
            }
            Task::ArchiveSegmentation { archive_id, .. } | Task::ArchivePrediction { archive_id, .. } => {
                self.clear_archive(&job.tenant, archive_id).await
            }
            Task::Thumbnail { .. }
            | Task::Kmeans { .. }
            | Task::DatasetImport { .. }
            | Task::Segment { .. }
            | Task::Detect { .. }
            | Task::Embed { .. }
            | Task::BatchAnalysis { .. } => Ok(()),
        }
    }
}
