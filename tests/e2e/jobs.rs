//! Jobs: their list, their counts, their end.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    pictures::png,
    system::{System, Wishes},
};

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_filtered_and_counted() {
    let system = System::start().await;
    let dataset = system.dataset("Jobs").await;
    let mut images = Vec::new();
    for number in 0..3 {
        let image = system
            .dataset_image(&dataset, "a.png", &png(10, 10, number))
            .await;
        system.developed(&image).await;
        images.push(image);
    }
    let (_, export) = system
        .post(&format!("/api/v1/IO/archive/export/{dataset}"), &json!({}))
        .await;
    let export = export["task_id"].as_str().unwrap().to_owned();
    system
        .until(&format!("/jobs/{export}"), |job| job["state"] == "done")
        .await;

    let (status, all) = system.get("/jobs").await;
    assert_eq!(status, StatusCode::OK);
    let items = all["items"].as_array().unwrap();
    assert_eq!((items.len(), &all["next_cursor"]), (4, &Value::Null));
    assert_eq!(items[0]["job_id"], export.as_str(), "newest first");
    assert_eq!(
        (&items[0]["kind"], &items[0]["dataset_id"]),
        (&json!("dataset_export"), &json!(dataset))
    );
    assert_eq!(
        items[0]["progress"],
        json!({ "done": 3, "total": 3 }),
        "{}",
        items[0]
    );

    let count = async |filter: &str| {
        let (status, page) = system.get(&format!("/jobs?{filter}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(count("kind=thumbnail").await, 3);
    assert_eq!(count("state=done").await, 4);
    assert_eq!(count("state=failed").await, 0);
    assert_eq!(count(&format!("image_id={}", images[1])).await, 1);
    assert_eq!(
        count(&format!("dataset_id={dataset}&kind=dataset_export")).await,
        1
    );
    let (_, first) = system.get("/jobs?limit=1&kind=thumbnail").await;
    let (_, second) = system
        .get(&format!(
            "/jobs?limit=2&kind=thumbnail&cursor={}",
            first["next_cursor"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        (second["items"].as_array().unwrap().len(), &second["next_cursor"]),
        (2, &Value::Null)
    );
    for wrong in [
        "limit=0",
        "limit=101",
        "state=sleeping",
        "kind=nap",
        "cursor=x",
        "color=red",
    ] {
        let (status, _) = system.get(&format!("/jobs?{wrong}")).await;
        assert!(status.is_client_error(), "{wrong}");
    }
    assert_eq!(
        system.get("/jobs/stats").await.1,
        json!({ "total": 4, "queued": 0, "processing": 0, "completed": 4, "failed": 0, "cancelled": 0, "is_complete": true })
    );

    // Off the list is not undone: the picture has its thumbnails.
    let job = system.get(&format!("/images/{}", images[0])).await.1["job_id"].clone();
    let job = format!("/jobs/{}", job.as_str().unwrap());
    assert_eq!(system.delete(&job).await.0, StatusCode::NO_CONTENT);
    assert_eq!(system.get(&job).await.0, StatusCode::NOT_FOUND);
    assert_eq!(system.delete(&job).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        system.get(&format!("/images/{}", images[0])).await.1["status"],
        "DONE"
    );
    let (_, cleared) = system.delete("/jobs").await;
    assert_eq!(cleared, json!({ "cleared": 3, "has_more": false }));
    assert_eq!(system.get("/jobs").await.1["items"], json!([]));
    assert!(
        !system.keys().await.iter().any(|key| key.starts_with("exports/")),
        "an export goes with its job"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_called_off_and_taken_up_again() {
    let system = System::with(Wishes {
        idle: vec!["kmeans"],
        ..Default::default()
    })
    .await;
    let dataset = system.dataset("Jobs").await;
    let image = system.dataset_image(&dataset, "a.png", &png(10, 10, 1)).await;
    let kmeans = format!("/api/v1/analysis/kmeans/{image}");
    let (_, queued) = system
        .post(&kmeans, &json!({ "nclusters": 1, "colors": [[1, 2, 3]] }))
        .await;
    let job = format!("/jobs/{}", queued["job_id"].as_str().unwrap());
    let (status, problem) = system.delete(&job).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::CONFLICT,
            &json!("Cannot delete running task. Cancel it first.")
        )
    );
    let (status, cancelled) = system.post(&format!("{job}/cancel"), &json!({})).await;
    assert_eq!(
        (status, &cancelled["state"], &cancelled["error"]["code"]),
        (StatusCode::OK, &json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(
        system.post(&format!("{job}/cancel"), &json!({})).await.0,
        StatusCode::CONFLICT
    );
    let (_, result) = system.get(&format!("{kmeans}/result")).await;
    assert_eq!(
        (&result["status"], &result["error"]),
        (&json!("failed"), &json!("The job was called off."))
    );
    assert_eq!(system.get("/jobs/stats").await.1["cancelled"], 1);
    let (status, again) = system.post(&format!("{job}/redrive"), &json!({})).await;
    assert_eq!(
        (status, &again["state"]),
        (StatusCode::ACCEPTED, &json!("queued"))
    );
    assert_eq!(
        system.get(&format!("{kmeans}/result")).await.1["status"],
        "processing"
    );
    let nobody = "/jobs/0192f0c1-2345-7abc-8def-0123456789ab/cancel";
    assert_eq!(system.post(nobody, &json!({})).await.0, StatusCode::NOT_FOUND);
}
