//! The quality of photographs: held against other programs, and ordered as people would order them.
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

use darkroom_domain::QualityMetric::{self, Brisque, Colorfulness, Exposure, Niqe, Piqe, Sharpness};
use darkroom_vision::quality::version;
use darkroom_vision::{NotMeasured, Picture, decode, quality};
use proptest::prelude::*;
use serde_json::Value;
use support::photos::{self, NAMES, photo};
use support::{LIMITS, fixture};

fn score(picture: &Picture, metric: QualityMetric) -> f64 {
    quality(picture, &[metric])[0].1.unwrap()
}

fn grey(width: u32, height: u32, value: u8) -> Picture {
    Picture::from_rgb(width, height, vec![value; (width * height * 3) as usize]).unwrap()
}

#[test]
fn scores_are_those_of_other_programs() {
    let recorded: Vec<Value> = serde_json::from_slice(&fixture("quality.json")).unwrap();
    assert_eq!(recorded.len(), 20);
    for entry in recorded {
        let name = entry["photo"].as_str().unwrap();
        let variant = entry["variant"].as_str().unwrap();
        let original = photo(name);
        let picture = match variant {
            "original" => original,
            "blurred" => photos::blurred(&original, 3.0),
            "noisy" => photos::noisy(&original, 11),
            "flat" => photos::changed(&original, |value| value & 0xE0 | 16),
            "compressed" => {
                let (stem, _) = name.split_once('.').unwrap();
                decode(&fixture(&format!("quality/{stem}-10.jpg")), &LIMITS).unwrap()
            }
            other => panic!("{other}"),
        };
        // Decoders of JPEG differ by a step here and there, which flat blocks are sensitive to.
        let same_pixels = variant != "compressed" && !name.ends_with(".jpg");
        for (metric, tolerance) in [
            // Where nearly all is flat, and sides are odd, the last bit of the half size is seen (0.11).
            (Brisque, if variant == "flat" { 0.15 } else { 0.1 }),
            (Niqe, if same_pixels { 0.001 } else { 0.1 }),
            (Piqe, if same_pixels { 0.001 } else { 1.5 }),
        ] {
            if let Some(theirs) = entry[metric.name()].as_f64() {
                let ours = score(&picture, metric);
                assert!(
                    (ours - theirs).abs() < tolerance,
                    "{metric} of {name}, {variant}: {ours}, not {theirs}"
                );
            }
        }
    }
}

#[test]
fn niqe_of_the_astronaut_is_the_published_figure() {
    assert!((score(&photo("astronaut.png"), Niqe) - 3.0987).abs() < 0.0001);
}

/// Asserts that pictures get worse in the sense of a metric.
fn assert_worse(metric: QualityMetric, name: &str, pictures: &[Picture]) {
    let merits: Vec<f64> = pictures
        .iter()
        .map(|picture| metric.merit(score(picture, metric)))
        .collect();
    assert!(
        merits.is_sorted_by(|better, worse| better > worse),
        "{metric} of {name}: {merits:?}"
    );
}

#[test]
fn blur_makes_photographs_worse() {
    for name in NAMES {
        let original = photo(name);
        let blurred: Vec<Picture> = [1.0, 2.0, 4.0]
            .map(|sigma| photos::blurred(&original, sigma))
            .into();
        let all: Vec<Picture> = [vec![original.clone()], blurred.clone()].concat();
        assert_worse(Sharpness, name, &all);
        assert_worse(Niqe, name, &[original.clone(), blurred[1].clone()]);
        assert_worse(Brisque, name, &[original.clone(), blurred[1].clone()]);
        assert_worse(Piqe, name, &[original, blurred[1].clone()]);
    }
}

#[test]
fn noise_makes_photographs_worse() {
    for name in NAMES {
        let original = photo(name);
        let pictures = [
            original.clone(),
            photos::noisy(&original, 5),
            photos::noisy(&original, 16),
        ];
        for metric in [Brisque, Niqe, Piqe] {
            assert_worse(metric, name, &pictures);
        }
        // Noise is no sharpness: a blurred photograph does not become a sharp one by it.
        let noisy_blur = photos::noisy(&photos::blurred(&original, 4.0), 1);
        assert_worse(Sharpness, name, &[original, noisy_blur]);
    }
}

#[test]
fn compression_makes_photographs_worse() {
    for name in NAMES {
        let original = photo(name);
        for metric in [Brisque, Piqe, Niqe] {
            assert_worse(
                metric,
                name,
                &[original.clone(), photos::compressed(&original, 8)],
            );
        }
    }
}

#[test]
fn wrong_exposure_makes_photographs_worse() {
    for name in ["astronaut.png", "chelsea.png", "coffee.png"] {
        let original = photo(name);
        let exposed = |stops: f64| photos::exposed(&original, stops);
        assert_worse(
            Exposure,
            name,
            &[original.clone(), exposed(-2.0), exposed(-4.0), exposed(-6.0)],
        );
        assert_worse(
            Exposure,
            name,
            &[original.clone(), exposed(2.0), exposed(3.0), exposed(5.0)],
        );
    }
}

#[test]
fn loss_of_colour_makes_photographs_less_colourful() {
    for name in NAMES {
        let original = photo(name);
        let pictures: Vec<Picture> = [1.0, 0.5, 0.2, 0.0]
            .map(|share| photos::desaturated(&original, share))
            .into();
        assert_worse(Colorfulness, name, &pictures);
        assert!(score(&pictures[3], Colorfulness) < 1e-9);
    }
}

#[test]
fn the_simple_measures_mean_the_same_at_every_size() {
    let large = photo("orientation_landscape_6.jpg");
    assert_eq!((large.width(), large.height()), (1800, 1200));
    for (scale, tolerance) in [(1.5, 0.06), (0.75, 0.06)] {
        let resized = photos::scaled(&large, scale);
        let apart = (score(&large, Sharpness) - score(&resized, Sharpness)).abs();
        assert!(apart < tolerance, "{scale}: {apart}");
    }
    for scale in [0.25, 0.5, 2.0] {
        let resized = photos::scaled(&large, scale);
        assert!(
            (score(&large, Exposure) - score(&resized, Exposure)).abs() < 0.02,
            "{scale}"
        );
        assert!(
            (score(&large, Colorfulness) - score(&resized, Colorfulness)).abs() < 2.0,
            "{scale}"
        );
    }
}

#[test]
fn a_blurred_background_is_no_fault() {
    let original = photo("coffee.png");
    let blurred = photos::blurred(&original, 4.0);
    // The subject is a quarter of the picture.
    let (columns, rows) = (150..450, 100..300);
    let data: Vec<u8> = (0..400)
        .flat_map(|y| (0..600).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let source = if columns.contains(&x) && rows.contains(&y) {
                &original
            } else {
                &blurred
            };
            source.pixels()[y * 600 + x]
        })
        .collect();
    let portrait = Picture::from_rgb(600, 400, data).unwrap();
    let [all, part, none] = [&original, &portrait, &blurred].map(|picture| score(picture, Sharpness));
    // Some of the sharpest tiles were in what is blurred now.
    assert!(part > 0.75 * all, "{part} {all}");
    assert!(part > none + 0.5, "{part} {none}");
}

#[test]
fn pictures_too_small_have_no_score() {
    let sizes = [
        (Brisque, 16, 16),
        (Niqe, 192, 96),
        (Piqe, 16, 16),
        (Sharpness, 16, 16),
    ];
    for (metric, width, height) in sizes {
        let too_small = Err(NotMeasured::TooSmall {
            metric,
            width,
            height,
        });
        for (small_width, small_height) in [
            (width - 1, height),
            (width, height - 1),
            (1, 400),
            (400, 1),
            (1, 1),
        ] {
            let measured = quality(&grey(small_width, small_height, 90), &[metric]);
            assert_eq!(measured, [(metric, too_small)], "{small_width}x{small_height}");
        }
        let original = photo("chelsea.png");
        let least = original.region(100..100 + width, 100..100 + height).unwrap();
        assert!(score(&least, metric).is_finite(), "{metric}");
    }
    // NIQE takes two blocks, one above the other too.
    let original = photo("chelsea.png");
    assert!(score(&original.region(0..96, 0..192).unwrap(), Niqe).is_finite());
    assert!(
        quality(&original.region(0..191, 0..191).unwrap(), &[Niqe])[0]
            .1
            .is_err()
    );
    for metric in [Exposure, Colorfulness] {
        assert!(score(&grey(1, 1, 128), metric).is_finite());
    }
}

#[test]
fn flat_pictures_have_the_scores_that_are_defined() {
    for value in [0, 1, 77, 128, 235, 254, 255] {
        let flat = grey(200, 200, value);
        let measured = quality(&flat, &QualityMetric::WITHOUT_NETWORK);
        let of = |wanted: QualityMetric| measured.iter().find(|(metric, _)| *metric == wanted).unwrap().1;
        for metric in [Brisque, Niqe] {
            assert_eq!(of(metric), Err(NotMeasured::Featureless(metric)), "{value}");
        }
        assert_eq!(of(Piqe), Ok(100.0));
        assert_eq!(of(Sharpness), Ok(0.0));
        assert_eq!(of(Colorfulness), Ok(0.0));
        assert!((0.0..=1.0).contains(&of(Exposure).unwrap()));
    }
}

#[test]
fn metrics_are_answered_in_the_order_asked_and_networks_refused() {
    let picture = photo("chelsea.png");
    let asked = [Colorfulness, QualityMetric::Musiq, Brisque, Colorfulness];
    let measured = quality(&picture, &asked);
    assert_eq!(
        measured.iter().map(|(metric, _)| *metric).collect::<Vec<_>>(),
        asked
    );
    assert_eq!(
        measured[1].1,
        Err(NotMeasured::NeedsNetwork(QualityMetric::Musiq))
    );
    assert_eq!(measured[0].1, measured[3].1);
    assert!(quality(&picture, &[]).is_empty());
    for metric in QualityMetric::ALL {
        assert_eq!(version(metric).is_some(), !metric.needs_network());
        assert_eq!(
            matches!(
                quality(&picture, &[metric])[0].1,
                Err(NotMeasured::NeedsNetwork(_))
            ),
            metric.needs_network()
        );
    }
}

#[test]
fn grey_files_and_files_of_sixteen_bits_are_measured() {
    for name in [
        "grey.png",
        "grey-16.png",
        "rgb-16.png",
        "rgb-16-lzw.tiff",
        "grey.jpg",
        "bilevel.png",
    ] {
        let picture = decode(&fixture(name), &LIMITS).unwrap();
        for (metric, measured) in quality(&picture, &QualityMetric::WITHOUT_NETWORK) {
            if let Ok(score) = measured {
                assert!(score.is_finite(), "{metric} of {name}");
            }
        }
        if name.starts_with("grey") {
            assert_eq!(quality(&picture, &[Colorfulness])[0].1, Ok(0.0), "{name}");
        }
    }
}

#[test]
fn what_is_asked_for_beside_it_changes_no_score() {
    let picture = photo("rocket.jpg");
    let together = quality(&picture, &QualityMetric::WITHOUT_NETWORK);
    assert_eq!(together, quality(&picture, &QualityMetric::WITHOUT_NETWORK));
    for (metric, measured) in together {
        assert_eq!(quality(&picture, &[metric]), [(metric, measured)]);
    }
}

/// Pictures of any shape, with pixels that are random, flat in parts, or of two tones.
fn any_picture() -> impl Strategy<Value = Picture> {
    let sizes = prop_oneof![
        (1_u32..40, 1_u32..40),
        (1_u32..300, 1_u32..4),
        (1_u32..4, 1_u32..300),
        (90_u32..210, 90_u32..210)
    ];
    (sizes, any::<u64>(), 0_u8..4).prop_map(|((width, height), seed, kind)| {
        let data = (0..u64::from(width) * u64::from(height) * 3)
            .map(|index| {
                let random = photos::random(seed ^ index) as u8;
                match kind {
                    0 => random,
                    1 if index / 3 % u64::from(width) < u64::from(width) / 2 => 200,
                    1 => random & 3,
                    2 => (random & 1) * 255,
                    _ => (index / 300 + seed % 9) as u8,
                }
            })
            .collect();
        Picture::from_rgb(width, height, data).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_score_of_any_picture_is_within_its_range(picture in any_picture()) {
        for (metric, measured) in quality(&picture, &QualityMetric::WITHOUT_NETWORK) {
            if let Ok(score) = measured {
                let (least, greatest) = metric.range();
                prop_assert!(score.is_finite(), "{metric}: {score}");
                prop_assert!(least.is_none_or(|least| score >= least), "{metric}: {score}");
                prop_assert!(greatest.is_none_or(|greatest| score <= greatest), "{metric}: {score}");
            }
        }
    }
}
