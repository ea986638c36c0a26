//! What holds of every grouping.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "small numbers of the tests' own, and what is wrong here is to fail the test"
)]

mod support;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use darkroom_grouping::{
    Cancelled, Grouping, GroupingError, Metric, Parameters, Vectors, VectorsError, group, group_on,
};
use proptest::prelude::*;
use support::{Naive, Numbers, Set, grouped, same_partition};

fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut numbers = Numbers(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        order.swap(at, numbers.below(at + 1));
    }
    order
}

fn rows(values: &[f32], dimensions: usize, order: &[usize]) -> Vec<f32> {
    order
        .iter()
        .flat_map(|at| values[at * dimensions..(at + 1) * dimensions].to_vec())
        .collect()
}

prop_compose! {
    /// Small sets, some with twins, some on a grid where everything is tied.
    fn sets()(
        seed in any::<u64>(),
        vectors in 2_usize..120,
        dimensions in 1_usize..20,
        clusters in 1_usize..6,
        spread in 0.01_f64..0.6,
        noise in 2_usize..9,
        twins in 0_usize..40,
        grid in prop::bool::weighted(0.3),
    ) -> (Vec<f32>, usize) {
        let mut values = Set { seed, vectors, dimensions, clusters, spread, noise }.generated();
        let mut numbers = Numbers(seed ^ 1);
        for _ in 0..twins {
            let twin = numbers.below(vectors) * dimensions;
            values.extend_from_within(twin..twin + dimensions);
        }
        if grid {
            values.iter_mut().for_each(|value| *value = (*value * 3.0).round());
        }
        (values, dimensions)
    }
}

fn metrics() -> impl Strategy<Value = Metric> {
    prop::sample::select(Metric::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_order_of_vectors_changes_nothing(
        (values, dimensions) in sets(), metric in metrics(), size in 2_usize..9, samples in 1_usize..12, seed in any::<u64>(),
    ) {
        let parameters = Parameters::new(size, samples, metric).unwrap();
        let count = values.len() / dimensions;
        let order = shuffled(count, seed);
        let whole = grouped(&values, dimensions, &parameters);
        let other = grouped(&rows(&values, dimensions, &order), dimensions, &parameters);
        for (at, from) in order.iter().enumerate() {
            prop_assert_eq!(other.labels[at], whole.labels[*from]);
            prop_assert_eq!(other.probabilities[at], whole.probabilities[*from]);
            prop_assert_eq!(other.outlier_scores[at], whole.outlier_scores[*from]);
        }
        for (a, b) in whole.groups.iter().zip(&other.groups) {
            let medoid = order[b.medoid];
            prop_assert_eq!((a.size, a.spread, a.persistence), (b.size, b.spread, b.persistence));
            let vector = |at: usize| &values[at * dimensions..(at + 1) * dimensions];
            prop_assert!(metric == Metric::Cosine || vector(a.medoid) == vector(medoid));
        }
    }

    #[test]
    fn vectors_that_coincide_share_everything(
        (values, dimensions) in sets(), metric in metrics(), size in 2_usize..9, samples in 1_usize..12,
    ) {
        let found = grouped(&values, dimensions, &Parameters::new(size, samples, metric).unwrap());
        let rows: Vec<&[f32]> = values.chunks_exact(dimensions).collect();
        for a in 0..rows.len() {
            for b in (0..a).filter(|b| rows[*b] == rows[a]) {
                prop_assert_eq!(found.labels[a], found.labels[b]);
                prop_assert_eq!(found.probabilities[a], found.probabilities[b]);
                prop_assert_eq!(found.outlier_scores[a], found.outlier_scores[b]);
            }
        }
    }

    #[test]
    fn the_length_of_vectors_does_not_matter_to_cosine(
        (values, dimensions) in sets(), size in 2_usize..9, samples in 1_usize..12, seed in any::<u64>(),
    ) {
        let parameters = Parameters::new(size, samples, Metric::Cosine).unwrap();
        let mut numbers = Numbers(seed);
        let mut scaled = values.clone();
        for vector in scaled.chunks_exact_mut(dimensions) {
            let factor = f32::powi(2.0, numbers.below(40) as i32 - 20);
            vector.iter_mut().for_each(|value| *value *= factor);
        }
        prop_assert_eq!(grouped(&values, dimensions, &parameters), grouped(&scaled, dimensions, &parameters));
    }

    #[test]
    fn what_is_said_of_groups_is_true(
        (values, dimensions) in sets(), metric in metrics(), size in 2_usize..9, samples in 1_usize..12,
    ) {
        let found = grouped(&values, dimensions, &Parameters::new(size, samples, metric).unwrap());
        let rows: Vec<&[f32]> = values.chunks_exact(dimensions).collect();
        let shares = found.probabilities.iter().chain(&found.outlier_scores);
        prop_assert!(shares.into_iter().all(|share| (0.0..=1.0).contains(share)));
        for (label, group) in found.groups.iter().enumerate() {
            let is_member = |at: &usize| found.labels[*at] == Some(label as u32);
            let members: Vec<usize> = (0..rows.len()).filter(is_member).collect();
            prop_assert_eq!(group.size, members.len());
            prop_assert!(members.contains(&group.medoid));
            prop_assert!((0.0..=1.0).contains(&group.persistence));
            let distances = members.iter().filter(|at| rows[**at] != rows[group.medoid]);
            let sum: f64 = distances.map(|at| support::distance(metric, rows[*at], rows[group.medoid])).sum();
            let spread = sum / (members.len() - 1).max(1) as f64;
            prop_assert!((group.spread - spread).abs() <= 1e-9 * (1.0 + spread), "{} {}", group.spread, spread);
        }
        prop_assert!(found.groups.windows(2).all(|pair| pair[0].size >= pair[1].size));
        for (label, probability) in found.labels.iter().zip(&found.probabilities) {
            prop_assert!(label.is_some() || *probability == 0.0);
            prop_assert!(label.is_none_or(|label| (label as usize) < found.groups.len()));
        }
    }

    #[test]
    fn labels_are_those_of_the_plainest_way(
        seed in any::<u64>(), vectors in 4_usize..100, dimensions in 2_usize..30, clusters in 1_usize..6,
        spread in 0.05_f64..0.5, metric in metrics(), size in 4_usize..9, samples in 1_usize..9,
    ) {
        let values = Set { seed, vectors, dimensions, clusters, spread, noise: 5 }.generated();
        let ours = grouped(&values, dimensions, &Parameters::new(size, samples, metric).unwrap());
        let naive = Naive::new(&values, dimensions, metric, samples);
        let theirs = naive.labels(size);
        prop_assert!(same_partition(&ours.labels, &theirs), "{:?} {:?}", ours.labels, theirs);
    }
}

#[test]
fn large_sets_agree_with_the_plainest_way_on_any_number_of_threads() {
    for metric in Metric::ALL {
        let set = Set {
            seed: 11,
            vectors: 1500,
            dimensions: 13,
            clusters: 9,
            spread: 0.3,
            noise: 4,
        };
        let values = set.generated();
        let parameters = Parameters::new(9, 4, metric).unwrap();
        let vectors = Vectors::new(&values, set.dimensions).unwrap();
        let on = |threads: usize| {
            group_on(
                NonZeroUsize::new(threads).unwrap(),
                &vectors,
                &parameters,
                &mut |_| ControlFlow::Continue(()),
            )
        };
        let one = on(1).unwrap();
        assert_eq!(Ok(&one), on(2).as_ref());
        assert_eq!(Ok(&one), on(5).as_ref());
        let naive = Naive::new(&values, set.dimensions, metric, 4);
        assert!(same_partition(&one.labels, &naive.labels(9)), "{metric}");
    }
}

#[test]
fn all_alike_are_one_group() {
    for metric in Metric::ALL {
        for count in [2, 5, 6, 40, 3000] {
            let values = [0.25, -3.0, 1e-3].repeat(count);
            let found = grouped(&values, 3, &Parameters::new(5, 5, metric).unwrap());
            assert_eq!(found.labels, vec![Some(0); count]);
            assert_eq!(found.probabilities, vec![1.0; count]);
            assert_eq!(found.outlier_scores, vec![0.0; count]);
            assert_eq!((found.groups[0].size, found.groups[0].spread), (count, 0.0));
        }
    }
}

#[test]
fn zero_vectors_are_as_far_from_everything_by_cosine_and_stay_together() {
    let mut values = Vec::new();
    for at in 0..12 {
        values.extend([1.0, 0.01 * at as f32, 0.0, 0.0]);
    }
    values.extend([0.0; 4 * 7]);
    let found = grouped(&values, 4, &Parameters::new(5, 3, Metric::Cosine).unwrap());
    assert!(found.labels[12..].iter().all(|label| *label == found.labels[12]));
    assert!(found.labels[12] != found.labels[0] || found.labels[0].is_none());
    let nothing = grouped(&[0.0; 4 * 9], 4, &Parameters::default());
    assert_eq!(nothing.labels, vec![Some(0); 9]);
}

#[test]
fn extreme_values_are_taken_as_they_are() {
    let wide = [
        f32::MAX,
        f32::MIN,
        1e-45,
        0.0,
        3e38,
        -3e38,
        1e30,
        -1e30,
        1e-30,
        1.0,
        -1.0,
        5.0,
    ];
    for metric in Metric::ALL {
        for dimensions in [1, 2, 3] {
            let values = wide.repeat(4);
            let found = grouped(&values, dimensions, &Parameters::new(3, 2, metric).unwrap());
            assert_eq!(found.labels.len(), values.len() / dimensions);
            let numbers = found.probabilities.iter().chain(&found.outlier_scores);
            assert!(numbers.into_iter().all(|number| number.is_finite()));
            assert!(
                found
                    .groups
                    .iter()
                    .all(|group| group.spread.is_finite() && group.persistence.is_finite())
            );
        }
    }
}

/// Distances below what single precision tells apart: every bound is useless, and the answer the same.
#[test]
fn differences_beyond_single_precision_count() {
    let mut numbers = Numbers(5);
    let mut values = Vec::new();
    for at in 0..240 {
        let place = if at % 2 == 0 { 0.0 } else { 3e-6 };
        values.extend([
            1.0e4,
            (place + 1e-7 * numbers.unit()) as f32,
            (1e-7 * numbers.unit()) as f32,
        ]);
    }
    values.extend([-1.0e4, 0.0, 0.0]);
    let found = grouped(&values, 3, &Parameters::new(5, 5, Metric::Euclidean).unwrap());
    assert_eq!(found.groups.len(), 2);
    for pair in found.labels[..240].chunks_exact(2) {
        assert!(pair[0] != pair[1]);
    }
}

#[test]
fn progress_rises_to_the_end_and_may_break_off() {
    let set = Set {
        seed: 3,
        vectors: 3000,
        dimensions: 64,
        clusters: 20,
        spread: 0.3,
        noise: 4,
    };
    let values = set.generated();
    let vectors = Vectors::new(&values, set.dimensions).unwrap();
    let mut told = Vec::new();
    let parameters = Parameters::default();
    group_on(NonZeroUsize::MIN, &vectors, &parameters, &mut |progress| {
        told.push(progress.fraction);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(told.len() > 5 && told.windows(2).all(|pair| pair[0] <= pair[1]));
    assert_eq!((told.first(), told.last()), (Some(&0.0), Some(&1.0)));
    for last in [0, 1, told.len() / 2, told.len() - 1] {
        let mut left = last;
        let result = group_on(NonZeroUsize::MIN, &vectors, &parameters, &mut |_| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            ControlFlow::Continue(())
        });
        assert_eq!(
            result.map(|_: Grouping| ()),
            Err(GroupingError::Cancelled(Cancelled)),
            "{last}"
        );
    }
    // On all processors.
    let result = group(&vectors, &parameters, &mut |_| ControlFlow::Break(()));
    assert_eq!(result, Err(GroupingError::Cancelled(Cancelled)));
}

#[test]
fn what_are_no_vectors_is_refused() {
    let error = |values: &[f32], dimensions| Vectors::new(values, dimensions).err();
    assert_eq!(error(&[], 0), Some(VectorsError::NoDimensions));
    assert_eq!(
        error(&[1.0; 7], 3),
        Some(VectorsError::Incomplete {
            values: 7,
            dimensions: 3
        })
    );
    assert_eq!(
        error(&[0.0, 1.0, 2.0, f32::NAN], 2),
        Some(VectorsError::NotFinite { vector: 1 })
    );
    assert_eq!(
        error(&[f32::INFINITY], 1),
        Some(VectorsError::NotFinite { vector: 0 })
    );
    assert_eq!(error(&[], 3), None);
}
