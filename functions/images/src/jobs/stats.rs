//! `GET /jobs/stats`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::JobState;
use darkroom_http::{HttpResult, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// How many jobs are in which state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobStats {
    /// All that were counted.
    total: u64,
    queued: u64,
    /// Running.
    processing: u64,
    /// Done.
    completed: u64,
    failed: u64,
    cancelled: u64,
    /// Whether these are all jobs, or only the newest ten thousand.
    is_complete: bool,
}

/// Count jobs
///
/// By state; of the newest ten thousand where there are more.
#[utoipa::path(get, path = "/jobs/stats", tag = "jobs", responses(
    (status = 200, description = "The counts", body = JobStats),
))]
pub(crate) async fn job_stats(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
) -> HttpResult<Json<JobStats>> {
    let counts = service.records.count_jobs(&tenant).await?;
    let of = |state| counts.by_state.get(&state).copied().unwrap_or_default();
    Ok(Json(JobStats {
        total: counts.by_state.values().sum(),
        queued: of(JobState::Queued),
        processing: of(JobState::Running),
        completed: of(JobState::Done),
        failed: of(JobState::Failed),
        cancelled: of(JobState::Cancelled),
        is_complete: counts.is_complete,
    }))
}
