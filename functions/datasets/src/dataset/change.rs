//! `GET /api/v1/IO/dataset/{dataset_id}` and `PUT /api/v1/IO/dataset/update-dataset/{dataset_id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::DatasetId;
use darkroom_http::{HttpResult, JsonBody, Problem, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;

use super::DatasetView;
use crate::{Service, no_dataset};

/// A dataset
#[utoipa::path(get, path = "/api/v1/IO/dataset/{dataset_id}", tag = "datasets",
    params(("dataset_id" = DatasetId, Path)), responses(
    (status = 200, description = "The dataset", body = DatasetView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<DatasetView>> {
    let dataset = service.dataset(&tenant, &id, || no_dataset(&id)).await?;
    Ok(Json(dataset.into()))
}

/// What is to change. What is missing or null stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DatasetChange {
    /// At most 1024 bytes.
    title: Option<String>,
    /// At most 4096 bytes.
    description: Option<String>,
}

/// Change a dataset's title or description
#[utoipa::path(put, path = "/api/v1/IO/dataset/update-dataset/{dataset_id}", tag = "datasets",
    request_body = DatasetChange, params(("dataset_id" = DatasetId, Path)), responses(
    (status = 200, description = "The dataset as it is now", body = DatasetView),
    (status = 400, description = "Nothing is to change", body = Problem),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "Somebody else changed it at the same moment", body = Problem),
))]
pub(crate) async fn update_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<DatasetChange>,
) -> HttpResult<Json<DatasetView>> {
    let dataset = service.dataset(&tenant, &id, || no_dataset(&id)).await?;
    let now = service.ground.clock.now();
    let renamed = dataset.renamed(body.value.title, body.value.description, now)?;
    Ok(Json(service.records.save_dataset(renamed).await?.into()))
}
