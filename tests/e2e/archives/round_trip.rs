//! What goes out comes in again; so does what the former system packed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{IMPORT, archive, datasets, entries, exported, manifest_of, results_of};
use crate::{
    pictures::{encoded, photo, png},
    system::{System, Wishes, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_goes_out_and_comes_in_at_a_neighbours() {
    let system = System::with(Wishes {
        tokens: vec![("alice", "a"), ("bob", "b")],
        ..Default::default()
    })
    .await;
    let dataset = system.dataset("Straße & Katze").await;
    let street = photo("orientation_landscape_6.jpg");
    let other = png(64, 48, 7);
    let image = system.dataset_image(&dataset, "street.jpg", &street).await;
    system.dataset_image(&dataset, "noise.png", &other).await;
    let manual = "/api/v1/analysis/manual";
    let lines = json!({ "vertical_lines": [33, 77.5], "horizontal_lines": [20] });
    let (status, _) = system
        .post(&format!("{manual}/calculate-mean-lines/{image}"), &lines)
        .await;
    assert_eq!(status, StatusCode::OK);
    let categories = json!({ "verticalLines": [50], "horizontalLines": [], "imageID": image,
        "selectedCells": [{ "row": 0, "col": 1, "categoryId": "a" }],
        "selectionCategories": [{ "id": "a", "name": "A", "color": "red" }] });
    let (status, _) = system
        .post(
            &format!("{manual}/calculate-categorized-mean/{image}"),
            &categories,
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let crop = json!({ "top": 10, "bottom": 200, "left": 5, "right": 300 });
    system
        .post(&format!("/api/v1/analysis/crop/crop-image/{image}"), &crop)
        .await;
    let kmeans = format!("/api/v1/analysis/kmeans/{image}");
    system
        .post(
            &kmeans,
            &json!({ "nclusters": 3, "colors": [[1, 2, 3], [100, 0, 0], [9, 255, 9]] }),
        )
        .await;
    system
        .until(&format!("{kmeans}/result"), |result| {
            result["status"] == "completed"
        })
        .await;

    let zip = exported(&system, &dataset).await;
    let manifest = manifest_of(&zip);
    assert_eq!(
        (&manifest["title"], &manifest["version"]),
        (&json!("Straße & Katze"), &json!("1.0"))
    );
    let files = entries(&zip);
    let stored = manifest["images"][0]["filename"].as_str().unwrap();
    assert_eq!(stored, format!("{image}.jpg"));
    let (_, content) = files
        .iter()
        .find(|(name, _)| *name == format!("images/{stored}"))
        .unwrap();
    assert!(*content == street, "byte for byte");
    assert_eq!(
        files
            .iter()
            .filter(|(name, _)| name.starts_with("results/"))
            .count(),
        2
    );
    assert_eq!(results_of(&manifest)[1].1.len(), 4);

    // Bob takes it in, and it is his alone.
    let part = reqwest::multipart::Part::bytes(zip.clone()).file_name("leaves.zip");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = system.api_as(Some("b"), Method::POST, IMPORT).multipart(form);
    let (status, imported) = answer(request.send().await.unwrap()).await;
    assert_eq!(
        (status, &imported["success"]),
        (StatusCode::OK, &json!(true)),
        "{imported}"
    );
    assert!(
        imported["message"]
            .as_str()
            .unwrap()
            .starts_with("Dataset 'Straße & Katze (Imported ")
    );
    let copy = imported["dataset_id"].as_str().unwrap();
    assert_ne!(copy, dataset);
    assert_eq!(datasets(&system).await.len(), 1, "nothing of it is Alice's");
    let bob = system.as_tenant("b");
    let again = exported(&bob, copy).await;
    assert_eq!(
        results_of(&manifest_of(&again)),
        results_of(&manifest),
        "what was found is the same"
    );
    let mut pairs: Vec<_> = [entries(&zip), entries(&again)]
        .into_iter()
        .map(|files| {
            let mut contents: Vec<_> = files
                .into_iter()
                .filter(|(name, _)| name != "manifest.json")
                .map(|(_, content)| content)
                .collect();
            contents.sort();
            contents
        })
        .collect();
    assert!(pairs.pop() == pairs.pop(), "pictures and files are the same");
    let list = format!("/api/v1/IO/dataset/get-images-list/{copy}");
    let (_, list) = bob.post(&list, &json!({ "start": 0, "end": 9 })).await;
    assert_eq!(list["total"], 2);
    let first = list["images"][0]["id"].as_str().unwrap();
    assert_eq!(
        list["images"][0]["original_filename"], "street.jpg",
        "in the order of the archive"
    );
    assert_eq!(
        bob.developed(first).await["status"],
        "DONE",
        "its thumbnails are made too"
    );
    let (_, result) = bob.get(&format!("/api/v1/analysis/kmeans/{first}/result")).await;
    assert_eq!(
        (&result["status"], &result["has_result_image"]),
        (&json!("completed"), &json!(true))
    );
    let keys = system.keys().await;
    assert!(!keys.iter().any(|key| key.starts_with("uploads/")), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_real_size_comes_by_url() {
    let system = System::start().await;
    let pictures: Vec<Vec<u8>> = (0..10).map(|number| png(480, 300, number)).collect();
    let names: Vec<String> = (0..10).map(|number| format!("images/{number}.png")).collect();
    let images: Vec<Value> = (0..10)
        .map(|number| json!({ "original_filename": format!("n{number}.png"), "filename": format!("{number}.png") }))
        .collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .zip(&pictures)
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    let manifest = json!({ "title": "Noise", "description": "ten", "images": images });
    let zip = archive(&manifest, &files);
    assert!(zip.len() > 4 * 1024 * 1024);
    let (status, problem) = system.post_file(IMPORT, "noise.zip", &zip).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("use_presigned_upload"))
    );
    let request = json!({ "filename": "noise.zip", "content_type": "application/zip", "size": zip.len(),
        "purpose": "dataset_import" });
    let (status, promise) = system.post("/uploads", &request).await;
    assert_eq!(status, StatusCode::CREATED, "{promise}");
    assert_eq!(system.send(&promise, &zip).await.status(), StatusCode::OK);
    let upload = system.decided(promise["upload_id"].as_str().unwrap()).await;
    assert_eq!(
        (&upload["state"], &upload["image_id"]),
        (&json!("accepted"), &Value::Null)
    );
    let job = format!("/jobs/{}", upload["job_id"].as_str().unwrap());
    let job = system
        .until(&job, |job| {
            matches!(job["state"].as_str(), Some("done" | "failed"))
        })
        .await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(
        (&job["kind"], &job["results"][0]["images"]),
        (&json!("dataset_import"), &json!(10))
    );
    let url = job["results"][0]["url"].as_str().unwrap();
    let (_, dataset) = system.get(url).await;
    assert_eq!(dataset["description"], "ten");
    let wrong = json!({ "filename": "a.rar", "content_type": "application/vnd.rar", "size": 9, "purpose": "dataset_import" });
    assert_eq!(
        system.post("/uploads", &wrong).await.1["code"],
        "unsupported_format"
    );
    let huge = json!({ "filename": "a.zip", "content_type": "application/zip", "size": (5_u64 << 30) + 1,
        "purpose": "dataset_import" });
    assert_eq!(
        system.post("/uploads", &huge).await.1["code"],
        "archive_too_large"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_the_former_system_are_taken_in() {
    let system = System::start().await;
    let picture = png(20, 20, 1);
    let painted = encoded(20, 20, 2, image::ImageFormat::Jpeg);
    let manifest = json!({
        "title": "Old", "description": null, "created_at": "2025-11-02T10:00:00.123456",
        "images": [{ "original_filename": "leaf.png", "filename": "3f2b.png", "results": [
            { "name_method": "kmeans", "created_at": "2025-11-02T10:05:00", "result_data": {
                "params": { "nclusters": 2, "criteria": "max iterations", "max_iterations": 10, "epsilon": 0.5,
                    "flags": "pp", "colors": [[0, 0, 0], [255, 255, 255]], "attempts": 3 },
                "data": { "status": "completed", "centers_sorted": [10.5, 200.25], "compactness": 12.5,
                    "processed_pixels": 400, "cluster_ranges": [{ "min": 1.0, "max": 20.0, "range": 19.0 },
                    { "min": 150.0, "max": 255.0, "range": 105.0 }], "cluster_std_dev": [1.5, 2.5] },
                "resources": [{ "type": "image", "key": "clustered_image", "path": "results/3_ab12cd34_x.jpg" },
                    { "type": "text", "key": "log", "path": "/etc/passwd" }] } },
            { "name_method": "calculate_mean_lines", "created_at": "2025-11-02T10:06:00", "result_data": {
                "params": { "vertical_lines": [0, 20], "horizontal_lines": [0, 20], "image_width": 20, "image_height": 20 },
                "data": { "means": [[123.4567890123457]] }, "resources": [] } },
        ] }], "version": "1.0",
    });
    let zip = archive(
        &manifest,
        &[
            ("images/3f2b.png", &picture),
            ("results/3_ab12cd34_x.jpg", &painted),
        ],
    );
    let (status, imported) = system.post_file(IMPORT, "old.zip", &zip).await;
    assert_eq!(status, StatusCode::OK, "{imported}");
    let dataset = imported["dataset_id"].as_str().unwrap();
    let list = format!("/api/v1/IO/dataset/get-images-list/{dataset}");
    let (_, list) = system.post(&list, &json!({ "start": 0, "end": 9 })).await;
    let image = list["images"][0]["id"].as_str().unwrap();
    let (_, means) = system
        .get(&format!("/api/v1/analysis/manual/result/{image}"))
        .await;
    assert_eq!(means["brightness_data"], json!([[123.456_789_012_345_7]]));
    assert_eq!(means["created_at"], "2025-11-02T10:06:00.000Z");
    let kmeans = format!("/api/v1/analysis/kmeans/{image}/result");
    let (_, result) = system.get(&kmeans).await;
    assert_eq!(result["result"]["centers_sorted"], json!([10.5, 200.25]));
    let file = system.follow(&format!("{kmeans}/image")).await;
    assert!(file.bytes().await.unwrap() == painted);
    let file = system.follow(&format!("{kmeans}/image?format=png")).await;
    assert!(
        file.bytes().await.unwrap().starts_with(b"\x89PNG"),
        "what was missing is made"
    );
}
