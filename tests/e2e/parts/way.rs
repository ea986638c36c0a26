//! From the promise to the dataset.

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use super::{MEBIBYTE, complete, padded, path, promised, request, send, send_all, slice};
use crate::{
    archives::datasets,
    system::{System, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_large_archive_goes_up_in_parts() {
    let system = System::start().await;
    let content = padded("Large", 70_000_000);
    let ask = async || {
        let request = system
            .api(Method::POST, "/uploads")
            .header("idempotency-key", "large")
            .json(&request(content.len()));
        answer(request.send().await.unwrap()).await
    };
    let (status, promise) = ask().await;
    assert_eq!(status, StatusCode::CREATED, "{promise}");
    assert_eq!(promise["method"], "MULTIPART", "above 64 MiB without being asked");
    assert_eq!(promise["part_bytes"], 16 * MEBIBYTE);
    let parts = promise["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 5);
    let bytes: usize = parts
        .iter()
        .map(|part| usize::try_from(part["bytes"].as_u64().unwrap()).unwrap())
        .sum();
    assert_eq!(bytes, content.len());
    assert!(promise.get("multipart").is_none(), "{promise}");

    // Out of order, one of them first with other bytes; then the line breaks.
    let garbage = vec![7; 16 * MEBIBYTE];
    assert_eq!(send(&system, &promise, 4, &garbage).await, StatusCode::OK);
    for number in [5, 2, 4] {
        let sent = send(&system, &promise, number, slice(&content, &promise, number)).await;
        assert_eq!(sent, StatusCode::OK, "part {number}");
    }
    let (status, again) = ask().await;
    assert_eq!(
        (status, &again["upload_id"]),
        (StatusCode::CREATED, &promise["upload_id"]),
        "the same key leads to the same upload"
    );

    let (status, rest) = system.get(&path(&promise, "/parts")).await;
    assert_eq!(status, StatusCode::OK, "{rest}");
    for part in rest["parts"].as_array().unwrap() {
        let is_received = [2, 4, 5].contains(&part["number"].as_u64().unwrap());
        assert_eq!(part["is_received"], is_received, "{part}");
        assert_eq!(part.get("url").is_none(), is_received, "{part}");
    }
    for number in [3, 1] {
        let sent = send(&system, &rest, number, slice(&content, &promise, number)).await;
        assert_eq!(sent, StatusCode::OK, "part {number}");
    }
    let id = &promise["upload_id"];
    for _ in 0..2 {
        let (status, completed) = complete(&system, &promise).await;
        assert_eq!(
            (status, &completed["upload_id"]),
            (StatusCode::OK, id),
            "{completed}"
        );
        assert!(
            matches!(completed["state"].as_str(), Some("received" | "accepted")),
            "{completed}"
        );
    }
    let upload = system.decided(id.as_str().unwrap()).await;
    assert_eq!(upload["state"], "accepted", "{upload}");
    let job = upload["job_id"].as_str().unwrap();
    let job = system
        .until(&format!("/jobs/{job}"), |job| {
            matches!(job["state"].as_str(), Some("done" | "failed"))
        })
        .await;
    assert_eq!(job["state"], "done", "{job}");
    let made = datasets(&system).await;
    assert!(
        made[0]["title"].as_str().unwrap().starts_with("Large "),
        "{made:?}"
    );
    let (status, completed) = complete(&system, &promise).await;
    assert_eq!(
        (status, &completed["state"]),
        (StatusCode::OK, &json!("accepted")),
        "long after"
    );
    system
        .until_keys(|keys| !keys.iter().any(|key| key.starts_with("uploads/")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_complete_at_once_complete_once() {
    let system = System::start().await;
    let content = padded("Once", 6 * MEBIBYTE);
    let promise = promised(&system, &content).await;
    send_all(&system, &promise, &content).await;
    let answers = futures::future::join_all((0..6).map(|_| complete(&system, &promise))).await;
    for (status, completed) in answers {
        assert_eq!(status, StatusCode::OK, "{completed}");
    }
    let upload = system.decided(promise["upload_id"].as_str().unwrap()).await;
    system
        .until(&format!("/jobs/{}", upload["job_id"].as_str().unwrap()), |job| {
            job["state"] == "done"
        })
        .await;
    assert_eq!(datasets(&system).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_send_parts() {
    let system = System::start().await;
    let promise = promised(&system, b"PK\x03\x04").await;
    let url = promise["parts"][0]["url"].as_str().unwrap();
    let preflight = reqwest::Client::new()
        .request(Method::OPTIONS, url)
        .header(header::ORIGIN, "https://page.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), StatusCode::OK);
    assert!(
        preflight
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
}
