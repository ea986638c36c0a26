//! A small server that plays API and storage, and keeps what it is sent.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

mod archives;
mod batches;

pub(in crate::push) use batches::BATCH;

/// The one dataset that there is, or comes to be.
pub(super) const DATASET: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

/// One request as it came.
#[derive(Clone, Debug)]
pub(in crate::push) struct Seen {
    method: Method,
    path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What the server has been sent, and what it does about it.
#[derive(Default)]
pub(super) struct State {
    seen: Vec<Seen>,
    /// Answers given instead of the usual ones, by method and path, in order.
    instead: HashMap<String, Vec<(u16, String)>>,
    /// The image of each known digest.
    pub(super) known: HashMap<String, String>,
    /// The file name of each upload.
    pub(super) uploads: Vec<String>,
    /// Into parts of how many bytes archives are cut, if they are.
    pub(super) part_bytes: Option<u64>,
    /// The bytes of the last archive that came in parts.
    pub(super) archive_bytes: u64,
    /// The parts of it that are there, by number.
    pub(super) parts: BTreeMap<u64, Bytes>,
    pub(super) batches: batches::Batches,
    /// Files removed at the first request of this method and path.
    vanishing: Vec<(String, PathBuf)>,
}

#[derive(Clone)]
pub(in crate::push) struct Server {
    pub(in crate::push) address: SocketAddr,
    pub(super) state: Arc<Mutex<State>>,
}

impl Server {
    pub(in crate::push) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
        };
        let answering = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = answering.clone();
                let service = service_fn(move |request| {
                    let server = server.clone();
                    async move { Ok::<_, std::convert::Infallible>(server.answer(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        server
    }

    pub(super) fn instead(&self, line: &str, status: u16, body: &str) {
        let mut state = self.state.lock().unwrap();
        state
            .instead
            .entry(line.to_owned())
            .or_default()
            .push((status, body.to_owned()));
    }

    /// The file is no longer there once somebody asks this.
    pub(super) fn vanish(&self, line: &str, file: &Path) {
        let mut state = self.state.lock().unwrap();
        state.vanishing.push((line.to_owned(), file.to_owned()));
    }

    pub(in crate::push) fn seen(&self, line: &str) -> Vec<Seen> {
        let state = self.state.lock().unwrap();
        let matches = |seen: &&Seen| format!("{} {}", seen.method, seen.path) == line;
        state.seen.iter().filter(matches).cloned().collect()
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let Ok(body) = body.collect().await else {
            return Response::default();
        };
        let body = body.to_bytes();
        let mut state = self.state.lock().unwrap();
        let seen = Seen {
            method: parts.method.clone(),
            path: path.clone(),
            headers: parts.headers,
            body,
        };
        let content = seen.body.clone();
        state.seen.push(seen);
        let line = format!("{} {path}", parts.method);
        state.vanishing.retain(|(at, file)| {
            let is_now = *at == line;
            if is_now {
                std::fs::remove_file(file).unwrap();
            }
            !is_now
        });
        if let Some(answers) = state.instead.get_mut(&line)
            && !answers.is_empty()
        {
            let (status, body) = answers.remove(0);
            return answer(status, &[], body);
        }
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        if let Some(answer) = archives::answer(self.address, &mut state, (&parts.method, &segments), &content)
        {
            return answer;
        }
        let query = parts.uri.query().unwrap_or_default();
        let question = (&parts.method, segments.as_slice(), query);
        if let Some(answer) = batches::answer(self.address, &mut state, question, &content) {
            return answer;
        }
        match (parts.method.as_str(), segments.as_slice()) {
            ("POST", ["uploads"]) => {
                let wanted: Value = serde_json::from_slice(&content).unwrap();
                if wanted["purpose"] == "image"
                    && let Some(image) = state.known.get(wanted["sha256"].as_str().unwrap())
                {
                    return answer(200, &[], json!({ "duplicate_of": image }).to_string());
                }
                state
                    .uploads
                    .push(wanted["filename"].as_str().unwrap().to_owned());
                let id = state.uploads.len();
                let promise = json!({
                    "upload_id": id.to_string(),
                    "method": "PUT",
                    "url": format!("http://{}/bucket/{id}?signature=x", self.address),
                    "headers": { "content-type": wanted["content_type"], "if-none-match": "*" },
                    "expires_at": "2030-01-01T00:00:00Z",
                });
                answer(201, &[], promise.to_string())
            }
            ("POST", ["api", "v1", "IO", "dataset", "create-dataset"]) => {
                let created = json!({ "success": true, "message": "", "data": null, "dataset_id": DATASET });
                answer(200, &[], created.to_string())
            }
            ("GET", ["api", "v1", "IO", "dataset", DATASET]) => {
                answer(200, &[], json!({ "id": DATASET, "title": "Leaves" }).to_string())
            }
            ("PUT", ["bucket", _]) => answer(200, &[], String::new()),
            ("GET", ["uploads", id]) => answer(
                200,
                &[],
                json!({ "state": "accepted", "image_id": format!("i{id}"), "job_id": format!("j{id}") })
                    .to_string(),
            ),
            ("GET", ["images", id]) => {
                let thumbnails = json!({ "100x100": format!("/images/{id}/thumbnails/100x100") });
                answer(
                    200,
                    &[],
                    json!({ "status": "DONE", "thumbnails": thumbnails }).to_string(),
                )
            }
            ("GET", ["images", id, "thumbnails", preset]) => {
                let location = format!("http://{}/files/{id}/{preset}?signature=y", self.address);
                answer(302, &[("location", &location)], String::new())
            }
            ("GET", ["files", id, preset]) => answer(200, &[], format!("{id} at {preset}")),
            ("GET", ["health"]) => answer(200, &[], "{}".to_owned()),
            _ => answer(
                404,
                &[],
                json!({ "code": "not_found", "detail": "nothing" }).to_string(),
            ),
        }
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: String) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::from(body)).unwrap()
}
