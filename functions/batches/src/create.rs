//! `POST /batches/`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Batch, BatchId};
use darkroom_http::{HttpError, HttpResult, Problem, Tenant, once};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Service,
    body::Body,
    page::Part,
    response::{BatchResponse, MAX_ASSOCIATIONS},
};

/// A batch that is new.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewBatch {
    /// 1 to 255 characters.
    #[schema(example = "Holiday")]
    name: String,
    /// Pictures to begin with; at most 10,000.
    #[serde(default)]
    image_ids: Vec<String>,
}

/// Make a batch
///
/// Pictures that were never described are described from now on: see `/batches/{batch_id}/readiness`.
#[utoipa::path(post, path = "/batches/", tag = "batches", request_body = NewBatch, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body make one batch, for 24 hours"),
), responses(
    (status = 200, description = "The batch", body = BatchResponse),
    (status = 400, description = "One of the pictures is not there", body = Problem),
    (status = 422, description = "The name is none, or there are too many ids", body = Problem),
))]
pub(crate) async fn create_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    headers: HeaderMap,
    body: Body<NewBatch>,
) -> HttpResult<Json<BatchResponse>> {
    let NewBatch { name, image_ids } = body.value;
    let now = service.ground.clock.now();
    let work = Box::pin(async {
        let id = BatchId::from_uuid(service.ground.ids.next());
        let batch = Batch::new(id, tenant.clone(), name, now)
            .map_err(|failure| HttpError::validation(&["body", "name"], failure.detail))?;
        let images = service.named(&tenant, &image_ids).await?;
        service.records.create_batch(&batch).await?;
        service.join(&batch, &images).await?;
        Ok(id)
    });
    let id: BatchId = once(
        &service.records,
        &tenant,
        "POST batches",
        &headers,
        &body.bytes,
        now,
        work,
    )
    .await?;
    let batch = service.batch(&tenant, &id.to_string()).await?;
    Ok(Json(service.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
}
