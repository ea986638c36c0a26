//! `POST /api/v1/IO/dataset/create-dataset`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use darkroom_domain::{Dataset, DatasetId, TenantId, Timestamp};
use darkroom_http::{HttpResult, JsonBody, Problem, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
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
#[utoipa::path(post, path = "/api/v1/IO/dataset/create-dataset", tag = "datasets", request_body = NewDataset, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 200, description = "It is there", body = DatasetCreated),
    (status = 409, description = "The same request is under way (`idempotency_in_progress`)", body = Problem),
    (status = 422, description = "The title is missing, or a text too long", body = Problem),
))]
pub(crate) async fn create_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    headers: HeaderMap,
    body: JsonBody<NewDataset>,
) -> HttpResult<Response> {
    let route = "POST create-dataset";
    let now = service.ground.clock.now();
    let work = Box::pin(service.create(tenant.clone(), body.value, now));
    idempotent(&service.records, &tenant, route, &headers, &body.bytes, now, work).await
}

impl Service {
    async fn create(
        &self,
        tenant: TenantId,
        new: NewDataset,
        now: Timestamp,
    ) -> HttpResult<(StatusCode, DatasetCreated)> {
        let id = DatasetId::from_uuid(self.ground.ids.next());
        let dataset = Dataset::new(id, tenant, new.title, new.description, now)?;
        self.records.create_dataset(&dataset).await?;
        let created = DatasetCreated {
            success: true,
            message: format!("Dataset '{}' created successfully with ID: {id}", dataset.title),
            data: None,
            dataset_id: id,
        };
        Ok((StatusCode::OK, created))
    }
}
