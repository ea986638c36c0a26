//! Datasets out and in.

use std::io::{Cursor, Write};

use darkroom_domain::Timestamp;
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::{photo, png, png_header},
    system::{System, Wishes, answer},
};

const IMPORT: &str = "/api/v1/IO/archive/import";
const LIST: &str = "/api/v1/IO/dataset/get-datasets-list";

/// An archive as bytes, its manifest first.
fn archive(manifest: &Value, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    let mut entry = writer.deflated("manifest.json", Timestamp::UNIX_EPOCH).unwrap();
    entry.write_all(manifest.to_string().as_bytes()).unwrap();
    entry.finish().unwrap();
    for (name, content) in files {
        writer.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
    }
    writer.finish().unwrap()
}

fn entries(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = Archive::open(Cursor::new(zip), zip.len() as u64, &ArchiveLimits::DEFAULT).unwrap();
    let names: Vec<String> = archive.entries().iter().map(|entry| entry.name.clone()).collect();
    names
        .into_iter()
        .map(|name| {
            let content = archive.read(&name, u64::MAX).unwrap();
            (name, content)
        })
        .collect()
}

fn manifest_of(zip: &[u8]) -> Value {
    let entries = entries(zip);
    let (_, text) = entries.iter().find(|(name, _)| name == "manifest.json").unwrap();
    serde_json::from_slice(text).unwrap()
}

async fn exported(system: &System, dataset: &str) -> Vec<u8> {
    let (status, task) = system
        .post(&format!("/api/v1/IO/archive/export/{dataset}"), &json!({}))
        .await;
    assert_eq!(
        (status, &task["status"]),
        (StatusCode::OK, &json!("queued")),
        "{task}"
    );
    let task = task["task_id"].as_str().unwrap();
    let ended = system
        .until(&format!("/api/v1/IO/archive/status/{task}"), |task| {
            matches!(task["status"].as_str(), Some("completed" | "failed"))
        })
        .await;
    assert_eq!(
        (&ended["status"], &ended["message"], &ended["error"]),
        (&json!("completed"), &json!("Export ready"), &Value::Null)
    );
    let path = format!("/api/v1/IO/archive/download/{task}");
    let file = system.follow(&path).await;
    assert_eq!(file.headers()["content-type"], "application/zip");
    let disposition = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(
        disposition.contains(&format!("filename=\"dataset_{dataset}_")),
        "{disposition}"
    );
    let (status, problem) = system.get(&path).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::NOT_FOUND,
            &json!("Export file not found or already downloaded")
        )
    );
    file.bytes().await.unwrap().to_vec()
}

/// The datasets there are, whatever half-made ones lie hidden.
async fn datasets(system: &System) -> Vec<Value> {
    let (_, list) = system
        .post(LIST, &json!({ "start": 0, "end": 100, "sort_order": "asc" }))
        .await;
    list["datasets"].as_array().unwrap().clone()
}

/// What the results of a manifest say, without the names that are made anew each time.
fn results_of(manifest: &Value) -> Vec<(String, Vec<Value>)> {
    let mut pictures: Vec<(String, Vec<Value>)> = manifest["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| {
            let mut results: Vec<Value> = image["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|result| {
                    let mut result = result.clone();
                    for resource in result["result_data"]["resources"].as_array_mut().unwrap() {
                        resource["path"] = Value::Null;
                    }
                    result
                })
                .collect();
            results.sort_by_key(|result| result["name_method"].to_string());
            (image["original_filename"].as_str().unwrap().to_owned(), results)
        })
        .collect();
    pictures.sort_by(|a, b| a.0.cmp(&b.0));
    pictures
}

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
    let huge = json!({ "filename": "a.zip", "content_type": "application/zip", "size": (1_u64 << 30) + 1,
        "purpose": "dataset_import" });
    assert_eq!(
        system.post("/uploads", &huge).await.1["code"],
        "archive_too_large"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_at_fault_is_refused_and_leaves_nothing() {
    let system = System::start().await;
    let picture = png(9, 9, 1);
    let image = |filename: &str| json!({ "original_filename": "a.png", "filename": filename });
    let of = |images: Value| json!({ "title": "T", "images": images });
    let good: &[(&str, &[u8])] = &[("images/a.png", &picture)];
    let bomb = png_header(60_000, 60_000);
    let with_bomb: &[(&str, &[u8])] = &[("images/a.png", &picture), ("images/b.png", &bomb)];
    let mut bare = ArchiveWriter::new(Vec::new());
    bare.stored("images/a.png", &picture, Timestamp::UNIX_EPOCH)
        .unwrap();
    let whole = archive(&of(json!([image("a.png")])), good);
    let zeros = vec![0; 32 << 20];
    let mut packed = ArchiveWriter::new(Vec::new());
    let mut entry = packed.deflated("manifest.json", Timestamp::UNIX_EPOCH).unwrap();
    entry.write_all(&zeros).unwrap();
    entry.finish().unwrap();
    for (name, zip, status, code, text) in [
        (
            "no zip",
            b"this is no archive".to_vec(),
            422,
            "invalid_archive",
            "not a zip archive",
        ),
        ("empty", Vec::new(), 422, "empty_file", "empty"),
        (
            "no manifest",
            bare.finish().unwrap(),
            422,
            "invalid_archive",
            "manifest.json missing",
        ),
        (
            "cut",
            whole[..whole.len() - 30].to_vec(),
            422,
            "invalid_archive",
            "Import failed",
        ),
        (
            "a bomb",
            packed.finish().unwrap(),
            413,
            "archive_too_large",
            "packed more than",
        ),
        (
            "a missing file",
            archive(&of(json!([image("a.png"), image("b.png")])), good),
            422,
            "invalid_archive",
            "not in the archive",
        ),
        (
            "a path outside",
            archive(&of(json!([image("../../originals/default/x")])), good),
            422,
            "invalid_archive",
            "not in the archive",
        ),
        (
            "a picture too large",
            archive(&of(json!([image("a.png"), image("b.png")])), with_bomb),
            413,
            "image_too_large",
            "b.png",
        ),
    ] {
        let (answered, problem) = system.post_file(IMPORT, "a.zip", &zip).await;
        assert_eq!(
            (answered.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{name}: {problem}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("Import failed: ") && detail.contains(text),
            "{name}: {detail}"
        );
    }
    assert_eq!(datasets(&system).await, Vec::<Value>::new());
    let (status, problem) = system.post(IMPORT, &json!({})).await;
    assert_eq!(
        (status, &problem["errors"][0]["loc"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!(["body", "file"]))
    );
    let keys = system.keys().await;
    assert!(keys.iter().all(|key| key.starts_with("uploads/")), "{keys:?}");
}

/// A picture whose header is right and whose pixels are not is found only when its painted copy is made: by then others
/// have been written, and they go again.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_breaks_off_half_way_leaves_no_dataset() {
    let system = System::start().await;
    let (first, second) = (png(30, 20, 1), png(30, 20, 2));
    let mut broken = png(200, 100, 3);
    let middle = broken.len() / 2;
    broken.truncate(middle);
    broken.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    let result = json!([{ "name_method": "kmeans", "created_at": "2025-01-01T00:00:00", "result_data": {
        "params": { "nclusters": 1, "max_iterations": 9, "epsilon": 0.5, "attempts": 1, "colors": [[0, 0, 0]] },
        "data": { "status": "completed", "compactness": 0.0, "processed_pixels": 4 },
        "resources": [{ "type": "image", "key": "clustered_image", "path": "results/b.png" }],
    } }]);
    let manifest = json!({ "title": "Half", "images": [
        { "original_filename": "a.png", "filename": "a.png" },
        { "original_filename": "b.png", "filename": "b.png", "results": result },
    ] });
    let zip = archive(
        &manifest,
        &[
            ("images/a.png", &first),
            ("images/b.png", &second),
            ("results/b.png", &broken),
        ],
    );
    let (status, problem) = system.post_file(IMPORT, "half.zip", &zip).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("corrupt_image")),
        "{problem}"
    );
    assert_eq!(datasets(&system).await, Vec::<Value>::new());
    system
        .until_keys(|keys| keys.iter().all(|key| key.starts_with("uploads/")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_are_none_or_not_finished() {
    let system = System::with(Wishes {
        idle: vec!["archive"],
        ..Default::default()
    })
    .await;
    let dataset = system.dataset("Slow").await;
    for unknown in ["17", "0192f0c1-2345-7abc-8def-0123456789ab"] {
        let (status, problem) = system.get(&format!("/api/v1/IO/archive/status/{unknown}")).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Task not found"))
        );
        let (status, problem) = system
            .get(&format!("/api/v1/IO/archive/download/{unknown}"))
            .await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::BAD_REQUEST, &json!("Export not ready or failed"))
        );
        let (status, problem) = system
            .post(&format!("/api/v1/IO/archive/export/{unknown}"), &json!({}))
            .await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Dataset not found"))
        );
    }
    let (_, task) = system
        .post(&format!("/api/v1/IO/archive/export/{dataset}"), &json!({}))
        .await;
    let task = task["task_id"].as_str().unwrap();
    let (_, waiting) = system.get(&format!("/api/v1/IO/archive/status/{task}")).await;
    assert_eq!(
        (&waiting["status"], &waiting["message"]),
        (&json!("queued"), &json!("Initialized"))
    );
    assert_eq!(
        system.get(&format!("/api/v1/IO/archive/download/{task}")).await.0,
        StatusCode::BAD_REQUEST
    );
    // An import that nobody works on is answered with where to ask.
    let zip = archive(&json!({ "title": "T", "images": [] }), &[]);
    let part = reqwest::multipart::Part::bytes(zip).file_name("t.zip");
    let form = reqwest::multipart::Form::new().part("file", part);
    let response = system
        .api(Method::POST, IMPORT)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (_, job) = system.get(&location).await;
    assert_eq!(
        (&job["kind"], &job["state"]),
        (&json!("dataset_import"), &json!("queued"))
    );
    // Called off, it leaves nothing.
    assert_eq!(
        system.post(&format!("{location}/cancel"), &json!({})).await.0,
        StatusCode::OK
    );
    assert_eq!(datasets(&system).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_the_former_system_are_taken_in() {
    let system = System::start().await;
    let picture = png(20, 20, 1);
    let painted = crate::pictures::encoded(20, 20, 2, image::ImageFormat::Jpeg);
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
