//! Photographs as the shipped model and the measures without a network describe them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what breaks here breaks a test"
)]

use std::{fs, path::PathBuf};

use darkroom_domain::{
    Code, Description, ImageId, ImageLimits, QualityMetric, TenantId, Timestamp, VectorSpace,
    sorter::QualityScore,
};
use darkroom_inference::{Library, Model, Task};
use darkroom_photograph::{
    Described, WEIGHTS, describe,
    describing::is_current,
    vector::{decode, encode, space_of},
};
use darkroom_vision::{
    Picture,
    encode::{Quality, jpeg_of_quality},
};
use uuid::Uuid;

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn model() -> Model {
    let library = Library::parse(&fs::read_to_string(repository("models/manifest.toml")).unwrap()).unwrap();
    let description = library.default_for(Task::Embed).unwrap();
    let weights = WEIGHTS
        .iter()
        .find(|weights| weights.file == description.file)
        .unwrap();
    Model::load(description, weights.bytes, 1).unwrap()
}

fn photograph(name: &str) -> Vec<u8> {
    fs::read(repository("tests/fixtures/photos").join(name)).unwrap()
}

fn described(file: &[u8], model: &Model) -> Described {
    describe(file, &ImageLimits::DEFAULT, model).unwrap()
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    one.iter()
        .zip(other)
        .map(|(one, other)| f64::from(*one) * f64::from(*other))
        .sum()
}

/// The same photograph as another program would have saved it.
fn saved_again(file: &[u8]) -> Vec<u8> {
    let picture = darkroom_vision::decode(file, &ImageLimits::DEFAULT).unwrap();
    jpeg_of_quality(&picture.into_raster(), Quality::new(70).unwrap()).unwrap()
}

fn unknown() -> Description {
    let image = ImageId::from_uuid(Uuid::from_u128(7));
    Description::unknown(TenantId::single(), image, Timestamp::UNIX_EPOCH)
}

#[test]
fn likeness_shows_in_vectors_and_hashes() {
    let model = model();
    let (cat, rocket) = (photograph("chelsea.png"), photograph("rocket.jpg"));
    let original = described(&cat, &model);
    let again = described(&saved_again(&cat), &model);
    let other = described(&rocket, &model);
    assert_eq!(original.vector.len(), 1280);
    assert!((cosine(&original.vector, &original.vector) - 1.0).abs() < 1e-5);
    let (near, far) = (
        cosine(&original.vector, &again.vector),
        cosine(&original.vector, &other.vector),
    );
    assert!(near > 0.95 && far < 0.6, "{near} and {far}");
    let bits = |described: &Described| described.perceptual_hash.unwrap();
    assert!((bits(&original) ^ bits(&again)).count_ones() <= 4);
    assert!((bits(&original) ^ bits(&other)).count_ones() >= 16);
    // In a file, vectors say the same.
    let file = |described: &Described| decode(&encode(&described.vector), 1280).unwrap();
    assert!((cosine(&file(&original), &file(&other)) - far).abs() < 5e-4);
    // Saving it badly shows.
    let brisque = |described: &Described| {
        let (_, score) = described
            .scores
            .iter()
            .find(|(metric, _)| *metric == QualityMetric::Brisque)
            .unwrap();
        score.unwrap()
    };
    assert!(brisque(&again) > brisque(&original));
}

#[test]
fn a_photograph_is_always_described_alike() {
    let file = photograph("rocket.jpg");
    let (one, two) = (described(&file, &model()), described(&file, &model()));
    assert_eq!(encode(&one.vector), encode(&two.vector));
    assert_eq!(
        (one.perceptual_hash, one.scores, one.space),
        (two.perceptual_hash, two.scores, two.space)
    );
}

#[test]
fn what_cannot_be_measured_is_told_as_such_and_nothing_fails() {
    let model = model();
    for (width, height) in [(1, 1), (8, 3), (40, 40)] {
        let pixels = vec![200; (width * height * 3) as usize];
        let picture = Picture::from_rgb(width, height, pixels).unwrap();
        let file = jpeg_of_quality(&picture.into_raster(), Quality::new(90).unwrap()).unwrap();
        let described = described(&file, &model);
        assert_eq!(described.perceptual_hash, None, "flat");
        assert_eq!(described.scores.len(), QualityMetric::WITHOUT_NETWORK.len());
        let score = |wanted| {
            described
                .scores
                .iter()
                .find(|(metric, _)| *metric == wanted)
                .unwrap()
                .1
        };
        assert_eq!(score(QualityMetric::Niqe), None);
        assert!(score(QualityMetric::Exposure).is_some());
        let mut description = unknown();
        described.describe(&mut description, Timestamp::UNIX_EPOCH);
        assert!(
            is_current(&description, described.space),
            "it need not be tried again"
        );
    }
    let cut = &photograph("rocket.jpg")[..5_000];
    let failure = describe(cut, &ImageLimits::DEFAULT, &model).unwrap_err();
    assert_eq!(failure.code, Code::CorruptImage);
    assert!(!failure.is_retryable());
}

#[test]
fn a_description_keeps_scores_of_networks_and_knows_when_it_is_out_of_date() {
    let model = model();
    let described = described(&photograph("rocket.jpg"), &model);
    assert_eq!(
        described.space,
        space_of(model.digest(), &model.description().input)
    );
    let liqe = QualityScore {
        score: Some(4.5),
        version: "0123456789abcdef".to_owned(),
        analyzed_at: Timestamp::UNIX_EPOCH,
    };
    let mut description = unknown();
    description.scores.insert("liqe".to_owned(), liqe.clone());
    assert!(!is_current(&description, described.space));
    described.describe(&mut description, Timestamp::UNIX_EPOCH);
    assert_eq!(description.score(QualityMetric::Liqe), Some(&liqe));
    assert_eq!(description.scores.len(), 7);
    assert_eq!(description.dimensions, 1280);
    assert_eq!(description.hash(), described.perceptual_hash);
    assert_eq!(description.model.as_deref(), Some("efficientnet_lite0"));
    assert!(is_current(&description, described.space));
    assert!(!is_current(&description, VectorSpace::new(0)), "another model");
    if let Some(score) = description.scores.get_mut("piqe") {
        score.version = "0".to_owned();
    }
    assert!(
        !is_current(&description, described.space),
        "an older way to measure"
    );
}
