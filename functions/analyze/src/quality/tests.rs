//! What answers tell of scores.

use darkroom_domain::{Code, Failure, Image, ImageFormat, ImageId, QualityMetric, TenantId, Timestamp};
use uuid::Uuid;

use super::{batch::items, *};

fn image() -> Image {
    let id = ImageId::from_uuid(Uuid::from_u128(7));
    serde_json::from_value(serde_json::json!({
        "id": id, "tenant": TenantId::single(), "filename": "starfish.jpg", "format": ImageFormat::Jpeg, "size": 1,
        "width": 640, "height": 480, "orientation": 1, "sha256": "", "created_at": Timestamp::UNIX_EPOCH,
        "thumbnail_job": id,
    }))
    .unwrap()
}

fn score(score: Option<f64>) -> QualityScore {
    QualityScore {
        score,
        version: "1".to_owned(),
        analyzed_at: Timestamp::UNIX_EPOCH,
    }
}

fn options(metric: &str) -> QualityOptions {
    QualityOptions {
        metric: Some(metric.to_owned()),
        force_reanalyze: false,
    }
}

#[test]
fn a_score_is_told_with_its_scale() {
    let answer = QualityAnswer::of(&image(), QualityMetric::Niqe, score(Some(3.25))).unwrap();
    assert_eq!(
        serde_json::to_value(&answer).unwrap(),
        serde_json::json!({
            "image_id": image().id, "quality_score": 3.25, "quality_metric": "niqe", "better": "lower",
            "range": [0.0, null], "version": "1", "analyzed_at": Timestamp::UNIX_EPOCH, "file_name": "starfish.jpg",
        })
    );
    let failure = QualityAnswer::of(&image(), QualityMetric::Niqe, score(None)).unwrap_err();
    assert_eq!(failure.code, Code::ValidationFailed);
    assert!(failure.detail.starts_with("niqe is not defined"), "{failure}");
}

#[test]
fn metrics_are_those_that_are_known() {
    for metric in QualityMetric::ALL {
        assert_eq!(options(metric.name()).metric().unwrap(), Some(metric));
    }
    assert_eq!(
        options("clipiqa ").metric().unwrap(),
        Some(QualityMetric::ClipIqaPlus),
        "a plus that was not escaped"
    );
    let expected = Failure::permanent(
        Code::InvalidRequest,
        "Unsupported metric: blur. Supported metrics: ['clipiqa+', 'brisque', 'niqe', 'musiq', 'cnniqa', 'liqe', 'piqe', \
         'sharpness', 'exposure', 'colorfulness']",
    );
    assert_eq!(options("blur").metric().unwrap_err(), expected.into());
    assert!(options("Brisque").metric().is_err());
}

#[test]
fn failures_stand_beside_scores_and_are_told_together_where_nothing_else_is() {
    let answer = || QualityAnswer::of(&image(), QualityMetric::Brisque, score(Some(20.0)));
    let gone = |name: &str| {
        (
            name.to_owned(),
            Err(Failure::not_found(format!("Image {name} not found"))),
        )
    };
    let told = serde_json::to_value(items(vec![gone("a"), ("b".to_owned(), answer())]).unwrap()).unwrap();
    assert_eq!(told[0]["image_id"], "a");
    assert_eq!(told[0]["error"]["code"], "not_found");
    assert_eq!(told[1]["quality_score"], 20.0);

    let failure = items(vec![gone("a"), gone("b")]).unwrap_err();
    assert_eq!(failure.code, Code::ValidationFailed);
    assert_eq!(
        failure.detail,
        "Failed to analyze all images: Image a: Image a not found; Image b: Image b not found"
    );
    // Whoever asks again may have more luck, and is told so.
    let slow = (
        "c".to_owned(),
        Err(Failure::temporary(Code::Timeout, "Ask again.")),
    );
    let failure = items(vec![gone("a"), slow]).unwrap_err();
    assert_eq!(failure.code, Code::Timeout);
    assert!(failure.is_retryable());
    let many = (0..1_000).map(|number| gone(&number.to_string())).collect();
    let failure = items(many).unwrap_err();
    assert!(
        failure.detail.len() < 4_096 && failure.detail.ends_with("; and 980 more"),
        "{failure}"
    );
}
