//! `GET /api/v1/IO/archive/download/{task_id}`: once.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    response::Response,
};
use darkroom_domain::{Code, Failure, FileKey, Job, JobId, JobResult, JobState};
use darkroom_http::{Disposition, FileRedirect, HttpResult, Problem, Tenant};

use crate::Service;

/// How long the redirect leads somewhere: a download that broke off may be begun again within it.
const LINK: Duration = Duration::from_secs(15 * 60);

/// Download an exported dataset
///
/// Once; the link that it leads to holds for a quarter of an hour.
#[utoipa::path(get, path = "/api/v1/IO/archive/download/{task_id}", tag = "datasets",
    params(("task_id" = JobId, Path)), responses(
    (status = 302, description = "To the archive, for fifteen minutes"),
    (status = 400, description = "There is none, or it is not finished", body = Problem),
    (status = 404, description = "It was downloaded before, or has expired", body = Problem),
))]
pub(crate) async fn download_export(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Response> {
    let not_ready = || Failure::permanent(Code::InvalidRequest, "Export not ready or failed");
    let job = service
        .archive_job(&tenant, &id)
        .await?
        .filter(|job| job.state == JobState::Done)
        .ok_or_else(not_ready)?;
    let now = service.ground.clock.now();
    let (filename, job) = match job.results.first() {
        Some(JobResult::Export {
            expires_at,
            is_downloaded,
            ..
        }) if *is_downloaded || *expires_at <= now => return Err(gone().into()),
        Some(JobResult::Export { filename, .. }) => (filename.clone(), job),
        _ => return Err(not_ready().into()),
    };
    let dataset = match job.task.dataset_id() {
        Some(id) => service.records.dataset(&tenant, id).await?,
        None => None,
    };
    // What was deleted meanwhile is not given out any more.
    if !dataset.is_some_and(|dataset| dataset.is_ready()) {
        return Err(gone().into());
    }
    let key = FileKey::Export { tenant, job: job.id };
    // Of two who ask at once, one gets it.
    match service.records.save_job(downloaded(job)).await {
        Ok(_) => {}
        Err(failure) if failure.code == Code::Conflict => return Err(gone().into()),
        Err(failure) => return Err(failure.into()),
    }
    let found = FileRedirect::found(&key, "application/zip", Disposition::Attachment, &filename);
    FileRedirect {
        lifetime: LINK,
        ..found
    }
    .answer(&service.files)
    .await
}

fn downloaded(mut job: Job) -> Job {
    for result in &mut job.results {
        if let JobResult::Export { is_downloaded, .. } = result {
            *is_downloaded = true;
        }
    }
    job
}

fn gone() -> Failure {
    Failure::not_found("Export file not found or already downloaded")
}
