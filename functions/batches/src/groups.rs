//! `GET /batches/{batch_id}/groups`.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    BatchId, Grouping, GroupingParameters, ImageId, JobId, QualityMetric, Timestamp,
    sorter::{GroupedPhotograph, UNGROUPED},
};
use darkroom_http::{HttpResult, Problem, Query, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    page::{Cut, PartQuery},
};

/// The most groups of one answer, and how many there are where nothing is said.
const MAX_GROUPS: usize = 1_000;

/// The groups of a batch, and what they rest upon.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BatchGroups {
    batch_id: BatchId,
    /// Some groups, in the order of their finding.
    groups: Vec<BatchGroup>,
    /// How many groups there are.
    total: usize,
    /// How many photographs are in none.
    ungrouped: usize,
    /// How many photographs stand elsewhere than in the grouping before.
    moved: usize,
    /// What the analysis was asked for.
    parameters: Option<GroupingParameters>,
    /// The model whose vectors it looked at.
    model: Option<String>,
    /// SHA-256 of that model's file.
    model_sha256: Option<String>,
    /// When the groups were made, or sorted by hand.
    created_at: Option<Timestamp>,
    /// The job of the analysis.
    job_id: Option<JobId>,
    /// The `offset` at which the groups go on, if they do.
    next_offset: Option<usize>,
}

/// A group of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct BatchGroup {
    #[schema(example = "Group 1")]
    label: String,
    /// How many photographs it has.
    size: usize,
    /// The photograph in its midst.
    medoid: Option<ImageId>,
    /// The best photograph by the measure that it was ranked by.
    best: Option<ImageId>,
    /// Mean distance of the photographs from the one in the midst.
    spread: Option<f64>,
    /// How long it holds together while the density asked for is raised: of which more is clearer.
    persistence: Option<f64>,
    /// How many of its photographs were put there by hand.
    manual_count: usize,
    /// The measure that it was ranked by.
    #[schema(value_type = Option<String>, example = "brisque")]
    ranking_metric: Option<QualityMetric>,
}

/// The groups of a batch, explained
///
/// Empty before there are any.
#[utoipa::path(get, path = "/batches/{batch_id}/groups", tag = "batches", params(
    ("batch_id" = BatchId, Path),
    ("limit" = Option<u32>, Query, description = "From 1 to 1000; 1000 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many groups to leave out; 0 where it is missing"),
), responses(
    (status = 200, description = "The groups", body = BatchGroups),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn batch_groups(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(query): Query<PartQuery>,
) -> HttpResult<Json<BatchGroups>> {
    let part = query.part(MAX_GROUPS)?;
    let batch = service.batch(&tenant, &id).await?;
    let (grouping, _) = service.groups_now(&batch).await?;
    let grouping = grouping.as_ref();
    let groups = grouping.map(groups_of).unwrap_or_default();
    let count = |is_meant: fn(&GroupedPhotograph) -> bool| {
        grouping.map_or(0, |grouping| {
            grouping.photographs.iter().filter(|one| is_meant(one)).count()
        })
    };
    let Cut { items, next_offset } = part.cut(&groups, |group| Some(group.clone()));
    Ok(Json(BatchGroups {
        batch_id: batch.id,
        groups: items,
        total: groups.len(),
        ungrouped: count(|photograph| photograph.shown_label() == UNGROUPED),
        moved: count(|photograph| photograph.moved_from.is_some()),
        parameters: grouping.and_then(|grouping| grouping.parameters),
        model: grouping.and_then(|grouping| grouping.model.clone()),
        model_sha256: grouping.and_then(|grouping| grouping.model_sha256.clone()),
        created_at: grouping.map(|grouping| grouping.created_at),
        job_id: grouping.and_then(|grouping| grouping.job_id),
        next_offset,
    }))
}

fn groups_of(grouping: &Grouping) -> Vec<BatchGroup> {
    let mut photographs: HashMap<&str, Vec<&GroupedPhotograph>> = HashMap::new();
    for photograph in &grouping.photographs {
        photographs
            .entry(photograph.shown_label())
            .or_default()
            .push(photograph);
    }
    grouping
        .groups
        .iter()
        .map(|group| {
            let photographs = photographs
                .get(group.label.as_str())
                .map_or(&[][..], Vec::as_slice);
            let rankings = || {
                photographs
                    .iter()
                    .filter_map(|one| Some((*one, one.ranking.as_ref()?)))
            };
            BatchGroup {
                label: group.label.clone(),
                size: photographs.len(),
                medoid: group.medoid,
                best: rankings()
                    .filter_map(|(photograph, ranking)| Some((ranking.rank?, photograph.image_id)))
                    .min()
                    .map(|(_, image)| image),
                spread: group.spread,
                persistence: group.persistence,
                manual_count: photographs.iter().filter(|one| one.is_manual).count(),
                ranking_metric: rankings().next().map(|(_, ranking)| ranking.metric),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use darkroom_domain::sorter::{Group, Ranking};

    use super::*;

    #[test]
    fn a_group_tells_its_size_its_best_and_what_was_done_by_hand() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let image = |number: u8| -> ImageId {
            format!("0192f0c1-2345-7abc-8def-0123456789{number:02x}")
                .parse()
                .unwrap()
        };
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        let mut grouping = Grouping::empty(id.parse().unwrap(), id.parse().unwrap(), now);
        grouping.groups = ["B", "A"].map(|label| Group::by_hand(label.to_owned())).to_vec();
        for (number, label, rank, is_manual) in [
            (1, Some("A"), None, true),
            (2, Some("A"), Some(2), false),
            (3, Some("A"), Some(1), true),
            (4, Some("B"), None, false),
            (5, None, None, false),
        ] {
            let mut photograph = GroupedPhotograph::ungrouped(image(number));
            photograph.label = label.map(ToOwned::to_owned);
            photograph.is_manual = is_manual;
            photograph.ranking = rank.map(|rank| Ranking {
                metric: QualityMetric::Niqe,
                rank: Some(rank),
                score: Some(1.0),
                ranked_at: now,
            });
            grouping.photographs.push(photograph);
        }
        let groups = groups_of(&grouping);
        let [b, a] = groups.as_slice() else {
            panic!("two groups, in their order: {groups:?}");
        };
        assert_eq!((b.label.as_str(), b.size, b.best), ("B", 1, None));
        assert_eq!((a.label.as_str(), a.size, a.best), ("A", 3, Some(image(3))));
        assert_eq!((a.manual_count, a.ranking_metric), (2, Some(QualityMetric::Niqe)));
    }
}
