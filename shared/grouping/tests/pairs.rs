//! Near-duplicates by vector and by hash, and the sets they form.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "small numbers of the tests' own, and what is wrong here is to fail the test"
)]

mod support;

use std::ops::ControlFlow;

use darkroom_grouping::{
    DistanceError, NearDuplicatesError, NearPair, NearPairs, SimilarPairs, Vectors, components,
    near_duplicates, near_hashes,
};
use proptest::prelude::*;
use support::{Numbers, Set, cosine};

fn similar(values: &[f32], dimensions: usize, threshold: f64, limit: usize) -> SimilarPairs {
    let vectors = Vectors::new(values, dimensions).unwrap();
    near_duplicates(&vectors, threshold, limit, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn naive_hashes(hashes: &[u64], max_distance: u32) -> Vec<NearPair> {
    let mut pairs = Vec::new();
    for second in 0..hashes.len() {
        for first in 0..second {
            let distance = (hashes[first] ^ hashes[second]).count_ones();
            if distance <= max_distance {
                pairs.push(NearPair {
                    distance,
                    first,
                    second,
                });
            }
        }
    }
    pairs.sort();
    pairs
}

/// Hashes about a few, so that many are near.
fn hashes(seed: u64, count: usize, flips: usize) -> Vec<u64> {
    let mut numbers = Numbers(seed);
    let centers: Vec<u64> = (0..count / 5 + 1).map(|_| numbers.bits()).collect();
    let mut near = || {
        let mut hash = centers[numbers.below(centers.len())];
        for _ in 0..numbers.below(flips + 1) {
            hash ^= 1 << numbers.below(64);
        }
        hash
    };
    (0..count).map(|_| near()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn similar_pairs_are_all_there_are(
        seed in any::<u64>(), vectors in 0_usize..150, dimensions in 2_usize..20, spread in 0.001_f64..0.6,
        threshold in 0.0_f64..1.0,
    ) {
        let set = Set { seed, vectors, dimensions, clusters: 4, spread, noise: 5 };
        let values = set.generated();
        let rows: Vec<&[f32]> = values.chunks_exact(dimensions).collect();
        let found = similar(&values, dimensions, threshold, usize::MAX);
        prop_assert!(!found.cut);
        let mut pairs = found.pairs.iter().map(|pair| (pair.first, pair.second)).collect::<Vec<_>>();
        pairs.sort_unstable();
        for first in 0..rows.len() {
            for second in first + 1..rows.len() {
                let similarity = cosine(rows[first], rows[second]);
                let is_found = pairs.binary_search(&(first, second)).is_ok();
                prop_assert!(is_found == (similarity >= threshold) || (similarity - threshold).abs() < 1e-12);
            }
        }
        for pair in &found.pairs {
            prop_assert!((pair.similarity - cosine(rows[pair.first], rows[pair.second])).abs() < 1e-12);
        }
        prop_assert!(found.pairs.windows(2).all(|two| two[0].similarity >= two[1].similarity));
    }

    #[test]
    fn a_limit_keeps_the_most_similar(
        seed in any::<u64>(), vectors in 2_usize..120, twins in 0_usize..40, limit in 0_usize..60,
    ) {
        let mut values = Set { seed, vectors, dimensions: 6, clusters: 3, spread: 0.3, noise: 4 }.generated();
        values.extend_from_within(0..twins.min(vectors) * 6);
        let all = similar(&values, 6, 0.5, usize::MAX);
        let some = similar(&values, 6, 0.5, limit);
        prop_assert_eq!(some.cut, all.pairs.len() > limit);
        prop_assert_eq!(&some.pairs[..], &all.pairs[..limit.min(all.pairs.len())]);
    }

    #[test]
    fn near_hashes_are_all_there_are(
        seed in any::<u64>(), count in 0_usize..300, flips in 0_usize..20, max_distance in 0_u32..=64, limit in 0_usize..400,
    ) {
        let hashes = hashes(seed, count, flips);
        let all = naive_hashes(&hashes, max_distance);
        let found = near_hashes(&hashes, max_distance, usize::MAX).unwrap();
        prop_assert!(found.pairs == all && !found.cut);
        let some = near_hashes(&hashes, max_distance, limit).unwrap();
        prop_assert_eq!(some, NearPairs { pairs: all[..limit.min(all.len())].to_vec(), cut: all.len() > limit });
    }

    #[test]
    fn components_are_what_pairs_reach(
        count in 1_usize..80, pairs in prop::collection::vec((0_usize..100, 0_usize..100), 0..80),
    ) {
        let mut names: Vec<usize> = (0..count).collect();
        for (a, b) in pairs.iter().filter(|(a, b)| *a < count && *b < count) {
            let (kept, gone) = (names[*a], names[*b]);
            names.iter_mut().filter(|name| **name == gone).for_each(|name| *name = kept);
        }
        let mut expected: Vec<Vec<usize>> = (0..count)
            .map(|name| (0..count).filter(|number| names[*number] == name).collect::<Vec<_>>())
            .filter(|set| set.len() > 1)
            .collect();
        expected.sort();
        prop_assert_eq!(components(count, pairs), expected);
    }
}

/// So many that the bands are used, at every distance for which they are.
#[test]
fn many_hashes_are_looked_up_in_bands_and_none_is_missed() {
    let hashes = hashes(9, 4000, 12);
    for max_distance in [0, 1, 3, 4, 7, 8, 10, 12, 16, 20] {
        let found = near_hashes(&hashes, max_distance, usize::MAX).unwrap();
        assert_eq!(found.pairs, naive_hashes(&hashes, max_distance), "{max_distance}");
    }
}

#[test]
fn a_flood_of_equal_ones_is_bounded_by_the_limit() {
    let found = near_hashes(&[42; 20_000], 3, 100).unwrap();
    assert!(found.cut && found.pairs.len() == 100);
    assert_eq!(
        found.pairs[99],
        NearPair {
            distance: 0,
            first: 0,
            second: 100
        }
    );

    let found = similar(&[1.0, 2.0].repeat(20_000), 2, 0.9, 100);
    assert!(found.cut && found.pairs.len() == 100);
    assert!(
        found
            .pairs
            .iter()
            .all(|pair| pair.first == 0 && pair.similarity == 1.0)
    );
}

#[test]
fn zero_vectors_resemble_nothing() {
    let values = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0];
    let found = similar(&values, 2, 0.5, 10);
    assert_eq!(
        found
            .pairs
            .iter()
            .map(|pair| (pair.first, pair.second))
            .collect::<Vec<_>>(),
        [(2, 3)]
    );
    assert_eq!(similar(&values, 2, 0.0, 10).pairs.len(), 6);
}

#[test]
fn thresholds_that_are_none_are_refused_and_cancelling_works() {
    let vectors = Vectors::new(&[1.0, 2.0], 1).unwrap();
    for threshold in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let result = near_duplicates(&vectors, threshold, 1, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(result, Err(NearDuplicatesError::Threshold(_))));
    }
    let result = near_duplicates(&vectors, 0.5, 1, &mut |_| ControlFlow::Break(()));
    assert!(matches!(result, Err(NearDuplicatesError::Cancelled(_))));
    assert_eq!(near_hashes(&[], 65, 1), Err(DistanceError(65)));
}
