//! What a promise holds a client to.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    pictures::png,
    system::{System, answer, sha256},
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_promised_file_is_taken() {
    let system = System::start().await;
    let content = png(30, 30, 1);
    let request = json!({
        "filename": "a.png", "content_type": "image/png", "size": content.len(), "sha256": sha256(&content),
    });
    let (_, promise) = system.post("/uploads", &request).await;
    let headers = promise["headers"].as_object().unwrap();
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["if-none-match"], "*");
    assert!(headers.contains_key("x-amz-checksum-sha256"), "{promise}");

    let mut longer = content.clone();
    longer.push(0);
    let sent = system
        .send(&with_header(&promise, "content-length", None), &longer)
        .await;
    assert_eq!(sent.status(), StatusCode::FORBIDDEN, "another length");
    let sent = system
        .send(
            &with_header(&promise, "content-type", Some("text/html")),
            &content,
        )
        .await;
    assert_eq!(sent.status(), StatusCode::FORBIDDEN, "another type");
    let mut changed = content.clone();
    changed[40] ^= 1;
    let sent = system.send(&promise, &changed).await;
    assert_eq!(sent.status(), StatusCode::BAD_REQUEST, "another digest");
    let elsewhere = promise["url"]
        .as_str()
        .unwrap()
        .replace("uploads/default", "originals/default");
    let mut other = promise.clone();
    other["url"] = elsewhere.into();
    assert_eq!(
        system.send(&other, &content).await.status(),
        StatusCode::FORBIDDEN,
        "another key"
    );

    assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
    let upload = promise["upload_id"].as_str().unwrap();
    assert_eq!(system.decided(upload).await["state"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_once() {
    let system = System::with(crate::system::Wishes {
        idle: vec!["ingest"],
        ..Default::default()
    })
    .await;
    let content = png(30, 30, 2);
    let promise = system.promise("a.png", "image/png", &content).await;
    assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
    assert_eq!(
        system.send(&promise, &content).await.status(),
        StatusCode::PRECONDITION_FAILED
    );
}

fn with_header(promise: &Value, name: &str, value: Option<&str>) -> Value {
    let mut changed = promise.clone();
    let headers = changed["headers"].as_object_mut().unwrap();
    match value {
        Some(value) => headers.insert(name.to_owned(), value.into()),
        None => headers.remove(name),
    };
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_wrongly_is_refused_with_a_code() {
    let system = System::start().await;
    let good = json!({ "filename": "a.png", "content_type": "image/png", "size": 10 });
    let with = |field: &str, value: Value| {
        let mut request = good.clone();
        request[field] = value;
        request
    };
    let cases = [
        (
            with("content_type", json!("text/plain")),
            415,
            "unsupported_format",
        ),
        (
            with("content_type", json!("image/svg+xml")),
            415,
            "unsupported_format",
        ),
        (with("size", json!(10_485_761)), 413, "file_too_large"),
        (with("size", json!(0)), 422, "empty_file"),
        (with("size", json!(-1)), 422, "validation_failed"),
        (with("size", json!("10")), 422, "validation_failed"),
        (with("filename", json!("")), 400, "filename_missing"),
        (with("filename", json!("a\u{0}b.png")), 422, "validation_failed"),
        (with("sha256", json!("abc")), 422, "validation_failed"),
        (
            with("purpose", json!("world_domination")),
            422,
            "validation_failed",
        ),
        (with("tenant", json!("another")), 422, "validation_failed"),
        (json!({ "filename": "a.png" }), 422, "validation_failed"),
        (json!([]), 422, "validation_failed"),
    ];
    for (request, status, code) in cases {
        let (answered, problem) = system.post("/uploads", &request).await;
        assert_eq!(answered.as_u16(), status, "{request}: {problem}");
        assert_eq!(problem["code"], code, "{request}");
        for field in ["type", "title", "status", "detail", "request_id"] {
            assert!(!problem[field].is_null(), "{field} is missing: {problem}");
        }
    }
    let at_the_limit = with("size", json!(10_485_760));
    assert_eq!(
        system.post("/uploads", &at_the_limit).await.0,
        StatusCode::CREATED
    );
    let post = |body: &str, content_type: &str| {
        system
            .api(reqwest::Method::POST, "/uploads")
            .header("content-type", content_type)
            .body(body.to_owned())
            .send()
    };
    let (status, problem) = answer(post("{", "application/json").await.unwrap()).await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (400, Some("invalid_request"))
    );
    let (status, problem) = answer(post("{}", "text/plain").await.unwrap()).await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (400, Some("invalid_request"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_gets_one_answer() {
    let system = System::start().await;
    let post = async |key: &str, request: &Value| {
        let request = system
            .api(reqwest::Method::POST, "/uploads")
            .header("idempotency-key", key)
            .json(request);
        answer(request.send().await.unwrap()).await
    };
    let request = json!({ "filename": "a.png", "content_type": "image/png", "size": 10 });
    let other = json!({ "filename": "b.png", "content_type": "image/png", "size": 10 });
    let (status, first) = post("key", &request).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        post("key", &request).await,
        (StatusCode::CREATED, first.clone()),
        "the same again"
    );
    assert_ne!(
        post("another key", &request).await.1["upload_id"],
        first["upload_id"]
    );
    let (status, problem) = post("key", &other).await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (422, Some("idempotency_key_reused"))
    );
    // A request that came to nothing may be sent again under its key.
    let wrong = json!({ "filename": "a.png", "content_type": "image/png", "size": 0 });
    assert_eq!(post("third", &wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post("third", &request).await.0, StatusCode::CREATED);

    let raced = futures::future::join_all((0..8).map(|_| post("race", &request))).await;
    let ids: std::collections::BTreeSet<String> = raced
        .iter()
        .filter(|(status, _)| *status == StatusCode::CREATED)
        .map(|(_, answer)| answer["upload_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "one upload, however many asked at once: {raced:?}");
    assert!(
        raced
            .iter()
            .all(|(status, _)| matches!(status.as_u16(), 201 | 409)),
        "{raced:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_digest_is_not_sent_again() {
    let system = System::start().await;
    let content = png(30, 30, 3);
    let image = system.upload("a.png", "image/png", &content).await;
    assert_eq!(system.developed(&image).await["status"], "DONE");
    let request = json!({
        "filename": "b.png", "content_type": "image/png", "size": content.len(), "sha256": sha256(&content).to_uppercase(),
    });
    let (status, known) = system.post("/uploads", &request).await;
    assert_eq!(
        (status, &known),
        (StatusCode::OK, &json!({ "duplicate_of": image }))
    );
    // Without a digest it is sent, and recognised when it arrives.
    let upload = system.upload("c.png", "image/png", &content).await;
    let decided = system.decided(&upload).await;
    assert_eq!(
        (decided["image_id"].as_str(), decided["duplicate"].as_bool()),
        (Some(image.as_str()), Some(true))
    );
    assert_eq!(
        system.get(&format!("/images/{upload}")).await.1["id"],
        image.as_str()
    );
}
