//! `DELETE /api/v1/IO/dataset/remove-dataset/{dataset_id}`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{DatasetId, Failure};
use darkroom_http::{HttpResult, Problem, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Service, image::MAX_IMAGES, no_dataset};

/// How long this request clears up; the janitor does the rest.
const TIME: Duration = Duration::from_secs(15);
/// How many pictures are cleared away between two looks at the clock.
const AT_ONCE: usize = 50;

/// It is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetRemoved {
    success: bool,
    #[schema(
        example = "Dataset 'Leaves' (ID: 0192f0c1-2345-7abc-8def-0123456789ab) and 3 images deleted successfully"
    )]
    message: String,
    /// Always null: kept for older clients.
    data: Option<()>,
}

/// Delete a dataset
///
/// With its pictures and everything made of them. Nobody sees it any more when this answers; of very many pictures, some
/// are cleared away in the minutes after.
#[utoipa::path(delete, path = "/api/v1/IO/dataset/remove-dataset/{dataset_id}", tag = "datasets",
    params(("dataset_id" = DatasetId, Path)), responses(
    (status = 200, description = "It is gone", body = DatasetRemoved),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn remove_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<DatasetRemoved>> {
    let dataset = service.dataset(&tenant, &id, || no_dataset(&id)).await?;
    let images = service
        .records
        .dataset_images(&tenant, dataset.id, None, MAX_IMAGES)
        .await?
        .len();
    // From here on nobody sees it, nothing more comes in, and the janitor ends what breaks off below.
    let now = service.ground.clock.now();
    let dataset = service.records.save_dataset(dataset.deleting(now)).await?;
    if let Err(failure) = service.clear(&tenant, dataset.id).await {
        tracing::warn!(code = %failure.code, dataset_id = %dataset.id, "left to the janitor: {failure}");
    }
    Ok(Json(DatasetRemoved {
        success: true,
        message: format!(
            "Dataset '{}' (ID: {id}) and {images} images deleted successfully",
            dataset.title
        ),
        data: None,
    }))
}

impl Service {
    async fn clear(&self, tenant: &darkroom_domain::TenantId, id: DatasetId) -> Result<(), Failure> {
        let end = self.ground.clock.now().after(TIME);
        while self.ground.clock.now() < end {
            if self.removal.dataset_images(tenant, id, AT_ONCE).await? {
                break;
            }
        }
        Ok(())
    }
}
