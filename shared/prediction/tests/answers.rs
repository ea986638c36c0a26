//! What answers say of a kit.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "pictures and answers of the tests' own"
)]

mod support;

use darkroom_domain::{
    Code, DetectedObject, Prediction, PredictionTimes, TenantId, Timestamp, ToolId,
    archive::ModelUse,
    crib::{Seed, seed},
};
use darkroom_prediction::{BatchAnswer, BatchItem, Kit, Predicted, PredictionAnswer};
use serde::Serialize;
use serde_json::{Value, json};
use support::{found, order, painted, squares};

/// The workshop's kit, of the tools 1 to 11 that are called so.
fn workshop() -> Kit {
    let Seed { tools, toolkits, .. } = seed(&TenantId::single());
    Kit::new(&toolkits[0], tools)
}

fn prediction(detections: Vec<DetectedObject>, uncertain: Vec<DetectedObject>) -> Prediction {
    let now = Timestamp::UNIX_EPOCH;
    Prediction {
        id: "0192f0c1-2345-8abc-8def-0123456789ab".parse().unwrap(),
        tenant: TenantId::single(),
        sha256: "0".repeat(64),
        width: 160,
        height: 160,
        model: ModelUse {
            name: "tray".to_owned(),
            version: "11".to_owned(),
            sha256: "1".repeat(64),
            confidence: 0.5,
            iou: Some(0.6),
        },
        classes: None,
        max_detections: 100,
        detections,
        uncertain,
        times: PredictionTimes {
            inference_ms: 12.5,
            ..PredictionTimes::default()
        },
        created_at: now,
        kept_until: now.after(Prediction::KEEP),
        is_evidence: false,
    }
}

fn objects(labels: &[&str]) -> Vec<DetectedObject> {
    let confidences = (0..100_u8).rev().map(|percent| f32::from(percent) / 100.0);
    labels
        .iter()
        .zip(confidences)
        .map(|(label, confidence)| DetectedObject {
            class: 7,
            label: (*label).to_owned(),
            confidence,
            bounds: [1.0, 2.0, 3.5, 4.0],
        })
        .collect()
}

fn answer(sure: &[&str], uncertain: &[&str]) -> PredictionAnswer {
    workshop().answer(Predicted {
        prediction: prediction(objects(sure), objects(uncertain)),
        is_cached: false,
    })
}

/// As a client reads it.
fn told(answer: &impl Serialize) -> Value {
    serde_json::from_str(&serde_json::to_string(answer).unwrap()).unwrap()
}

const ALL: [&str; 11] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];

fn numbers(value: &Value) -> Vec<u64> {
    let list = value.as_array().unwrap().iter();
    list.map(|tool| tool["id"].as_u64().unwrap()).collect()
}

#[test]
fn a_whole_kit_needs_no_hand() {
    let whole = told(&answer(&ALL, &[]));
    assert_eq!(whole["hand_check"], false);
    assert_eq!(numbers(&whole["found_tools"]), Vec::from_iter(1..=11));
    assert_eq!(
        whole["ml_predictions"],
        json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    );
    assert_eq!(
        whole["found_tools"][0],
        json!({"id": 1, "name": "Отвертка «-»", "serial_number": "TOOL-001", "category": "Отвертки"})
    );
    assert_eq!(
        whole["processed_image_url"],
        "/media/processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg"
    );
    assert_eq!(whole["inference_time_ms"], 12.5);
    assert_eq!(whole["prediction_id"], "0192f0c1-2345-8abc-8def-0123456789ab");
    assert_eq!(
        whole["detections"][0],
        json!({"class": 7, "label": "1", "confidence": 0.99, "box": [1.0, 2.0, 3.5, 4.0], "tool_id": 1})
    );
    for field in ["uncertain", "missing_tools", "extra_tools"] {
        assert_eq!(whole[field], json!([]), "{field}");
    }
    assert_eq!(whole["cached"], false);
    assert_eq!((&whole["width"], &whole["height"]), (&json!(160), &json!(160)));
    assert_eq!(
        whole["model"],
        json!({"name": "tray", "version": "11", "sha256": "1".repeat(64), "confidence": 0.5, "iou": 0.6})
    );
    assert_eq!(
        (&whole["classes"], &whole["max_det"]),
        (&Value::Null, &json!(100))
    );
    let mut narrowed = prediction(Vec::new(), Vec::new());
    narrowed.classes = Some(vec!["cup".to_owned()]);
    let narrowed = workshop().answer(Predicted {
        prediction: narrowed,
        is_cached: false,
    });
    assert_eq!(told(&narrowed)["classes"], json!(["cup"]));
}

#[test]
fn a_duplicate_does_not_mask_what_is_missing() {
    let mut labels = ALL.to_vec();
    labels[10] = "3";
    let answer = told(&answer(&labels, &[]));
    assert_eq!(answer["hand_check"], true);
    assert_eq!(numbers(&answer["found_tools"]), Vec::from_iter(1..=10));
    assert_eq!(answer["ml_predictions"].as_array().unwrap().len(), 11);
    assert_eq!(numbers(&answer["missing_tools"]), [11]);
    assert_eq!(answer["missing_tools"][0]["missing_quantity"], 1);
    assert_eq!(numbers(&answer["extra_tools"]), [3]);
    assert_eq!(answer["extra_tools"][0]["type"], "excess");
}

#[test]
fn what_does_not_belong_there_is_told() {
    let labels = [&ALL[..], &["cup", "anvil"]].concat();
    let answer = told(&answer(&labels, &[]));
    assert_eq!(answer["hand_check"], true);
    // The cup is a tool of the other kit; an anvil is none at all.
    assert_eq!(answer["extra_tools"][0]["name"], "Cup");
    assert_eq!(answer["extra_tools"][0]["type"], "unexpected");
    assert_eq!(answer["extra_tools"].as_array().unwrap().len(), 1);
    assert_eq!(answer["detections"][12]["tool_id"], Value::Null);
    assert_eq!(numbers(&answer["found_tools"]), Vec::from_iter(1..=11));
}

#[test]
fn what_is_uncertain_wants_a_hand_if_it_may_be_a_tool() {
    assert!(answer(&ALL, &["4"]).hand_check);
    assert!(!answer(&ALL, &["anvil"]).hand_check);
    let nearly = told(&answer(&ALL[..10], &["11"]));
    assert_eq!(nearly["uncertain"][0]["tool_id"], 11);
    assert_eq!(
        numbers(&nearly["missing_tools"]),
        [11],
        "it does not count as found"
    );
}

#[test]
fn an_item_of_an_unknown_tool_is_missing() {
    let Seed {
        tools, mut toolkits, ..
    } = seed(&TenantId::single());
    toolkits[0].items[0].tool_id = ToolId::new(99);
    let kit = Kit::new(&toolkits[0], tools);
    let answer = kit.answer(Predicted {
        prediction: prediction(objects(&ALL), Vec::new()),
        is_cached: true,
    });
    assert!(answer.hand_check && answer.details.cached);
    assert_eq!(answer.details.missing_tools[0].tool.id, ToolId::new(99));
}

#[test]
fn items_tell_of_success_and_failure_in_their_order() {
    let items = [
        BatchItem::failed("a.txt".to_owned(), Code::UnsupportedFormat, "No.".to_owned()),
        BatchItem::of("b.jpg".to_owned(), answer(&ALL, &[])),
    ];
    let batch: BatchAnswer = items.into_iter().collect();
    let told = told(&batch);
    assert_eq!(
        (&told["successful_images"], &told["failed_images"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        told["results"][0],
        json!({
            "filename": "a.txt", "success": false, "found_tools": [], "hand_check": true,
            "processed_image_url": null, "ml_predictions": null, "inference_time_ms": null,
            "error_message": "No.", "code": "unsupported_format",
        })
    );
    let good = &told["results"][1];
    assert_eq!(good["filename"], "b.jpg");
    assert_eq!(
        (&good["success"], &good["error_message"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(good["prediction_id"], "0192f0c1-2345-8abc-8def-0123456789ab");
    assert_eq!(serde_json::from_value::<BatchAnswer>(told).unwrap(), batch);
}

#[test]
fn a_photographed_tray_is_held_against_its_kit() {
    const COLORS: [[u8; 3]; 11] = [
        [0, 0, 0],
        [0, 0, 255],
        [0, 255, 0],
        [0, 255, 255],
        [255, 0, 0],
        [255, 0, 255],
        [255, 255, 0],
        [255, 255, 255],
        [255, 128, 0],
        [0, 128, 255],
        [128, 0, 255],
    ];
    let model = squares();
    let tray = |colors: &[[u8; 3]]| {
        let places = (0_u32..).map(|place| [(place % 4) * 32 + 16, (place / 4) * 32 + 16, 16]);
        let picture = painted(160, 160, &places.zip(colors.iter().copied()).collect::<Vec<_>>());
        let png = darkroom_vision::encode::png(&picture.into_raster()).unwrap();
        let found = found(&model, &png, &order(&model));
        workshop().answer(Predicted {
            prediction: prediction(found.detections, found.uncertain),
            is_cached: false,
        })
    };
    let whole = tray(&COLORS);
    assert!(!whole.hand_check, "{whole:?}");
    assert_eq!(whole.found_tools.len(), 11);
    // The classes are in the order of texts: the second is tool 10.
    let without = tray(&[&COLORS[..1], &COLORS[2..]].concat());
    assert_eq!(without.details.missing_tools[0].tool.id, ToolId::new(10));
    assert!(without.hand_check && without.details.extra_tools.is_empty());
}
