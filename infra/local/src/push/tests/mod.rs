//! Pushes to a small server that plays API and storage, and keeps what it is sent.

mod archives;
mod batches;
mod datasets;
pub(super) mod server;

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};

use super::*;
use server::Server;

fn options(server: &Server, paths: &[&Path]) -> PushOptions {
    PushOptions {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        destination: Destination::Images,
        url: format!("http://{}", server.address),
        token: Some("hush".to_owned()),
        wait: true,
        out: None,
        concurrency: 3,
        timeout: Duration::from_secs(10),
        json: true,
    }
}

/// A folder with these files in it.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n, so to speak";

#[tokio::test]
async fn a_file_is_sent_as_promised_and_its_thumbnails_come_back() {
    let server = Server::start().await;
    let large = vec![7; 300_000];
    let files = folder(&[("a/cat.jpg", PNG), ("b/cat.png", &large)]);
    let out = files.path().join("out");
    let options = PushOptions {
        out: Some(out.clone()),
        ..options(&server, &[files.path()])
    };
    let report = push(&options).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.bytes_sent, u64::try_from(PNG.len() + large.len()).unwrap());

    let asked = server.seen("POST /uploads");
    assert_eq!(asked.len(), 2);
    let keys: Vec<_> = asked
        .iter()
        .map(|seen| seen.headers["idempotency-key"].clone())
        .collect();
    assert_ne!(keys[0], keys[1]);
    let cat = asked
        .iter()
        .find(|seen| seen.body.windows(9).any(|text| text == b"\"cat.jpg\""))
        .unwrap();
    assert_eq!(cat.headers["authorization"], "Bearer hush");
    let wanted: Value = serde_json::from_slice(&cat.body).unwrap();
    assert_eq!(wanted["purpose"], "image");
    assert_eq!(
        wanted["content_type"], "image/png",
        "the content goes before the name"
    );
    assert_eq!(wanted["size"], PNG.len());

    for seen in ["PUT /bucket/1", "PUT /bucket/2"].map(|line| server.seen(line).remove(0)) {
        assert!(
            !seen.headers.contains_key("authorization"),
            "the token is for the API alone"
        );
        assert!(!seen.headers.contains_key("transfer-encoding"));
        assert_eq!(seen.headers["if-none-match"], "*");
        assert_eq!(seen.headers["content-length"], seen.body.len().to_string());
        assert!(seen.body == PNG || seen.body == large);
    }
    for (line, authorized) in [
        ("GET /images/i1/thumbnails/100x100", true),
        ("GET /files/i1/100x100", false),
    ] {
        assert_eq!(
            server.seen(line)[0].headers.contains_key("authorization"),
            authorized,
            "{line}"
        );
    }
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&out), ["cat-2_100x100.jpg", "cat_100x100.jpg"]);
    let first = std::fs::read_to_string(&report.files[0].thumbnails[0]).unwrap();
    assert_eq!(
        first,
        format!("{} at 100x100", report.files[0].image_id.as_ref().unwrap())
    );
}

#[tokio::test]
async fn what_is_known_is_not_sent() {
    let server = Server::start().await;
    let files = folder(&[
        ("a.png", PNG),
        ("b.png", b"new"),
        ("c.png", b"new"),
        ("d.png", b"new"),
    ]);
    let digest = fingerprint::Fingerprint::of(&files.path().join("a.png"), |_| {})
        .unwrap()
        .sha256;
    server
        .state
        .lock()
        .unwrap()
        .known
        .insert(digest, "i77".to_owned());
    let report = push(&options(&server, &[files.path()])).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    let results: Vec<_> = report.files.iter().map(|file| file.result).collect();
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == FileResult::Done)
            .count(),
        1
    );
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == FileResult::Duplicate)
            .count(),
        3
    );
    assert_eq!(report.files[0].image_id.as_deref(), Some("i77"));
    assert!(
        report.files[1..]
            .iter()
            .all(|file| file.image_id.as_deref() == Some("i1")),
        "{report:?}"
    );
    assert_eq!(server.seen("PUT /bucket/1").len(), 1);
    assert_eq!(server.state.lock().unwrap().uploads.len(), 1);
}

#[tokio::test]
async fn another_may_have_been_faster() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    server.instead(
        "GET /uploads/1",
        200,
        r#"{"state":"accepted","image_id":"i9","duplicate":true}"#,
    );
    let report = push(&options(&server, &[files.path()])).await.unwrap();
    assert_eq!(report.files[0].result, FileResult::Duplicate);
    assert_eq!(report.files[0].image_id.as_deref(), Some("i9"));
}

#[tokio::test]
async fn what_passes_is_tried_again_under_the_same_key() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    server.instead("POST /uploads", 503, r#"{"code":"unavailable","detail":"soon"}"#);
    server.instead("PUT /bucket/1", 500, "");
    // The attempt before has arrived all the same; only its answer was lost.
    server.instead(
        "PUT /bucket/1",
        412,
        "<Error><Code>PreconditionFailed</Code></Error>",
    );
    server.instead("GET /uploads/1", 200, r#"{"state":"pending"}"#);
    server.instead(
        "GET /images/i1",
        200,
        r#"{"status":"PROCESSING","thumbnails":null}"#,
    );
    let report = push(&options(&server, &[files.path()])).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    let asked = server.seen("POST /uploads");
    assert_eq!(asked.len(), 2);
    assert_eq!(
        asked[0].headers["idempotency-key"],
        asked[1].headers["idempotency-key"]
    );
    let put = server.seen("PUT /bucket/1");
    assert_eq!(put.len(), 2);
    assert!(
        put.iter().all(|seen| seen.body == PNG),
        "every attempt sends the whole file"
    );
}

#[tokio::test]
async fn one_file_fails_in_the_words_of_the_api_and_the_others_do_not() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"too much"), ("c.png", b"no image")]);
    let paths = ["a.png", "b.png", "c.png"].map(|name| files.path().join(name));
    let refusal = r#"{"code":"file_too_large","detail":"File too large. Max size: 5 bytes","status":413}"#;
    let alone = |number: usize| PushOptions {
        concurrency: 1,
        ..options(&server, &[&paths[number]])
    };

    server.instead("POST /uploads", 413, refusal);
    let report = push(&alone(1)).await.unwrap();
    assert!(!report.is_success());
    let error = report.files[0].error.as_ref().unwrap();
    assert_eq!(
        (error.code.as_str(), error.detail.as_str()),
        ("file_too_large", "File too large. Max size: 5 bytes")
    );

    let rejected = r#"{"state":"rejected","error":{"code":"unsupported_format","detail":"No image."}}"#;
    server.instead("GET /uploads/1", 200, rejected);
    let report = push(&alone(2)).await.unwrap();
    assert_eq!(report.files[0].error.as_ref().unwrap().code, "unsupported_format");

    server.instead("GET /uploads/2", 200, r#"{"state":"expired"}"#);
    let mixed = PushOptions {
        concurrency: 1,
        ..options(&server, &[&paths[0], &paths[1]])
    };
    let report = push(&mixed).await.unwrap();
    assert_eq!(report.files[0].error.as_ref().unwrap().code, "upload_expired");
    assert_eq!(report.files[1].result, FileResult::Done);

    server.instead(
        "PUT /bucket/4",
        403,
        "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>",
    );
    let report = push(&alone(0)).await.unwrap();
    let error = report.files[0].error.as_ref().unwrap();
    assert_eq!(
        (error.code.as_str(), error.detail.as_str()),
        ("http_403", "No. (AccessDenied)")
    );
    assert_eq!(
        server.seen("PUT /bucket/4").len(),
        1,
        "a refusal is not asked for twice"
    );
}

#[tokio::test]
async fn a_thumbnail_is_whole_or_not_there() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let out = files.path().join("out");
    for location in ["../escaped", "100x100"] {
        let image = json!({ "status": "DONE", "thumbnails": { location: "/images/i1/thumbnails/100x100" } });
        server.instead(
            &format!("GET /images/i{}", if location == "100x100" { 2 } else { 1 }),
            200,
            &image.to_string(),
        );
    }
    server.instead("GET /files/i1/100x100", 404, "");
    let options = PushOptions {
        out: Some(out.clone()),
        ..options(&server, &[files.path()])
    };
    for code in ["invalid_answer", "http_404"] {
        let report = push(&options).await.unwrap();
        assert_eq!(report.files[0].error.as_ref().unwrap().code, code, "{report:?}");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    }
    assert!(!files.path().join("escaped.jpg").exists());
}

#[tokio::test]
async fn patience_ends() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    for _ in 0..100 {
        server.instead("GET /uploads/1", 200, r#"{"state":"received"}"#);
    }
    let hasty = PushOptions {
        timeout: Duration::from_millis(300),
        ..options(&server, &[files.path()])
    };
    let report = push(&hasty).await.unwrap();
    assert_eq!(report.files[0].error.as_ref().unwrap().code, "not_finished");
    let asked = server.seen("GET /uploads/1").len();
    assert!((2..10).contains(&asked), "{asked}");
}

#[tokio::test]
async fn without_waiting_nothing_is_asked_after_the_bytes_are_sent() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let report = push(&PushOptions {
        wait: false,
        ..options(&server, &[files.path()])
    })
    .await
    .unwrap();
    assert_eq!(report.files[0].result, FileResult::Sent);
    assert_eq!(report.files[0].upload_id.as_deref(), Some("1"));
    assert!(server.seen("GET /uploads/1").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_address_where_nobody_is_at_home_is_told_once() {
    let files = folder(&[("a.png", PNG), ("b.png", b"b")]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = Server {
        address,
        state: Arc::default(),
    };
    let error = push(&options(&server, &[files.path()])).await.unwrap_err();
    assert!(matches!(error, PushError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let here = PushOptions {
        out: Some(files.path().to_owned()),
        ..options(&server, &[files.path()])
    };
    assert!(matches!(push(&here).await, Err(PushError::OutIsPushed(_))));
}
