//! `GET /jobs/{job_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Job, JobId};
use darkroom_http::{HttpResult, JobView, PathId, Problem, Tenant, not_found};

use crate::Service;

/// A job
#[utoipa::path(get, path = "/jobs/{job_id}", tag = "jobs", params(("job_id" = JobId, Path)), responses(
    (status = 200, description = "The job", body = JobView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_job(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<JobId>,
) -> HttpResult<Json<JobView>> {
    let job = service
        .records
        .job(&tenant, id)
        .await?
        .filter(Job::is_listed)
        .ok_or_else(not_found::<JobId>)?;
    let archive = job.task.archive_id().filter(|_| !job.state.is_final());
    let mut view = JobView::from(job);
    if let Some(archive) = archive {
        // Its pictures are counted apart from it while others work on them.
        view.progress = service.archive_progress(&tenant, archive).await?;
    }
    Ok(Json(view))
}
