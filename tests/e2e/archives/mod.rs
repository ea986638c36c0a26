//! Datasets out and in.

mod refusals;
mod round_trip;
mod tasks;

use std::io::Cursor;

use darkroom_domain::Timestamp;
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::system::System;

const IMPORT: &str = "/api/v1/IO/archive/import";
const LIST: &str = "/api/v1/IO/dataset/get-datasets-list";

/// An archive as bytes, its manifest first.
pub(crate) fn archive(manifest: &Value, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    let text = manifest.to_string();
    writer
        .stored("manifest.json", text.as_bytes(), Timestamp::UNIX_EPOCH)
        .unwrap();
    for (name, content) in files {
        writer.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
    }
    writer.finish().unwrap()
}

pub(crate) fn entries(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
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
pub(crate) async fn datasets(system: &System) -> Vec<Value> {
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
