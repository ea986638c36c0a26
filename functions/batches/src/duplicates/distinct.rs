//! `POST` and `DELETE /batches/{batch_id}/duplicates/distinct`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{BatchId, Code, Failure, ImageId, sorter::DistinctPair};
use darkroom_http::{HttpError, HttpResult, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Service, body::Body, photographs::not_all_found};

/// The most pairs of a batch that are told apart.
pub(crate) const MAX_PAIRS: usize = 20_000;

/// Two photographs.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PhotographPair {
    /// Two different ids, in any order.
    #[schema(min_items = 2, max_items = 2)]
    image_ids: Vec<String>,
}

/// Whether two photographs are told apart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PairDecision {
    /// The one with the lower id.
    first: ImageId,
    second: ImageId,
    /// Whether they are said to be no duplicates.
    is_distinct: bool,
}

/// Say that two photographs are no duplicates
///
/// They are left out of the duplicates of the batch, now and after every analysis.
#[utoipa::path(post, path = "/batches/{batch_id}/duplicates/distinct", tag = "batches", request_body = PhotographPair,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "It is remembered", body = PairDecision),
    (status = 400, description = "One of the pictures is not there", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "These are not two, or too many are told apart already", body = Problem),
))]
pub(crate) async fn remember_distinct(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<PhotographPair>,
) -> HttpResult<Json<PairDecision>> {
    let (first, second) = pair_of(&body.value)?;
    let batch = service.batch(&tenant, &id).await?;
    if service.records.images_of(&tenant, &[first, second]).await?.len() < 2 {
        return Err(not_all_found().into());
    }
    let known = service
        .records
        .distinct_pairs(&tenant, batch.id, MAX_PAIRS)
        .await?;
    if known.len() >= MAX_PAIRS
        && !known
            .iter()
            .any(|pair| (pair.first, pair.second) == (first, second))
    {
        return Err(Failure::permanent(
            Code::ValidationFailed,
            format!("A batch remembers at most {MAX_PAIRS} pairs."),
        )
        .into());
    }
    let pair = DistinctPair {
        tenant,
        batch_id: batch.id,
        first,
        second,
        decided_at: service.ground.clock.now(),
    };
    service.records.remember_distinct(&pair).await?;
    Ok(Json(PairDecision {
        first,
        second,
        is_distinct: true,
    }))
}

/// Forget that two photographs are no duplicates
#[utoipa::path(delete, path = "/batches/{batch_id}/duplicates/distinct", tag = "batches", request_body = PhotographPair,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "It is forgotten, or was never said", body = PairDecision),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "These are not two", body = Problem),
))]
pub(crate) async fn forget_distinct(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<PhotographPair>,
) -> HttpResult<Json<PairDecision>> {
    let (first, second) = pair_of(&body.value)?;
    let batch = service.batch(&tenant, &id).await?;
    let pair = DistinctPair {
        tenant,
        batch_id: batch.id,
        first,
        second,
        decided_at: service.ground.clock.now(),
    };
    service.records.forget_distinct(&pair).await?;
    Ok(Json(PairDecision {
        first,
        second,
        is_distinct: false,
    }))
}

/// The ids in the order of pairs.
fn pair_of(body: &PhotographPair) -> HttpResult<(ImageId, ImageId)> {
    let wrong = || HttpError::validation(&["body", "image_ids"], "must be two different ids");
    let [one, other] = body.image_ids.as_slice() else {
        return Err(wrong());
    };
    let one: ImageId = one.parse().map_err(|_| wrong())?;
    let other: ImageId = other.parse().map_err(|_| wrong())?;
    DistinctPair::ordered(one, other).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_two_in_their_order() {
        let [a, b] = [
            "0192f0c1-2345-7abc-8def-0123456789ab",
            "0192f0c1-2345-7abc-8def-0123456789ac",
        ];
        let pair = |ids: &[&str]| {
            pair_of(&PhotographPair {
                image_ids: ids.iter().map(|&id| id.to_owned()).collect(),
            })
        };
        assert_eq!(pair(&[b, a]).unwrap(), (a.parse().unwrap(), b.parse().unwrap()));
        for wrong in [&[][..], &[a], &[a, a], &[a, b, a], &[a, "7"]] {
            assert!(pair(wrong).is_err(), "{wrong:?}");
        }
    }
}
