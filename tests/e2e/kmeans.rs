//! Clusters of a picture.

use std::{collections::HashSet, time::Duration};

use darkroom_cloud::{Analyses, Connection, Finish, Ground};
use darkroom_domain::{Findings, JobId, Method, TenantId, Timestamp, analysis::kmeans::KmeansData};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    pictures::{painted, photo, pixels, png},
    system::{System, Wishes},
};

const KMEANS: &str = "/api/v1/analysis/kmeans";

fn request(nclusters: u32) -> Value {
    let colors: Vec<[u32; 3]> = (0..nclusters)
        .map(|n| [n, 255_u32.saturating_sub(n), 128])
        .collect();
    json!({ "nclusters": nclusters, "colors": colors })
}

async fn image(system: &System, content: &[u8]) -> String {
    let dataset = system.dataset("Clustered").await;
    system.dataset_image(&dataset, "a.png", content).await
}

async fn clustered(system: &System, image: &str, request: &Value) -> Value {
    let (status, queued) = system.post(&format!("{KMEANS}/{image}"), request).await;
    assert_eq!(status, StatusCode::OK, "{queued}");
    let result = system
        .until(&format!("{KMEANS}/{image}/result"), |result| {
            result["status"] != "processing"
        })
        .await;
    assert_eq!(result["result_id"], queued["result_id"]);
    result
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_found_painted_and_replaced() {
    let system = System::start().await;
    let content = painted(60, 40, |x, _| {
        [[10; 3], [128; 3], [240; 3]][usize::try_from(x / 20).unwrap()]
    });
    let image = image(&system, &content).await;
    let result_path = format!("{KMEANS}/{image}/result");
    let (status, problem) = system.get(&result_path).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::NOT_FOUND,
            &json!("K-means calculation never started for this image")
        )
    );
    assert_eq!(
        system.get(&format!("{result_path}/image")).await.1["detail"],
        "Result not found"
    );
    let crop = json!({ "top": 5, "bottom": 25, "left": 10, "right": 50 });
    system
        .post(&format!("/api/v1/analysis/crop/crop-image/{image}"), &crop)
        .await;

    // The longer path is the one that older clients know.
    let colors = json!([[255, 0, 0], [0, 255, 0], [0, 0, 255]]);
    let (status, queued) = system
        .post(&format!("{KMEANS}/kmeans/{image}"), &json!({ "colors": colors }))
        .await;
    assert_eq!(status, StatusCode::OK, "{queued}");
    assert_eq!(
        (&queued["message"], &queued["status"], &queued["image_id"]),
        (&json!("K-means task queued"), &json!("processing"), &json!(image))
    );
    let result = system
        .until(&format!("{KMEANS}/kmeans/{image}/result"), |result| {
            result["status"] != "processing"
        })
        .await;
    assert_eq!(
        (&result["status"], &result["has_result_image"]),
        (&json!("completed"), &json!(true))
    );
    let found = &result["result"];
    assert_eq!(found["centers_sorted"], json!([7.0, 137.0, 242.0]));
    assert_eq!(
        (&found["compactness"], &found["processed_pixels"]),
        (&json!(0.0), &json!(800))
    );
    assert_eq!(
        found["cluster_ranges"][1],
        json!({ "min": 137.0, "max": 137.0, "range": 0.0 })
    );
    assert_eq!(found["cluster_std_dev"], json!([0.0, 0.0, 0.0]));
    for (name, value) in [
        ("nclusters", json!(3)),
        ("criteria", json!("all")),
        ("max_iterations", json!(100)),
        ("epsilon", json!(0.5)),
        ("flags", json!("pp")),
        ("attempts", json!(5)),
        ("colors", colors),
    ] {
        assert_eq!(found[name], value, "{name}");
    }

    let file = system
        .follow(&format!("{KMEANS}/kmeans/{image}/result/image"))
        .await;
    assert_eq!(file.headers()["content-type"], "image/jpeg");
    let disposition = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with(&format!("attachment; filename=\"{image}_kmeans_3.jpg\"")));
    let (width, height, _) = pixels(&file.bytes().await.unwrap());
    assert_eq!((width, height), (40, 20));
    let file = system.follow(&format!("{result_path}/image?format=png")).await;
    let (_, _, painting) = pixels(&file.bytes().await.unwrap());
    assert_eq!(
        (painting[0], painting[20], painting[39]),
        ([255, 0, 0], [0, 255, 0], [0, 0, 255])
    );
    let distinct: HashSet<_> = painting.into_iter().collect();
    assert_eq!(distinct.len(), 3, "no colour bleeds");

    let again = clustered(&system, &image, &request(2)).await;
    assert_ne!(again["result_id"], result["result_id"]);
    let files = system.keys().await;
    let pictures: Vec<_> = files.iter().filter(|key| key.contains("/analyses/")).collect();
    assert_eq!(pictures.len(), 2, "the older result's files are gone: {files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_picture_gives_the_same_clusters() {
    let system = System::start().await;
    let image = image(&system, &png(80, 60, 4)).await;
    let first = clustered(&system, &image, &request(5)).await;
    let second = clustered(&system, &image, &request(5)).await;
    assert_eq!(first["result"], second["result"]);
    let mut optimal = request(5);
    optimal["criteria"] = "optimal".into();
    let best = clustered(&system, &image, &optimal).await["result"]["compactness"]
        .as_f64()
        .unwrap();
    let found = first["result"]["compactness"].as_f64().unwrap();
    assert!(best <= found * (1.0 + 1e-9), "{best} {found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_crop_one_is_found_and_stored() {
    let system = System::start().await;
    let content = painted(160, 120, |x, y| {
        let inside = (30..130).contains(&x) && (20..100).contains(&y);
        if inside { [x as u8, 30, 40] } else { [255; 3] }
    });
    let image = image(&system, &content).await;
    let result = clustered(&system, &image, &request(2)).await;
    assert_eq!(result["result"]["processed_pixels"], 75 * 95, "{result}");
    let (_, crop) = system
        .get(&format!("/api/v1/analysis/crop/get-crop/{image}"))
        .await;
    assert_eq!(crop["message"], "Crop results retrieved successfully");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_clustered_and_keep_their_own() {
    let system = System::start().await;
    let dataset = system.dataset("Street").await;
    let image = system
        .dataset_image(&dataset, "street.jpg", &photo("orientation_landscape_6.jpg"))
        .await;
    for space in ["rgb", "lab"] {
        let request = json!({ "nclusters": 6, "space": space });
        let result = clustered(&system, &image, &request).await;
        assert_eq!(result["status"], "completed", "{result}");
        let found = &result["result"];
        let palette = found["palette"].as_array().unwrap();
        assert_eq!(palette.len(), 6);
        let shares: Vec<f64> = found["shares"]
            .as_array()
            .unwrap()
            .iter()
            .map(|share| share.as_f64().unwrap())
            .collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(
            shares.is_sorted_by(|a, b| a >= b),
            "the largest first: {shares:?}"
        );
        let file = system
            .follow(&format!("{KMEANS}/{image}/result/image?format=png"))
            .await;
        let (_, _, painting) = pixels(&file.bytes().await.unwrap());
        let used: HashSet<[u8; 3]> = painting.into_iter().collect();
        let offered: HashSet<[u8; 3]> = palette
            .iter()
            .map(|color| serde_json::from_value(color.clone()).unwrap())
            .collect();
        assert_eq!(used, offered, "{space}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_held_against_their_limits() {
    let system = System::start().await;
    let image = image(&system, &painted(3, 2, |x, _| [u8::try_from(80 * x).unwrap(); 3])).await;
    let path = format!("{KMEANS}/{image}");
    for (body, text) in [
        (json!({ "nclusters": 3 }), "Field required"),
        (
            json!({ "nclusters": 3, "colors": [[1, 2, 3]] }),
            "Value error, Number of colors (1) must match nclusters (3)",
        ),
        (request(0), "must be 1 to 256"),
        (request(300), "invalid value"),
        (json!({ "nclusters": 300, "colors": [] }), "must be 1 to 256"),
        (
            json!({ "nclusters": 1, "colors": [[0, 0, 256]] }),
            "invalid value",
        ),
        (
            json!({ "nclusters": 1, "colors": [[0, 0, 0]], "attempts": 101 }),
            "at most 100",
        ),
        (
            json!({ "nclusters": 1, "colors": [[0, 0, 0]], "flags": "best" }),
            "unknown variant",
        ),
        (
            json!({ "nclusters": 2, "space": "rgb", "criteria": "optimal" }),
            "lightness only",
        ),
    ] {
        let (status, problem) = system.post(&path, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(
            problem["detail"].as_str().unwrap().contains(text),
            "{text}: {problem}"
        );
    }
    let one = clustered(&system, &image, &request(1)).await;
    assert_eq!(one["status"], "completed");
    // More clusters than pixels: the job fails with its reason, and says so under every address.
    let failed = clustered(&system, &image, &request(7)).await;
    assert_eq!(
        (&failed["status"], &failed["has_result_image"]),
        (&json!("failed"), &json!(false))
    );
    assert_eq!(failed["result"]["error"], failed["error"]);
    assert!(
        failed["error"].as_str().unwrap().contains("more clusters than"),
        "{failed}"
    );
    let (status, problem) = system.get(&format!("{KMEANS}/{image}/result/image")).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("Processing failed, no image available")
        )
    );
    let (status, problem) = system.post(&format!("{KMEANS}/17"), &request(1)).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::NOT_FOUND, &json!("Image 17 not found"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_end_in_one_consistent_result() {
    let system = System::start().await;
    let image = image(&system, &png(300, 200, 8)).await;
    let path = format!("{KMEANS}/{image}");
    let requests = (2..=5).map(|clusters| {
        let (system, path) = (&system, &path);
        async move { system.post(path, &request(clusters)).await }
    });
    let queued: Vec<Value> = futures::future::join_all(requests)
        .await
        .into_iter()
        .map(|(status, queued)| {
            assert_eq!(status, StatusCode::OK, "{queued}");
            queued
        })
        .collect();
    let result = system
        .until(&format!("{path}/result"), |result| {
            result["status"] == "completed"
        })
        .await;
    let winner = queued
        .iter()
        .find(|queued| queued["result_id"] == result["result_id"])
        .expect("the result is one of those that were asked for");
    assert_eq!(result["job_id"], winner["job_id"]);
    let clusters = result["result"]["nclusters"].as_u64().unwrap();
    assert_eq!(
        result["result"]["centers_sorted"].as_array().unwrap().len() as u64,
        clusters
    );
    // The others are over, and left nothing behind.
    for other in queued
        .iter()
        .filter(|queued| queued["result_id"] != result["result_id"])
    {
        let job = format!("/jobs/{}", other["job_id"].as_str().unwrap());
        let job = system
            .until(&job, |job| {
                !matches!(job["state"].as_str(), Some("queued" | "running"))
            })
            .await;
        assert!(
            matches!(job["state"].as_str(), Some("cancelled" | "done")),
            "{job}"
        );
    }
    let id = result["result_id"].as_str().unwrap().to_owned();
    system
        .until_keys(|keys| {
            let pictures: Vec<_> = keys.iter().filter(|key| key.contains("/analyses/")).collect();
            pictures.len() == 2 && pictures.iter().all(|key| key.contains(&id))
        })
        .await;
    let file = system.follow(&format!("{path}/result/image?format=png")).await;
    let (_, _, painting) = pixels(&file.bytes().await.unwrap());
    let distinct: HashSet<_> = painting.into_iter().collect();
    assert_eq!(distinct.len() as u64, clusters);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_analysis_was_replaced_ends_when_it_is_redriven() {
    let system = System::start().await;
    let image = image(&system, &painted(3, 2, |x, _| [u8::try_from(80 * x).unwrap(); 3])).await;
    let (_, first) = system.post(&format!("{KMEANS}/{image}"), &request(7)).await;
    let job = format!("/jobs/{}", first["job_id"].as_str().unwrap());
    system.until(&job, |job| job["state"] == "failed").await;
    let second = clustered(&system, &image, &request(2)).await;
    let (status, _) = system.post(&format!("{job}/redrive"), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    system.until(&job, |job| job["state"] == "cancelled").await;
    let (_, result) = system.get(&format!("{KMEANS}/{image}/result")).await;
    assert_eq!(
        (&result["result_id"], &result["status"]),
        (&second["result_id"], &json!("completed"))
    );
    let file = system.follow(&format!("{KMEANS}/{image}/result/image")).await;
    assert_eq!(file.status(), StatusCode::OK);
}

/// A worker that holds its job by right, and yet works on what a newer request replaced: cancelled with the older result
/// and redriven, say.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_late_worker_found_does_not_replace_the_newer_request() {
    let system = System::with(Wishes {
        idle: vec!["kmeans"],
        ..Default::default()
    })
    .await;
    let image = image(&system, &png(8, 8, 1)).await;
    let (_, first) = system.post(&format!("{KMEANS}/{image}"), &request(2)).await;
    let connection = Connection::of(&system.environment_of("kmeans").await).unwrap();
    let (records, files) = (connection.records().unwrap(), connection.files().unwrap());
    let analyses = Analyses::new(files, records.clone(), Ground::default().clock);
    let (tenant, image_id) = (TenantId::single(), image.parse().unwrap());
    let mut older = analyses
        .latest(&tenant, image_id, Method::Kmeans)
        .await
        .unwrap()
        .unwrap();
    let (_, second) = system.post(&format!("{KMEANS}/{image}"), &request(3)).await;

    let id: JobId = first["job_id"].as_str().unwrap().parse().unwrap();
    let now = Timestamp::from_unix_milliseconds(2_000_000_000_000).unwrap();
    let job = records.job(&tenant, id).await.unwrap().unwrap();
    let job = records.save_job(job.redriven(now).unwrap()).await.unwrap();
    let until = now.after(Duration::from_secs(60));
    let job = records.save_job(job.claimed(now, until).unwrap()).await.unwrap();
    let Findings::Kmeans { data, .. } = &mut older.findings else {
        panic!("another method")
    };
    *data = Some(KmeansData {
        centers_sorted: vec![1.0, 2.0],
        compactness: 0.0,
        processed_pixels: 64,
        cluster_ranges: Vec::new(),
        cluster_std_dev: Vec::new(),
        shares: Vec::new(),
        palette: Vec::new(),
        centers: Vec::new(),
    });
    let finish = analyses
        .finish(&older, job.done(Vec::new(), now).unwrap())
        .await
        .unwrap();
    assert_eq!(finish, Finish::Superseded);
    let (_, result) = system.get(&format!("{KMEANS}/{image}/result")).await;
    assert_eq!(
        (&result["result_id"], &result["status"]),
        (&second["result_id"], &json!("processing"))
    );
    let job = system.get(&format!("/jobs/{id}")).await.1;
    assert_eq!(job["state"], "running", "nothing was written, the job neither");
}
