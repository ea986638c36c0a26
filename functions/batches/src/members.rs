//! `POST` and `DELETE /batches/{batch_id}/images`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::BatchId;
use darkroom_http::{HttpResult, Problem, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Service,
    body::Body,
    page::Part,
    photographs::{check_number, ids_in},
    response::{BatchResponse, MAX_ASSOCIATIONS},
};

/// Pictures by their ids.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct BatchImages {
    /// At most 10,000.
    image_ids: Vec<String>,
}

/// Put pictures into a batch
///
/// Those that are in it stay as they are. Pictures that were never described are described from now on.
#[utoipa::path(post, path = "/batches/{batch_id}/images", tag = "batches", request_body = BatchImages,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "The batch", body = BatchResponse),
    (status = 400, description = "One of the pictures is not there; none was put in", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "There are too many ids, or the batch is full (`batch_too_large`)", body = Problem),
))]
pub(crate) async fn add_batch_images(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<BatchImages>,
) -> HttpResult<Json<BatchResponse>> {
    let batch = service.batch(&tenant, &id).await?;
    let images = service.named(&tenant, &body.value.image_ids).await?;
    service.join(&batch, &images).await?;
    let batch = service.batch(&tenant, &id).await?;
    Ok(Json(service.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
}

/// Take pictures out of a batch
///
/// The pictures stay. Those that are not in it are left alone.
#[utoipa::path(delete, path = "/batches/{batch_id}/images", tag = "batches", request_body = BatchImages,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "The batch", body = BatchResponse),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "There are too many ids", body = Problem),
))]
pub(crate) async fn remove_batch_images(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<BatchImages>,
) -> HttpResult<Json<BatchResponse>> {
    check_number(&body.value.image_ids)?;
    let batch = service.batch(&tenant, &id).await?;
    service.leave(&batch, ids_in(&body.value.image_ids)).await?;
    Ok(Json(service.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
}
