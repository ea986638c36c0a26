//! Archives that are sent to be segmented.

use super::{server::Server, *};

const ZIP: &[u8] = b"PK\x05\x06, so to speak";

fn segmenting(server: &Server, archives: &[&Path], out: Option<&Path>) -> SegmentOptions {
    SegmentOptions {
        archives: archives.iter().map(|path| path.to_path_buf()).collect(),
        request: SegmentationRequest::default(),
        url: format!("http://{}", server.address),
        token: Some("hush".to_owned()),
        wait: false,
        out: out.map(Path::to_owned),
        concurrency: 2,
        timeout: Duration::from_secs(10),
        json: true,
    }
}

/// A server that takes archives in parts of 30,000 bytes, and one of 100,000 bytes.
async fn in_parts() -> (Server, tempfile::TempDir, Vec<u8>) {
    let server = Server::start().await;
    server.state.lock().unwrap().part_bytes = Some(30_000);
    let content: Vec<u8> = (0..100_000_u32)
        .map(|number| (number / 7).to_le_bytes()[0])
        .collect();
    let files = folder(&[("holiday.zip", &content)]);
    (server, files, content)
}

fn arrived(server: &Server) -> Vec<u8> {
    let state = server.state.lock().unwrap();
    state.parts.values().flat_map(|part| part.to_vec()).collect()
}

#[tokio::test]
async fn an_archive_goes_out_and_its_result_comes_back() {
    let server = Server::start().await;
    let files = folder(&[("holiday.zip", ZIP)]);
    let out = files.path().join("back.zip");
    server.instead("GET /uploads/1", 200, r#"{"state":"received"}"#);
    for progress in ["null", r#"{"done":0,"total":3}"#, r#"{"done":3,"total":3}"#] {
        let status = format!(r#"{{"status":"STARTED","progress":{progress},"result":null,"error":null}}"#);
        server.instead("GET /api/status/j1", 200, &status);
    }
    let options = SegmentOptions {
        request: SegmentationRequest {
            model: Some("bright".to_owned()),
            confidence: Some(0.5),
            classes: vec!["dog".to_owned()],
            output: Some(darkroom_domain::ArchiveOutput::Mask),
        },
        ..segmenting(&server, &[&files.path().join("holiday.zip")], Some(&out))
    };
    let report = segment(&options).await.unwrap();
    assert!(
        report.is_success(),
        "a picture that fails is no archive that does: {report:?}"
    );

    let asked = server.seen("POST /uploads").remove(0);
    assert_eq!(asked.headers["authorization"], "Bearer hush");
    assert!(asked.headers.contains_key("idempotency-key"));
    let asked: Value = serde_json::from_slice(&asked.body).unwrap();
    let digest = fingerprint::Fingerprint::of(&files.path().join("holiday.zip"), |_| {})
        .unwrap()
        .sha256;
    let expected = json!({
        "filename": "holiday.zip", "content_type": "application/zip", "size": ZIP.len(), "sha256": digest,
        "purpose": "archive", "model": "bright", "confidence": 0.5, "classes": ["dog"], "output": "mask",
    });
    assert_eq!(asked, expected);
    let put = server.seen("PUT /bucket/1").remove(0);
    assert_eq!(put.body, ZIP);
    assert_eq!(put.headers["if-none-match"], "*");
    for (line, authorized) in [
        ("PUT /bucket/1", false),
        ("GET /api/status/j1", true),
        ("GET /api/download/h1", true),
        ("GET /files/h1/zip", false),
    ] {
        let seen = server.seen(line).remove(0);
        assert_eq!(seen.headers.contains_key("authorization"), authorized, "{line}");
    }
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "h1 at zip");
    assert_eq!(std::fs::read(files.path().join("holiday.zip")).unwrap(), ZIP);
    let archive = &report.archives[0];
    assert_eq!(archive.result, ArchiveResult::Segmented);
    assert_eq!(archive.written.as_ref(), Some(&out));
    let pictures = archive.pictures.as_ref().unwrap();
    assert_eq!((pictures.segmented, pictures.failed), (2, 1));
    assert_eq!(pictures.failures[0].file, "c.jpg");
}

#[tokio::test]
async fn a_large_archive_goes_in_parts_each_tried_on_its_own() {
    let (server, files, content) = in_parts().await;
    server.instead("PUT /parts/1/2", 500, "");
    server.instead("POST /uploads/1/complete", 503, "");
    let out = files.path().join("back/");
    let path = files.path().join("holiday.zip");
    let report = segment(&segmenting(&server, &[&path], Some(&out))).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert!(arrived(&server) == content);
    for (number, tries) in [(1, 1), (2, 2), (3, 1), (4, 1)] {
        let seen = server.seen(&format!("PUT /parts/1/{number}"));
        assert_eq!(seen.len(), tries, "part {number}");
        for seen in seen {
            let length = if number == 4 { "10000" } else { "30000" };
            assert_eq!(seen.headers["content-length"], length);
            for refused in [
                "authorization",
                "content-type",
                "transfer-encoding",
                "if-none-match",
            ] {
                assert!(!seen.headers.contains_key(refused), "{refused}");
            }
        }
    }
    assert_eq!(server.seen("POST /uploads/1/complete").len(), 2);
    assert!(server.seen("GET /uploads/1/parts").is_empty());
    assert_eq!(report.archives[0].bytes_sent, 100_000);
    let back = out.join("holiday-segmented.zip");
    assert_eq!(report.archives[0].written.as_ref(), Some(&back));
    assert_eq!(std::fs::read_to_string(back).unwrap(), "h1 at zip");
}

#[tokio::test]
async fn addresses_that_have_expired_are_asked_for_anew() {
    let (server, files, content) = in_parts().await;
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    server.instead("PUT /parts/1/3", 403, expired);
    let path = files.path().join("holiday.zip");
    let options = SegmentOptions {
        concurrency: 1,
        ..segmenting(&server, &[&path], None)
    };
    let report = segment(&options).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert!(arrived(&server) == content);
    assert!(server.seen("PUT /parts/1/4").is_empty(), "as old as the others");
    for (number, tries) in [(1, 0), (2, 0), (3, 1), (4, 1)] {
        assert_eq!(
            server.seen(&format!("PUT /again/1/{number}")).len(),
            tries,
            "part {number}"
        );
    }
}

#[tokio::test]
async fn addresses_that_are_always_refused_end_it() {
    let (server, files, _) = in_parts().await;
    for line in
        (1..=4).flat_map(|number| [format!("PUT /parts/1/{number}"), format!("PUT /again/1/{number}")])
    {
        for _ in 0..10 {
            server.instead(&line, 403, "<Error><Code>AccessDenied</Code></Error>");
        }
    }
    let path = files.path().join("holiday.zip");
    let report = segment(&segmenting(&server, &[&path], None)).await.unwrap();
    assert_eq!(report.archives[0].error.as_ref().unwrap().code, "http_403");
    assert_eq!(server.seen("GET /uploads/1/parts").len(), 2);
    assert!(server.seen("POST /uploads/1/complete").is_empty());
    assert!(report.archives[0].user_hash.is_none(), "there will be no result");
}

#[tokio::test]
async fn parts_that_are_not_the_file_are_not_sent() {
    let (server, files, _) = in_parts().await;
    let promise = json!({
        "upload_id": "1", "user_hash": "h1", "method": "MULTIPART", "part_bytes": 60_000, "complete": "/uploads/1/complete",
        "parts": [{ "number": 1, "bytes": 60_000, "url": format!("http://{}/parts/1/1", server.address) }],
    });
    server.instead("POST /uploads", 201, &promise.to_string());
    let path = files.path().join("holiday.zip");
    let report = segment(&segmenting(&server, &[&path], None)).await.unwrap();
    assert_eq!(report.archives[0].error.as_ref().unwrap().code, "invalid_answer");
    assert!(server.seen("PUT /parts/1/1").is_empty());
}

#[tokio::test]
async fn without_waiting_its_job_is_told_and_nothing_fetched() {
    let server = Server::start().await;
    let files = folder(&[("holiday.zip", ZIP)]);
    let path = files.path().join("holiday.zip");
    let report = segment(&segmenting(&server, &[&path, &path], None))
        .await
        .unwrap();
    let [archive] = report.archives.as_slice() else {
        panic!("named twice, sent once: {report:?}")
    };
    assert_eq!(archive.result, ArchiveResult::Sent);
    assert_eq!(archive.job_id.as_deref(), Some("j1"));
    assert!(
        report.table().contains("GET /api/download/h1"),
        "{}",
        report.table()
    );
    assert!(server.seen("GET /api/status/j1").is_empty());
    assert!(server.seen("GET /api/download/h1").is_empty());
}

#[tokio::test]
async fn one_archive_fails_in_the_words_of_the_api_and_the_others_do_not() {
    let server = Server::start().await;
    let files = folder(&[
        ("a.zip", ZIP),
        ("b.zip", b"PK, not"),
        ("c.zip", b"PK, failing"),
        ("d.zip", b"PK, well"),
    ]);
    let paths = ["a.zip", "b.zip", "c.zip", "d.zip"].map(|name| files.path().join(name));
    server.instead(
        "POST /uploads",
        422,
        r#"{"code":"validation_failed","detail":"body.model: there is no model x"}"#,
    );
    server.instead(
        "GET /uploads/1",
        200,
        r#"{"state":"rejected","error":{"code":"invalid_archive","detail":"No zip."}}"#,
    );
    let failure = r#"{"status":"FAILURE","progress":null,"result":null,"error":{"code":"archive_too_large","detail":"Much."}}"#;
    server.instead("GET /api/status/j2", 200, failure);
    let options = SegmentOptions {
        concurrency: 1,
        ..segmenting(
            &server,
            &[&paths[0], &paths[1], &paths[2], &paths[3]],
            Some(files.path()),
        )
    };
    let report = segment(&options).await.unwrap();
    assert!(!report.is_success());
    let codes: Vec<_> = report
        .archives
        .iter()
        .map(|archive| archive.error.as_ref().map(|error| error.code.as_str()))
        .collect();
    let expected = ["validation_failed", "invalid_archive", "archive_too_large"].map(Some);
    assert_eq!(codes[..3], expected);
    assert!(
        report.archives[..3]
            .iter()
            .all(|archive| archive.user_hash.is_none())
    );
    assert_eq!(report.archives[3].result, ArchiveResult::Segmented);
    assert!(files.path().join("d-segmented.zip").exists());

    let revoked = r#"{"status":"REVOKED","progress":null,"result":null,"error":null}"#;
    server.instead("GET /api/status/j4", 200, revoked);
    let alone = segmenting(&server, &[&paths[0]], Some(files.path()));
    let report = segment(&alone).await.unwrap();
    assert_eq!(report.archives[0].error.as_ref().unwrap().code, "archive_revoked");
}

#[tokio::test]
async fn patience_lasts_as_long_as_something_moves() {
    let server = Server::start().await;
    let files = folder(&[("holiday.zip", ZIP)]);
    let path = files.path().join("holiday.zip");
    let started = |done: u32| {
        let progress = json!({ "done": done, "total": 9 });
        json!({ "status": "STARTED", "progress": progress, "result": null, "error": null }).to_string()
    };
    // Asked after 80, 120, 180, 270 and 405 ms: longer than the patience in all.
    for done in 0..5 {
        server.instead("GET /api/status/j1", 200, &started(done));
    }
    let hasty = SegmentOptions {
        timeout: Duration::from_millis(600),
        ..segmenting(&server, &[&path], Some(files.path()))
    };
    let report = segment(&hasty).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    for _ in 0..100 {
        server.instead("GET /api/status/j2", 200, &started(4));
    }
    let report = segment(&hasty).await.unwrap();
    let archive = &report.archives[0];
    assert_eq!(archive.error.as_ref().unwrap().code, "not_finished");
    assert_eq!(archive.user_hash.as_deref(), Some("h2"), "it goes on by itself");
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_sent() {
    let server = Server::start().await;
    let files = folder(&[("a.zip", ZIP), ("b.zip", ZIP)]);
    let [first, second] = ["a.zip", "b.zip"].map(|name| files.path().join(name));
    let of_folder = segment(&segmenting(&server, &[files.path()], None)).await;
    assert!(
        matches!(of_folder, Err(PushError::FolderForArchive(_))),
        "{of_folder:?}"
    );
    let missing = segment(&segmenting(&server, &[&files.path().join("c.zip")], None)).await;
    assert!(
        matches!(missing, Err(PushError::Unreadable { .. })),
        "{missing:?}"
    );
    let itself = segment(&segmenting(&server, &[&first], Some(&first))).await;
    assert!(matches!(itself, Err(PushError::OutIsSent(_))), "{itself:?}");
    let file = files.path().join("result.zip");
    let one_for_two = segment(&segmenting(&server, &[&first, &second], Some(&file))).await;
    assert!(
        matches!(one_for_two, Err(PushError::OutTakesOne(_))),
        "{one_for_two:?}"
    );
    assert!(server.seen("POST /uploads").is_empty());
}
