//! `GET /batches/{batch_id}/duplicates`.

pub(crate) mod distinct;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    BatchId, BatchMember, Grouping, ImageId,
    sorter::{Likeness, NearDuplicate},
};
use darkroom_grouping::components;
use darkroom_http::{HttpError, HttpResult, Problem, Query, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Service,
    page::{Cut, Part},
};

/// The most entries of one answer, and how many there are where nothing is said.
const MAX_ENTRIES: usize = 5_000;

/// Which duplicates.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct DuplicatesQuery {
    likeness: Option<String>,
    threshold: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

/// What is there several times.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BatchDuplicates {
    batch_id: BatchId,
    /// Photographs whose very same file came under several names. They come first: `limit` and `offset` count them and the
    /// pairs together.
    exact: Vec<ExactDuplicates>,
    /// Pairs that are nearly the same, the closest first.
    pairs: Vec<DuplicatePair>,
    /// The sets that all pairs that were asked for join, whatever part of them is here.
    sets: Vec<Vec<ImageId>>,
    /// How many entries there are: files that came several times, and pairs.
    total: usize,
    /// Whether there were more pairs than an analysis keeps.
    is_cut: bool,
    /// The `offset` at which the entries go on, if they do.
    next_offset: Option<usize>,
}

/// A photograph that came several times.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ExactDuplicates {
    image_id: ImageId,
    /// The names under which it came again.
    names: Vec<String>,
}

/// Two photographs that are nearly the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DuplicatePair {
    /// The one with the lower id.
    first: ImageId,
    second: ImageId,
    /// In what they are alike.
    likeness: Likeness,
    /// Bits in which their perceptual hashes differ, 0 to 64.
    hash_distance: Option<u32>,
    /// Cosine of the angle between their vectors, -1 to 1.
    similarity: Option<f32>,
}

/// Near-duplicates of a batch
///
/// As the last analysis found them, without those that somebody said are none.
#[utoipa::path(get, path = "/batches/{batch_id}/duplicates", tag = "batches", params(
    ("batch_id" = BatchId, Path),
    ("likeness" = Option<Likeness>, Query, description = "Only those that are alike in this; all where it is missing"),
    ("threshold" = Option<f32>, Query, description = "Only similar ones whose cosine is this at the least, 0.9 to 1"),
    ("limit" = Option<u32>, Query, description = "From 1 to 5000; 5000 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many entries to leave out; 0 where it is missing"),
), responses(
    (status = 200, description = "The duplicates", body = BatchDuplicates),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "The likeness, the threshold or the part is none", body = Problem),
))]
pub(crate) async fn batch_duplicates(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(query): Query<DuplicatesQuery>,
) -> HttpResult<Json<BatchDuplicates>> {
    let part = Part::of(query.limit.as_deref(), query.offset.as_deref(), MAX_ENTRIES)?;
    let wanted = Wanted::of(&query)?;
    let batch = service.batch(&tenant, &id).await?;
    let (grouping, members) = service.groups_now(&batch).await?;
    let distinct: HashSet<(ImageId, ImageId)> = service
        .records
        .distinct_pairs(&tenant, batch.id, distinct::MAX_PAIRS)
        .await?
        .into_iter()
        .map(|pair| (pair.first, pair.second))
        .collect();
    let entries = entries_of(&members, grouping.as_ref(), wanted, &distinct);
    let (mut exact, mut pairs) = (Vec::new(), Vec::new());
    let Cut { items, next_offset } = part.cut(&entries, |entry| Some(entry.told()));
    for item in items {
        match item {
            Told::Exact(one) => exact.push(one),
            Told::Pair(pair) => pairs.push(pair),
        }
    }
    Ok(Json(BatchDuplicates {
        batch_id: batch.id,
        exact,
        pairs,
        sets: sets_of(&entries),
        total: entries.len(),
        is_cut: grouping.is_some_and(|grouping| grouping.near_duplicates_cut),
        next_offset,
    }))
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    likeness: Option<Likeness>,
    threshold: Option<f32>,
}

impl Wanted {
    fn of(query: &DuplicatesQuery) -> HttpResult<Self> {
        let likeness = match query.likeness.as_deref() {
            None => None,
            Some("exact") => Some(Likeness::Exact),
            Some("reencoded") => Some(Likeness::Reencoded),
            Some("similar") => Some(Likeness::Similar),
            Some(_) => {
                return Err(HttpError::validation(
                    &["query", "likeness"],
                    "must be exact, reencoded or similar",
                ));
            }
        };
        let threshold = match query.threshold.as_deref().map(str::parse::<f32>) {
            None => None,
            Some(Ok(threshold)) if (Grouping::SIMILAR_FROM..=1.0).contains(&threshold) => Some(threshold),
            Some(_) => {
                return Err(HttpError::validation(
                    &["query", "threshold"],
                    format!("must be a number from {} to 1", Grouping::SIMILAR_FROM),
                ));
            }
        };
        Ok(Self { likeness, threshold })
    }

    fn includes(self, pair: &NearDuplicate) -> bool {
        let is_close = |threshold| {
            pair.likeness != Likeness::Similar
                || pair.similarity.is_some_and(|similarity| similarity >= threshold)
        };
        self.likeness.is_none_or(|likeness| likeness == pair.likeness) && self.threshold.is_none_or(is_close)
    }
}

/// One entry of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry<'a> {
    Exact(&'a BatchMember),
    Pair(&'a NearDuplicate),
}

/// One entry as it is told.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    Exact(ExactDuplicates),
    Pair(DuplicatePair),
}

impl Entry<'_> {
    fn told(&self) -> Told {
        match self {
            Self::Exact(member) => Told::Exact(ExactDuplicates {
                image_id: member.image_id,
                names: member.also_named.clone(),
            }),
            Self::Pair(pair) => Told::Pair(DuplicatePair {
                first: pair.first,
                second: pair.second,
                likeness: pair.likeness,
                hash_distance: pair.hash_distance,
                similarity: pair.similarity,
            }),
        }
    }
}

/// First the files that came several times, then the pairs, but for those that are none.
fn entries_of<'a>(
    members: &'a [BatchMember],
    grouping: Option<&'a Grouping>,
    wanted: Wanted,
    distinct: &HashSet<(ImageId, ImageId)>,
) -> Vec<Entry<'a>> {
    let wants_exact = wanted.likeness.is_none_or(|likeness| likeness == Likeness::Exact);
    let exact = members
        .iter()
        .filter(|member| wants_exact && !member.also_named.is_empty())
        .map(Entry::Exact);
    let pairs = grouping
        .iter()
        .flat_map(|grouping| &grouping.near_duplicates)
        .filter(|pair| wanted.includes(pair) && !distinct.contains(&(pair.first, pair.second)))
        .map(Entry::Pair);
    exact.chain(pairs).collect()
}

/// The sets that pairs join, by their lowest ids.
fn sets_of(entries: &[Entry<'_>]) -> Vec<Vec<ImageId>> {
    let pairs: Vec<(ImageId, ImageId)> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Pair(pair) => Some((pair.first, pair.second)),
            Entry::Exact(_) => None,
        })
        .collect();
    let ids: Vec<ImageId> = pairs
        .iter()
        .flat_map(|(first, second)| [*first, *second])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let numbers: HashMap<ImageId, usize> = ids.iter().copied().zip(0..).collect();
    let numbered = pairs
        .iter()
        .filter_map(|(first, second)| Some((*numbers.get(first)?, *numbers.get(second)?)));
    components(ids.len(), numbered)
        .into_iter()
        .map(|set| {
            set.into_iter()
                .filter_map(|number| ids.get(number).copied())
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{TenantId, Timestamp};

    use super::*;

    fn image(number: u8) -> ImageId {
        format!("0192f0c1-2345-7abc-8def-0123456789{number:02x}")
            .parse()
            .unwrap()
    }

    fn pair(first: u8, second: u8, likeness: Likeness, similarity: f32) -> NearDuplicate {
        NearDuplicate {
            first: image(first),
            second: image(second),
            likeness,
            hash_distance: None,
            similarity: Some(similarity),
        }
    }

    fn grouping() -> Grouping {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let mut grouping = Grouping::empty(id.parse().unwrap(), id.parse().unwrap(), now);
        grouping.near_duplicates = vec![
            pair(1, 2, Likeness::Reencoded, 0.91),
            pair(2, 3, Likeness::Similar, 0.97),
            pair(5, 6, Likeness::Similar, 0.92),
        ];
        grouping
    }

    fn wanted(likeness: Option<&str>, threshold: Option<&str>) -> HttpResult<Wanted> {
        Wanted::of(&DuplicatesQuery {
            likeness: likeness.map(ToOwned::to_owned),
            threshold: threshold.map(ToOwned::to_owned),
            ..DuplicatesQuery::default()
        })
    }

    #[test]
    fn entries_are_those_asked_for_and_not_told_apart() {
        let member = BatchMember {
            tenant: TenantId::single(),
            batch_id: "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap(),
            image_id: image(1),
            added_at: Timestamp::from_unix_milliseconds(0).unwrap(),
            also_named: vec!["copy.jpg".to_owned()],
        };
        let once = BatchMember {
            also_named: Vec::new(),
            ..member.clone()
        };
        let (members, grouping) = ([member, once], grouping());
        let none = HashSet::new();
        let count = |likeness, threshold, distinct: &HashSet<_>| {
            let wanted = wanted(likeness, threshold).unwrap();
            entries_of(&members, Some(&grouping), wanted, distinct).len()
        };
        assert_eq!(count(None, None, &none), 4);
        assert_eq!(count(Some("exact"), None, &none), 1);
        assert_eq!(count(Some("reencoded"), Some("0.95"), &none), 1);
        assert_eq!(count(Some("similar"), Some("0.95"), &none), 1);
        assert_eq!(count(None, Some("0.95"), &none), 3);
        assert_eq!(count(None, None, &HashSet::from([(image(2), image(3))])), 3);
    }

    #[test]
    fn pairs_join_to_sets() {
        let grouping = grouping();
        let entries = entries_of(&[], Some(&grouping), Wanted::default(), &HashSet::new());
        assert_eq!(
            sets_of(&entries),
            [vec![image(1), image(2), image(3)], vec![image(5), image(6)]]
        );
        assert!(sets_of(&[]).is_empty());
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for threshold in ["0.89", "1.01", "NaN", "inf", "", "x"] {
            assert!(wanted(None, Some(threshold)).is_err(), "{threshold}");
        }
        assert!(wanted(None, Some("0.9")).is_ok() && wanted(None, Some("1")).is_ok());
        assert!(wanted(Some("Exact"), None).is_err());
    }
}
