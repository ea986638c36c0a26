//! What is sorted by hand stays so.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{label_of, photographs};
use crate::system::{System, answer};

#[tokio::test(flavor = "multi_thread")]
async fn names_and_moves_survive_the_next_analysis() {
    let system = System::start().await;
    let batch = system.batch("Sorted").await;
    let files = photographs(&["chelsea.png", "rocket.jpg"], 4);
    let images = system.push(&batch, &files[..7]).await;
    system.described(&batch).await;
    let asked = json!({ "min_cluster_size": 3, "min_samples": 2 });
    assert_eq!(system.analyze(&batch, &asked).await["status"], "complete");

    // The cats get a name, one of the rockets goes elsewhere.
    let map = json!({ "group_map": {
        "Cats": images[..4], "Group 2": images[4..6], "Best of all": [images[6]],
    } });
    let (status, sorted) = system.put(&format!("/batches/{batch}/groups"), &map).await;
    assert_eq!(
        (status, &sorted["status"]),
        (StatusCode::OK, &json!("complete")),
        "{sorted}"
    );
    assert_eq!(label_of(&sorted, &images[6]), "Best of all");

    // One more comes, one leaves; then everything is looked at anew.
    let more = system.push(&batch, &files[7..]).await;
    system.described(&batch).await;
    let left = system
        .api(Method::DELETE, &format!("/batches/{batch}/images"))
        .json(&json!({ "image_ids": [images[0]] }))
        .send()
        .await
        .unwrap();
    let (status, left) = answer(left).await;
    assert_eq!(
        (status, &left["image_count"]),
        (StatusCode::OK, &json!(7)),
        "{left}"
    );
    let again = system.analyze(&batch, &asked).await;
    assert_eq!(again["status"], "complete", "{again}");
    for cat in &images[1..4] {
        assert_eq!(label_of(&again, cat), "Cats", "the name survives");
    }
    assert_eq!(label_of(&again, &images[6]), "Best of all", "the move survives");
    let manual = again["image_associations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["image"]["id"] == images[6].as_str())
        .unwrap();
    assert_eq!(manual["is_manual"], true);
    assert!(!again.to_string().contains(&images[0]), "what left is not shown");
    let _ = label_of(&again, &more[0]);

    // Unless it is asked to forget that.
    let fresh = system
        .analyze(
            &batch,
            &json!({ "min_cluster_size": 3, "min_samples": 2, "keep_manual": false }),
        )
        .await;
    assert_ne!(label_of(&fresh, &images[6]), "Best of all", "{fresh}");
    assert_eq!(label_of(&fresh, &images[1]), "Cats", "a name is not a move");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_names_the_photographs_of_the_batch_and_no_others() {
    let system = System::start().await;
    let batch = system.batch("Map").await;
    let images = system.push(&batch, &photographs(&["coffee.png"], 2)).await;
    let path = format!("/batches/{batch}/groups");
    for wrong in [
        json!({ "A": [images[0]] }),
        json!({ "A": [images[0], images[1], images[1]] }),
    ] {
        let (status, problem) = system.put(&path, &json!({ "group_map": wrong })).await;
        assert_eq!(
            (status, problem["detail"].as_str()),
            (
                StatusCode::BAD_REQUEST,
                Some("The provided group map must contain the exact same set of images as the batch.")
            )
        );
    }
    let (status, sorted) = system
        .put(&path, &json!({ "group_map": { "A/b": images } }))
        .await;
    assert_eq!((status, &sorted["status"]), (StatusCode::OK, &json!("complete")));

    // A label with a slash in it can be ranked too.
    system.described(&batch).await;
    let (status, ranked) = system
        .post(
            &format!("/batches/{batch}/groups/A%2Fb/rank?metric=niqe"),
            &json!({}),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{ranked}");
    let ranks: Vec<_> = ranked["image_associations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["quality_rank"].as_u64().unwrap(),
                one["ranking_metric"].clone(),
            )
        })
        .collect();
    assert_eq!(ranks, [(1, json!("niqe")), (2, json!("niqe"))]);
    let (status, problem) = system
        .post(&format!("/batches/{batch}/groups/None/rank"), &json!({}))
        .await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (StatusCode::BAD_REQUEST, Some("No images found in group 'None'"))
    );
}
