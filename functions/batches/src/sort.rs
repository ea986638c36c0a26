//! `PUT /batches/{batch_id}/groups`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{Batch, BatchId, Code, Failure, Grouping, ImageId};
use darkroom_http::{HttpResult, Problem, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Service,
    attempts::attempted,
    body::Body,
    page::Part,
    response::{BatchResponse, MAX_ASSOCIATIONS},
};

/// Which photographs are to stand under which labels.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct BatchSorting {
    /// The ids by labels of 1 to 50 characters; `Ungrouped` stands for no group. Every photograph of the batch, once.
    #[schema(example = json!({"Cats": ["0192f0c1-2345-7abc-8def-0123456789ab"], "Ungrouped": []}))]
    group_map: BTreeMap<String, Vec<String>>,
}

/// Sort a batch by hand
///
/// Photographs that stand elsewhere than before stay there through every analysis that follows, unless that is told not to
/// keep them. Where a whole group comes under another label, it is renamed, and keeps the name. An analysis under way is
/// called off.
#[utoipa::path(put, path = "/batches/{batch_id}/groups", tag = "batches", request_body = BatchSorting,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "The batch as it is sorted", body = BatchResponse),
    (status = 400, description = "Not every photograph is named once, or a label is none", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 409, description = "Others changed it again and again at the same moment", body = Problem),
    (status = 422, description = "There is no map", body = Problem),
))]
pub(crate) async fn sort_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<BatchSorting>,
) -> HttpResult<Json<BatchResponse>> {
    let batch = service.batch(&tenant, &id).await?;
    let members: BTreeSet<ImageId> = service
        .pictures(&batch)
        .await?
        .into_iter()
        .map(|image| image.id)
        .collect();
    let map = map_of(&body.value.group_map)?;
    let (map, members) = (&map, &members);
    let sorting = attempted(|| async {
        let batch = service.batch(&tenant, &id).await?;
        let (job_id, now) = (batch.job_id(), service.ground.clock.now());
        let before = service.groups.read(&batch).await?;
        let id = service.groups.next_id();
        let after = before
            .unwrap_or_else(|| Grouping::empty(id, batch.id, now))
            .sorted_by_hand(id, map, members, now)
            .map_err(|failure| Failure::permanent(Code::InvalidRequest, failure.detail))?;
        let batch = service.groups.publish(batch, &after, Batch::regrouped).await?;
        Ok((batch, job_id))
    });
    let (batch, job_id) = sorting.await?;
    service.call_off(&tenant, job_id).await?;
    Ok(Json(service.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
}

/// The map with the ids that its texts are; a text that is no id names no photograph of any batch.
fn map_of(texts: &BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, Vec<ImageId>>, Failure> {
    let mut map = BTreeMap::new();
    for (label, images) in texts {
        // A group that nothing is left in is no group any more.
        if images.is_empty() {
            continue;
        }
        let images: Result<Vec<ImageId>, _> = images.iter().map(|image| image.parse()).collect();
        let images = images.map_err(|_| {
            Failure::permanent(
                Code::InvalidRequest,
                "The provided group map must contain the exact same set of images as the batch.",
            )
        })?;
        map.insert(label.clone(), images);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(label: &str, images: &[&str]) -> BTreeMap<String, Vec<String>> {
        let images = images.iter().map(|&image| image.to_owned()).collect();
        BTreeMap::from([(label.to_owned(), images)])
    }

    #[test]
    fn texts_that_are_no_ids_belong_to_no_batch() {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        assert_eq!(
            map_of(&texts("A", &[id, id])).unwrap().get("A").map(Vec::len),
            Some(2),
            "that it is named twice is for others to say"
        );
        assert!(map_of(&texts("A", &[])).unwrap().is_empty());
        for wrong in ["1", "", "0192F0C1-2345-7ABC-8DEF-0123456789AB"] {
            let failure = map_of(&texts("A", &[id, wrong])).unwrap_err();
            assert!(failure.detail.contains("exact same set"), "{wrong}");
        }
    }
}
