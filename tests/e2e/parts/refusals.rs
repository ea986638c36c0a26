//! What is refused, and can be mended.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{MEBIBYTE, complete, padded, path, promised, request, send, send_all, slice};
use crate::{
    pictures::png,
    system::{System, Wishes, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_completed_before_all_is_there() {
    let system = System::start().await;
    let content = padded("Mended", 11 * MEBIBYTE);
    let promise = promised(&system, &content).await;
    assert_eq!(promise["part_bytes"], 5 * MEBIBYTE);
    let refused = async |text: &str| {
        let (status, problem) = complete(&system, &promise).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("conflict")),
            "{problem}"
        );
        assert_eq!(problem["detail"], text);
    };
    refused("Parts are missing: 1 to 3. 0 of 3 are there.").await;

    let second = slice(&content, &promise, 2);
    let longer = [second, b"!"].concat();
    for (bytes, what) in [
        (&longer[..], "longer"),
        (&second[1..], "shorter"),
        (b"", "nothing"),
    ] {
        assert_eq!(
            send(&system, &promise, 2, bytes).await,
            StatusCode::FORBIDDEN,
            "{what}"
        );
    }
    for number in [1, 3] {
        send(&system, &promise, number, slice(&content, &promise, number)).await;
    }
    refused("Parts are missing: 2. 2 of 3 are there.").await;
    let (_, upload) = system.get(&path(&promise, "")).await;
    assert_eq!(upload["state"], "pending");

    assert_eq!(send(&system, &promise, 2, second).await, StatusCode::OK);
    let (status, completed) = complete(&system, &promise).await;
    assert_eq!(status, StatusCode::OK, "{completed}");
    assert_eq!(
        send(&system, &promise, 2, second).await,
        StatusCode::NOT_FOUND,
        "nothing arrives behind it"
    );
    let (status, problem) = system.get(&path(&promise, "/parts")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("conflict"))
    );
    let upload = system.decided(promise["upload_id"].as_str().unwrap()).await;
    assert_eq!(upload["state"], "accepted", "{upload}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_has_no_part_in_it() {
    let system = System::with(Wishes {
        tokens: vec![("alice", "secret-of-alice"), ("bob", "secret-of-bob")],
        ..Default::default()
    })
    .await;
    let promise = promised(&system, b"PK\x03\x04").await;
    send_all(&system, &promise, b"PK\x03\x04").await;
    let bob = system.as_tenant("secret-of-bob");
    let (status, problem) = bob.get(&path(&promise, "/parts")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    let (status, problem) = complete(&bob, &promise).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    assert_eq!(complete(&system, &promise).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_archives_come_in_parts_and_within_bounds() {
    let system = System::start().await;
    let mut picture = request(100);
    picture["purpose"] = json!("image");
    picture["content_type"] = json!("image/png");
    for (query, request, status, code) in [
        ("?method=multipart", &picture, 422, "validation_failed"),
        ("?method=telepathy", &picture, 422, "validation_failed"),
        ("?method=multipart", &request(0), 422, "empty_file"),
        ("?method=put", &request(5_000_000_001), 422, "validation_failed"),
        ("?method=post", &request(5_000_000_001), 422, "validation_failed"),
        ("", &request(5_368_709_121), 413, "archive_too_large"),
    ] {
        let (answered, problem) = system.post(&format!("/uploads{query}"), request).await;
        assert_eq!(
            (answered.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{query} {request}: {problem}"
        );
    }
    for (query, size, method) in [
        ("", 64 * MEBIBYTE, "PUT"),
        ("", 64 * MEBIBYTE + 1, "MULTIPART"),
        ("?method=put", 5_000_000_000, "PUT"),
        ("?method=multipart", 1, "MULTIPART"),
    ] {
        let (status, promise) = system.post(&format!("/uploads{query}"), &request(size)).await;
        assert_eq!(
            (status, &promise["method"]),
            (StatusCode::CREATED, &json!(method)),
            "{query} {size}"
        );
    }
    let (_, largest) = system.post("/uploads", &request(5_368_709_120)).await;
    let parts = largest["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 320);
    assert!(
        parts
            .iter()
            .all(|part| part["url"].as_str().unwrap().contains("X-Amz-Expires=3600")),
        "an hour each"
    );

    let whole = system.promise("a.png", "image/png", &png(9, 9, 1)).await;
    for (method, rest) in [(Method::GET, "/parts"), (Method::POST, "/complete")] {
        let request = system.api(method, &path(&whole, rest));
        let (status, problem) = answer(request.send().await.unwrap()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("conflict")),
            "{rest}"
        );
    }
}
