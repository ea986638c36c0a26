//! What the server knows of archives.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Response};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{State, answer as respond};

/// The answer to what concerns archives; none to anything else.
pub(super) fn answer(
    address: SocketAddr,
    state: &mut State,
    (method, segments): (&Method, &[&str]),
    content: &Bytes,
) -> Option<Response<Full<Bytes>>> {
    match (method.as_str(), segments) {
        ("POST", ["uploads"]) => {
            let wanted: Value = serde_json::from_slice(content).unwrap();
            (wanted["purpose"] == "archive").then(|| promise(address, state, &wanted))
        }
        ("PUT", ["parts" | "again", _, number]) => {
            state.parts.insert(number.parse().unwrap(), content.clone());
            Some(respond(200, &[], String::new()))
        }
        ("GET", ["uploads", id, "parts"]) => {
            let parts = parts(state, |number| format!("http://{address}/again/{id}/{number}"));
            Some(respond(200, &[], json!({ "parts": parts }).to_string()))
        }
        ("POST", ["uploads", _, "complete"]) => {
            let received: usize = state.parts.values().map(Bytes::len).sum();
            let is_whole = u64::try_from(received).unwrap() == state.archive_bytes;
            Some(respond(if is_whole { 204 } else { 409 }, &[], String::new()))
        }
        ("GET", ["api", "status", _]) => {
            let result = json!({
                "archive": "/api/download/h1",
                "processed_files": ["a.jpg", "b.jpg"],
                "errors": [{ "file": "c.jpg", "error": "No image.", "code": "invalid_image" }],
            });
            let progress = json!({ "done": 3, "total": 3 });
            let status =
                json!({ "status": "SUCCESS", "progress": progress, "result": result, "error": null });
            Some(respond(200, &[], status.to_string()))
        }
        ("GET", ["api", "download", hash]) => {
            let location = format!("http://{address}/files/{hash}/zip?signature=y");
            Some(respond(302, &[("location", &location)], String::new()))
        }
        _ => None,
    }
}

fn promise(address: SocketAddr, state: &mut State, wanted: &Value) -> Response<Full<Bytes>> {
    state
        .uploads
        .push(wanted["filename"].as_str().unwrap().to_owned());
    let id = state.uploads.len();
    let mut promise = json!({
        "upload_id": id.to_string(),
        "user_hash": format!("h{id}"),
        "expires_at": "2030-01-01T00:00:00Z",
    });
    let delivery = if let Some(part_bytes) = state.part_bytes {
        state.archive_bytes = wanted["size"].as_u64().unwrap();
        state.parts.clear();
        json!({
            "method": "MULTIPART",
            "part_bytes": part_bytes,
            "parts": parts(state, |number| format!("http://{address}/parts/{id}/{number}?signature=x")),
            "complete": format!("/uploads/{id}/complete"),
        })
    } else {
        json!({
            "method": "PUT",
            "url": format!("http://{address}/bucket/{id}?signature=x"),
            "headers": { "content-type": "application/zip", "if-none-match": "*" },
        })
    };
    for (name, value) in delivery.as_object().unwrap() {
        promise[name] = value.clone();
    }
    respond(201, &[], promise.to_string())
}

/// All parts, with an address for each that is not there.
fn parts(state: &State, url: impl Fn(u64) -> String) -> Vec<Value> {
    let part_bytes = state.part_bytes.unwrap();
    (1..=state.archive_bytes.div_ceil(part_bytes))
        .map(|number| {
            let is_received = state.parts.contains_key(&number);
            let bytes = part_bytes.min(state.archive_bytes - (number - 1) * part_bytes);
            let mut part = json!({ "number": number, "bytes": bytes, "is_received": is_received });
            if !is_received {
                part["url"] = url(number).into();
            }
            part
        })
        .collect()
}
