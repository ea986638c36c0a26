//! Everything twice, late and out of order: the outcome is the same.

use std::collections::BTreeSet;

use darkroom_domain::{JobId, JobMessage, Task, TenantId};
use serde_json::json;

use crate::{
    pictures::png,
    system::{System, Wishes},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_event_and_every_message_three_times_shuffled() {
    let system = System::start().await;
    let (ingest, thumbnail) = (
        system.queue_url("IngestQueue").await,
        system.queue_url("ThumbnailQueue").await,
    );
    let mut images = Vec::new();
    for seed in 0..8 {
        let filename = format!("{seed}.png");
        images.push(
            system
                .upload(&filename, "image/png", &png(40 + seed, 30, seed))
                .await,
        );
    }
    let mut sends = Vec::new();
    for round in 0..3_usize {
        for (number, image) in images.iter().enumerate() {
            // The events as S3 writes them; rounds overtake each other, and one sequencer is far too old.
            let sequencer = format!("{:016X}", if round == 2 { 1 } else { u64::MAX / 2 });
            let event = json!({ "Records": [{
                "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
                "s3": { "bucket": { "name": system.bucket },
                        "object": { "key": format!("uploads/default/{image}"), "sequencer": sequencer } },
            }] });
            sends.push(((number * 7 + round * 5) % 24, ingest.clone(), event.to_string()));
        }
    }
    sends.sort();
    for (_, queue, body) in sends {
        system
            .clients
            .sqs()
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }
    let mut jobs = BTreeSet::new();
    for image in &images {
        let view = system.developed(image).await;
        assert_eq!(view["status"], "DONE", "{view}");
        assert!(
            jobs.insert(view["job_id"].as_str().unwrap().to_owned()),
            "one job a picture"
        );
        let job: JobId = view["job_id"].as_str().unwrap().parse().unwrap();
        let message = JobMessage {
            schema_version: 1,
            tenant: TenantId::single(),
            job_id: job,
            task: Task::Thumbnail {
                image_id: image.parse().unwrap(),
            },
        };
        let body = serde_json::to_string(&message).unwrap();
        for _ in 0..3 {
            system
                .clients
                .sqs()
                .send_message()
                .queue_url(&thumbnail)
                .message_body(&body)
                .send()
                .await
                .unwrap();
        }
    }
    let before = snapshot(&system, &images).await;
    // A picture sent last comes out last: then all repetitions are through.
    let last = system.upload("last.png", "image/png", &png(31, 17, 99)).await;
    assert_eq!(system.developed(&last).await["status"], "DONE");
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(snapshot(&system, &images).await, before);
    let keys = system.keys().await;
    assert_eq!(keys.iter().filter(|key| key.starts_with("originals/")).count(), 9);
    assert_eq!(keys.iter().filter(|key| key.starts_with("derived/")).count(), 36);
    assert_eq!(keys.len(), 45, "nothing else: {keys:?}");
}

async fn snapshot(system: &System, images: &[String]) -> Vec<serde_json::Value> {
    let mut views = Vec::new();
    for image in images {
        let (_, view) = system.get(&format!("/images/{image}")).await;
        let (_, job) = system
            .get(&format!("/jobs/{}", view["job_id"].as_str().unwrap()))
            .await;
        assert_eq!(job["attempts"], 1, "{job}");
        views.extend([view, job]);
    }
    views
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_at_the_same_moment_are_one_picture() {
    let system = System::start().await;
    let content = png(48, 48, 1);
    let uploads =
        futures::future::join_all((0..6).map(|_| system.upload("same.png", "image/png", &content))).await;
    let mut images = BTreeSet::new();
    for upload in &uploads {
        let decided = system.decided(upload).await;
        assert_eq!(decided["state"], "accepted", "{decided}");
        images.insert(decided["image_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(images.len(), 1);
    system.developed(images.first().unwrap()).await;
    let began = std::time::Instant::now();
    while system.keys().await.len() != 5 {
        assert!(began.elapsed().as_secs() < 30, "{:?}", system.keys().await);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_in_the_queues_stops_nothing() {
    let system = System::with(Wishes::default()).await;
    for queue in ["IngestQueue", "ThumbnailQueue"] {
        let url = system.queue_url(queue).await;
        for body in [
            "not json",
            "{}",
            "[]",
            r#"{"schema_version":9}"#,
            r#"{"Records":[{}]}"#,
            r#"{"Records":7}"#,
        ] {
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
    }
    let image = system.upload("a.png", "image/png", &png(20, 20, 1)).await;
    assert_eq!(system.developed(&image).await["status"], "DONE");
}
