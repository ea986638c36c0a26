//! What is known of a picture, told without computing anything.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    pictures::{painted, photo, png},
    system::{System, Wishes},
};

const ANALYSIS: &str = "/api/v1/analysis";

async fn results(system: &System, image: &str) -> Value {
    let (status, results) = system.get(&format!("/images/{image}/results")).await;
    assert_eq!(status, StatusCode::OK, "{results}");
    assert_eq!(results["image_id"], image);
    results
}

async fn asked(system: &System, path: &str, body: &Value) -> Value {
    let (status, answered) = system.post(&format!("{ANALYSIS}/{path}"), body).await;
    assert_eq!(status, StatusCode::OK, "{answered}");
    answered
}

fn clusters(count: u32) -> Value {
    let colors: Vec<[u32; 3]> = (0..count).map(|n| [n, 0, 128]).collect();
    json!({ "nclusters": count, "colors": colors })
}

fn methods(results: &Value) -> Vec<&str> {
    let analyses = results["analyses"].as_array().unwrap();
    analyses
        .iter()
        .map(|analysis| analysis["method"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn analyses_are_listed_as_they_were_asked_for_the_newest_first() {
    let system = System::start().await;
    let content = painted(60, 40, |x, _| {
        [[10; 3], [128; 3], [240; 3]][usize::try_from(x / 20).unwrap()]
    });
    let image = system.upload("a.png", "image/png", &content).await;
    assert_eq!(system.decided(&image).await["state"], "accepted");
    let nothing = json!({ "image_id": image, "analyses": [], "description": null });
    assert_eq!(results(&system, &image).await, nothing);
    // To look is not to ask for anything.
    assert_eq!(results(&system, &image).await, nothing);

    let lines = json!({ "vertical_lines": [20.0], "horizontal_lines": [] });
    let first = asked(&system, &format!("manual/calculate-mean-lines/{image}"), &lines).await;
    let cells = json!({
        "verticalLines": [20.0], "horizontalLines": [], "imageID": image,
        "selectedCells": [{ "row": 0, "col": 1, "categoryId": "s" }],
        "selectionCategories": [{ "id": "s", "name": "Sky", "color": "#00f" }],
    });
    asked(
        &system,
        &format!("manual/calculate-categorized-mean/{image}"),
        &cells,
    )
    .await;
    let crop = json!({ "top": 5, "bottom": 25, "left": 10, "right": 50 });
    asked(&system, &format!("crop/crop-image/{image}"), &crop).await;
    let queued = asked(&system, &format!("kmeans/{image}"), &clusters(3)).await;
    let done = system
        .until(&format!("/images/{image}/results"), |results| {
            results["analyses"][0]["status"] == "done"
        })
        .await;
    assert_eq!(
        methods(&done),
        [
            "kmeans",
            "crop",
            "calculate_categorized_mean",
            "calculate_mean_lines"
        ]
    );
    let analyses = done["analyses"].as_array().unwrap();
    for analysis in analyses {
        assert_eq!(
            (&analysis["status"], &analysis["error"]),
            (&json!("done"), &json!(null)),
            "{analysis}"
        );
    }
    assert_eq!(analyses[0]["id"], queued["result_id"]);
    assert_eq!(analyses[0]["job_id"], queued["job_id"]);
    assert_eq!(analyses[0]["parameters"]["nclusters"], 3);
    assert_eq!(analyses[0]["parameters"].get("compactness"), None, "no findings");
    assert_eq!(
        (&analyses[1]["parameters"], &analyses[1]["job_id"]),
        (&crop, &json!(null))
    );
    assert_eq!(
        analyses[2]["parameters"]["selectionCategories"],
        cells["selectionCategories"]
    );
    assert_eq!(analyses[3]["id"], first["result_id"]);
    assert_eq!(analyses[3]["parameters"]["vertical_lines"], json!([0, 20, 60]));

    // A newer one takes the place of the older one of its method, and the first one.
    let again = asked(&system, &format!("manual/calculate-mean-lines/{image}"), &lines).await;
    let renewed = results(&system, &image).await;
    assert_eq!(methods(&renewed)[0], "calculate_mean_lines");
    assert_eq!(renewed["analyses"].as_array().unwrap().len(), 4);
    assert_eq!(renewed["analyses"][0]["id"], again["result_id"]);
    assert_ne!(again["result_id"], first["result_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_told_as_far_as_their_job_has_come() {
    let wishes = Wishes {
        idle: vec!["kmeans"],
        ..Default::default()
    };
    let system = System::with(wishes).await;
    let image = system.upload("a.png", "image/png", &png(40, 30, 1)).await;
    assert_eq!(system.decided(&image).await["state"], "accepted");
    let queued = asked(&system, &format!("kmeans/{image}"), &clusters(2)).await;
    let waiting = results(&system, &image).await["analyses"][0].clone();
    assert_eq!(
        (&waiting["status"], &waiting["error"]),
        (&json!("processing"), &json!(null))
    );
    let job = queued["job_id"].as_str().unwrap();
    let (status, cancelled) = system.post(&format!("/jobs/{job}/cancel"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{cancelled}");
    let ended = results(&system, &image).await["analyses"][0].clone();
    assert_eq!(ended["status"], "cancelled", "{ended}");
    assert_eq!(ended["error"], cancelled["error"]);
    // Tried anew it is under way again.
    let (status, redriven) = system.post(&format!("/jobs/{job}/redrive"), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{redriven}");
    assert_eq!(
        results(&system, &image).await["analyses"][0]["status"],
        "processing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_that_came_to_nothing_say_why() {
    let system = System::start().await;
    let image = system.upload("a.png", "image/png", &png(2, 2, 1)).await;
    assert_eq!(system.decided(&image).await["state"], "accepted");
    asked(&system, &format!("kmeans/{image}"), &clusters(7)).await;
    let path = format!("/images/{image}/results");
    // The worker stores the part that it found, which is newer.
    let found = |results: &Value| {
        let analyses = results["analyses"].as_array().unwrap();
        let kmeans = analyses.iter().find(|analysis| analysis["method"] == "kmeans");
        kmeans.unwrap().clone()
    };
    let failed = system
        .until(&path, |results| found(results)["status"] != "processing")
        .await;
    let kmeans = found(&failed);
    assert_eq!(
        (&kmeans["status"], &kmeans["error"]["code"]),
        (&json!("failed"), &json!("validation_failed")),
        "{failed}"
    );
    assert!(
        kmeans["error"]["detail"]
            .as_str()
            .unwrap()
            .contains("more clusters than")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_and_the_model_that_described_it_are_told() {
    let system = System::start().await;
    let (_, taken) = system
        .post_file("/images", "chelsea.png", &photo("chelsea.png"))
        .await;
    let image = taken["id"].as_str().unwrap();
    assert_eq!(system.developed(image).await["status"], "DONE");
    assert_eq!(results(&system, image).await["description"], json!(null));
    let (_, scored) = system.get(&format!("/images/quality/{image}?metric=niqe")).await;
    let description = results(&system, image).await["description"].clone();
    assert_eq!(description["model"], json!(null), "nobody described it");
    assert_eq!(
        description["scores"],
        json!([{
            "metric": "niqe", "score": scored["quality_score"], "better": "lower", "range": [0.0, null],
            "version": scored["version"], "analyzed_at": scored["analyzed_at"],
        }])
    );
    assert_eq!(description["described_at"], scored["analyzed_at"]);

    // A photograph is described when it comes in.
    let (status, batch) = system
        .post("/batches/", &json!({ "name": "Cats", "image_ids": [image] }))
        .await;
    assert_eq!(status, StatusCode::OK, "{batch}");
    let path = format!("/images/{image}/results");
    let described = system
        .until(&path, |results| results["description"]["model"].is_string())
        .await;
    let description = &described["description"];
    assert_eq!(
        description["model_sha256"].as_str().map(str::len),
        Some(64),
        "{description}"
    );
    let measured: Vec<&str> = description["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| score["metric"].as_str().unwrap())
        .collect();
    assert_eq!(
        measured,
        ["brisque", "niqe", "piqe", "sharpness", "exposure", "colorfulness"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_pictures_that_are_not_there_nothing_is_told() {
    let system = System::start().await;
    let image = system.upload("a.png", "image/png", &png(40, 30, 1)).await;
    system.developed(&image).await;
    let crop = json!({ "top": 5, "bottom": 25, "left": 10, "right": 30 });
    asked(&system, &format!("crop/crop-image/{image}"), &crop).await;
    assert_eq!(system.delete(&format!("/images/{image}")).await.0, StatusCode::OK);
    for id in [
        &image,
        "0192f0c1-2345-7abc-8def-0123456789ab",
        "none",
        "a%20b",
        "0192F0C1-2345-7ABC-8DEF-0123456789AB",
    ] {
        let (status, problem) = system.get(&format!("/images/{id}/results")).await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (404, Some("not_found")),
            "{id}: {problem}"
        );
    }
}
