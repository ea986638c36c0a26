//! `GET /batches/{batch_id}/readiness`.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{BatchId, ImageId, JobId, JobState, VectorSpace};
use darkroom_http::{HttpResult, Problem, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// How many photographs are asked after at once: what is known of them is held no longer than it takes to count.
const AT_ONCE: usize = 2_000;

/// How many photographs of a batch can be grouped.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct BatchReadiness {
    /// All of them.
    total: usize,
    /// Those that have their vectors.
    described: usize,
    /// Those that cannot be described: they do not hinder an analysis, and stay ungrouped.
    failed: usize,
    /// Those that are still to be described.
    waiting: usize,
}

/// Whether a batch can be analysed
///
/// It can as soon as none of its photographs is waiting.
#[utoipa::path(get, path = "/batches/{batch_id}/readiness", tag = "batches",
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "How many photographs are described", body = BatchReadiness),
    (status = 404, description = "There is no such batch", body = Problem),
))]
pub(crate) async fn batch_readiness(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<BatchReadiness>> {
    let batch = service.batch(&tenant, &id).await?;
    let members = service.members_now(&batch).await?;
    let ids: Vec<ImageId> = members.iter().map(|member| member.image_id).collect();
    let mut spaces: HashMap<ImageId, VectorSpace> = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        let described = service.records.descriptions(&tenant, some).await?;
        spaces.extend(
            described
                .iter()
                .filter_map(|one| Some((one.image_id, one.space?))),
        );
    }
    let mut readiness = BatchReadiness {
        total: ids.len(),
        described: spaces.len(),
        ..BatchReadiness::default()
    };
    let first: Vec<JobId> = ids
        .iter()
        .filter(|id| !spaces.contains_key(id))
        .map(|id| JobId::describing(*id))
        .collect();
    for some in first.chunks(AT_ONCE) {
        let jobs = service.records.jobs(&tenant, some).await?;
        let failed = jobs
            .iter()
            .filter(|job| matches!(job.state, JobState::Failed | JobState::Cancelled))
            .count();
        readiness.failed += failed;
        readiness.waiting += some.len().saturating_sub(failed);
    }
    for some in describing_anew(&spaces).chunks(AT_ONCE) {
        let jobs = service.records.jobs(&tenant, some).await?;
        let open: BTreeSet<_> = jobs
            .iter()
            .filter(|job| !job.state.is_final())
            .filter_map(|job| job.task.image_id())
            .collect();
        readiness.described = readiness.described.saturating_sub(open.len());
        readiness.waiting += open.len();
    }
    Ok(Json(readiness))
}

/// The jobs that may describe photographs anew: of several spaces an analysis makes one.
fn describing_anew(spaces: &HashMap<ImageId, VectorSpace>) -> Vec<JobId> {
    let known: BTreeSet<VectorSpace> = spaces.values().copied().collect();
    let mut jobs = Vec::new();
    for (image, own) in spaces {
        let others = known.iter().filter(|space| *space != own);
        jobs.extend(others.map(|space| JobId::describing_anew(*image, *space)));
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_photographs_of_several_spaces_are_described_anew() {
        let image = |number: u8| -> ImageId {
            format!("0192f0c1-2345-7abc-8def-0123456789a{number}")
                .parse()
                .unwrap()
        };
        let [old, new] = [1, 2].map(VectorSpace::new);
        assert!(describing_anew(&[(image(1), old), (image(2), old)].into()).is_empty());
        let jobs: BTreeSet<_> = describing_anew(&[(image(1), old), (image(2), new)].into())
            .into_iter()
            .collect();
        let expected =
            [(1, new), (2, old)].map(|(number, space)| JobId::describing_anew(image(number), space));
        assert_eq!(jobs, expected.into());
    }
}
