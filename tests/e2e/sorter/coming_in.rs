//! How photographs come in, and what is told of each.

use image::GenericImageView;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{jpeg, view_of};
use crate::{
    pictures::photo,
    system::{System, answer, sha256},
};

#[tokio::test(flavor = "multi_thread")]
async fn several_files_of_one_form_are_answered_one_by_one() {
    let system = System::start().await;
    let cat = jpeg(&view_of("chelsea.png", 0), 90);
    let (status, taken) = system
        .post_files(
            "/images/upload",
            &[
                ("cat.jpg", &cat),
                ("notes.jpg", b"no picture at all"),
                ("the same.jpg", &cat),
            ],
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{taken}");
    let [first, broken, again] = taken.as_array().unwrap().as_slice() else {
        panic!("{taken}")
    };
    let id = first["id"].as_str().unwrap();
    assert_eq!(first["filename"], format!("{id}.jpg"));
    assert_eq!(first["original_filename"], "cat.jpg");
    assert_eq!(first["file_path"], format!("/images/{id}/original"));
    assert_eq!(
        (&first["is_duplicate"], &first["message"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(broken["id"], json!(null));
    assert_eq!(broken["error"]["code"], "unsupported_format", "{broken}");
    assert_eq!(
        (&again["id"], &again["is_duplicate"], &again["original_filename"]),
        (&json!(id), &json!(true), &json!("the same.jpg"))
    );
    assert_eq!(again["message"], format!("Duplicate of existing image ID: {id}"));

    assert_eq!(system.developed(id).await["status"], "DONE");
    let (_, list) = system.get("/images/").await;
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(
        (&list[0]["id"], &list[0]["has_thumbnail"]),
        (&json!(id), &json!(true))
    );

    let (status, problem) = system
        .post_files("/images/upload", &[("notes.txt", b"no picture at all")])
        .await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (
            StatusCode::BAD_REQUEST,
            Some("No images were processed successfully.")
        )
    );

    let (status, deleted) = system.delete(&format!("/images/{id}")).await;
    assert_eq!(
        (status, deleted["message"].as_str()),
        (
            StatusCode::OK,
            Some(format!("Image ID {id} and its files have been deleted.").as_str())
        )
    );
    system.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_camera_wrote_is_told_and_goes_into_no_thumbnail() {
    let system = System::start().await;
    let content = photo("gps_starfish.jpg");
    let image = system.upload("starfish.jpg", "image/jpeg", &content).await;
    let view = system.developed(&image).await;
    let (status, metadata) = system.get(&format!("/images/metadata/{image}")).await;
    assert_eq!(status, StatusCode::OK, "{metadata}");
    let fields = metadata.as_object().unwrap();
    for field in [
        "width",
        "height",
        "orientation",
        "shot_at",
        "latitude",
        "longitude",
        "camera_make",
        "camera_model",
        "focal_length",
        "f_number",
        "exposure_time",
        "iso",
        "caption",
        "tags",
        "rating",
    ] {
        assert!(fields.contains_key(field), "{field}");
    }
    assert_eq!(fields.len(), 15);
    assert!((metadata["latitude"].as_f64().unwrap() - 55.038_755_8).abs() < 1e-6);
    assert!((metadata["longitude"].as_f64().unwrap() - 8.457_190_6).abs() < 1e-6);
    assert_eq!(
        (
            &metadata["exposure_time"],
            &metadata["f_number"],
            &metadata["iso"]
        ),
        (&json!("1/319"), &json!(2.2), &json!(100))
    );

    // The sorter's thumbnail: fitted, not stretched.
    let thumbnail = system.follow(&format!("/images/thumbnail/{image}")).await;
    assert_eq!(thumbnail.headers()["content-type"], "image/jpeg");
    let thumbnail = thumbnail.bytes().await.unwrap();
    assert!(!thumbnail.windows(4).any(|window| window == b"Exif"));
    let (width, height) = image::load_from_memory(&thumbnail).unwrap().dimensions();
    assert!(width <= 266 && height <= 150 && (width == 266 || height == 150));
    let ratio = view["width"].as_f64().unwrap() / view["height"].as_f64().unwrap();
    assert!((f64::from(width) / f64::from(height) - ratio).abs() < 0.02);
    assert_eq!(
        view["thumbnails"].as_object().unwrap().len(),
        3,
        "the square ones are listed as ever"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_joins_the_batch_it_was_sent_to() {
    let system = System::start().await;
    let content = jpeg(&view_of("coffee.png", 0), 90);
    let image = system.upload("first.jpg", "image/jpeg", &content).await;
    assert_eq!(system.decided(&image).await["state"], "accepted");
    let first = system.batch("First").await;
    let second = system.batch("Second").await;
    let third = system.batch("Third").await;

    // By its digest, one at a time.
    let request = json!({
        "purpose": "photograph", "batch_id": first, "filename": "second.jpg", "content_type": "image/jpeg",
        "size": content.len(), "sha256": sha256(&content),
    });
    let (status, answer) = system.post("/uploads", &request).await;
    assert_eq!(
        (status, answer["duplicate_of"].as_str()),
        (StatusCode::OK, Some(image.as_str())),
        "{answer}"
    );
    // Through the form.
    let (_, added) = system
        .post_files(
            &format!("/batches/{second}/upload-and-add"),
            &[("third.jpg", &content)],
        )
        .await;
    assert_eq!(added[0]["is_duplicate"], true, "{added}");
    // And where nobody knew before it had arrived.
    let mut request = request;
    request["batch_id"] = json!(third);
    request["sha256"] = Value::Null;
    let (_, promise) = system.post("/uploads", &request).await;
    assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
    let decided = system.decided(promise["upload_id"].as_str().unwrap()).await;
    assert_eq!(decided["image_id"], image.as_str());
    for batch in [&first, &second, &third] {
        let view = system
            .until(&format!("/batches/{batch}"), |batch| batch["image_count"] == 1)
            .await;
        assert_eq!(view["image_associations"][0]["image"]["id"], image.as_str());
        system.described(batch).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_promises_are_asked_for_at_once() {
    let system = System::start().await;
    let batch = system.batch("Many").await;
    let content = jpeg(&view_of("rocket.jpg", 0), 90);
    let good = json!({
        "filename": "a.jpg", "content_type": "image/jpeg", "size": content.len(), "sha256": sha256(&content),
    });
    let mut wrong = good.clone();
    wrong["content_type"] = json!("text/plain");
    wrong["sha256"] = json!("0".repeat(64));
    let (status, promised) = system
        .post(
            "/uploads/batch",
            &json!({ "batch_id": batch, "uploads": [good, wrong, good] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{promised}");
    let results = promised["results"].as_array().unwrap();
    assert!(results[0]["url"].is_string());
    assert_eq!(results[1]["error"]["code"], "unsupported_format", "{promised}");
    assert_eq!(results[2]["duplicate_within"], 0, "{promised}");

    let nobody = "0192f0c1-2345-7abc-8def-0123456789ab";
    for (body, expected) in [
        (json!({ "uploads": [] }), StatusCode::UNPROCESSABLE_ENTITY),
        (
            json!({ "uploads": vec![good.clone(); 1001] }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "batch_id": nobody, "uploads": [good] }),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let request = system.api(Method::POST, "/uploads/batch").json(&body);
        let (status, problem) = answer(request.send().await.unwrap()).await;
        assert_eq!(status, expected, "{problem}");
    }
}
