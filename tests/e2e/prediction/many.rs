//! Many pictures: in the request where they fit, by a job where not.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{batch, form, zip};
use crate::{
    crib::{predict, tray},
    pictures::png,
    segmentation::{with_own_model, zip_of},
    system::{System, Wishes, answer},
};

const FIELDS: [(&str, &str); 2] = [("toolkit_id", "1"), ("model", "tray")];

async fn json_of(response: Response) -> Value {
    let (status, body) = answer(response).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

/// What a list says of each: name, success, and the tools that were found.
fn told(answer: &Value) -> Vec<(String, bool, Vec<u64>)> {
    let results = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}"));
    results
        .iter()
        .map(|item| {
            let found = item["found_tools"].as_array().unwrap();
            (
                item["filename"].as_str().unwrap().to_owned(),
                item["success"].as_bool().unwrap(),
                found.iter().map(|tool| tool["id"].as_u64().unwrap()).collect(),
            )
        })
        .collect()
}

fn told_as(expected: &[(&str, Option<&[u64]>)]) -> Vec<(String, bool, Vec<u64>)> {
    expected
        .iter()
        .map(|(name, found)| {
            (
                (*name).to_owned(),
                found.is_some(),
                found.unwrap_or_default().to_vec(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn good_and_bad_in_their_order() {
    let system = with_own_model(Wishes::default()).await;
    let (one, two) = (tray(&[(1, 1.0)]), tray(&[(2, 1.0), (1, 1.0)]));
    let broken = &two[..two.len() / 2];
    let files: [(&str, &[u8]); 5] = [
        ("b.png", &two),
        ("notes.txt", b"hello"),
        ("a.png", &one),
        ("broken.png", broken),
        ("b.png", &one),
    ];
    let list = json_of(batch(&system, &files, &FIELDS).await).await;
    assert_eq!(
        (&list["successful_images"], &list["failed_images"]),
        (&json!(3), &json!(2))
    );
    let expected = told_as(&[
        ("b.png", Some(&[1, 2])),
        ("notes.txt", None),
        ("a.png", Some(&[1])),
        ("broken.png", None),
        ("b.png", Some(&[1])),
    ]);
    assert_eq!(told(&list), expected);
    let failed = &list["results"][1];
    assert_eq!(
        (
            &failed["hand_check"],
            &failed["processed_image_url"],
            &failed["ml_predictions"],
            &failed["inference_time_ms"]
        ),
        (&json!(true), &Value::Null, &Value::Null, &Value::Null)
    );
    assert!(
        failed["error_message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    assert_eq!(failed["code"], "unsupported_format");
    assert_eq!(list["results"][0]["error_message"], Value::Null);
    assert_eq!(
        list["results"][4]["cached"], true,
        "the very same picture as before it"
    );

    let (status, problem) = answer(batch(&system, &[], &FIELDS).await).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("validation_failed"))
    );
    let (status, _) = answer(batch(&system, &files, &[("toolkit_id", "99")]).await).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_a_zip() {
    let system = with_own_model(Wishes::default()).await;
    let (one, two) = (tray(&[(1, 1.0)]), tray(&[(2, 1.0)]));
    let content = zip_of(&[
        ("trays/", b""),
        ("trays/z.png", &two),
        ("trays/._z.png", b"of a Mac"),
        ("__MACOSX/trays/._z.png", b"of a Mac"),
        ("readme.txt", b"hello"),
        ("deep/er/a.PNG", &one),
        ("bad.webp", b"no picture"),
    ]);
    let list = json_of(zip(&system, "trays.zip", &content, &FIELDS).await).await;
    let expected = told_as(&[("z.png", Some(&[2])), ("a.PNG", Some(&[1])), ("bad.webp", None)]);
    assert_eq!(told(&list), expected);
    for (name, content, status, russian) in [
        ("trays.rar", content.clone(), 400, "Файл должен быть ZIP-архивом"),
        ("trays.zip", b"PK no zip".to_vec(), 400, "Некорректный ZIP-архив"),
        (
            "trays.zip",
            zip_of(&[("readme.txt", b"hello")]),
            400,
            "В ZIP-архиве не найдено изображений",
        ),
    ] {
        let request = system
            .api(Method::POST, "/predict/zip")
            .header("accept-language", "ru")
            .multipart(form("zip_file", &[(name, &content)], &FIELDS));
        let (found, problem) = answer(request.send().await.unwrap()).await;
        assert_eq!(
            (found.as_u16(), problem["detail"].as_str()),
            (status, Some(russian)),
            "{problem}"
        );
    }
}

/// The list that a job led to.
async fn later(system: &System, accepted: &Value) -> Value {
    let job = accepted["status_url"].as_str().unwrap();
    let view = system
        .until(job, |view| {
            matches!(
                view["state"].as_str().or(view["status"].as_str()),
                Some("done" | "failed" | "cancelled")
            )
        })
        .await;
    assert!(view.to_string().contains("done"), "{view}");
    let (status, list) = system.get(accepted["result_url"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list
}

#[tokio::test(flavor = "multi_thread")]
async fn who_prefers_it_is_answered_later_with_the_same() {
    let system = with_own_model(Wishes::default()).await;
    let (one, two) = (tray(&[(1, 1.0)]), tray(&[(2, 1.0), (1, 1.0)]));
    let files: [(&str, &[u8]); 4] = [
        ("b.png", &two),
        ("x.txt", b"hello"),
        ("a.png", &one),
        ("b.png", &one),
    ];
    let now = json_of(batch(&system, &files, &FIELDS).await).await;
    let request = system
        .api(Method::POST, "/predict/batch")
        .header("prefer", "respond-async")
        .multipart(form("images", &files, &FIELDS));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["preference-applied"], "respond-async");
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (status, accepted) = answer(response).await;
    assert_eq!(
        (status, accepted["status_url"].as_str()),
        (StatusCode::ACCEPTED, Some(location.as_str())),
        "{accepted}"
    );
    let list = later(&system, &accepted).await;
    assert_eq!(told(&list), told(&now));
    assert_eq!(
        (&list["successful_images"], &list["failed_images"]),
        (&json!(3), &json!(1))
    );
    // The kit is another by now: only the comparison is made anew.
    assert_eq!(list["results"][0]["hand_check"], true);
    system.delete("/toolkits/1/items").await;
    system
        .post("/toolkits/1/items", &json!({ "tool_id": 1, "quantity": 1 }))
        .await;
    system
        .post("/toolkits/1/items", &json!({ "tool_id": 2, "quantity": 1 }))
        .await;
    let (_, list) = system.get(accepted["result_url"].as_str().unwrap()).await;
    assert_eq!(list["results"][0]["hand_check"], false, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_and_a_picture_straight_to_the_bucket() {
    let system = with_own_model(Wishes::default()).await;
    let (one, two) = (tray(&[(1, 1.0)]), tray(&[(2, 1.0)]));
    let content = zip_of(&[("t/b.png", &two), ("t/a.png", &one), ("t/bad.png", b"no picture")]);
    for (name, kind, content, expected) in [
        (
            "trays.zip",
            "application/zip",
            content.as_slice(),
            told_as(&[("b.png", Some(&[2])), ("a.png", Some(&[1])), ("bad.png", None)]),
        ),
        (
            "tray.png",
            "image/png",
            &one,
            told_as(&[("tray.png", Some(&[1]))]),
        ),
    ] {
        let request = json!({
            "filename": name, "content_type": kind, "size": content.len(), "purpose": "prediction",
            "toolkit_id": 1, "model": "tray",
        });
        let (status, promise) = system.post("/uploads", &request).await;
        assert_eq!(status, StatusCode::CREATED, "{promise}");
        let sent = system.send(&promise, content).await;
        assert_eq!(sent.status(), StatusCode::OK, "{}", sent.text().await.unwrap());
        let decided = system.decided(promise["upload_id"].as_str().unwrap()).await;
        let job = decided["job_id"].as_str().unwrap_or_else(|| panic!("{decided}"));
        let result = format!("/predict/results/{}", promise["result_id"].as_str().unwrap());
        let list = later(
            &system,
            &json!({ "status_url": format!("/jobs/{job}"), "result_url": result }),
        )
        .await;
        assert_eq!(told(&list), expected);
    }
    let with = |field: &str, value: Value| {
        let mut request = json!({
            "filename": "a.zip", "content_type": "application/zip", "size": 9, "purpose": "prediction", "toolkit_id": 1,
        });
        request[field] = value;
        request
    };
    for (request, expected) in [
        (with("toolkit_id", json!(77)), 404),
        (with("toolkit_id", Value::Null), 422),
        (with("confidence", json!(1)), 422),
        (with("model", json!("deeplabv3_mnv2_257")), 422),
        (with("content_type", json!("text/plain")), 415),
        (with("output", json!("mask")), 422),
    ] {
        let (status, problem) = system.post("/uploads", &request).await;
        assert_eq!(status.as_u16(), expected, "{request}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_nobody_elses() {
    let alice = with_own_model(Wishes {
        tokens: vec![("alice", "alice-token"), ("bob", "bob-token")],
        ..Wishes::default()
    })
    .await;
    let bob = alice.as_tenant("bob-token");
    let request = alice
        .api(Method::POST, "/predict/batch")
        .header("prefer", "respond-async")
        .multipart(form("images", &[("a.png", &tray(&[(1, 1.0)]))], &FIELDS));
    let (_, accepted) = answer(request.send().await.unwrap()).await;
    later(&alice, &accepted).await;
    for path in ["status_url", "result_url"] {
        let (status, problem) = bob.get(accepted[path].as_str().unwrap()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found")),
            "{path}"
        );
    }
    let (status, _) = predict(&bob, &png(9, 9, 1), &FIELDS).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_called_off_leaves_nothing_to_wait_for() {
    let system = with_own_model(Wishes {
        idle: vec!["detect"],
        ..Wishes::default()
    })
    .await;
    let request = system
        .api(Method::POST, "/predict/zip")
        .header("prefer", "respond-async")
        .multipart(form(
            "zip_file",
            &[("t.zip", &zip_of(&[("a.png", &tray(&[(1, 1.0)]))]))],
            &FIELDS,
        ));
    let (status, accepted) = answer(request.send().await.unwrap()).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{accepted}");
    let (job, result) = (
        accepted["status_url"].as_str().unwrap(),
        accepted["result_url"].as_str().unwrap(),
    );
    system
        .until(job, |view| view["progress"] == json!({ "done": 0, "total": 1 }))
        .await;
    let (status, waiting) = system.get(result).await;
    assert_eq!(
        (status, &waiting["job_id"]),
        (StatusCode::ACCEPTED, &accepted["job_id"]),
        "{waiting}"
    );
    let (_, jobs) = system.get("/jobs?kind=archive_prediction").await;
    assert_eq!(
        jobs["items"].as_array().unwrap().len(),
        1,
        "the parts are not listed: {jobs}"
    );
    let (status, cancelled) = system.post(&format!("{job}/cancel"), &json!({})).await;
    assert_eq!(
        (status, &cancelled["state"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    let (status, problem) = system.get(result).await;
    assert!(matches!(status.as_u16(), 409 | 410), "{problem}");
    assert!(
        matches!(problem["code"].as_str(), Some("cancelled" | "expired")),
        "{problem}"
    );
}
