//! Every message several times, late, lost or dead: each picture counts once, and the archive ends.

use std::time::Duration;

use darkroom_cloud::{Clock, Connection, Records, clock::SystemClock};
use darkroom_domain::{
    ArchiveState, ArchivedPicture, Code, FailureReport, JobMessage, JobState, Task, TenantId,
};
use darkroom_lambda::Function;
use lambda_runtime::{Context, LambdaEvent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ended, json_of, result, taken, with_own_model, zip_of};
use crate::{
    pictures::png,
    system::{System, Wishes},
    upkeep::round,
};

const PICTURES: u32 = 30;

fn zip() -> Vec<u8> {
    let contents: Vec<(String, Vec<u8>)> = (0..PICTURES)
        .map(|number| (format!("{number:02}.png"), png(20, 20, number)))
        .collect();
    let files: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    zip_of(&files)
}

async fn records(system: &System) -> Records {
    let environment = system.environment_of("archive").await;
    Connection::of(&environment).unwrap().records().unwrap()
}

/// The pictures of an archive, once all of them are with their workers.
async fn pictures(system: &System, job: &str, hash: &str) -> Vec<ArchivedPicture> {
    system
        .until(&format!("/api/status/{job}"), |view| {
            view["status"] != "PENDING" && view["progress"].is_object()
        })
        .await;
    let records = records(system).await;
    let id = hash.parse().unwrap();
    loop {
        let found = records
            .archived_pictures(&TenantId::single(), id, None, 1_000)
            .await
            .unwrap();
        if found.len() == PICTURES as usize {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn message(picture: &ArchivedPicture) -> String {
    let task = Task::Segment {
        archive_id: picture.archive_id,
        number: picture.number,
    };
    let message = JobMessage::of(TenantId::single(), picture.job_id.unwrap(), task);
    serde_json::to_string(&message).unwrap()
}

async fn send(system: &System, queue: &str, body: &str) {
    let url = system.queue_url(queue).await;
    let sent = system
        .clients
        .sqs()
        .send_message()
        .queue_url(url)
        .message_body(body);
    sent.send().await.unwrap();
}

/// Hands messages to a function as its queue does; those that it gives back.
async fn handle(function: &Function, bodies: &[String]) -> Vec<Value> {
    handle_within(function, bodies, Duration::from_secs(100)).await
}

async fn handle_within(function: &Function, bodies: &[String], time: Duration) -> Vec<Value> {
    let record = |body: &String| json!({ "messageId": "m", "body": body, "attributes": {} });
    let records: Vec<Value> = bodies.iter().map(record).collect();
    let mut context = Context::default();
    let deadline = SystemClock.now().after(time);
    context.deadline = u64::try_from(deadline.unix_milliseconds()).unwrap();
    let event = LambdaEvent::new(json!({ "Records": records }), context);
    let answer = function.handle(event).await.unwrap();
    answer["batchItemFailures"].as_array().unwrap().clone()
}

async fn expect_whole(system: &System, job: &str, hash: &str) {
    let view = ended(system, job).await;
    assert_eq!(view["status"], "SUCCESS", "{view}");
    let files = result(system, hash).await;
    assert_eq!(
        files.len(),
        PICTURES as usize + 1,
        "every picture, and the manifest"
    );
    let manifest = json_of(&files, "manifest.json");
    assert_eq!(manifest["pictures"].as_array().unwrap().len(), PICTURES as usize);
    let tally = records(system)
        .await
        .tally(&TenantId::single(), hash.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (tally.total, tally.settled, tally.failed),
        (u64::from(PICTURES), u64::from(PICTURES), 0),
        "each counts once"
    );
    let (_, statistics) = system.get("/stats").await;
    assert_eq!(statistics["requests_total"], PICTURES);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_three_times() {
    let system = with_own_model(Wishes::default()).await;
    let (job, hash) = taken(&system, "?model=bright", &zip()).await;
    let whole = {
        let stored = records(&system)
            .await
            .job(&TenantId::single(), job.parse().unwrap())
            .await;
        serde_json::to_string(&JobMessage::for_job(&stored.unwrap().unwrap())).unwrap()
    };
    for _ in 0..2 {
        send(&system, "ArchiveQueue", &whole).await;
    }
    let pictures = pictures(&system, &job, &hash).await;
    for _ in 0..2 {
        for picture in pictures.iter().rev() {
            send(&system, "SegmentQueue", &message(picture)).await;
        }
        send(&system, "ArchiveQueue", &whole).await;
    }
    expect_whole(&system, &job, &hash).await;
    // And once more when all is over.
    for picture in pictures.iter().take(3) {
        send(&system, "SegmentQueue", &message(picture)).await;
    }
    send(&system, "ArchiveQueue", &whole).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    expect_whole(&system, &job, &hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_messages_are_sent_again() {
    // The queue's own worker swallows everything: messages are lost.
    let system = with_own_model(Wishes {
        idle: vec!["segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &zip()).await;
    let pictures = pictures(&system, &job, &hash).await;
    let segment = darkroom_segment::function(&system.environment_of("segment").await).unwrap();
    let bodies: Vec<String> = pictures.iter().map(message).collect();
    // Half of the pictures are done by a worker; the rest nobody heard of.
    for body in bodies.iter().take(15) {
        assert!(handle(&segment, std::slice::from_ref(body)).await.is_empty());
    }
    let view = system.get(&format!("/api/status/{job}")).await.1;
    assert_eq!(
        (&view["status"], &view["progress"]["done"]),
        (&json!("STARTED"), &json!(15)),
        "{view}"
    );
    let found = round(&system, json!({ "start": true })).await;
    assert_eq!(
        found["jobs_requeued"], 16,
        "the archive's job, and each picture's: {found}"
    );
    // Two workers are given the same picture at the same moment, again and again.
    let (front, back) = (&bodies[10..], &bodies[10..]);
    let one = async {
        for body in front {
            handle(&segment, std::slice::from_ref(body)).await;
        }
    };
    let other = async {
        for body in back.iter().rev() {
            handle(&segment, std::slice::from_ref(body)).await;
        }
    };
    tokio::join!(one, other);
    // What one of them gave back because the other had begun.
    for body in &bodies {
        assert!(handle(&segment, std::slice::from_ref(body)).await.is_empty());
    }
    expect_whole(&system, &job, &hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_into_one_invocation_goes_on_in_the_next() {
    let system = with_own_model(Wishes {
        idle: vec!["archive", "segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &zip()).await;
    let records = records(&system).await;
    let (tenant, id) = (TenantId::single(), hash.parse().unwrap());
    let whole = async || records.job(&tenant, job.parse().unwrap()).await.unwrap().unwrap();
    let message = serde_json::to_string(&JobMessage::for_job(&whole().await)).unwrap();
    let archive = darkroom_archive::function(&system.environment_of("archive").await).unwrap();
    // Time for one company of pictures, and not for another.
    let short = Duration::from_secs(8);
    assert!(
        handle_within(&archive, std::slice::from_ref(&message), short)
            .await
            .is_empty()
    );
    let state = records.archive(&tenant, id).await.unwrap().unwrap().state;
    assert!(
        matches!(state, ArchiveState::Unpacking { unpacked: 25, .. }),
        "{state:?}"
    );
    let paused = whole().await;
    assert_eq!(
        (paused.state, paused.attempts),
        (JobState::Queued, 0),
        "it goes on at once"
    );
    assert!(
        handle_within(&archive, std::slice::from_ref(&message), short)
            .await
            .is_empty()
    );
    assert_eq!(
        whole().await.state,
        JobState::Running,
        "it waits for its pictures"
    );
    let pictures = records.archived_pictures(&tenant, id, None, 1_000).await.unwrap();
    assert_eq!(pictures.len(), PICTURES as usize);
    let segment = darkroom_segment::function(&system.environment_of("segment").await).unwrap();
    for picture in &pictures {
        assert!(handle(&segment, &[self::message(picture)]).await.is_empty());
    }
    assert!(handle(&archive, std::slice::from_ref(&message)).await.is_empty());
    expect_whole(&system, &job, &hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_archive_is_tried_anew_with_all_its_pictures() {
    let system = with_own_model(Wishes {
        idle: vec!["segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &zip()).await;
    let pictures = pictures(&system, &job, &hash).await;
    system
        .until(&format!("/jobs/{job}"), |job| {
            job["attempts"] == 0 && job["state"] == "running"
        })
        .await;
    // As an outage leaves it: the whole is given up, and its pictures are still on their way.
    let records = records(&system).await;
    let (tenant, id) = (TenantId::single(), hash.parse().unwrap());
    let whole = records.job(&tenant, job.parse().unwrap()).await.unwrap().unwrap();
    let reason = FailureReport {
        code: Code::AttemptsExhausted,
        detail: "An outage.".to_owned(),
    };
    let failed = whole.failed(reason, SystemClock.now()).unwrap();
    records.save_job(failed).await.unwrap();
    let segment = darkroom_segment::function(&system.environment_of("segment").await).unwrap();
    for picture in &pictures {
        assert!(handle(&segment, &[message(picture)]).await.is_empty());
    }
    assert_eq!(ended(&system, &job).await["status"], "FAILURE");

    // Somebody wrote to the archive while its packer worked: that loses nothing, and is tried again.
    let archive = records.archive(&tenant, id).await.unwrap().unwrap();
    records
        .save_archive(archive.clone().postponed(SystemClock.now()))
        .await
        .unwrap();
    let stored = records.job(&tenant, job.parse().unwrap()).await.unwrap().unwrap();
    let packed = archive
        .packed(1, SystemClock.now(), Duration::from_secs(60))
        .unwrap();
    let tally = records.tally(&tenant, id).await.unwrap().unwrap();
    let refused = records.finish_archive(packed, stored, &tally).await.unwrap_err();
    assert_eq!(refused.code, Code::Unavailable);

    let redrive = system.api(Method::POST, &format!("/jobs/{job}/redrive"));
    assert_eq!(redrive.send().await.unwrap().status(), StatusCode::ACCEPTED);
    system
        .until(&format!("/api/status/{job}"), |view| view["status"] == "SUCCESS")
        .await;
    expect_whole(&system, &job, &hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_errors_of_the_archive() {
    let system = with_own_model(Wishes {
        idle: vec!["segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &zip()).await;
    let pictures = pictures(&system, &job, &hash).await;
    for _ in 0..2 {
        for picture in &pictures {
            send(&system, "SegmentDeadLetterQueue", &message(picture)).await;
        }
    }
    let view = ended(&system, &job).await;
    assert_eq!(view["status"], "SUCCESS", "{view}");
    assert_eq!(
        view["result"]["errors"].as_array().unwrap().len(),
        PICTURES as usize
    );
    let files = result(&system, &hash).await;
    let errors = json_of(&files, "errors.json");
    assert_eq!(errors[0]["code"], "attempts_exhausted", "{errors}");
    assert_eq!(json_of(&files, "manifest.json")["pictures"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_gone_is_an_error_of_each_picture() {
    let system = with_own_model(Wishes {
        idle: vec!["segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &zip()).await;
    let pictures = pictures(&system, &job, &hash).await;
    // A deployment that does not have the model any more.
    let environment = system.environment_of("segment").await.with("MODELS", "");
    let segment = darkroom_segment::function(&environment).unwrap();
    for picture in &pictures {
        assert!(handle(&segment, &[message(picture)]).await.is_empty());
    }
    ended(&system, &job).await;
    let errors = json_of(&result(&system, &hash).await, "errors.json");
    assert_eq!(errors.as_array().unwrap().len(), PICTURES as usize);
    assert!(
        errors[0]["error"].as_str().unwrap().contains("no such model"),
        "{errors}"
    );
}
