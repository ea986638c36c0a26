//! `POST /api/v1/IO/dataset/get-images-list/{dataset_id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{DatasetId, DatasetImage};
use darkroom_http::{HttpResult, JsonBody, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DatasetImageView, MAX_IMAGES};
use crate::{
    Service, no_dataset,
    page::{SortOrder, part_of},
};

/// Which part of the list, and in which order.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DatasetImageListRequest {
    /// The first, from 0.
    start: u64,
    /// Behind the last; at most 500 above `start`.
    end: u64,
    /// By what they are sorted; by their ids, which is as they came, where it is missing or null.
    #[schema(default = "id")]
    sort_field: Option<DatasetImageSortField>,
    /// Ascending where it is missing or null.
    #[schema(default = "asc")]
    sort_order: Option<SortOrder>,
}

/// By what the pictures of a dataset are sorted.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DatasetImageSortField {
    Id,
    Filename,
    OriginalFilename,
    DatasetId,
}

/// Some pictures of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetImageList {
    images: Vec<DatasetImageView>,
    /// How many there are in all.
    total: usize,
    start: u64,
    end: u64,
    dataset_id: DatasetId,
}

/// List the pictures of a dataset
#[utoipa::path(post, path = "/api/v1/IO/dataset/get-images-list/{dataset_id}", tag = "datasets",
    request_body = DatasetImageListRequest, params(("dataset_id" = DatasetId, Path)), responses(
    (status = 200, description = "Some pictures", body = DatasetImageList),
    (status = 404, description = "There is no such dataset", body = Problem),
    (status = 422, description = "The part or the order is none", body = Problem),
))]
pub(crate) async fn list_dataset_images(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<DatasetImageListRequest>,
) -> HttpResult<Json<DatasetImageList>> {
    let request = body.value;
    let dataset = service.dataset(&tenant, &id, || no_dataset(&id)).await?;
    let mut images = service
        .records
        .dataset_images(&tenant, dataset.id, None, MAX_IMAGES)
        .await?;
    let total = images.len();
    let field = request.sort_field.unwrap_or(DatasetImageSortField::Id);
    let order = request.sort_order.unwrap_or(SortOrder::Asc);
    images.sort_by(|a, b| order.of(compare(field, a, b).then_with(|| a.image_id.cmp(&b.image_id))));
    let part = part_of(images, request.start, request.end)?;
    Ok(Json(DatasetImageList {
        images: part.into_iter().map(DatasetImageView::from).collect(),
        total,
        start: request.start,
        end: request.end,
        dataset_id: dataset.id,
    }))
}

fn compare(field: DatasetImageSortField, a: &DatasetImage, b: &DatasetImage) -> std::cmp::Ordering {
    match field {
        DatasetImageSortField::Id => a.image_id.cmp(&b.image_id),
        DatasetImageSortField::Filename => a.filename.cmp(&b.filename),
        DatasetImageSortField::OriginalFilename => a.original_filename.cmp(&b.original_filename),
        DatasetImageSortField::DatasetId => a.dataset_id.cmp(&b.dataset_id),
    }
}
