//! What the server knows of batches.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Response};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{State, answer as respond};

/// The batch that there is, or comes to be.
pub(in crate::push) const BATCH: &str = "0192f0c1-2345-7abc-8def-00000000ba7c";

/// What is known of the one batch.
#[derive(Default)]
pub(in crate::push::tests) struct Batches {
    /// Its name, once it is made.
    pub(in crate::push::tests) name: Option<String>,
    /// Its photographs: image and file name.
    pub(in crate::push::tests) members: Vec<(String, String)>,
    /// How many of them are not described yet; one less each time that somebody asks.
    pub(in crate::push::tests) waiting: usize,
    /// The digest of each upload, by its number.
    uploads: Vec<(usize, String)>,
    /// How many photographs each question was about.
    pub(in crate::push::tests) questions: Vec<usize>,
    /// How many times somebody must look before the groups are there.
    pub(in crate::push::tests) looks: usize,
}

/// The answer to what concerns batches; none to anything else.
pub(super) fn answer(
    address: SocketAddr,
    state: &mut State,
    (method, segments, query): (&Method, &[&str], &str),
    content: &Bytes,
) -> Option<Response<Full<Bytes>>> {
    let body: Value = serde_json::from_slice(content).unwrap_or_default();
    let batches = &mut state.batches;
    let answered = match (method.as_str(), segments) {
        ("GET", ["batches", ""]) => {
            let shown = batches.name.iter().map(|name| shown(name, "pending")).collect();
            Value::Array(shown)
        }
        ("POST", ["batches", ""]) => {
            let name = body["name"].as_str().unwrap();
            batches.name = Some(name.to_owned());
            shown(name, "pending")
        }
        ("POST", ["uploads", "batch"]) => {
            assert_eq!(body["batch_id"], BATCH);
            let wanted = body["uploads"].as_array().unwrap();
            batches.questions.push(wanted.len());
            let results: Vec<Value> = wanted
                .iter()
                .map(|wanted| promise(address, state, wanted))
                .collect();
            json!({ "results": results })
        }
        ("GET", ["uploads", id]) if !batches.uploads.is_empty() => {
            let number: usize = id.parse().unwrap();
            let (_, digest) = batches.uploads.iter().find(|(upload, _)| *upload == number)?;
            let image = format!("i{number}");
            let name = state.uploads[number - 1].clone();
            if state.known.insert(digest.clone(), image.clone()).is_none() {
                batches.members.push((image.clone(), name));
            }
            json!({ "state": "accepted", "image_id": image })
        }
        ("GET", ["batches", BATCH, "readiness"]) => {
            let (total, waiting) = (batches.members.len(), batches.waiting);
            batches.waiting = waiting.saturating_sub(1);
            json!({ "total": total, "described": total - waiting, "failed": 0, "waiting": waiting })
        }
        ("PUT", ["batches", BATCH, "analyze"]) => shown("x", "processing"),
        ("GET", ["batches", BATCH]) if query == "limit=1" => {
            let is_complete = batches.looks == 0;
            batches.looks = batches.looks.saturating_sub(1);
            shown("x", if is_complete { "complete" } else { "processing" })
        }
        // One photograph in each answer.
        ("GET", ["batches", BATCH]) => {
            let (_, offset) = query.split_once("offset=").unwrap();
            let offset: usize = offset.parse().unwrap();
            let (id, name) = &batches.members[offset];
            let next = (offset + 1 < batches.members.len()).then_some(offset + 1);
            let image = json!({ "id": id, "original_filename": name });
            json!({ "image_associations": [{ "image": image, "group_label": null }], "next_offset": next })
        }
        ("GET", ["batches", BATCH, "groups"]) => groups(&batches.members),
        ("GET", ["batches", BATCH, "duplicates"]) => {
            let total = match query {
                "likeness=exact&limit=1" => 1,
                "likeness=similar&limit=1" => 2,
                _ => 0,
            };
            json!({ "exact": [], "pairs": [], "sets": [], "total": total })
        }
        _ => return None,
    };
    Some(respond(200, &[], answered.to_string()))
}

fn shown(name: &str, status: &str) -> Value {
    json!({ "id": BATCH, "batch_name": name, "status": status, "image_count": 0, "progress": null, "error": null })
}

/// All photographs in one group, of which the last is the best.
fn groups(members: &[(String, String)]) -> Value {
    let group = json!({
        "label": "Group 1",
        "size": members.len(),
        "medoid": members.first().map(|(id, _)| id),
        "best": members.last().map(|(id, _)| id),
        "spread": 0.25,
        "ranking_metric": "brisque",
    });
    json!({ "groups": [group], "moved": 0 })
}

/// Names with `huge` in them are refused.
fn promise(address: SocketAddr, state: &mut State, wanted: &Value) -> Value {
    let name = wanted["filename"].as_str().unwrap();
    let digest = wanted["sha256"].as_str().unwrap();
    if name.contains("huge") {
        return json!({ "error": { "code": "file_too_large", "detail": "Much." } });
    }
    if let Some(image) = state.known.get(digest) {
        if !state.batches.members.iter().any(|(member, _)| member == image) {
            state.batches.members.push((image.clone(), name.to_owned()));
        }
        return json!({ "duplicate_of": image });
    }
    state.uploads.push(name.to_owned());
    let id = state.uploads.len();
    state.batches.uploads.push((id, digest.to_owned()));
    json!({
        "upload_id": id.to_string(),
        "method": "PUT",
        "url": format!("http://{address}/bucket/{id}?signature=x"),
        "headers": { "content-type": wanted["content_type"], "if-none-match": "*" },
        "expires_at": "2030-01-01T00:00:00Z",
    })
}
