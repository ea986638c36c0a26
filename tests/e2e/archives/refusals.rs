//! Archives at fault, and what they leave: nothing.

use std::io::Write;

use darkroom_domain::Timestamp;
use darkroom_zip::ArchiveWriter;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{IMPORT, archive, datasets};
use crate::{
    pictures::{png, png_header},
    system::System,
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_painted_picture_that_is_damaged_leaves_no_dataset() {
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
