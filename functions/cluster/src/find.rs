//! What the vectors and hashes of photographs say: groups, a map, near-duplicates.

use std::{collections::BTreeMap, ops::ControlFlow};

use darkroom_domain::{
    Code, Failure, Grouping, GroupingParameters, ImageId,
    sorter::{GroupingMetric, Likeness, NearDuplicate},
};
use darkroom_grouping::{
    Cancelled, GroupingError, Metric, NearDuplicatesError, Parameters, Progress, Vectors, group,
    near_duplicates, near_hashes, projection,
};

/// The share of the time that groups take, and that with near-duplicates.
const GROUPED: f32 = 0.6;
const COMPARED: f32 = 0.97;

/// Photographs that have vectors, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    pub(crate) ids: Vec<ImageId>,
    /// Their vectors, one after the other.
    pub(crate) values: Vec<f32>,
    pub(crate) dimensions: usize,
    /// Their perceptual hashes.
    pub(crate) hashes: Vec<Option<u64>>,
    pub(crate) parameters: GroupingParameters,
}

/// What was found, in the order of the ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) ids: Vec<ImageId>,
    pub(crate) clusters: darkroom_grouping::Grouping,
    pub(crate) positions: Vec<[f32; 2]>,
    pub(crate) near_duplicates: Vec<NearDuplicate>,
    pub(crate) cut: bool,
}

/// Finds it, and tells what share of the time is over; `report` may break off.
///
/// # Errors
/// `cancelled` when it was broken off; `validation_failed` for parameters that are none.
pub(crate) fn find(input: Input, report: &mut dyn FnMut(f32) -> ControlFlow<()>) -> Result<Found, Failure> {
    if input.ids.is_empty() {
        return Ok(Found::default());
    }
    let vectors = Vectors::new(&input.values, input.dimensions).map_err(Failure::unknown)?;
    let parameters = parameters(input.parameters)?;
    let clusters = group(&vectors, &parameters, &mut |progress: Progress| {
        report(progress.fraction * GROUPED)
    })
    .map_err(|GroupingError::Cancelled(cancelled)| broken_off(cancelled))?;
    let similar = near_duplicates(
        &vectors,
        f64::from(Grouping::SIMILAR_FROM),
        Grouping::MAX_NEAR_DUPLICATES,
        &mut |progress| report(GROUPED + progress.fraction * (COMPARED - GROUPED)),
    )
    .map_err(|error| match error {
        NearDuplicatesError::Cancelled(cancelled) => broken_off(cancelled),
        NearDuplicatesError::Threshold(_) => Failure::unknown(error),
    })?;
    let hashed: Vec<(usize, u64)> = (0..)
        .zip(&input.hashes)
        .filter_map(|(index, hash)| Some((index, (*hash)?)))
        .collect();
    let hashes: Vec<u64> = hashed.iter().map(|(_, hash)| *hash).collect();
    let reencoded = near_hashes(
        &hashes,
        Grouping::REENCODED_DISTANCE,
        Grouping::MAX_NEAR_DUPLICATES,
    )
    .map_err(Failure::unknown)?;

    // Pairs by the positions of their photographs; what both found is one pair.
    let mut pairs: BTreeMap<(usize, usize), f64> = similar
        .pairs
        .iter()
        .map(|pair| ((pair.first, pair.second), pair.similarity))
        .collect();
    for pair in &reencoded.pairs {
        let (Some((first, _)), Some((second, _))) = (hashed.get(pair.first), hashed.get(pair.second)) else {
            continue;
        };
        pairs
            .entry((*first, *second))
            .or_insert_with(|| cosine(vectors.get(*first), vectors.get(*second)));
    }
    let mut near: Vec<NearDuplicate> = pairs
        .into_iter()
        .filter_map(|((first, second), similarity)| {
            let distance = |index: usize| input.hashes.get(index).copied().flatten();
            let hash_distance = distance(first)
                .zip(distance(second))
                .map(|(one, other)| (one ^ other).count_ones());
            let is_reencoded = hash_distance.is_some_and(|bits| bits <= Grouping::REENCODED_DISTANCE);
            #[expect(clippy::cast_possible_truncation, reason = "digits are lost that nobody sees")]
            let similarity = similarity as f32;
            Some(NearDuplicate {
                first: *input.ids.get(first)?,
                second: *input.ids.get(second)?,
                likeness: if is_reencoded {
                    Likeness::Reencoded
                } else {
                    Likeness::Similar
                },
                hash_distance,
                similarity: Some(similarity),
            })
        })
        .collect();
    near.sort_by(closest_first);
    let cut = similar.cut || reencoded.cut || near.len() > Grouping::MAX_NEAR_DUPLICATES;
    near.truncate(Grouping::MAX_NEAR_DUPLICATES);
    let positions = projection(&vectors);
    Ok(Found {
        ids: input.ids,
        clusters,
        positions,
        near_duplicates: near,
        cut,
    })
}

/// Re-encoded ones by their bits first, then similar ones by their vectors.
fn closest_first(one: &NearDuplicate, other: &NearDuplicate) -> std::cmp::Ordering {
    let bits = |pair: &NearDuplicate| match pair.likeness {
        Likeness::Exact | Likeness::Reencoded => pair.hash_distance,
        Likeness::Similar => None,
    };
    let similarity = |pair: &NearDuplicate| pair.similarity.unwrap_or(-1.0);
    one.likeness
        .cmp(&other.likeness)
        .then(bits(one).cmp(&bits(other)))
        .then(similarity(other).total_cmp(&similarity(one)))
        .then((one.first, one.second).cmp(&(other.first, other.second)))
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let product =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let lengths = (product(one, one) * product(other, other)).sqrt();
    if lengths > 0.0 {
        (product(one, other) / lengths).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

fn parameters(asked: GroupingParameters) -> Result<Parameters, Failure> {
    asked.check()?;
    let metric = match asked.metric {
        GroupingMetric::Cosine => Metric::Cosine,
        GroupingMetric::Euclidean => Metric::Euclidean,
        GroupingMetric::Manhattan => Metric::Manhattan,
        GroupingMetric::Chebyshev => Metric::Chebyshev,
    };
    let number = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    Parameters::new(number(asked.min_cluster_size), number(asked.min_samples), metric)
        .map_err(|error| Failure::permanent(Code::ValidationFailed, error.to_string()))
}

fn broken_off(_: Cancelled) -> Failure {
    Failure::permanent(Code::Cancelled, "The analysis was broken off.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn image(number: u128) -> ImageId {
        ImageId::from_uuid(Uuid::from_u128(number))
    }

    /// Vectors in the plane at these angles, in degrees, and hashes.
    fn input(photographs: &[(f32, Option<u64>)]) -> Input {
        Input {
            ids: (1..).take(photographs.len()).map(image).collect(),
            values: photographs
                .iter()
                .flat_map(|(angle, _)| [angle.to_radians().cos(), angle.to_radians().sin()])
                .collect(),
            dimensions: 2,
            hashes: photographs.iter().map(|(_, hash)| *hash).collect(),
            parameters: GroupingParameters {
                min_cluster_size: 2,
                min_samples: 1,
                ..GroupingParameters::default()
            },
        }
    }

    fn found(photographs: &[(f32, Option<u64>)]) -> Found {
        find(input(photographs), &mut |_| ControlFlow::Continue(())).unwrap()
    }

    #[test]
    fn none_and_one_belong_to_no_group() {
        assert!(found(&[]).ids.is_empty());
        let one = found(&[(10.0, Some(1))]);
        assert_eq!(one.clusters.labels, [None]);
        assert_eq!(one.positions, [[0.0, 0.0]]);
        assert!(one.near_duplicates.is_empty());
    }

    #[test]
    fn duplicates_are_told_by_hash_before_they_are_told_by_sight() {
        // 2 and 4 look alike and hash alike; 1 and 3 look alike; 5 hashes as 1 does but looks otherwise.
        let all = found(&[
            (0.0, Some(0b1111)),
            (90.0, Some(u64::MAX)),
            (1.0, None),
            (90.5, Some(u64::MAX ^ 0b111)),
            (180.0, Some(0b0111)),
        ]);
        let pairs: Vec<_> = all
            .near_duplicates
            .iter()
            .map(|pair| (pair.first, pair.second, pair.likeness, pair.hash_distance))
            .collect();
        assert_eq!(
            pairs,
            [
                (image(1), image(5), Likeness::Reencoded, Some(1)),
                (image(2), image(4), Likeness::Reencoded, Some(3)),
                (image(1), image(3), Likeness::Similar, None),
            ]
        );
        let similarity = |index: usize| all.near_duplicates[index].similarity.unwrap();
        assert!((similarity(0) + 1.0).abs() < 1e-6);
        assert!(similarity(1) > 0.999 && similarity(2) > 0.999);
        assert!(!all.cut);
    }

    #[test]
    fn it_can_be_broken_off_and_tells_how_far_it_is() {
        let mut told = Vec::new();
        find(input(&[(0.0, None), (1.0, None), (90.0, None)]), &mut |share| {
            told.push(share);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(told.is_sorted() && *told.last().unwrap() > 0.9, "{told:?}");
        let broken = find(
            input(&[(0.0, None), (1.0, None)]),
            &mut |_| ControlFlow::Break(()),
        )
        .unwrap_err();
        assert_eq!(broken.code, Code::Cancelled);
    }
}
