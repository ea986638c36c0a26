//! `POST /jobs/{job_id}/cancel`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::JobId;
use darkroom_http::{HttpResult, JobView, PathId, Problem, Tenant};

use crate::Service;

/// Call a job off
///
/// It is over at once. A worker that is at it finds out when it writes down what it did, and clears up. A redrive takes
/// it up again, but for an archive of pictures: that is cleared away, and must be sent again.
#[utoipa::path(post, path = "/jobs/{job_id}/cancel", tag = "jobs", params(("job_id" = JobId, Path)), responses(
    (status = 200, description = "Called off", body = JobView),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It is over already", body = Problem),
))]
pub(crate) async fn cancel_job(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<JobId>,
) -> HttpResult<Json<JobView>> {
    let job = service.job(&tenant, id).await?;
    let job = service
        .records
        .save_job(job.cancelled(service.ground.clock.now())?)
        .await?;
    // A job that waits for others has no worker that would clear up after it.
    if let Some(archive_id) = job.task.whole_archive_id() {
        service.clear_archive(&tenant, archive_id).await?;
    }
    Ok(Json(job.into()))
}
