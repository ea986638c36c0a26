//! `GET /jobs/{job_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::JobId;
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
        .filter(|job| !job.is_dismissed)
        .ok_or_else(not_found::<JobId>)?;
    Ok(Json(job.into()))
}
