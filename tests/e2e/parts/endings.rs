//! What else can become of it: nothing, a refusal, or what its answer did not tell.

use darkroom_cloud::clock::{Clock, SystemClock};
use darkroom_domain::{Timestamp, Upload};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{MEBIBYTE, complete, padded, path, promised, send, send_all, slice, stored};
use crate::{
    system::{System, Wishes, answer},
    upkeep::{records, round},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_archive_is_found_out_when_it_is_whole() {
    let system = System::start().await;
    let promise = promised(&system, b"this is no archive").await;
    assert_eq!(promise["parts"].as_array().unwrap().len(), 1);
    send_all(&system, &promise, b"this is no archive").await;
    complete(&system, &promise).await;
    let upload = system.decided(promise["upload_id"].as_str().unwrap()).await;
    assert_eq!(
        (&upload["state"], &upload["error"]["code"]),
        (&json!("rejected"), &json!("invalid_archive"))
    );
    let (status, completed) = complete(&system, &promise).await;
    assert_eq!(
        (status, &completed["state"]),
        (StatusCode::OK, &json!("rejected"))
    );
    system.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_does_no_harm() {
    let system = System::with(Wishes {
        idle: vec!["ingest"],
        ..Default::default()
    })
    .await;
    let promise = promised(&system, b"PK\x03\x04").await;
    send_all(&system, &promise, b"PK\x03\x04").await;
    // As if the function had died between the bucket's answer and its own, and nobody had heard of the file.
    let pending = stored(&system, &promise).await;
    complete(&system, &promise).await;
    let received = stored(&system, &promise).await;
    let version = received.version;
    let pending = Upload { version, ..pending };
    records(&system).await.save_upload(pending).await.unwrap();
    let (status, problem) = system.get(&path(&promise, "/parts")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("conflict"))
    );
    let (status, completed) = complete(&system, &promise).await;
    assert_eq!(
        (status, &completed["state"]),
        (StatusCode::OK, &json!("received"))
    );
    let due = stored(&system, &promise).await.due_at.unwrap();
    assert!(
        due.since(SystemClock.now()) <= Upload::PATIENCE,
        "should the event be lost too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_completed_in_time_is_given_up() {
    let system = System::start().await;
    let content = padded("Late", 6 * MEBIBYTE);
    let promise = promised(&system, &content).await;
    let upload = stored(&system, &promise).await;
    assert_eq!(
        upload.send_until.since(upload.created_at).as_secs(),
        24 * 60 * 60,
        "a day, not a quarter of an hour"
    );
    send_all(&system, &promise, &content).await;
    let gone = async |path: &str, method: Method| {
        let (status, problem) = answer(system.api(method, path).send().await.unwrap()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::GONE, &json!("upload_expired")),
            "{path}: {problem}"
        );
    };
    let mut late = upload;
    late.send_until = late.created_at;
    let late = records(&system).await.save_upload(late).await.unwrap();
    gone(&path(&promise, "/parts"), Method::GET).await;
    gone(&path(&promise, "/complete"), Method::POST).await;

    let long_ago = Timestamp::UNIX_EPOCH;
    let due = Upload {
        send_until: long_ago,
        due_at: Some(long_ago),
        ..late
    };
    records(&system).await.save_upload(due).await.unwrap();
    let expired = round(&system, json!({})).await;
    assert_eq!(
        (&expired["uploads_expired"], &expired["errors"]),
        (&json!(1), &json!(0)),
        "{expired}"
    );
    let (_, upload) = system.get(&path(&promise, "")).await;
    assert_eq!(upload["state"], "expired");
    let left = system
        .clients
        .s3()
        .list_multipart_uploads()
        .bucket(&system.bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(left.uploads(), [], "its parts are gone");
    gone(&path(&promise, "/parts"), Method::GET).await;
    gone(&path(&promise, "/complete"), Method::POST).await;
    assert_eq!(
        send(&system, &promise, 1, slice(&content, &promise, 1)).await,
        StatusCode::NOT_FOUND
    );
}
