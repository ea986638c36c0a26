//! Batches of no size, and ends of every kind.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{label_of, photographs};
use crate::system::{System, Wishes, answer};

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_none_one_and_two() {
    let system = System::start().await;
    let batch = system.batch("Small").await;
    let analyze = format!("/batches/{batch}/analyze");
    let (status, problem) = system.put(&analyze, &json!({})).await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (StatusCode::BAD_REQUEST, Some("Cannot analyze an empty batch."))
    );
    let files = photographs(&["coffee.png"], 2);
    let one = system.push(&batch, &files[..1]).await;
    system.described(&batch).await;
    let analyzed = system.analyze(&batch, &json!({})).await;
    assert_eq!(analyzed["status"], "complete", "{analyzed}");
    assert_eq!(label_of(&analyzed, &one[0]), "Ungrouped", "one is no group");
    let two = system.push(&batch, &files[1..]).await;
    system.described(&batch).await;
    let analyzed = system.analyze(&batch, &json!({})).await;
    for image in [&one[0], &two[0]] {
        assert_eq!(label_of(&analyzed, image), "Group 1");
    }
    for wrong in [
        json!({ "min_cluster_size": 1 }),
        json!({ "min_samples": 0 }),
        json!({ "metric": "minkowski" }),
        json!({ "min_clusters": 3 }),
    ] {
        let (status, problem) = system.put(&analyze, &wrong).await;
        assert!(
            matches!(status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST),
            "{wrong}: {problem}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn photographs_that_nobody_described_fail_the_analysis_and_say_so() {
    let system = System::with(Wishes {
        idle: vec!["embed"],
        ..Wishes::default()
    })
    .await;
    let batch = system.batch("Early").await;
    system.push(&batch, &photographs(&["coffee.png"], 2)).await;
    let (_, readiness) = system.get(&format!("/batches/{batch}/readiness")).await;
    assert_eq!(
        readiness,
        json!({ "total": 2, "described": 0, "failed": 0, "waiting": 2 })
    );
    let (status, problem) = system.put(&format!("/batches/{batch}/analyze"), &json!({})).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("embeddings_missing")),
        "{problem}"
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("One or more images are missing feature embeddings."),
        "{problem}"
    );
    let (_, view) = system.get(&format!("/batches/{batch}")).await;
    assert_eq!(
        (&view["status"], &view["error"]["code"]),
        (&json!("failed"), &json!("embeddings_missing")),
        "{view}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_photographs_leave_their_batch() {
    let system = System::start().await;
    let batch = system.batch("Shrinking").await;
    let images = system.push(&batch, &photographs(&["chelsea.png"], 4)).await;
    system.described(&batch).await;
    let asked = json!({ "min_cluster_size": 2, "min_samples": 1 });
    system.analyze(&batch, &asked).await;
    // One goes after the analysis, one while the next is under way.
    assert_eq!(
        system.delete(&format!("/images/{}", images[0])).await.0,
        StatusCode::OK
    );
    let (_, view) = system.get(&format!("/batches/{batch}")).await;
    assert!(!view.to_string().contains(&images[0]), "{view}");
    let path = format!("/images/{}", images[1]);
    let (analyzed, deleted) = tokio::join!(system.analyze(&batch, &asked), system.delete(&path));
    assert_eq!(deleted.0, StatusCode::OK);
    assert_eq!(analyzed["status"], "complete", "{analyzed}");
    let again = system
        .analyze(&batch, &json!({ "min_cluster_size": 2, "min_samples": 2 }))
        .await;
    assert_eq!(again["image_count"], 2, "{again}");
    for gone in &images[..2] {
        assert!(!again.to_string().contains(gone), "{again}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_analyses_at_once_one_holds_and_none_is_lost() {
    let system = System::start().await;
    let batch = system.batch("Twice").await;
    let images = system.push(&batch, &photographs(&["coffee.png"], 3)).await;
    system.described(&batch).await;
    let path = format!("/batches/{batch}/analyze");
    let [one, other] = [2, 3].map(|size| json!({ "min_cluster_size": size, "min_samples": 1 }));
    let (one, other) = tokio::join!(system.put(&path, &one), system.put(&path, &other));
    for (status, answer) in [&one, &other] {
        assert!(
            *status == StatusCode::OK || *status == StatusCode::CONFLICT,
            "{answer}"
        );
    }
    let view = system
        .until(&format!("/batches/{batch}"), |batch| {
            batch["status"] != "processing"
        })
        .await;
    assert_eq!(view["status"], "complete", "{view}");
    assert_eq!(label_of(&view, &images[0]), "Group 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_batch_is_gone_and_its_photographs_stay() {
    let system = System::start().await;
    let batch = system.batch("Going").await;
    let images = system.push(&batch, &photographs(&["coffee.png"], 2)).await;
    system.described(&batch).await;
    assert_eq!(system.analyze(&batch, &json!({})).await["status"], "complete");
    let (status, deleted) = system.delete(&format!("/batches/{batch}")).await;
    assert_eq!(
        (status, deleted["message"].as_str()),
        (
            StatusCode::OK,
            Some(format!("Batch ID {batch} deleted successfully.").as_str())
        )
    );
    let (status, problem) = system.get(&format!("/batches/{batch}")).await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (
            StatusCode::NOT_FOUND,
            Some(format!("Batch {batch} not found").as_str())
        )
    );
    system
        .until_keys(|keys| !keys.iter().any(|key| key.starts_with("batches/")))
        .await;
    let (_, list) = system.get("/batches/").await;
    assert_eq!(list, json!([]));
    for image in &images {
        assert_eq!(system.get(&format!("/images/{image}")).await.0, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_batch_is_not_there() {
    let system = System::with(Wishes {
        tokens: vec![("alice", "secret-of-alice"), ("bob", "secret-of-bob")],
        ..Wishes::default()
    })
    .await;
    let batch = system.batch("Mine").await;
    let images = system.push(&batch, &photographs(&["coffee.png"], 1)).await;
    let bob = system.as_tenant("secret-of-bob");
    for (method, path, body) in [
        (Method::GET, String::new(), json!(null)),
        (Method::PUT, String::new(), json!({ "name": "Yours" })),
        (Method::DELETE, String::new(), json!(null)),
        (Method::GET, "/readiness".to_owned(), json!(null)),
        (Method::GET, "/groups".to_owned(), json!(null)),
        (Method::GET, "/map".to_owned(), json!(null)),
        (Method::GET, "/duplicates".to_owned(), json!(null)),
        (Method::PUT, "/analyze".to_owned(), json!({})),
        (
            Method::PUT,
            "/groups".to_owned(),
            json!({ "group_map": { "A": images } }),
        ),
        (Method::POST, "/images".to_owned(), json!({ "image_ids": [] })),
        (Method::DELETE, "/images".to_owned(), json!({ "image_ids": [] })),
        (Method::POST, "/groups/A/rank".to_owned(), json!({})),
    ] {
        let mut request = bob.api(method.clone(), &format!("/batches/{batch}{path}"));
        if !body.is_null() {
            request = request.json(&body);
        }
        let (status, problem) = answer(request.send().await.unwrap()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {problem}");
    }
    // Nor can his batch have pictures of hers.
    let (status, problem) = bob
        .post("/batches/", &json!({ "name": "Stolen", "image_ids": images }))
        .await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (StatusCode::BAD_REQUEST, Some("One or more image IDs not found."))
    );
    for path in ["metadata", "thumbnail", "quality"] {
        assert_eq!(
            bob.get(&format!("/images/{path}/{}", images[0])).await.0,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
