//! Exports and imports under way.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{IMPORT, archive, datasets};
use crate::system::{System, Wishes};

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_are_none_or_not_finished() {
    let system = System::with(Wishes {
        idle: vec!["archive"],
        ..Default::default()
    })
    .await;
    let dataset = system.dataset("Slow").await;
    for unknown in ["17", "0192f0c1-2345-7abc-8def-0123456789ab"] {
        let (status, problem) = system.get(&format!("/api/v1/IO/archive/status/{unknown}")).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Task not found"))
        );
        let (status, problem) = system
            .get(&format!("/api/v1/IO/archive/download/{unknown}"))
            .await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::BAD_REQUEST, &json!("Export not ready or failed"))
        );
        let (status, problem) = system
            .post(&format!("/api/v1/IO/archive/export/{unknown}"), &json!({}))
            .await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Dataset not found"))
        );
    }
    let (_, task) = system
        .post(&format!("/api/v1/IO/archive/export/{dataset}"), &json!({}))
        .await;
    let task = task["task_id"].as_str().unwrap();
    let (_, waiting) = system.get(&format!("/api/v1/IO/archive/status/{task}")).await;
    assert_eq!(
        (&waiting["status"], &waiting["message"]),
        (&json!("queued"), &json!("Initialized"))
    );
    assert_eq!(
        system.get(&format!("/api/v1/IO/archive/download/{task}")).await.0,
        StatusCode::BAD_REQUEST
    );
    // An import that nobody works on is answered with where to ask.
    let zip = archive(&json!({ "title": "T", "images": [] }), &[]);
    let part = reqwest::multipart::Part::bytes(zip).file_name("t.zip");
    let form = reqwest::multipart::Form::new().part("file", part);
    let response = system
        .api(Method::POST, IMPORT)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (_, job) = system.get(&location).await;
    assert_eq!(
        (&job["kind"], &job["state"]),
        (&json!("dataset_import"), &json!("queued"))
    );
    // Called off, it leaves nothing.
    assert_eq!(
        system.post(&format!("{location}/cancel"), &json!({})).await.0,
        StatusCode::OK
    );
    assert_eq!(datasets(&system).await.len(), 1);
}
