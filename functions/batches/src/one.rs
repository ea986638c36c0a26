//! `GET`, `PUT` and `DELETE /batches/{batch_id}`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{Batch, BatchId, Code, Failure};
use darkroom_http::{HttpError, HttpResult, Problem, Query, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Service,
    attempts::attempted,
    body::Body,
    page::{Part, PartQuery},
    response::{BatchResponse, MAX_ASSOCIATIONS},
};

/// How long a deletion clears up; the janitor does the rest.
const TIME: Duration = Duration::from_secs(15);
/// How many photographs are taken out between two looks at the clock.
const AT_ONCE: usize = 500;

/// A batch
///
/// With a part of its photographs, sorted by group, rank and id.
#[utoipa::path(get, path = "/batches/{batch_id}", tag = "batches", params(
    ("batch_id" = BatchId, Path),
    ("limit" = Option<u32>, Query, description = "Photographs, from 1 to 1000; 1000 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many photographs to leave out; 0 where it is missing"),
), responses(
    (status = 200, description = "The batch", body = BatchResponse),
    (status = 404, description = "There is none", body = Problem),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn get_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(query): Query<PartQuery>,
) -> HttpResult<Json<BatchResponse>> {
    let part = query.part(MAX_ASSOCIATIONS)?;
    let batch = service.batch(&tenant, &id).await?;
    Ok(Json(service.told(batch, part).await?))
}

/// What a batch is to be called.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct BatchName {
    /// 1 to 255 characters.
    #[schema(example = "Holiday")]
    name: String,
}

/// Rename a batch
#[utoipa::path(put, path = "/batches/{batch_id}", tag = "batches", request_body = BatchName,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "The batch", body = BatchResponse),
    (status = 404, description = "There is none", body = Problem),
    (status = 422, description = "The name is none", body = Problem),
))]
pub(crate) async fn rename_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<BatchName>,
) -> HttpResult<Json<BatchResponse>> {
    let name = &body.value.name;
    let renamed = attempted(|| async {
        let batch = service.batch(&tenant, &id).await?;
        let batch = batch.renamed(name.clone(), service.ground.clock.now())?;
        service.records.save_batch(batch).await
    });
    let batch = renamed.await.map_err(|failure| match failure.code {
        Code::ValidationFailed => HttpError::validation(&["body", "name"], failure.detail),
        _ => failure.into(),
    })?;
    Ok(Json(service.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
}

/// It is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchDeleted {
    #[schema(example = "Batch ID 0192f0c1-2345-7abc-8def-0123456789ab deleted successfully.")]
    message: String,
}

/// Delete a batch
///
/// Its photographs stay. An analysis under way is called off.
#[utoipa::path(delete, path = "/batches/{batch_id}", tag = "batches", params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "It is gone", body = BatchDeleted),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn delete_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<BatchDeleted>> {
    // From here on nobody sees it, and the janitor ends what breaks off below.
    let deleting = attempted(|| async {
        let batch = service.batch(&tenant, &id).await?;
        let job_id = batch.job_id();
        let batch = batch.deleting(service.ground.clock.now());
        Ok((service.records.save_batch(batch).await?, job_id))
    });
    let (batch, job_id) = deleting.await?;
    let cleared = async {
        service.call_off(&tenant, job_id).await?;
        service.clear(&batch).await
    };
    if let Err(failure) = cleared.await {
        tracing::warn!(code = %failure.code, batch_id = %batch.id, "left to the janitor: {failure}");
    }
    Ok(Json(BatchDeleted {
        message: format!("Batch ID {id} deleted successfully."),
    }))
}

impl Service {
    async fn clear(&self, batch: &Batch) -> Result<(), Failure> {
        let end = self.ground.clock.now().after(TIME);
        while self.ground.clock.now() < end {
            if self.removal.batch(&batch.tenant, batch.id, AT_ONCE).await? {
                break;
            }
        }
        Ok(())
    }
}
