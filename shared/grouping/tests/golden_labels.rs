//! The labels that the sorter has always given to certain small sets.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "small numbers of the tests' own, and what is wrong here is to fail the test"
)]

mod support;

use darkroom_grouping::{Grouping, Metric, Parameters, ParametersError};
use support::{Numbers, grouped};

const POINTS: [f32; 24] = [
    0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.5, 0.5, 10.0, 10.0, 10.0, 11.0, 11.0, 10.0, 11.0, 11.0, 10.5,
    10.5, 5.0, 5.0, 50.0, 50.0,
];

fn labels(grouping: &Grouping) -> Vec<i64> {
    grouping
        .labels
        .iter()
        .map(|label| label.map_or(-1, i64::from))
        .collect()
}

fn points(min_cluster_size: usize, min_samples: usize) -> Vec<i64> {
    let parameters = Parameters::new(min_cluster_size, min_samples, Metric::Euclidean).unwrap();
    labels(&grouped(&POINTS, 2, &parameters))
}

/// Unit vectors about orthogonal directions.
fn blobs(sizes: &[usize]) -> Vec<f32> {
    let mut numbers = Numbers(7);
    let mut values = Vec::new();
    for (blob, size) in sizes.iter().enumerate() {
        for _ in 0..*size {
            let mut vector = [0.0; 16];
            for value in &mut vector {
                *value = 0.02 * numbers.unit();
            }
            vector[blob] += 1.0;
            let norm = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
            values.extend(vector.map(|value| (value / norm) as f32));
        }
    }
    values
}

#[test]
fn two_squares_and_two_strays() {
    assert_eq!(points(5, 5), [0, 0, 0, 0, 0, 0, -1, -1, -1, -1, 0, -1]);
    let two_groups = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, -1];
    assert_eq!(points(3, 2), two_groups);
    assert_eq!(points(2, 1), two_groups);
}

#[test]
fn no_vector_and_one() {
    assert_eq!(grouped(&[], 3, &Parameters::default()), Grouping::default());
    let one = grouped(&[1.0, 2.0, 3.0], 3, &Parameters::default());
    assert_eq!(
        (one.labels, one.probabilities, one.outlier_scores),
        (vec![None], vec![0.0], vec![0.0])
    );
    assert!(one.groups.is_empty());
}

#[test]
fn a_few_alike_are_one_group() {
    for count in 2..=6 {
        let grouping = grouped(&blobs(&[count]), 16, &Parameters::default());
        assert_eq!(labels(&grouping), vec![0; count]);
        assert_eq!(grouping.groups.len(), 1);
        assert_eq!(grouping.groups[0].size, count);
    }
}

#[test]
fn three_apart_are_three_groups_and_too_few_are_none() {
    let three = grouped(&blobs(&[8, 9, 6]), 16, &Parameters::default());
    let expected: Vec<i64> = [(1, 8), (0, 9), (2, 6)]
        .iter()
        .flat_map(|(label, size)| vec![*label; *size])
        .collect();
    assert_eq!(labels(&three), expected);
    assert_eq!(
        three.groups.iter().map(|group| group.size).collect::<Vec<_>>(),
        [9, 8, 6]
    );

    let two = grouped(&blobs(&[8, 9, 3]), 16, &Parameters::default());
    let expected: Vec<i64> = [(1, 8), (0, 9), (-1, 3)]
        .iter()
        .flat_map(|(label, size)| vec![*label; *size])
        .collect();
    assert_eq!(labels(&two), expected);
}

#[test]
fn two_vectors_six_times_each_are_two_groups() {
    for metric in Metric::ALL {
        let mut values = Vec::new();
        for at in 0..12 {
            values.extend(if at % 2 == 0 {
                [1.0, 0.0, 3.0]
            } else {
                [0.0, 2.0, 1.0]
            });
        }
        let grouping = grouped(&values, 3, &Parameters::new(5, 5, metric).unwrap());
        let found = labels(&grouping);
        assert!(
            (0..12).all(|at| found[at] == found[at % 2] && found[at] >= 0),
            "{found:?}"
        );
        assert_ne!(found[0], found[1]);
        assert!(
            grouping
                .groups
                .iter()
                .all(|group| group.size == 6 && group.spread == 0.0)
        );
        assert_eq!(grouping.probabilities, vec![1.0; 12]);
    }
}

#[test]
fn more_asked_for_than_there_are() {
    let values = blobs(&[8, 9]);
    let large = grouped(&values, 16, &Parameters::new(50, 5, Metric::Cosine).unwrap());
    assert_eq!(labels(&large), vec![0; 17]);
    // The reference takes 16 instead of 50, and so do we.
    let [many, most] =
        [50, 16].map(|samples| grouped(&values, 16, &Parameters::new(5, samples, Metric::Cosine).unwrap()));
    assert_eq!(many, most);
    assert!(many.labels.iter().any(Option::is_some));
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert_eq!(
        Parameters::new(1, 5, Metric::Cosine),
        Err(ParametersError::MinClusterSize(1))
    );
    assert_eq!(
        Parameters::new(5, 0, Metric::Cosine),
        Err(ParametersError::MinSamples(0))
    );
    assert!("minkowski".parse::<Metric>().is_err());
    assert!("Cosine".parse::<Metric>().is_err());
    for metric in Metric::ALL {
        assert_eq!(metric.to_string().parse(), Ok(metric));
    }
}
