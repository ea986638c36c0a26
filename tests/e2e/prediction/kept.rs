//! A picture that is kept, looked at without a kit.

use image::ImageFormat;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    crib::{predict, tray},
    pictures::{photo, png},
    segmentation::with_own_model,
    system::{System, Wishes, answer},
};

const NOBODY: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

/// Sends a picture; its id, once it is accepted.
async fn kept(system: &System, filename: &str, content_type: &str, content: &[u8]) -> String {
    let image = system.upload(filename, content_type, content).await;
    assert_eq!(system.decided(&image).await["state"], "accepted");
    image
}

/// Asks for what is in a picture, beside whatever else is said.
async fn look(system: &System, image: &str, said: Value) -> (StatusCode, Value) {
    let mut request = json!({ "image_id": image });
    request
        .as_object_mut()
        .unwrap()
        .extend(said.as_object().unwrap().clone());
    system.post("/predictions", &request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_prediction_that_a_form_makes_of_the_same_file() {
    let system = with_own_model(Wishes::default()).await;
    let picture = tray(&[(1, 0.9), (2, 0.7), (3, 0.95), (10, 0.6)]);
    let image = kept(&system, "tray.png", "image/png", &picture).await;
    let mut ids = Vec::new();
    for (said, fields, found) in [
        (json!({}), vec![], 4),
        (json!({ "confidence": 0.65 }), vec![("confidence", "0.65")], 3),
        (json!({ "max_det": 2, "iou": null }), vec![("max_det", "2")], 2),
        (json!({ "iou": 0.9 }), vec![("iou", "0.9")], 4),
    ] {
        let mut said = said;
        said["model"] = json!("tray");
        let (status, seen) = look(&system, &image, said.clone()).await;
        assert_eq!(status, StatusCode::OK, "{seen}");
        assert_eq!(seen["detections"].as_array().unwrap().len(), found, "{said}");
        let mut form = vec![("toolkit_id", "1"), ("model", "tray")];
        form.extend(fields);
        let (_, by_form) = predict(&system, &picture, &form).await;
        assert_eq!(
            (&by_form["prediction_id"], &by_form["cached"]),
            (&seen["id"], &json!(true)),
            "{said}"
        );
        // It is kept, and the same request again is answered from there.
        let id = seen["id"].as_str().unwrap().to_owned();
        assert_eq!(system.get(&format!("/predictions/{id}")).await.1, seen);
        assert_eq!(look(&system, &image, said).await, (StatusCode::OK, seen));
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each is another prediction");
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_are_a_list_and_what_a_form_made_is_known() {
    let system = System::start().await;
    let content = photo("coffee.png");
    let image = kept(&system, "coffee.png", "image/png", &content).await;
    let fields = [("toolkit_id", "2"), ("classes", "cup, fork")];
    let (_, by_form) = predict(&system, &content, &fields).await;
    let (status, seen) = look(&system, &image, json!({ "classes": ["cup", "fork"] })).await;
    assert_eq!(status, StatusCode::OK, "{seen}");
    assert_eq!(seen["id"], by_form["prediction_id"]);
    assert_eq!(seen["classes"], json!(["cup", "fork"]));
    assert!(
        seen["detections"]
            .as_array()
            .unwrap()
            .iter()
            .all(|found| found["label"] == "cup")
    );
    let shown = system.follow(seen["processed_image_url"].as_str().unwrap()).await;
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    // What the crib has set holds where a request does not say.
    let (status, set) = system
        .post("/api/confidence/", &json!({ "confidence": 0.8 }))
        .await;
    assert_eq!(status, StatusCode::OK, "{set}");
    let (_, sure) = look(&system, &image, json!({})).await;
    assert_eq!(sure["model"]["confidence"], json!(0.8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webp_shows_what_the_same_pixels_show() {
    let system = System::start().await;
    let content = photo("coffee.png");
    let mut webp = std::io::Cursor::new(Vec::new());
    image::load_from_memory(&content)
        .unwrap()
        .write_to(&mut webp, ImageFormat::WebP)
        .unwrap();
    let png = kept(&system, "coffee.png", "image/png", &content).await;
    let webp = kept(&system, "coffee.webp", "image/webp", webp.get_ref()).await;
    let (_, of_png) = look(&system, &png, json!({})).await;
    let (status, of_webp) = look(&system, &webp, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{of_webp}");
    assert_eq!(of_webp["detections"], of_png["detections"]);
    assert!(!of_png["detections"].as_array().unwrap().is_empty());
    assert_ne!(of_webp["id"], of_png["id"], "another file is another prediction");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_cannot_be_looked_at() {
    let system = System::with(Wishes {
        tokens: vec![("alice", "secret-of-alice"), ("bob", "secret-of-bob")],
        ..Default::default()
    })
    .await;
    let whole = png(64, 48, 1);
    let damaged = kept(&system, "half.png", "image/png", &whole[..whole.len() / 2]).await;
    let good = kept(&system, "a.png", "image/png", &png(64, 48, 2)).await;
    let gone = kept(&system, "b.png", "image/png", &png(64, 48, 3)).await;
    system
        .clients
        .s3()
        .delete_object()
        .bucket(&system.bucket)
        .key(format!("originals/alice/{gone}"))
        .send()
        .await
        .unwrap();
    let bob = system.as_tenant("secret-of-bob");
    for (system, image, expected) in [
        (&system, damaged.as_str(), (422, "corrupt_image")),
        (&system, NOBODY, (404, "not_found")),
        (&system, &gone, (404, "file_missing")),
        (&bob, &good, (404, "not_found")),
    ] {
        let (status, problem) = look(system, image, json!({})).await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str().unwrap()),
            expected,
            "{problem}"
        );
    }
    assert_eq!(look(&system, &good, json!({})).await.0, StatusCode::OK);
    let request = bob
        .api(Method::POST, "/predictions")
        .header("accept-language", "ru")
        .json(&json!({ "image_id": good }));
    let (_, problem) = answer(request.send().await.unwrap()).await;
    assert_eq!(problem["detail"], "Изображение не найдено");
    let keys = system.keys().await;
    assert!(!keys.iter().any(|key| key.starts_with("media/bob/")), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_at_fault_names_the_field() {
    let system = System::start().await;
    let image = kept(&system, "a.png", "image/png", &png(64, 48, 1)).await;
    for (said, field) in [
        (json!({ "confidence": 0 }), Some("confidence")),
        (json!({ "confidence": 1.0 }), Some("confidence")),
        (json!({ "confidence": 1e300 }), Some("confidence")),
        (json!({ "iou": 1.5 }), Some("iou")),
        (json!({ "max_det": 0 }), Some("max_det")),
        (json!({ "max_det": 301 }), Some("max_det")),
        (json!({ "classes": [] }), Some("classes")),
        (json!({ "classes": ["unicorn"] }), Some("classes")),
        (json!({ "model": "deeplabv3_mnv2_257" }), Some("model")),
        (json!({ "model": "" }), Some("model")),
        (json!({ "confidence": "0.5" }), None),
        (json!({ "classes": "cup,fork" }), None),
        (json!({ "toolkit_id": 2 }), None),
        (json!({ "image_id": "../a" }), None),
    ] {
        let (status, problem) = look(&system, &image, said.clone()).await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (422, Some("validation_failed")),
            "{said}: {problem}"
        );
        if let Some(field) = field {
            assert_eq!(problem["errors"][0]["loc"], json!(["body", field]), "{problem}");
        }
    }
}
