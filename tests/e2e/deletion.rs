//! What is deleted is gone, whatever is at work on it.

use reqwest::{Method, StatusCode};

use crate::{
    pictures::{encoded, png},
    system::{System, Wishes},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_picture_leaves_nothing() {
    let system = System::start().await;
    let content = png(60, 60, 1);
    let image = system.upload("a.png", "image/png", &content).await;
    let view = system.developed(&image).await;
    let delete = || system.api(Method::DELETE, &format!("/images/{image}")).send();
    assert_eq!(delete().await.unwrap().status(), StatusCode::OK);
    assert_eq!(system.keys().await, Vec::<String>::new());
    for path in [
        format!("/images/{image}"),
        format!("/images/{image}/original"),
        format!("/images/{image}/thumbnails/100x100"),
        format!("/jobs/{}", view["job_id"].as_str().unwrap()),
        format!("/uploads/{image}"),
    ] {
        assert_eq!(system.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(delete().await.unwrap().status(), StatusCode::NOT_FOUND);
    // The same bytes are new again.
    let again = system.upload("a.png", "image/png", &content).await;
    assert_eq!(system.decided(&again).await["image_id"], again.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_deleted_while_jobs_run_leaves_nothing() {
    let system = System::start().await;
    let mut images = Vec::new();
    for seed in 0..6 {
        let content = encoded(900, 700, seed, image::ImageFormat::Jpeg);
        images.push(system.upload("a.jpg", "image/jpeg", &content).await);
    }
    for (number, image) in images.iter().enumerate() {
        // At every stage: promised, being examined, being developed.
        tokio::time::sleep(std::time::Duration::from_millis(40 * number as u64)).await;
        let status = system
            .api(Method::DELETE, &format!("/images/{image}"))
            .send()
            .await
            .unwrap()
            .status();
        assert_eq!(status, StatusCode::OK, "{image}");
    }
    // Whatever was under way has ended when a later picture is through.
    for seed in 10..14 {
        let last = system.upload("last.png", "image/png", &png(30, 30, seed)).await;
        assert_eq!(system.developed(&last).await["status"], "DONE");
        assert_eq!(
            system
                .api(Method::DELETE, &format!("/images/{last}"))
                .send()
                .await
                .unwrap()
                .status(),
            StatusCode::OK
        );
    }
    let began = std::time::Instant::now();
    loop {
        let keys = system.keys().await;
        if keys.is_empty() {
            break;
        }
        assert!(began.elapsed().as_secs() < 30, "left behind: {keys:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    for image in &images {
        assert_eq!(
            system.get(&format!("/images/{image}")).await.0,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_can_be_withdrawn() {
    let system = System::with(Wishes {
        idle: vec!["ingest"],
        ..Default::default()
    })
    .await;
    let image = system.upload("a.png", "image/png", &png(20, 20, 1)).await;
    // The janitor's round at the start may have noticed the file already.
    let status = system.get(&format!("/images/{image}")).await.1["status"].clone();
    assert!(status == "NEW" || status == "PROCESSING", "not decided: {status}");
    let deleted = system
        .api(Method::DELETE, &format!("/images/{image}"))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
    assert_eq!(system.keys().await, Vec::<String>::new());
    assert_eq!(
        system.get(&format!("/uploads/{image}")).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_comes_too_late_clears_up_after_itself() {
    let system = System::start().await;
    let image = system.upload("a.png", "image/png", &png(40, 40, 1)).await;
    let view = system.developed(&image).await;
    let kept = system.upload("b.png", "image/png", &png(40, 40, 2)).await;
    let kept_view = system.developed(&kept).await;
    let deleted = system
        .api(Method::DELETE, &format!("/images/{image}"))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
    // A worker that had begun before writes a file now and is killed; its message comes again. So does one for a
    // picture that is still there.
    let stray = format!("derived/default/{image}/thumbnails/v1/100x100.jpg");
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"late");
    let put = system
        .clients
        .s3()
        .put_object()
        .bucket(&system.bucket)
        .key(&stray)
        .body(body);
    put.send().await.unwrap();
    let queue = system.queue_url("ThumbnailQueue").await;
    for (image, view) in [(&kept, &kept_view), (&image, &view)] {
        let message = serde_json::json!({
            "schema_version": 1, "tenant": "default", "job_id": view["job_id"], "task": { "kind": "thumbnail", "image_id": image },
        });
        let send = system
            .clients
            .sqs()
            .send_message()
            .queue_url(&queue)
            .message_body(message.to_string());
        send.send().await.unwrap();
    }
    let began = std::time::Instant::now();
    while system.keys().await.contains(&stray) {
        assert!(began.elapsed().as_secs() < 30, "left behind");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(
        system.keys().await.len(),
        5,
        "the other picture has its original and four thumbnails"
    );
}
