//! What clients of the service that this one replaces hold its answers against.

use lambda_runtime::{Context, LambdaEvent};
use reqwest::{Method, StatusCode};

use crate::{
    pictures::{dimensions, encoded, png},
    system::{System, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn welcome_and_health() {
    let system = System::start().await;
    let (status, welcome) = system.get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(welcome["message"], "Image Processing Service API");
    assert_eq!(welcome["version"], "1.0.0");
    assert_eq!(
        (welcome["docs"].as_str(), welcome["health"].as_str()),
        (Some("/docs"), Some("/health"))
    );

    let (status, health) = system.get("/health").await;
    assert_eq!(status, StatusCode::OK, "{health}");
    assert_eq!(health["status"], "healthy");
    for service in ["database", "rabbitmq", "metadata", "files", "queue"] {
        assert_eq!(health["services"][service], true, "{service}");
    }
    assert!(health["timestamp"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_sent_through_the_api() {
    let system = System::start().await;
    for (path, seed) in [("/images", 1), ("/images/", 2)] {
        let content = encoded(1000, 1000, seed, image::ImageFormat::Jpeg);
        assert!(content.len() < 4 * 1024 * 1024);
        let (status, created) = system.post_file(path, "Test.JPG", &content).await;
        assert_eq!(status, StatusCode::OK, "{created}");
        assert_eq!(created["status"], "PROCESSING");
        assert_eq!(
            created["message"],
            "Image uploaded successfully and queued for processing"
        );
        let image = created["id"].as_str().unwrap();
        let view = system.developed(image).await;
        assert_eq!(
            (view["id"].as_str(), view["status"].as_str()),
            (Some(image), Some("DONE"))
        );
        assert_eq!(view["thumbnails"].as_object().unwrap().len(), 3);
        for (preset, side) in [("100x100", 100), ("300x300", 300), ("1200x1200", 1200)] {
            assert!(view["thumbnails"][preset].is_string());
            assert_eq!(dimensions(&system.thumbnail(image, preset).await), (side, side));
        }
        assert_eq!(
            view["original_url"],
            format!("/images/{image}/original"),
            "and it leads somewhere"
        );
        assert_eq!(
            system
                .follow(view["original_url"].as_str().unwrap())
                .await
                .status(),
            StatusCode::OK
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_wrongly_through_the_api() {
    let system = System::start().await;
    let (status, problem) = system.post_file("/images", "test.txt", b"hello").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("File type .txt not allowed"),
        "{problem}"
    );
    assert_eq!(problem["code"], "unsupported_format");

    let (status, problem) = system.post_file("/images", "", b"hello").await;
    assert_eq!(
        (status.as_u16(), problem["detail"].as_str()),
        (400, Some("No filename provided"))
    );

    let empty = system
        .api(Method::POST, "/images")
        .multipart(reqwest::multipart::Form::new().text("other", "x"));
    assert_eq!(
        answer(empty.send().await.unwrap()).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let nothing = system.api(Method::POST, "/images").send().await.unwrap();
    assert_eq!(answer(nothing).await.0, StatusCode::UNPROCESSABLE_ENTITY);

    let (status, problem) = system
        .post_file("/images", "big.png", &vec![0; 4 * 1024 * 1024 + 1])
        .await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (413, Some("use_presigned_upload")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("POST /uploads"));
    // What does not even fit into an event never reaches a function: the gateway says so, here as in the cloud.
    let (status, answer) = system
        .post_file("/images", "big.png", &vec![0; 11 * 1024 * 1024])
        .await;
    assert_eq!(
        (status.as_u16(), answer["message"].as_str()),
        (413, Some("Request Entity Too Large"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_honest() {
    let system = System::start().await;
    let environment = system
        .environment_of("status")
        .await
        .with("TABLE_NAME", "no-such-table");
    let status = darkroom_status::function(&environment).unwrap();
    let event = serde_json::json!({
        "version": "2.0", "routeKey": "GET /health", "rawPath": "/health", "rawQueryString": "", "headers": {},
        "requestContext": { "timeEpoch": 0, "http": { "method": "GET", "path": "/health" } }, "isBase64Encoded": false,
    });
    let answer = status
        .handle(LambdaEvent::new(event, Context::default()))
        .await
        .unwrap();
    assert_eq!(answer["statusCode"], 503);
    let health: serde_json::Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (
            health["status"].as_str(),
            health["services"]["metadata"].as_bool()
        ),
        (Some("unhealthy"), Some(false))
    );
    assert_eq!(health["services"]["files"], true, "the others answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there() {
    let system = System::start().await;
    for path in [
        "/images/00000000-0000-0000-0000-000000000000",
        "/images/invalid-uuid",
    ] {
        let (status, problem) = system.get(path).await;
        assert_eq!(
            (status.as_u16(), problem["detail"].as_str()),
            (404, Some("Image not found")),
            "{path}"
        );
        assert_eq!(problem["code"], "not_found");
    }
    for path in [
        "/uploads/invalid",
        "/jobs/00000000-0000-0000-0000-000000000000",
        "/static/thumbnails/x.jpg",
    ] {
        assert_eq!(system.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_picture_twice_is_one() {
    let system = System::start().await;
    let content = png(50, 40, 9);
    let (_, first) = system.post_file("/images", "a.png", &content).await;
    let image = first["id"].as_str().unwrap();
    system.developed(image).await;
    let (status, again) = system.post_file("/images", "b.png", &content).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (again["id"].as_str(), again["status"].as_str()),
        (Some(image), Some("DONE"))
    );
    assert_eq!(again["duplicate_of"], image);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_is_there() {
    let system = System::start().await;
    let (status, document) = system.get("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    for path in [
        "/uploads",
        "/images/{image_id}",
        "/jobs/{job_id}/redrive",
        "/health",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let page = system.api(Method::GET, "/docs").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
}
