//! K-means of lightness and of colours: held against OpenCV's, and against a recount of every pixel.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "channels are made of small numbers"
)]

mod support;

use darkroom_domain::Code;
use darkroom_vision::clusters::{Criteria, Init, Options, painted};
use darkroom_vision::{
    ColorClusters, ColorSpace, LightnessClusters, Picture, decode, of_colors, of_lightness,
};
use proptest::prelude::*;
use serde_json::Value;
use support::{LIMITS, fixture};

fn recorded() -> Value {
    serde_json::from_slice(&fixture("clusters.json")).unwrap()
}

fn clusters_of(entry: &Value) -> u32 {
    entry["clusters"].as_u64().unwrap().try_into().unwrap()
}

fn histogram_of(values: &[u8]) -> [u64; 256] {
    let mut histogram = [0; 256];
    for value in values {
        histogram[usize::from(*value)] += 1;
    }
    histogram
}

fn of(clusters: u32) -> Options {
    Options {
        clusters,
        ..Options::default()
    }
}

fn optimal(clusters: u32) -> Options {
    Options {
        criteria: Criteria::Optimal,
        ..of(clusters)
    }
}

fn picture_of(pixels: &[[u8; 3]]) -> Picture {
    Picture::from_rgb(
        pixels.len().try_into().unwrap(),
        1,
        pixels.as_flattened().to_vec(),
    )
    .unwrap()
}

/// Everything that must be true of any clustering of lightness.
fn assert_consistent(histogram: &[u64; 256], found: &LightnessClusters) {
    let clusters = found.centers.len();
    assert!(found.centers.is_sorted());
    assert_eq!(
        (found.sizes.len(), found.ranges.len(), found.deviations.len()),
        (clusters, clusters, clusters)
    );
    assert_eq!(found.pixels, histogram.iter().sum::<u64>());
    let mut compactness = 0.0;
    for (cluster, center) in found.centers.iter().enumerate() {
        let members: Vec<(u8, u64)> = (0..=255)
            .zip(*histogram)
            .filter(|(value, count)| usize::from(found.labels[usize::from(*value)]) == cluster && *count > 0)
            .collect();
        let size: u64 = members.iter().map(|(_, count)| count).sum();
        let squares: f64 = members
            .iter()
            .map(|(value, count)| (f64::from(*value) - center).powi(2) * *count as f64)
            .sum();
        compactness += squares;
        assert_eq!(found.sizes[cluster], size);
        assert_eq!(
            found.ranges[cluster],
            members.first().map(|first| (first.0, members.last().unwrap().0))
        );
        let deviation = if size > 0 {
            (squares / size as f64).sqrt()
        } else {
            0.0
        };
        assert!((found.deviations[cluster] - deviation).abs() < 1e-9);
    }
    assert!((found.compactness - compactness).abs() <= compactness * 1e-12);
    assert!(found.labels.iter().all(|label| usize::from(*label) < clusters));
    // The clusters are intervals, values that do not occur included.
    assert!(found.labels.is_sorted(), "{:?}", found.labels);
}

/// Everything that must be true of any clustering of colours in RGB.
fn assert_recounted(pixels: &[[u8; 3]], found: &ColorClusters) {
    let clusters = found.centers.len();
    assert_eq!(found.labels.len(), pixels.len());
    let mut counts = vec![0; clusters];
    let mut sums = vec![[0_u64; 3]; clusters];
    let mut compactness = 0.0;
    let distance = |pixel: &[u8; 3], center: &[f64; 3]| -> f64 {
        pixel
            .iter()
            .zip(center)
            .map(|(a, b)| (f64::from(*a) - b).powi(2))
            .sum()
    };
    for (pixel, label) in pixels.iter().zip(&found.labels) {
        let label = usize::from(*label);
        counts[label] += 1;
        for (sum, channel) in sums[label].iter_mut().zip(pixel) {
            *sum += u64::from(*channel);
        }
        let own = distance(pixel, &found.centers[label]);
        let least = found
            .centers
            .iter()
            .map(|center| distance(pixel, center))
            .fold(f64::MAX, f64::min);
        assert!(own <= least + 0.05, "{pixel:?}: {own} is not the least, {least}");
        compactness += own;
    }
    assert_eq!(found.pixels, counts);
    assert!(found.pixels.is_sorted_by(|one, next| one >= next));
    assert!((found.compactness - compactness).abs() <= compactness * 1e-9 + 1e-6);
    for cluster in 0..clusters {
        assert!((found.shares[cluster] - counts[cluster] as f64 / pixels.len() as f64).abs() < 1e-12);
        if counts[cluster] > 0 {
            let mean = sums[cluster].map(|sum| (sum as f64 / counts[cluster] as f64 + 0.5) as u8);
            assert_eq!(found.palette[cluster], mean);
        }
    }
}

#[test]
fn lightness_is_never_worse_than_opencvs() {
    for set in recorded()["lightness"].as_array().unwrap() {
        let counts = set["histogram"].as_array().unwrap();
        let histogram: [u64; 256] = std::array::from_fn(|value| counts[value].as_u64().unwrap());
        for entry in set["best"].as_array().unwrap() {
            let theirs = entry["compactness"].as_f64().unwrap();
            let least = of_lightness(&histogram, &optimal(clusters_of(entry))).unwrap();
            assert_consistent(&histogram, &least);
            for seed in 0..5 {
                let options = Options {
                    clusters: clusters_of(entry),
                    criteria: match entry["criteria"].as_str().unwrap() {
                        "epsilon" => Criteria::Epsilon,
                        "max iterations" => Criteria::MaxIterations,
                        _ => Criteria::All,
                    },
                    init: match entry["init"].as_str().unwrap() {
                        "pp" => Init::PlusPlus,
                        _ => Init::Random,
                    },
                    seed,
                    ..Options::default()
                };
                let found = of_lightness(&histogram, &options).unwrap();
                assert_consistent(&histogram, &found);
                assert!(
                    found.compactness <= theirs * (1.0 + 1e-9),
                    "{} {entry}: {}",
                    set["name"],
                    found.compactness
                );
                assert!(least.compactness <= found.compactness * (1.0 + 1e-9));
            }
        }
    }
}

#[test]
fn colours_are_as_close_as_opencvs() {
    let picture = decode(&fixture("rgb.png"), &LIMITS).unwrap();
    for entry in recorded()["colors"].as_array().unwrap() {
        let space = match entry["space"].as_str().unwrap() {
            "rgb" => ColorSpace::Rgb,
            _ => ColorSpace::Lab,
        };
        let mut found: Vec<f64> = (0..5)
            .map(|seed| {
                let options = Options {
                    seed,
                    ..of(clusters_of(entry))
                };
                of_colors(&picture, space, &options).unwrap().compactness
            })
            .collect();
        found.sort_by(f64::total_cmp);
        let theirs = entry["compactness"].as_f64().unwrap();
        assert!(found[2] <= theirs * 1.001, "{entry}: {found:?}");
    }
}

#[test]
fn one_value_makes_equal_centres_and_empty_clusters() {
    let mut histogram = [0; 256];
    histogram[137] = 500;
    for options in [of(3), optimal(3)] {
        let found = of_lightness(&histogram, &options).unwrap();
        assert_eq!(found.centers, [137.0; 3]);
        assert_eq!(found.compactness, 0.0);
        assert_eq!(found.sizes, [500, 0, 0]);
        assert_eq!(found.ranges, [Some((137, 137)), None, None]);
        assert_eq!(found.deviations, [0.0; 3]);
        assert_consistent(&histogram, &found);
    }
}

#[test]
fn one_cluster_is_the_mean() {
    let histogram = histogram_of(&[0, 10, 20, 50]);
    let found = of_lightness(&histogram, &of(1)).unwrap();
    assert_eq!(found.centers, [20.0]);
    assert_eq!(found.compactness, 400.0 + 100.0 + 900.0);
    assert_eq!(found.ranges, [Some((0, 50))]);
    assert_eq!(found.deviations, [350.0_f64.sqrt()]);

    let found = of_colors(
        &picture_of(&[[0, 0, 0], [10, 20, 30], [20, 40, 61]]),
        ColorSpace::Rgb,
        &of(1),
    )
    .unwrap();
    assert_eq!(found.labels, [0; 3]);
    assert_eq!(found.palette, [[10, 20, 30]]);
    assert_eq!(found.shares, [1.0]);
}

#[test]
fn values_between_clusters_belong_to_the_nearer_one() {
    let histogram = histogram_of(&[10, 10, 20, 110, 110, 110, 250]);
    let found = of_lightness(&histogram, &of(3)).unwrap();
    assert_eq!(found.ranges, [Some((10, 20)), Some((110, 110)), Some((250, 250))]);
    let labels = [0, 61, 62, 110, 180, 181, 255].map(|value: usize| found.labels[value]);
    assert_eq!(labels, [0, 0, 1, 1, 1, 2, 2]);
    assert_eq!(painted(&[250, 10, 110], &found.labels), [2, 0, 1]);
}

#[test]
fn every_value_can_be_a_cluster() {
    let found = of_lightness(&[3; 256], &of(256)).unwrap();
    assert_eq!(found.compactness, 0.0);
    assert!((0..=255).eq(found.labels));
    let found = of_lightness(&[3; 256], &of(255)).unwrap();
    // One pair of neighbours is left: six pixels, half a step off.
    assert!((found.compactness - 1.5).abs() < 1e-9);
}

#[test]
fn impossible_wishes_are_refused() {
    let histogram = histogram_of(&[1, 2, 3]);
    let picture = picture_of(&[[1, 2, 3], [4, 5, 6]]);
    let mut huge = [0; 256];
    huge[..2].fill(u64::MAX);
    let refusals = [
        of_lightness(&histogram, &of(0)).unwrap_err(),
        of_lightness(&histogram, &of(4)).unwrap_err(),
        of_lightness(&[1000; 256], &of(300)).unwrap_err(),
        of_lightness(&[0; 256], &of(1)).unwrap_err(),
        of_lightness(&huge, &of(2)).unwrap_err(),
        of_colors(&picture, ColorSpace::Rgb, &of(0)).unwrap_err(),
        of_colors(&picture, ColorSpace::Rgb, &of(3)).unwrap_err(),
        of_colors(&picture, ColorSpace::Lab, &of(300)).unwrap_err(),
        of_colors(&picture, ColorSpace::Rgb, &optimal(2)).unwrap_err(),
    ];
    for failure in refusals {
        assert_eq!(failure.code, Code::ValidationFailed, "{failure}");
        assert!(!failure.is_retryable());
    }
}

#[test]
fn more_clusters_than_colours_leave_some_empty() {
    let pixels = [
        [9, 9, 9],
        [200, 0, 0],
        [9, 9, 9],
        [9, 9, 9],
        [200, 0, 0],
        [0, 0, 90],
    ];
    for space in [ColorSpace::Rgb, ColorSpace::Lab] {
        let found = of_colors(&picture_of(&pixels), space, &of(5)).unwrap();
        assert_eq!(found.labels, [0, 1, 0, 0, 1, 2]);
        assert_eq!(found.pixels, [3, 2, 1, 0, 0]);
        assert_eq!(
            found.palette,
            [[9, 9, 9], [200, 0, 0], [0, 0, 90], [0, 0, 90], [0, 0, 90]]
        );
        assert_eq!((found.compactness, found.iterations), (0.0, 0));
    }
}

#[test]
fn a_single_pixel_is_a_cluster() {
    let found = of_colors(&picture_of(&[[7, 8, 9]]), ColorSpace::Rgb, &of(1)).unwrap();
    assert_eq!((found.labels, found.palette), (vec![0], vec![[7, 8, 9]]));
    assert_eq!(found.centers, [[7.0, 8.0, 9.0]]);
}

#[test]
fn large_pictures_are_counted_as_small_ones_are_sorted() {
    // One pixel decides which of the two ways is taken; the colours are the same in both.
    let color = |index: u32| {
        let mixed = index.wrapping_mul(0x9E37_79B9);
        [mixed >> 24, mixed >> 17 & 127, mixed >> 9 & 63].map(|channel| channel as u8)
    };
    let pixels: Vec<[u8; 3]> = (0..750_000).map(color).collect();
    let twice = [pixels.clone(), pixels.clone()].concat();
    let sorted = of_colors(&picture_of(&pixels), ColorSpace::Rgb, &of(6)).unwrap();
    let counted = of_colors(&picture_of(&twice), ColorSpace::Rgb, &of(6)).unwrap();
    assert_recounted(&pixels, &sorted);
    assert_eq!(counted.labels[..pixels.len()], sorted.labels);
    assert_eq!(counted.labels[pixels.len()..], sorted.labels);
    assert_eq!(counted.centers, sorted.centers);
    assert!((counted.compactness / sorted.compactness - 2.0).abs() < 1e-9);
}

#[test]
fn many_clusters_begun_anywhere_all_find_pixels() {
    let picture = decode(&fixture("rgb.png"), &LIMITS).unwrap();
    let options = Options {
        init: Init::Random,
        attempts: 2,
        ..of(200)
    };
    let found = of_colors(&picture, ColorSpace::Rgb, &options).unwrap();
    assert_recounted(picture.pixels(), &found);
    assert!(found.pixels.iter().all(|pixels| *pixels > 0));
}

proptest! {
    #[test]
    fn lightness_is_consistent_and_never_above_the_optimum(
        values in prop::collection::vec(any::<u8>(), 1..400),
        narrow in any::<bool>(),
        clusters in 1_u32..12,
        max_iterations in any::<i64>(),
        attempts in -2_i64..4,
        epsilon in any::<f64>(),
        seed in any::<u64>(),
    ) {
        prop_assume!(values.len() >= clusters as usize);
        let values: Vec<u8> = values.into_iter().map(|value| if narrow { value % 7 + 90 } else { value }).collect();
        let histogram = histogram_of(&values);
        let least = of_lightness(&histogram, &optimal(clusters)).unwrap();
        for criteria in [Criteria::Epsilon, Criteria::MaxIterations, Criteria::All] {
            for init in [Init::PlusPlus, Init::Random] {
                let options = Options { clusters, criteria, max_iterations, epsilon, attempts, init, seed };
                let found = of_lightness(&histogram, &options).unwrap();
                assert_consistent(&histogram, &found);
                prop_assert!((found.compactness - least.compactness).abs() <= least.compactness * 2e-9);
            }
        }
    }

    #[test]
    fn colours_are_consistent_whatever_the_pixels(
        pixels in prop::collection::vec(any::<[u8; 3]>(), 1..300),
        spread in prop::sample::select(vec![1_u8, 4, 60, 255]),
        clusters in 1_u32..40,
        init in prop::sample::select(vec![Init::PlusPlus, Init::Random]),
        seed in any::<u64>(),
    ) {
        prop_assume!(pixels.len() >= clusters as usize);
        let pixels: Vec<[u8; 3]> = pixels
            .iter()
            .map(|pixel| pixel.map(|channel| channel / (255 / spread) + 3 * u8::from(spread < 200)))
            .collect();
        let options = Options { clusters, attempts: 2, init, seed, ..Options::default() };
        let found = of_colors(&picture_of(&pixels), ColorSpace::Rgb, &options).unwrap();
        assert_recounted(&pixels, &found);
    }

    #[test]
    fn the_order_of_pixels_does_not_matter(
        pixels in prop::collection::vec(any::<[u8; 3]>(), 20..200),
        clusters in 2_u32..9,
        lab in any::<bool>(),
    ) {
        let space = if lab { ColorSpace::Lab } else { ColorSpace::Rgb };
        let there = of_colors(&picture_of(&pixels), space, &of(clusters)).unwrap();
        let reversed: Vec<[u8; 3]> = pixels.iter().rev().copied().collect();
        let mut back = of_colors(&picture_of(&reversed), space, &of(clusters)).unwrap();
        back.labels.reverse();
        prop_assert_eq!(there, back);
    }
}
