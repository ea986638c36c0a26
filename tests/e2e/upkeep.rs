//! What the janitor does, and what is tried anew.

use darkroom_cloud::{Connection, Environment};
use darkroom_domain::{JobId, TenantId, Timestamp};
use lambda_runtime::{Context, LambdaEvent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::png,
    system::{System, Wishes, answer},
};

/// A round of the janitor as the schedule starts it.
pub(crate) async fn round(system: &System, detail: Value) -> Value {
    let environment = system.environment_of("janitor").await;
    let janitor = darkroom_janitor::function(&environment).unwrap();
    let event = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": detail });
    janitor
        .handle(LambdaEvent::new(event, Context::default()))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_event_was_lost_is_found() {
    let system = System::with(Wishes {
        idle: vec!["ingest"],
        ..Default::default()
    })
    .await;
    let image = system.upload("a.png", "image/png", &png(20, 20, 1)).await;
    let unsent = system.promise("b.png", "image/png", &png(20, 20, 2)).await;
    // Nothing is due yet.
    let early = round(&system, json!({})).await;
    assert_eq!(early["uploads_requeued"], 0, "{early}");
    // A start finds it, though: nobody else can be at work.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let found = round(&system, json!({ "start": true })).await;
    assert_eq!(
        (found["uploads_requeued"].as_u64(), found["errors"].as_u64()),
        (Some(1), Some(0)),
        "{found}"
    );
    assert_eq!(
        system.get(&format!("/uploads/{image}")).await.1["state"],
        "received"
    );
    let unsent = unsent["upload_id"].as_str().unwrap();
    assert_eq!(
        system.get(&format!("/uploads/{unsent}")).await.1["state"],
        "pending",
        "its time is not over"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_message_was_lost_is_found() {
    let system = System::with(Wishes {
        idle: vec!["thumbnail"],
        ..Default::default()
    })
    .await;
    let image = system.upload("a.png", "image/png", &png(20, 20, 1)).await;
    system.decided(&image).await;
    let (_, view) = system.get(&format!("/images/{image}")).await;
    assert_eq!(view["status"], "PROCESSING");
    let path = format!("/images/{image}/thumbnails/100x100");
    assert_eq!(system.get(&path).await.0, StatusCode::CONFLICT, "not finished");
    let found = round(&system, json!({ "start": true })).await;
    assert_eq!(found["jobs_requeued"], 1, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_end_with_their_reason() {
    let system = System::with(Wishes {
        idle: vec!["thumbnail"],
        ..Default::default()
    })
    .await;
    let image = system.upload("a.png", "image/png", &png(20, 20, 1)).await;
    system.decided(&image).await;
    let (_, view) = system.get(&format!("/images/{image}")).await;
    let job = view["job_id"].as_str().unwrap().to_owned();
    let letter = json!({
        "schema_version": 1, "tenant": "default", "job_id": job, "task": { "kind": "thumbnail", "image_id": image },
    });
    let url = system.queue_url("ThumbnailDeadLetterQueue").await;
    for body in [letter.to_string(), "noise".to_owned(), letter.to_string()] {
        system
            .clients
            .sqs()
            .send_message()
            .queue_url(&url)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }
    let view = system.developed(&image).await;
    assert_eq!(view["status"], "ERROR");
    assert_eq!(view["error"]["code"], "attempts_exhausted");
    assert_eq!(system.get(&format!("/jobs/{job}")).await.1["state"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_redriven_by_its_owner() {
    let system = System::start().await;
    let content = png(200, 150, 1);
    let image = system.upload("a.png", "image/png", &content).await;
    let view = system.developed(&image).await;
    let job = view["job_id"].as_str().unwrap();
    let redrive = async || {
        answer(
            system
                .api(Method::POST, &format!("/jobs/{job}/redrive"))
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    let (status, problem) = redrive().await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (409, Some("conflict")),
        "it has not failed"
    );

    // The original vanishes, and the job is made to run once more: it fails for a reason of its own.
    let records = records(&system).await;
    let tenant = darkroom_domain::TenantId::single();
    let stored = records.job(&tenant, job.parse().unwrap()).await.unwrap().unwrap();
    let key = format!("originals/default/{image}");
    system
        .clients
        .s3()
        .delete_object()
        .bucket(&system.bucket)
        .key(&key)
        .send()
        .await
        .unwrap();
    let mut failed = stored.clone();
    failed.state = darkroom_domain::JobState::Failed;
    records.save_job(failed).await.unwrap();
    assert_eq!(redrive().await.0, StatusCode::ACCEPTED);
    let view = system
        .until(&format!("/jobs/{job}"), |view| view["state"] == "failed")
        .await;
    assert_eq!(view["error"]["code"], "file_missing", "{view}");
    assert_eq!(system.get(&format!("/images/{image}")).await.1["status"], "ERROR");

    // With the file back in its place the same call succeeds.
    let body = aws_sdk_s3::primitives::ByteStream::from(content);
    system
        .clients
        .s3()
        .put_object()
        .bucket(&system.bucket)
        .key(&key)
        .body(body)
        .send()
        .await
        .unwrap();
    let (status, queued) = redrive().await;
    assert_eq!(
        (status, queued["state"].as_str()),
        (StatusCode::ACCEPTED, Some("queued"))
    );
    let view = system.developed(&image).await;
    assert_eq!(view["status"], "DONE", "{view}");
    assert_eq!(
        system.get(&format!("/jobs/{job}")).await.1["attempts"],
        1,
        "attempts are counted anew"
    );
}

pub(crate) async fn records(system: &System) -> darkroom_cloud::Records {
    let environment: Environment = system.environment_of("status").await;
    Connection::of(&environment).unwrap().records().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_import_left_is_cleared_away() {
    let system = System::start().await;
    let id = system.dataset("Half").await;
    for number in 0..3 {
        let image = system.dataset_image(&id, "a.png", &png(9, 9, number)).await;
        system.developed(&image).await;
    }
    let records = records(&system).await;
    let tenant = TenantId::single();
    let dataset = records
        .dataset(&tenant, id.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    // As a worker leaves it that was killed for good: hidden, and its job gone.
    let job_id = JobId::from_uuid(*dataset.id.as_uuid());
    let long_ago = Timestamp::UNIX_EPOCH;
    records
        .save_dataset(dataset.importing(job_id, long_ago))
        .await
        .unwrap();
    let hidden = system.get(&format!("/api/v1/IO/dataset/{id}")).await;
    assert_eq!(hidden.0, StatusCode::NOT_FOUND);
    let cleared = round(&system, json!({})).await;
    assert_eq!(
        (&cleared["datasets_cleared"], &cleared["errors"]),
        (&json!(1), &json!(0)),
        "{cleared}"
    );
    assert!(
        records
            .dataset(&tenant, id.parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    system.until_empty().await;
    assert_eq!(
        system.get("/jobs").await.1["items"],
        json!([]),
        "jobs go with their pictures"
    );
}
