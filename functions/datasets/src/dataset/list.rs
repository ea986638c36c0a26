//! `POST /api/v1/IO/dataset/get-datasets-list`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::Dataset;
use darkroom_http::{HttpResult, JsonBody, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DatasetView;
use crate::{
    Service,
    page::{SortOrder, part_of},
};

/// Which part of the list, and in which order.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DatasetListRequest {
    /// The first, from 0.
    start: u64,
    /// Behind the last; at most 500 above `start`.
    end: u64,
    /// By what they are sorted; by when they were made where it is missing or null.
    #[schema(default = "created_at")]
    sort_field: Option<DatasetSortField>,
    /// Descending where it is missing, ascending where it is null.
    #[serde(default = "descending")]
    #[schema(default = "desc")]
    sort_order: Option<SortOrder>,
}

#[expect(clippy::unnecessary_wraps, reason = "missing and null are two things here")]
const fn descending() -> Option<SortOrder> {
    Some(SortOrder::Desc)
}

/// By what datasets are sorted.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DatasetSortField {
    Id,
    Title,
    /// The title, as older clients call it.
    Name,
    Description,
    CreatedAt,
    UpdatedAt,
}

/// Some datasets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetList {
    datasets: Vec<DatasetView>,
    /// How many there are in all.
    total: usize,
    start: u64,
    end: u64,
}

/// List datasets
#[utoipa::path(post, path = "/api/v1/IO/dataset/get-datasets-list", tag = "datasets",
    request_body = DatasetListRequest, responses(
    (status = 200, description = "Some datasets", body = DatasetList),
    (status = 422, description = "The part or the order is none", body = Problem),
))]
pub(crate) async fn list_datasets(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    body: JsonBody<DatasetListRequest>,
) -> HttpResult<Json<DatasetList>> {
    let request = body.value;
    let mut datasets = service.records.datasets(&tenant).await?;
    let total = datasets.len();
    let field = request.sort_field.unwrap_or(DatasetSortField::CreatedAt);
    let order = request.sort_order.unwrap_or(SortOrder::Asc);
    datasets.sort_by(|a, b| order.of(compare(field, a, b).then_with(|| a.id.cmp(&b.id))));
    let part = part_of(datasets, request.start, request.end)?;
    Ok(Json(DatasetList {
        datasets: part.into_iter().map(DatasetView::from).collect(),
        total,
        start: request.start,
        end: request.end,
    }))
}

fn compare(field: DatasetSortField, a: &Dataset, b: &Dataset) -> std::cmp::Ordering {
    match field {
        DatasetSortField::Id => a.id.cmp(&b.id),
        DatasetSortField::Title | DatasetSortField::Name => a.title.cmp(&b.title),
        DatasetSortField::Description => a.description.cmp(&b.description),
        DatasetSortField::CreatedAt => a.created_at.cmp(&b.created_at),
        DatasetSortField::UpdatedAt => a.updated_at.cmp(&b.updated_at),
    }
}
