//! Strangers and neighbours: every route, from outside.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    pictures::png,
    system::{System, Wishes, answer},
};

const OPEN: [&str; 6] = [
    "GET /",
    "GET /assets/{version}/{file+}",
    "GET /base/health",
    "GET /health",
    "GET /docs",
    "GET /openapi.json",
];

fn wishes() -> Wishes {
    Wishes {
        tokens: vec![("alice", "secret-of-alice"), ("bob|#/..", "secret-of-bob")],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_nowhere() {
    let system = System::with(wishes()).await;
    let routes: Vec<String> = system
        .template
        .api()
        .unwrap()
        .routes
        .iter()
        .map(|route| route.key.to_string())
        .collect();
    assert!(routes.len() > 12);
    for route in &routes {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path
            .replace("{upload_id}", "0192f0c1-2345-7abc-8def-0123456789ab")
            .replace("{image_id}", "0192f0c1-2345-7abc-8def-0123456789ab")
            .replace("{job_id}", "0192f0c1-2345-7abc-8def-0123456789ab")
            .replace("{preset}", "100x100")
            .replace("{filename}", "0192f0c1-2345-7abc-8def-0123456789ab_100x100.jpg");
        let method: Method = method.parse().unwrap();
        for token in [None, Some("wrong"), Some("secret-of-alic"), Some("")] {
            let request = system
                .api_as(token, method.clone(), &path)
                .header("x-tenant", "alice");
            let status = request.send().await.unwrap().status();
            let expected = if OPEN.contains(&route.as_str()) {
                // A file of a page that there is none of.
                if path.starts_with("/assets/") {
                    StatusCode::NOT_FOUND
                } else {
                    StatusCode::OK
                }
            } else {
                StatusCode::UNAUTHORIZED
            };
            assert_eq!(status, expected, "{route} with {token:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_sees_nothing() {
    let system = System::with(wishes()).await;
    let content = png(50, 50, 1);
    let image = system.upload("mine.png", "image/png", &content).await;
    let view = system.developed(&image).await;
    assert_eq!(view["status"], "DONE", "{view}");
    let job = view["job_id"].as_str().unwrap();

    let bob = Some("secret-of-bob");
    for (method, path) in [
        (Method::GET, format!("/images/{image}")),
        (Method::GET, format!("/images/{image}/original")),
        (Method::GET, format!("/images/{image}/results")),
        (Method::GET, format!("/images/{image}/thumbnails/100x100")),
        (Method::GET, format!("/static/thumbnails/{image}_100x100.jpg")),
        (Method::GET, format!("/uploads/{image}")),
        (Method::GET, format!("/jobs/{job}")),
        (Method::POST, format!("/jobs/{job}/redrive")),
        (Method::DELETE, format!("/images/{image}")),
    ] {
        let (status, problem) = answer(system.api_as(bob, method.clone(), &path).send().await.unwrap()).await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (404, Some("not_found")),
            "{method} {path}"
        );
    }
    let (_, list) = answer(system.api_as(bob, Method::GET, "/images").send().await.unwrap()).await;
    assert_eq!(list["items"], json!([]));
    // The same bytes are nobody else's duplicate.
    let request = json!({
        "filename": "a.png", "content_type": "image/png", "size": content.len(),
        "sha256": crate::system::sha256(&content),
    });
    let asked = system
        .api_as(bob, Method::POST, "/uploads")
        .json(&request)
        .send()
        .await
        .unwrap();
    let (status, promise) = answer(asked).await;
    assert_eq!(status, StatusCode::CREATED, "{promise}");
    // And what the neighbour sends becomes the neighbour's, though his name is full of separators.
    assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
    let upload = promise["upload_id"].as_str().unwrap().to_owned();
    loop {
        let asked = system
            .api_as(bob, Method::GET, &format!("/images/{upload}"))
            .send()
            .await
            .unwrap();
        if answer(asked).await.1["status"] == "DONE" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(
        system.get(&format!("/images/{upload}")).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        system.get(&format!("/images/{image}")).await.1["status"],
        "DONE",
        "and alice still has hers"
    );
}
