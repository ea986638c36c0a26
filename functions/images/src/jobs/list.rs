//! `GET /jobs`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_cloud::JobFilter;
use darkroom_domain::{DatasetId, ImageId, JobId, JobKind, JobState};
use darkroom_http::{
    HttpError, HttpResult, JobView, Problem, Query, Tenant,
    cursor::{cursor_of, id_of_cursor},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Service;

/// Which jobs, and which part of their list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobListOptions {
    /// Jobs on a page, 1 to 100.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 100)]
    limit: usize,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those in this state.
    state: Option<JobState>,
    /// Only those of this kind.
    kind: Option<JobKind>,
    /// Only those on this picture.
    image_id: Option<ImageId>,
    /// Only those on this dataset.
    dataset_id: Option<DatasetId>,
}

const fn fifty() -> usize {
    50
}

/// Some jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    items: Vec<JobView>,
    /// Asks for the next page; none on the last. Where many jobs do not fit the filter, a page may have few jobs, or
    /// none, and still a next one.
    next_cursor: Option<String>,
}

/// List jobs
///
/// Newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobListOptions), responses(
    (status = 200, description = "Some jobs", body = JobList),
    (status = 400, description = "The cursor is none of ours", body = Problem),
    (status = 422, description = "A filter is none, or the limit is out of its range", body = Problem),
))]
pub(crate) async fn list_jobs(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<JobListOptions>,
) -> HttpResult<Json<JobList>> {
    if !(1..=100).contains(&options.limit) {
        return Err(HttpError::validation(&["query", "limit"], "must be 1 to 100"));
    }
    let after = options.cursor.map(|cursor| id_of_cursor(&cursor)).transpose()?;
    let filter = JobFilter {
        state: options.state,
        kind: options.kind,
        image_id: options.image_id,
        dataset_id: options.dataset_id,
    };
    let page = service
        .records
        .job_page(&tenant, &filter, after.map(JobId::from_uuid), options.limit)
        .await?;
    Ok(Json(JobList {
        items: page.items.into_iter().map(JobView::from).collect(),
        next_cursor: page.next.map(|id| cursor_of(id.as_uuid())),
    }))
}
