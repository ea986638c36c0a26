//! `darkroom push` sends into datasets of `darkroom serve`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, with functions of its own beside"
)]

mod support;

use std::{collections::BTreeSet, ffi::OsStr, path::Path, process::Output};

use image::{Rgb, RgbImage};
use reqwest::Client;
use serde_json::{Value, json};
use support::{Darkroom, report};

fn push(darkroom: &Darkroom, arguments: &[&str], folder: &Path) -> Output {
    let arguments = arguments.iter().map(OsStr::new);
    let arguments: Vec<&OsStr> = arguments.chain([folder.as_os_str()]).collect();
    darkroom.push(&arguments)
}

#[tokio::test]
async fn every_file_becomes_a_picture_of_the_dataset() {
    let darkroom = Darkroom::ephemeral(&[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oak.png");
    RgbImage::from_pixel(40, 30, Rgb([9, 120, 30]))
        .save(&path)
        .unwrap();
    std::fs::copy(&path, folder.path().join("same oak.png")).unwrap();

    // Known as a picture on its own, and sent all the same.
    let alone = report(&push(&darkroom, &[], folder.path()));
    assert_eq!(
        (&alone["summary"]["done"], &alone["summary"]["duplicate"]),
        (&json!(1), &json!(1))
    );
    let output = push(&darkroom, &["--new-dataset", "Leaves"], folder.path());
    let first = report(&output);
    let id = first["dataset_id"].as_str().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&format!("dataset {id}: created")), "{told}");
    let second = report(&push(&darkroom, &["--dataset", id], folder.path()));
    assert_eq!(second["dataset_id"], id);
    let sent: BTreeSet<&str> = [&first, &second]
        .into_iter()
        .flat_map(|report| report["files"].as_array().unwrap())
        .map(|file| {
            assert_eq!(file["result"], "done", "{file}");
            file["image_id"].as_str().unwrap()
        })
        .collect();
    assert_eq!(sent.len(), 4);

    let http = Client::new();
    let datasets = format!("{}/api/v1/IO/dataset", darkroom.api);
    let list = http
        .post(format!("{datasets}/get-images-list/{id}"))
        .json(&json!({ "start": 0, "end": 100 }))
        .send()
        .await
        .unwrap();
    let list: Value = list.json().await.unwrap();
    let images = list["images"].as_array().unwrap();
    let members: BTreeSet<&str> = images.iter().map(|image| image["id"].as_str().unwrap()).collect();
    assert_eq!(members, sent);

    http.delete(format!("{datasets}/remove-dataset/{id}"))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    let refused = push(&darkroom, &["--dataset", id], folder.path());
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(
        (refused.status.code(), refused.stdout.len()),
        (Some(2), 0),
        "{told}"
    );
    assert_eq!(
        told.trim_end(),
        format!("darkroom: there is no dataset {id} at {}", darkroom.api)
    );
}
