//! The map.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "small numbers of the tests' own, and what is wrong here is to fail the test"
)]

mod support;

use darkroom_grouping::{Vectors, projection};
use support::{Numbers, Set};

fn projected(values: &[f32], dimensions: usize) -> Vec<[f32; 2]> {
    projection(&Vectors::new(values, dimensions).unwrap())
}

fn variance(places: &[[f32; 2]], coordinate: usize) -> f64 {
    places
        .iter()
        .map(|place| f64::from(place[coordinate]).powi(2))
        .sum::<f64>()
        / places.len() as f64
}

#[test]
fn small_sets_have_a_map() {
    assert!(projected(&[], 4).is_empty());
    assert_eq!(projected(&[1.0, 2.0], 2), [[0.0, 0.0]]);
    assert_eq!(projected(&[5.0, -2.0].repeat(7), 2), [[0.0, 0.0]; 7]);
    for (dimensions, values) in [(1, vec![3.0, 8.0]), (3, vec![1.0, 1.0, 1.0, 2.0, 2.0, 4.0])] {
        let two = projected(&values, dimensions);
        assert!(
            (two[0][0] + 1.0).abs() < 1e-6 && (two[1][0] - 1.0).abs() < 1e-6,
            "{two:?}"
        );
        assert_eq!((two[0][1], two[1][1]), (0.0, 0.0));
    }
}

#[test]
fn vectors_on_a_line_stay_on_it() {
    let values: Vec<f32> = (0..50)
        .flat_map(|at| [at as f32, 3.0 - 2.0 * at as f32, 0.5 * at as f32])
        .collect();
    let places = projected(&values, 3);
    assert!(places.iter().all(|place| place[1] == 0.0));
    // The second dimension has the greatest loading, and falls.
    assert!(places.windows(2).all(|pair| pair[0][0] > pair[1][0]));
    assert!((places[0][0] - 1.0).abs() < 1e-6 && (places[49][0] + 1.0).abs() < 1e-6);
}

/// A cloud with known axes, turned in space: distances on the map are those along the two longest.
#[test]
fn the_two_longest_axes_are_found_for_few_and_for_many_vectors() {
    for (vectors, dimensions) in [(40, 90), (900, 7), (700, 300)] {
        let mut numbers = Numbers(17);
        let mut axis = || (0..dimensions).map(|_| numbers.unit()).collect::<Vec<f64>>();
        let (mut first, mut second) = (axis(), axis());
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let normalize = |axis: &mut Vec<f64>| {
            let norm = dot(axis, axis).sqrt();
            axis.iter_mut().for_each(|value| *value /= norm);
        };
        normalize(&mut first);
        let along = dot(&first, &second);
        second
            .iter_mut()
            .zip(&first)
            .for_each(|(value, first)| *value -= along * first);
        normalize(&mut second);
        let (mut values, mut truth) = (Vec::new(), Vec::new());
        for _ in 0..vectors {
            let (x, y) = (9.0 * numbers.unit(), 4.0 * numbers.unit());
            truth.push((x, y));
            values.extend(
                (0..dimensions)
                    .map(|at| (5.0 + x * first[at] + y * second[at] + 0.01 * numbers.unit()) as f32),
            );
        }
        let places = projected(&values, dimensions);
        let scale = {
            let (a, b) = (truth[0].0 - truth[1].0, truth[0].1 - truth[1].1);
            let (c, d) = (places[0][0] - places[1][0], places[0][1] - places[1][1]);
            a.hypot(b) / f64::from(c.hypot(d))
        };
        for (a, b) in [(0, 2), (3, 9), (5, 30), (12, 39)] {
            let there = (truth[a].0 - truth[b].0).hypot(truth[a].1 - truth[b].1);
            let here = f64::from((places[a][0] - places[b][0]).hypot(places[a][1] - places[b][1])) * scale;
            assert!(
                (there - here).abs() < 0.08,
                "{vectors} x {dimensions}: {there} {here}"
            );
        }
        assert!(variance(&places, 0) > variance(&places, 1));
        let mean: f32 = places.iter().map(|place| place[0]).sum::<f32>() / vectors as f32;
        assert!(mean.abs() < 1e-4);
        let greatest = places
            .iter()
            .flatten()
            .fold(0.0_f32, |greatest, value| greatest.max(value.abs()));
        assert!((greatest - 1.0).abs() < 1e-6);
    }
}

#[test]
fn the_order_of_vectors_changes_no_place() {
    for (vectors, dimensions) in [(300, 20), (15, 40)] {
        let set = Set {
            seed: 2,
            vectors,
            dimensions,
            clusters: 5,
            spread: 0.2,
            noise: 6,
        };
        let values = set.generated();
        let reversed: Vec<f32> = values.chunks_exact(dimensions).rev().flatten().copied().collect();
        let mut places = projected(&reversed, dimensions);
        places.reverse();
        assert_eq!(places, projected(&values, dimensions));
    }
}

#[test]
fn extreme_values_have_a_place() {
    let values = [
        f32::MAX,
        f32::MIN,
        1e-45,
        0.0,
        3e38,
        -1e30,
        2.0,
        f32::MIN_POSITIVE,
    ];
    for dimensions in [1, 2, 4, 8] {
        let places = projected(&values, dimensions);
        assert!(
            places.iter().flatten().all(|value| (-1.0..=1.0).contains(value)),
            "{places:?}"
        );
    }
}
