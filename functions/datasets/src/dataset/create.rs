//! `POST /api/v1/IO/dataset/create-dataset`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Dataset, DatasetId};
use darkroom_http::{HttpResult, JsonBody, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Service;

/// What it is called.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewDataset {
    /// At most 1024 bytes; may be empty.
    title: String,
    /// At most 4096 bytes.
    description: Option<String>,
}

/// It is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetCreated {
    success: bool,
    #[schema(
        example = "Dataset 'Leaves' created successfully with ID: 0192f0c1-2345-7abc-8def-0123456789ab"
    )]
    message: String,
    /// Always null: kept for older clients.
    data: Option<()>,
    dataset_id: DatasetId,
}

/// Make a dataset
#[utoipa::path(post, path = "/api/v1/IO/dataset/create-dataset", tag = "datasets", request_body = NewDataset, responses(
    (status = 200, description = "It is there", body = DatasetCreated),
    (status = 422, description = "The title is missing, or a text too long", body = Problem),
))]
pub(crate) async fn create_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    body: JsonBody<NewDataset>,
) -> HttpResult<Json<DatasetCreated>> {
    let id = DatasetId::from_uuid(service.ground.ids.next());
    let now = service.ground.clock.now();
    let dataset = Dataset::new(id, tenant, body.value.title, body.value.description, now)?;
    service.records.create_dataset(&dataset).await?;
    Ok(Json(DatasetCreated {
        success: true,
        message: format!("Dataset '{}' created successfully with ID: {id}", dataset.title),
        data: None,
        dataset_id: id,
    }))
}
