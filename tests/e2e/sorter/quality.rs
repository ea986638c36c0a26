//! Quality scores.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{jpeg, view_of};
use crate::{
    pictures::photo,
    system::{System, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_blurred_picture_scores_worse_whichever_way_the_measure_runs() {
    let system = System::start().await;
    let sharp = image::load_from_memory(&photo("astronaut.png")).unwrap();
    let files = [
        ("sharp.jpg", jpeg(&sharp, 95)),
        ("blurred.jpg", jpeg(&sharp.blur(3.0), 95)),
    ];
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, content)| (*name, content.as_slice()))
        .collect();
    let (status, taken) = system.post_files("/images/upload", &files).await;
    assert_eq!(status, StatusCode::OK, "{taken}");
    let ids: Vec<&str> = taken
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    for (metric, more_is_better) in [
        ("brisque", false),
        ("niqe", false),
        ("piqe", false),
        ("sharpness", true),
    ] {
        let (status, scores) = system
            .post(&format!("/images/quality/batch?metric={metric}"), &json!(ids))
            .await;
        assert_eq!(status, StatusCode::OK, "{scores}");
        let score = |number: usize| scores[number]["quality_score"].as_f64().unwrap();
        assert_eq!(scores[0]["quality_metric"], metric);
        assert_eq!(scores[0]["file_name"], "sharp.jpg");
        assert_eq!(score(0) > score(1), more_is_better, "{metric}: {scores}");
    }
    // What is known is not measured again, unless it is asked for.
    let path = format!("/images/quality/{}?metric=niqe", ids[0]);
    let (_, first) = system.get(&path).await;
    let (_, second) = system.get(&path).await;
    assert_eq!(first, second);
    let (_, forced) = system.get(&format!("{path}&force_reanalyze=true")).await;
    assert_eq!(forced["quality_score"], first["quality_score"]);
    assert_ne!(forced["analyzed_at"], first["analyzed_at"]);
    // The measure of where nothing is said.
    let (_, usual) = system.get(&format!("/images/quality/{}", ids[0])).await;
    assert_eq!(usual["quality_metric"], "brisque");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_measured_says_why() {
    let system = System::start().await;
    let (_, taken) = system
        .post_files(
            "/images/upload",
            &[("a.jpg", &jpeg(&view_of("coffee.png", 0), 90))],
        )
        .await;
    let id = taken[0]["id"].as_str().unwrap();
    let refused = async |path: String| -> (u16, Value) {
        let (status, problem) = system.get(&path).await;
        (status.as_u16(), problem)
    };
    let (status, problem) = refused(format!("/images/quality/{id}?metric=magic")).await;
    assert_eq!(status, 400);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("Unsupported metric: magic. Supported metrics: ['clipiqa+', 'brisque', 'niqe', 'musiq', 'cnniqa', 'liqe'"),
        "{problem}"
    );
    let (status, problem) = refused(format!("/images/quality/{id}?metric=musiq")).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("model_missing")));
    let nobody = "0192f0c1-2345-7abc-8def-0123456789ab";
    let (status, problem) = refused(format!("/images/quality/{nobody}")).await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (404, Some(format!("Image {nobody} not found").as_str()))
    );
    // Of several, those that there are none of say so, and do not cost the others.
    let (status, scores) = system
        .post("/images/quality/batch?metric=exposure", &json!([id, nobody]))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(scores[0]["quality_score"].is_number(), "{scores}");
    assert_eq!(scores[1]["error"]["code"], "not_found", "{scores}");
    let body = system
        .api(Method::POST, "/images/quality/batch")
        .json(&json!([nobody]))
        .send()
        .await
        .unwrap();
    let (status, problem) = answer(body).await;
    assert!(status.is_client_error(), "{problem}");
}
