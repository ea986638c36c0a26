//! Archives that go up in parts.

mod endings;
mod refusals;
mod way;

use darkroom_domain::{TenantId, Upload};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    archives::archive,
    pictures::png,
    system::{System, answer},
    upkeep::records,
};

const MEBIBYTE: usize = 1 << 20;

/// An archive that becomes a dataset of one picture, with so many more bytes that nobody asks for.
fn padded(title: &str, padding: usize) -> Vec<u8> {
    let picture = png(40, 30, 1);
    let manifest =
        json!({ "title": title, "images": [{ "original_filename": "a.png", "filename": "a.png" }] });
    let (first, second) = (vec![1_u8; padding / 2], vec![2_u8; padding.div_ceil(2)]);
    archive(
        &manifest,
        &[
            ("images/a.png", &picture),
            ("images/first.bin", &first),
            ("images/second.bin", &second),
        ],
    )
}

fn request(size: usize) -> Value {
    json!({ "filename": "a.zip", "content_type": "application/zip", "size": size, "purpose": "dataset_import" })
}

/// A promise to send `content` in parts, however small it is.
async fn promised(system: &System, content: &[u8]) -> Value {
    let (status, promise) = system
        .post("/uploads?method=multipart", &request(content.len()))
        .await;
    assert_eq!(
        (status, &promise["method"]),
        (StatusCode::CREATED, &json!("MULTIPART")),
        "{promise}"
    );
    promise
}

fn path(promise: &Value, rest: &str) -> String {
    format!("/uploads/{}{rest}", promise["upload_id"].as_str().unwrap())
}

async fn complete(system: &System, promise: &Value) -> (StatusCode, Value) {
    let request = system.api(Method::POST, promise["complete"].as_str().unwrap());
    answer(request.send().await.unwrap()).await
}

/// The bytes of a part.
fn slice<'a>(content: &'a [u8], promise: &Value, number: u64) -> &'a [u8] {
    let each = usize::try_from(promise["part_bytes"].as_u64().unwrap()).unwrap();
    let begin = each * (usize::try_from(number).unwrap() - 1);
    &content[begin..content.len().min(begin + each)]
}

/// Sends bytes as the part `number`; what the bucket says to it.
async fn send(system: &System, promise: &Value, number: u64, bytes: &[u8]) -> StatusCode {
    let part = promise["parts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["number"] == number)
        .unwrap();
    system
        .send(&json!({ "url": part["url"], "headers": {} }), bytes)
        .await
        .status()
}

async fn send_all(system: &System, promise: &Value, content: &[u8]) {
    for part in promise["parts"].as_array().unwrap() {
        let number = part["number"].as_u64().unwrap();
        let sent = send(system, promise, number, slice(content, promise, number)).await;
        assert_eq!(sent, StatusCode::OK, "{part}");
    }
}

/// The record of an upload.
async fn stored(system: &System, promise: &Value) -> Upload {
    let id = promise["upload_id"].as_str().unwrap().parse().unwrap();
    let records = records(system).await;
    records.upload(&TenantId::single(), id).await.unwrap().unwrap()
}
