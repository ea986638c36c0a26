//! Archives of pictures: a zip in, the zip back segmented.

mod answers;
mod archives;
mod endings;
mod repetition;

use std::{collections::BTreeMap, path::Path};

use darkroom_domain::Timestamp;
use darkroom_zip::ArchiveWriter;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{
    archives::entries,
    system::{System, Wishes, answer},
};

/// A system whose operator brought models that answer at once: `bright` segments, `tray` detects.
pub(crate) async fn with_own_model(wishes: Wishes) -> System {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models");
    let models: &'static str = models.to_str().unwrap().to_owned().leak();
    let mut parameters = wishes.parameters;
    parameters.push(("Models", models));
    System::with(Wishes { parameters, ..wishes }).await
}

pub(crate) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    for (name, content) in files {
        if name.ends_with('/') {
            writer.directory(name, Timestamp::UNIX_EPOCH).unwrap();
        } else {
            writer.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
        }
    }
    writer.finish().unwrap()
}

/// Sends an archive through the API itself.
async fn post(system: &System, query: &str, zip: &[u8]) -> (StatusCode, Value) {
    let part = reqwest::multipart::Part::bytes(zip.to_vec()).file_name("holiday.zip");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = system.api(Method::POST, &format!("/api/upload{query}"));
    answer(request.multipart(form).send().await.unwrap()).await
}

/// The same, once it is known to be taken: its job, and the hash of its result.
async fn taken(system: &System, query: &str, zip: &[u8]) -> (String, String) {
    let (status, taken) = post(system, query, zip).await;
    assert_eq!(
        (status, taken["status"].as_str()),
        (StatusCode::OK, Some("processing")),
        "{taken}"
    );
    let text = |name: &str| taken[name].as_str().unwrap().to_owned();
    (text("job_id"), text("user_hash"))
}

/// The status of an archive, once it is over.
async fn ended(system: &System, job: &str) -> Value {
    system
        .until(&format!("/api/status/{job}"), |view| {
            matches!(view["status"].as_str(), Some("SUCCESS" | "FAILURE" | "REVOKED"))
        })
        .await
}

/// What is in a result, by name.
async fn result(system: &System, hash: &str) -> BTreeMap<String, Vec<u8>> {
    let file = system.follow(&format!("/api/download/{hash}")).await;
    assert_eq!(file.status(), StatusCode::OK);
    assert_eq!(file.headers()["content-type"], "application/zip");
    let disposition = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(
        disposition.contains(&format!("result_{hash}.zip")),
        "{disposition}"
    );
    entries(&file.bytes().await.unwrap()).into_iter().collect()
}

/// Sends an archive and waits for what comes back.
async fn segmented(system: &System, query: &str, zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let (job, hash) = taken(system, query, zip).await;
    let view = ended(system, &job).await;
    assert_eq!(view["status"], "SUCCESS", "{view}");
    result(system, &hash).await
}

fn json_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap()
}
