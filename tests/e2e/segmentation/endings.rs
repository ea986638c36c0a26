//! How archives end: unknown, unfinished, expired, called off, another's.

use darkroom_cloud::{Connection, Records};
use darkroom_domain::{ArchiveState, TenantId, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{ended, result, taken, with_own_model, zip_of};
use crate::{
    pictures::png,
    system::{System, Wishes},
    upkeep::round,
};

async fn records(system: &System) -> Records {
    let environment = system.environment_of("archive").await;
    Connection::of(&environment).unwrap().records().unwrap()
}

fn small_zip() -> Vec<u8> {
    zip_of(&[("a.png", &png(20, 20, 1)), ("b.png", &png(20, 20, 2))])
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_unfinished_and_anothers() {
    let system = with_own_model(Wishes {
        tokens: vec![("ann", "secret-a"), ("bob", "secret-b")],
        idle: vec!["segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &small_zip()).await;
    let started = system
        .until(&format!("/api/status/{job}"), |view| {
            view["progress"]["total"] == 2
        })
        .await;
    assert_eq!(
        (
            &started["status"],
            &started["result"],
            &started["progress"]["done"]
        ),
        (&json!("STARTED"), &json!(null), &json!(0)),
        "{started}"
    );
    for path in ["download", "archive_time_left"] {
        let (status, problem) = system.get(&format!("/api/{path}/{hash}")).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("conflict")),
            "{path}"
        );
        for unknown in [
            "0123456789abcdef",
            "%2e%2e",
            "x",
            "..%252f..",
            &hash.to_uppercase().replace('0', "F"),
        ] {
            // Some of these do not even get as far as a function.
            let (status, _) = system.get(&format!("/api/{path}/{unknown}")).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{unknown}");
        }
    }
    let (status, _) = system
        .get("/api/status/0192f0c1-2345-7abc-8def-0123456789ab")
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let bob = system.as_tenant("secret-b");
    for path in [
        format!("/api/download/{hash}"),
        format!("/api/archive_time_left/{hash}"),
        format!("/api/status/{job}"),
        format!("/jobs/{job}"),
    ] {
        assert_eq!(bob.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(bob.get("/stats").await.1["requests_total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_expires_and_no_download_prolongs_it() {
    let system = with_own_model(Wishes {
        parameters: vec![("ArchiveLifetimeSeconds", "90")],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &small_zip()).await;
    ended(&system, &job).await;
    let records = records(&system).await;
    let (tenant, id) = (TenantId::single(), hash.parse().unwrap());
    let before = records.archive(&tenant, id).await.unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(result(&system, &hash).await.len(), 3);
    }
    let archive = records.archive(&tenant, id).await.unwrap().unwrap();
    assert_eq!(archive, before);
    let (_, left) = system.get(&format!("/api/archive_time_left/{hash}")).await;
    assert!(left["seconds_left"].as_u64() <= Some(90), "{left}");

    // Its time is over.
    let mut expired = archive;
    if let ArchiveState::Packed { kept_until, .. } = &mut expired.state {
        *kept_until = Timestamp::UNIX_EPOCH;
    }
    expired.due_at = Some(Timestamp::UNIX_EPOCH);
    records.save_archive(expired).await.unwrap();
    for path in ["download", "archive_time_left"] {
        let (status, problem) = system.get(&format!("/api/{path}/{hash}")).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::GONE, &json!("expired")),
            "{path}"
        );
    }
    let cleared = round(&system, json!({})).await;
    assert_eq!(
        (&cleared["archives_cleared"], &cleared["errors"]),
        (&json!(1), &json!(0)),
        "{cleared}"
    );
    system.until_empty().await;
    assert_eq!(
        system.get(&format!("/api/download/{hash}")).await.0,
        StatusCode::GONE
    );
    let again = round(&system, json!({ "start": true })).await;
    assert_eq!(
        (&again["archives_cleared"], &again["errors"]),
        (&json!(0), &json!(0)),
        "{again}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_called_off_leaves_nothing() {
    let system = with_own_model(Wishes {
        idle: vec!["segment"],
        ..Wishes::default()
    })
    .await;
    let (job, hash) = taken(&system, "?model=bright", &small_zip()).await;
    system
        .until(&format!("/api/status/{job}"), |view| {
            view["progress"]["total"] == 2
        })
        .await;
    let cancelled = system
        .api(Method::POST, &format!("/jobs/{job}/cancel"))
        .send()
        .await
        .unwrap();
    assert_eq!(cancelled.status(), StatusCode::OK);
    assert_eq!(ended(&system, &job).await["status"], "REVOKED");
    assert_eq!(
        system.get(&format!("/api/download/{hash}")).await.0,
        StatusCode::GONE
    );
    system.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_goes_with_its_job() {
    let system = with_own_model(Wishes::default()).await;
    let (job, hash) = taken(&system, "?model=bright", &small_zip()).await;
    ended(&system, &job).await;
    assert_eq!(
        system.delete(&format!("/jobs/{job}")).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        system.get(&format!("/api/download/{hash}")).await.0,
        StatusCode::GONE
    );
    assert_eq!(
        system.get(&format!("/api/status/{job}")).await.0,
        StatusCode::NOT_FOUND
    );
    system.until_empty().await;
}
