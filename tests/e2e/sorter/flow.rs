//! From a folder to groups.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::json;

use super::{jpeg, label_of, photographs, view_of};
use crate::system::System;

const SCENES: [&str; 3] = ["chelsea.png", "coffee.png", "rocket.jpg"];

#[tokio::test(flavor = "multi_thread")]
async fn photographs_come_back_grouped_ranked_and_explained() {
    let system = System::start().await;
    let batch = system.batch("Holiday").await;
    let mut files = photographs(&SCENES, 4);
    // The same picture once more, encoded anew.
    files.push(("again.jpg".to_owned(), jpeg(&view_of("chelsea.png", 0), 60)));
    let images = system.push(&batch, &files).await;
    let readiness = system.described(&batch).await;
    assert_eq!(
        readiness,
        json!({ "total": 13, "described": 13, "failed": 0, "waiting": 0 })
    );

    let asked = json!({ "min_cluster_size": 3, "min_samples": 2, "metric": "cosine" });
    let analyzed = system.analyze(&batch, &asked).await;
    assert_eq!(analyzed["status"], "complete", "{analyzed}");
    assert_eq!(analyzed["parameters"], asked);
    assert_eq!(analyzed["image_count"], 13);
    let labels: Vec<&str> = images.iter().map(|image| label_of(&analyzed, image)).collect();
    for scene in 0..3 {
        let own = &labels[scene * 4..scene * 4 + 4];
        assert!(own.iter().all(|label| *label == own[0]), "{labels:?}");
    }
    let groups: BTreeSet<&str> = labels.iter().copied().collect();
    assert_eq!(groups, ["Group 1", "Group 2", "Group 3"].into(), "{labels:?}");
    assert_eq!(labels[12], labels[0]);

    // Ranked: each group from 1 on, the better (of BRISQUE: the lower) first.
    let associations = analyzed["image_associations"].as_array().unwrap();
    let order: Vec<(&str, u64)> = associations
        .iter()
        .map(|one| {
            (
                one["group_label"].as_str().unwrap(),
                one["quality_rank"].as_u64().unwrap(),
            )
        })
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    for pair in associations.windows(2) {
        assert_eq!(pair[0]["ranking_metric"], "brisque");
        assert!(pair[0]["ranked_at"].is_string());
        let score = |one: &serde_json::Value| one["image"]["quality_score"].as_f64().unwrap();
        if pair[0]["group_label"] == pair[1]["group_label"] {
            assert!(score(&pair[0]) <= score(&pair[1]), "{pair:?}");
        }
        let probability = pair[0]["probability"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&probability));
    }

    // Explained.
    let (_, explained) = system.get(&format!("/batches/{batch}/groups")).await;
    let groups = explained["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    for group in groups {
        let label = group["label"].as_str().unwrap();
        for photograph in ["medoid", "best"] {
            assert_eq!(
                label_of(&analyzed, group[photograph].as_str().unwrap()),
                label,
                "{photograph}"
            );
        }
        assert!(group["spread"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(explained["model"], "efficientnet_lite0");
    assert_eq!(explained["model_sha256"].as_str().unwrap().len(), 64);

    // Near-duplicates: the one that was encoded anew is told apart from those that only look alike.
    let (_, duplicates) = system
        .get(&format!("/batches/{batch}/duplicates?likeness=reencoded"))
        .await;
    let pairs: Vec<BTreeSet<&str>> = duplicates["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| [pair["first"].as_str().unwrap(), pair["second"].as_str().unwrap()].into())
        .collect();
    assert!(
        pairs.contains(&[images[0].as_str(), images[12].as_str()].into()),
        "{duplicates}"
    );

    // The map has a place for each.
    let (_, map) = system.get(&format!("/batches/{batch}/map")).await;
    let points = map["points"].as_array().unwrap();
    assert_eq!(points.len(), 13);
    for point in points {
        for axis in ["x", "y"] {
            assert!(point[axis].as_f64().unwrap().abs() <= 1.0, "{point}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doing_it_twice_changes_nothing() {
    let system = System::start().await;
    let batch = system.batch("Holiday").await;
    let files = photographs(&SCENES[..2], 3);
    let images = system.push(&batch, &files).await;
    system.described(&batch).await;
    let asked = json!({ "min_cluster_size": 2, "min_samples": 1 });
    let first = system.analyze(&batch, &asked).await;
    assert_eq!(first["status"], "complete", "{first}");

    assert_eq!(system.push(&batch, &files).await, images, "all are known");
    system.described(&batch).await;
    let second = system.analyze(&batch, &asked).await;
    assert_eq!(second["image_associations"], first["image_associations"]);
    assert_eq!(
        second["analyzed_at"], first["analyzed_at"],
        "nothing new was made"
    );

    // Another name for the same bytes is remembered as that.
    let copy = vec![("copy of it.jpg".to_owned(), files[0].1.clone())];
    for _ in 0..2 {
        assert_eq!(system.push(&batch, &copy).await, [images[0].clone()]);
    }
    let (_, exact) = system
        .get(&format!("/batches/{batch}/duplicates?likeness=exact"))
        .await;
    assert!(
        exact.to_string().matches("copy of it.jpg").count() == 1,
        "{exact}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_duplicate_is_remembered() {
    let system = System::start().await;
    let batch = system.batch("Pair").await;
    let files: Vec<_> = [90, 50]
        .map(|quality| (format!("{quality}.jpg"), jpeg(&view_of("coffee.png", 1), quality)))
        .into();
    let images = system.push(&batch, &files).await;
    system.described(&batch).await;
    assert_eq!(system.analyze(&batch, &json!({})).await["status"], "complete");
    let pairs = async || {
        let (_, duplicates) = system.get(&format!("/batches/{batch}/duplicates")).await;
        duplicates["pairs"].as_array().unwrap().len()
    };
    assert_eq!(pairs().await, 1);
    let decided = json!({ "image_ids": images });
    let path = format!("/batches/{batch}/duplicates/distinct");
    for _ in 0..2 {
        assert!(system.post(&path, &decided).await.0.is_success());
    }
    assert_eq!(pairs().await, 0);
    // The next analysis does not bring it back.
    assert_eq!(
        system.analyze(&batch, &json!({ "metric": "euclidean" })).await["status"],
        "complete"
    );
    assert_eq!(pairs().await, 0);
    let forgotten = system
        .api(reqwest::Method::DELETE, &path)
        .json(&decided)
        .send()
        .await
        .unwrap();
    assert!(forgotten.status().is_success());
    assert_eq!(pairs().await, 1);
    let same = json!({ "image_ids": [images[0], images[0]] });
    assert_eq!(
        system.post(&path, &same).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
