//! What Python's hdbscan says of the same vectors.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "small numbers of the tests' own, and what is wrong here is to fail the test"
)]

mod support;

use darkroom_grouping::{Grouping, Parameters};
use serde_json::Value;
use support::{Set, grouped, same_partition};

fn numbers(case: &Value, name: &str) -> Vec<f64> {
    case[name]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

fn labels(case: &Value, name: &str) -> Vec<Option<u32>> {
    numbers(case, name)
        .iter()
        .map(|label| (*label >= 0.0).then_some(*label as u32))
        .collect()
}

/// The stored case and what is made of it here.
fn cases() -> Vec<(Value, Grouping)> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("golden/groupings.json")).unwrap();
    assert_eq!(cases.len(), 64);
    let grouping = |case: &Value| {
        let number = |name: &str| case[name].as_u64().unwrap() as usize;
        let set = Set {
            seed: case["seed"].as_u64().unwrap(),
            vectors: number("vectors"),
            dimensions: number("dimensions"),
            clusters: number("clusters"),
            spread: case["spread"].as_f64().unwrap(),
            noise: number("noise"),
        };
        let metric = case["metric"].as_str().unwrap().parse().unwrap();
        let parameters = Parameters::new(number("min_cluster_size"), number("min_samples"), metric).unwrap();
        grouped(&set.generated(), set.dimensions, &parameters)
    };
    cases
        .into_iter()
        .map(|case| (grouping(&case), case))
        .map(|(ours, case)| (case, ours))
        .collect()
}

fn name(case: &Value) -> String {
    format!(
        "{} {} {} {}",
        case["seed"], case["min_cluster_size"], case["min_samples"], case["metric"]
    )
}

#[test]
fn labels_probabilities_and_scores_are_those_of_the_reference_with_ties_broken_alike() {
    for (case, ours) in cases() {
        let name = name(&case);
        assert!(same_partition(&ours.labels, &labels(&case, "labels")), "{name}");
        let near = |ours: &[f32], theirs: &str| {
            let theirs = numbers(&case, theirs);
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5)
        };
        assert!(near(&ours.probabilities, "probabilities"), "{name}");
        assert!(near(&ours.outlier_scores, "outlier_scores"), "{name}");
        let mut persistence: Vec<f64> = ours.groups.iter().map(|group| group.persistence).collect();
        let mut theirs = numbers(&case, "persistence");
        persistence.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        assert_eq!(persistence.len(), theirs.len(), "{name}");
        // The reference exceeds 1 where the root is the only group and does not hold all.
        assert!(
            persistence
                .iter()
                .zip(theirs)
                .all(|(a, b)| (a - b.min(1.0)).abs() < 1e-5),
            "{name}"
        );
    }
}

#[test]
fn labels_are_those_of_the_reference_as_it_is_where_it_does_not_depend_on_the_order() {
    let (mut settled, mut others, mut differing) = (0, 0, 0);
    for (case, ours) in cases() {
        let theirs = labels(&case, "labels_as_given");
        if case["settled"].as_bool().unwrap() {
            settled += 1;
            assert!(same_partition(&ours.labels, &theirs), "{}", name(&case));
        } else {
            others += ours.labels.len();
            differing += (0..theirs.len())
                .filter(|at| ours.labels[*at].is_none() != theirs[*at].is_none())
                .count();
        }
    }
    assert!(settled >= 15, "{settled}");
    // Ties decide about few vectors even where they decide.
    assert!(differing * 200 < others, "{differing} of {others}");
}
