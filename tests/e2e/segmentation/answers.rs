//! What may be asked, and how.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ended, json_of, post, segmented, with_own_model, zip_of};
use crate::{
    pictures::{painted, photo, png},
    system::{System, Wishes},
};

#[tokio::test(flavor = "multi_thread")]
async fn masks_and_outlines_instead_of_pictures() {
    let system = System::start().await;
    let zip = zip_of(&[("chelsea.png", &photo("chelsea.png"))]);
    let made = segmented(&system, "?output=mask", &zip).await;
    let mask = image::load_from_memory(&made["chelsea.png"]).unwrap();
    let palette = mask.to_rgb8();
    assert_eq!(palette.dimensions(), (451, 300));
    // Class 8 is the cat: its colour, where the mask says so, and black elsewhere.
    let black = palette.pixels().filter(|pixel| pixel.0 == [0; 3]).count();
    let share = 100.0 - 100.0 * black as f64 / (451.0 * 300.0);
    assert!((75.0..79.0).contains(&share), "{share} %");

    let made = segmented(&system, "?output=json&classes=cat,person", &zip).await;
    let found = json_of(&made, "chelsea.json");
    assert_eq!(found["areas"][0]["label"], "cat");
    let rings = found["contours"][0]["rings"].as_array().unwrap();
    assert!(rings[0].as_array().unwrap().len() > 20, "{found}");

    // A cat is no person: asked for persons alone, nothing is left of it.
    let made = segmented(&system, "?output=json&classes=person", &zip).await;
    let found = json_of(&made, "chelsea.json");
    assert!(
        found["areas"]
            .as_array()
            .unwrap()
            .iter()
            .all(|area| area["label"] == "person"),
        "{found}"
    );
    // Kelp is what the other model knows, and on a cat there is hardly any.
    let made = segmented(&system, "?output=json&model=hakai_kelp_lraspp", &zip).await;
    let found = json_of(&made, "chelsea.json");
    let kelp: f64 = found["areas"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|area| area["percent"].as_f64())
        .sum();
    assert!(kelp < 5.0, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_own_model_and_what_it_must_be_sure_of() {
    let system = with_own_model(Wishes::default()).await;
    // A quarter of 80 %, a quarter of 60 % brightness: the model is sure of the one and rather sure of the other.
    let picture = painted(16, 16, |x, _| match x {
        0..4 => [204; 3],
        4..8 => [153; 3],
        _ => [20; 3],
    });
    let zip = zip_of(&[("a.png", &picture)]);
    for (query, pixels) in [
        ("?model=bright&output=json", Some(128)),
        ("?model=bright&output=json&confidence=0.9", Some(64)),
        ("?model=bright&output=json&confidence=0.99", None),
    ] {
        let made = segmented(&system, query, &zip).await;
        let found = json_of(&made, "a.json");
        let area = found["areas"].get(0).and_then(|area| area["pixels"].as_u64());
        assert_eq!(area, pixels, "{query}: {found}");
        assert_eq!(found["model"]["version"], "7");
        assert_eq!(found["model"]["name"], "bright");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked() {
    let system = System::start().await;
    let zip = zip_of(&[("a.png", &png(9, 9, 1))]);
    for (query, field, text) in [
        ("?model=oil", "model", "deeplabv3_mnv2_257"),
        ("?model=efficientdet_lite0", "model", "no such model"),
        ("?confidence=1.5", "confidence", "from 0 to 1"),
        ("?confidence=NaN", "confidence", "from 0 to 1"),
        ("?classes=unicorn", "classes", "unicorn"),
        ("?classes=", "classes", "no class"),
    ] {
        let (status, problem) = post(&system, query, &zip).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {problem}");
        assert_eq!(problem["code"], "validation_failed", "{query}");
        let said = problem.to_string();
        assert!(said.contains(field) && said.contains(text), "{query}: {said}");
    }
    for query in ["?output=video", "?unknown=1", "?confidence=much"] {
        let (status, problem) = post(&system, query, &zip).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {problem}");
    }
    let (status, problem) = post(&system, "", &zip_of(&[("notes.txt", b"hello")])).await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (StatusCode::BAD_REQUEST, Some("No files extracted from archive")),
        "{problem}"
    );
    let (status, problem) = post(&system, "", &zip_of(&[])).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_archive"))
    );
    let (status, problem) = post(&system, "", b"not a zip at all").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_archive"))
    );
    let (status, problem) = post(&system, "", b"").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("empty_file"))
    );
    let (status, problem) = post(&system, "", &vec![0; 4 * 1024 * 1024 + 1]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("use_presigned_upload"))
    );
    let image = json!({ "filename": "a.png", "content_type": "image/png", "size": 9, "model": "bright" });
    let (status, problem) = system.post("/uploads", &image).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_by_url() {
    let system = with_own_model(Wishes::default()).await;
    let zip = zip_of(&[("a.png", &png(30, 20, 1)), ("b.png", &png(30, 20, 2))]);
    let request = json!({
        "filename": "holiday.zip", "content_type": "application/zip", "size": zip.len(),
        "purpose": "archive", "model": "bright", "output": "json", "classes": ["bright"],
    });
    let (status, promise) = system.post("/uploads", &request).await;
    assert_eq!(status, StatusCode::CREATED, "{promise}");
    let hash = promise["user_hash"].as_str().unwrap().to_owned();
    let (status, early) = system.get(&format!("/api/download/{hash}")).await;
    assert_eq!(
        (status, &early["code"]),
        (StatusCode::CONFLICT, &json!("conflict"))
    );
    assert_eq!(system.send(&promise, &zip).await.status(), StatusCode::OK);
    let upload = promise["upload_id"].as_str().unwrap();
    let decided = system.decided(upload).await;
    let job = decided["job_id"].as_str().unwrap();
    let view = ended(&system, job).await;
    assert_eq!(
        (&view["status"], &view["user_hash"]),
        (&json!("SUCCESS"), &json!(hash)),
        "{view}"
    );
    let made = super::result(&system, &hash).await;
    let names: Vec<&str> = made.keys().map(String::as_str).collect();
    assert_eq!(names, ["a.json", "b.json", "manifest.json"]);

    // What is no archive is refused where every upload is.
    let request = json!({
        "filename": "holiday.zip", "content_type": "application/zip", "size": 9, "purpose": "archive",
    });
    let (_, promise) = system.post("/uploads", &request).await;
    assert_eq!(system.send(&promise, b"no archiv").await.status(), StatusCode::OK);
    let decided = system.decided(promise["upload_id"].as_str().unwrap()).await;
    assert_eq!(
        (&decided["state"], &decided["error"]["code"]),
        (&json!("rejected"), &json!("invalid_archive")),
        "{decided}"
    );
    // An archive without pictures is found out by its job.
    let zip = zip_of(&[("a.txt", b"text")]);
    let request = json!({
        "filename": "holiday.zip", "content_type": "application/zip", "size": zip.len(), "purpose": "archive",
    });
    let (_, promise) = system.post("/uploads", &request).await;
    assert_eq!(system.send(&promise, &zip).await.status(), StatusCode::OK);
    let decided = system.decided(promise["upload_id"].as_str().unwrap()).await;
    let view = ended(&system, decided["job_id"].as_str().unwrap()).await;
    assert_eq!(
        (&view["status"], &view["result"], &view["error"]["detail"]),
        (
            &json!("FAILURE"),
            &Value::Null,
            &json!("No files extracted from archive")
        ),
        "{view}"
    );
}
