//! `GET /batches/`.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use darkroom_domain::{Batch, Job, JobId};
use darkroom_http::{HttpResult, Problem, Query, Tenant};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use crate::{Service, page::Part, response::BatchResponse};

/// The most batches of one answer, and how many there are where nothing is said.
const MAX_BATCHES: usize = 100;
/// How far photographs are counted for a list.
const COUNTED: usize = 10_000;
/// How many batches are counted at the same time.
const AT_ONCE: usize = 8;

/// Which batches.
#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    name: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

/// List batches
///
/// Oldest first, without their photographs: `image_associations` is empty here.
#[utoipa::path(get, path = "/batches/", tag = "batches", params(
    ("name" = Option<String>, Query, description = "Only those of exactly this name"),
    ("limit" = Option<u32>, Query, description = "From 1 to 100; 100 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many to leave out; 0 where it is missing"),
), responses(
    (status = 200, description = "Some batches", body = [BatchResponse]),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn list_batches(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(query): Query<ListQuery>,
) -> HttpResult<Json<Vec<BatchResponse>>> {
    let part = Part::of(query.limit.as_deref(), query.offset.as_deref(), MAX_BATCHES)?;
    let mut batches = service.records.batches(&tenant).await?;
    batches.retain(|batch| query.name.as_ref().is_none_or(|name| *name == batch.name));
    let batches: Vec<Batch> = batches.into_iter().skip(part.offset).take(part.limit).collect();
    let ids: Vec<JobId> = batches.iter().filter_map(Batch::job_id).collect();
    let jobs: HashMap<JobId, Job> = service
        .records
        .jobs(&tenant, &ids)
        .await?
        .into_iter()
        .map(|job| (job.id, job))
        .collect();
    let (service, jobs) = (&service, &jobs);
    let telling = batches.into_iter().map(|batch| async move {
        let members = service
            .records
            .batch_members(&batch.tenant, batch.id, COUNTED)
            .await?;
        let job = batch.job_id().and_then(|id| jobs.get(&id));
        HttpResult::Ok(BatchResponse::in_list(batch, job, members.len()))
    });
    let told = stream::iter(telling.collect::<Vec<_>>())
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Json(told))
}
