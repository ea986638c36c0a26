//! What a measure says of a file, and what it is told to do without.

use super::*;

/// A file of grey bars, `width` pixels wide and high.
fn bars(width: u32) -> Vec<u8> {
    let rgb: Vec<u8> = (0..width * width)
        .flat_map(|place| [if (place / 7) % 2 == 0 { 40 } else { 210 }; 3])
        .collect();
    let picture = darkroom_vision::Picture::from_rgb(width, width, rgb).unwrap();
    let quality = darkroom_vision::encode::Quality::new(90).unwrap();
    darkroom_vision::encode::jpeg_of_quality(&picture.into_raster(), quality).unwrap()
}

fn scored(file: &[u8], metric: QualityMetric) -> Result<Option<f64>, Failure> {
    score_of(file, &ImageLimits::DEFAULT, metric, None)
}

#[test]
fn scores_lie_within_the_range_of_their_metric() {
    let file = bars(240);
    for metric in QualityMetric::WITHOUT_NETWORK {
        let score = scored(&file, metric).unwrap().unwrap();
        let (lowest, highest) = metric.range();
        assert!(lowest.is_none_or(|lowest| score >= lowest), "{metric} {score}");
        assert!(highest.is_none_or(|highest| score <= highest), "{metric} {score}");
        assert!(measure_version(metric).is_some());
    }
}

#[test]
fn what_is_too_small_has_no_score_and_what_is_damaged_fails() {
    assert_eq!(scored(&bars(20), QualityMetric::Niqe), Ok(None));
    let told = not_defined(QualityMetric::Niqe);
    assert_eq!(told.code, Code::ValidationFailed);
    let damaged = &bars(240)[..300];
    assert_eq!(
        scored(damaged, QualityMetric::Sharpness).unwrap_err().code,
        Code::CorruptImage
    );
}

#[test]
fn metrics_of_networks_say_how_to_bring_a_model() {
    for metric in QualityMetric::ALL
        .into_iter()
        .filter(|metric| metric.needs_network())
    {
        let failure = scored(&bars(20), metric).unwrap_err();
        assert_eq!(failure.code, Code::ModelMissing);
        // What the text tells to write is taken.
        let name = model_name(metric);
        assert!(
            failure.detail.contains(&format!("name = \"{name}\"")),
            "{failure}"
        );
        let manifest = format!(
            "[[models]]\nname = \"{name}\"\nfile = \"a.onnx\"\ntask = \"quality\"\n\
             input = {{ width = 224, height = 224 }}\noutput = {{ layout = \"scalar\" }}"
        );
        let library = darkroom_inference::Library::parse(&manifest).unwrap();
        assert!(library.find(Task::Quality, &name).is_some());
    }
}

#[test]
fn a_score_counts_in_its_version_only() {
    let tenant = TenantId::single();
    let image = ImageId::from_uuid(uuid::Uuid::from_u128(7));
    let mut description = Description::unknown(tenant, image, Timestamp::UNIX_EPOCH);
    let score = QualityScore {
        score: None,
        version: "1".to_owned(),
        analyzed_at: Timestamp::UNIX_EPOCH,
    };
    description.scores.insert("niqe".to_owned(), score.clone());
    let known = |metric, version| score_of_version(&description, metric, version).cloned();
    assert_eq!(known(QualityMetric::Niqe, "1"), Some(score));
    assert_eq!(known(QualityMetric::Niqe, "2"), None);
    assert_eq!(known(QualityMetric::Piqe, "1"), None);
}
