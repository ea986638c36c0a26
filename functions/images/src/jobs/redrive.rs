//! `POST /jobs/{job_id}/redrive`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{JobId, JobMessage};
use darkroom_http::{HttpResult, JobView, PathId, Problem, Tenant};
use http::StatusCode;

use crate::Service;

/// Try a failed job anew
///
/// Also one that was called off.
#[utoipa::path(post, path = "/jobs/{job_id}/redrive", tag = "jobs", params(("job_id" = JobId, Path)), responses(
    (status = 202, description = "Queued", body = JobView),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It has neither failed nor been called off", body = Problem),
))]
pub(crate) async fn redrive_job(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<JobId>,
) -> HttpResult<(StatusCode, Json<JobView>)> {
    let job = service.job(&tenant, id).await?;
    let job = service
        .records
        .save_job(job.redriven(service.ground.clock.now())?)
        .await?;
    // Should this fail, the janitor finds the job standing still and sends it.
    service.queues.send_job(&JobMessage::for_job(&job)).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}
