//! `GET /batches/{batch_id}/map`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{BatchId, ImageId, sorter::GroupedPhotograph};
use darkroom_http::{HttpResult, Problem, Query, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    page::{Cut, PartQuery},
};

/// The most points of one answer, and how many there are where nothing is said.
const MAX_POINTS: usize = 10_000;

/// A batch in two dimensions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BatchMap {
    batch_id: BatchId,
    /// Some photographs, by their ids.
    points: Vec<MapPoint>,
    /// How many photographs have a place on the map.
    total: usize,
    /// The `offset` at which the points go on, if they do.
    next_offset: Option<usize>,
}

/// The place of a photograph.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MapPoint {
    image_id: ImageId,
    /// -1 to 1.
    x: f32,
    /// -1 to 1.
    y: f32,
    /// Its group, or `Ungrouped`.
    group_label: String,
}

/// The map of a batch
///
/// Photographs that look alike lie close to each other. Empty before the first analysis.
#[utoipa::path(get, path = "/batches/{batch_id}/map", tag = "batches", params(
    ("batch_id" = BatchId, Path),
    ("limit" = Option<u32>, Query, description = "From 1 to 10000; 10000 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many points to leave out; 0 where it is missing"),
), responses(
    (status = 200, description = "The points", body = BatchMap),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn batch_map(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(query): Query<PartQuery>,
) -> HttpResult<Json<BatchMap>> {
    let part = query.part(MAX_POINTS)?;
    let batch = service.batch(&tenant, &id).await?;
    let (grouping, _) = service.groups_now(&batch).await?;
    let mut placed: Vec<(&GroupedPhotograph, [f32; 2])> = grouping
        .iter()
        .flat_map(|grouping| &grouping.photographs)
        .filter_map(|photograph| Some((photograph, photograph.position?)))
        .collect();
    placed.sort_by_key(|(photograph, _)| photograph.image_id);
    let Cut { items, next_offset } = part.cut(&placed, |(photograph, [x, y])| {
        Some(MapPoint {
            image_id: photograph.image_id,
            x: *x,
            y: *y,
            group_label: photograph.shown_label().to_owned(),
        })
    });
    Ok(Json(BatchMap {
        batch_id: batch.id,
        points: items,
        total: placed.len(),
        next_offset,
    }))
}
