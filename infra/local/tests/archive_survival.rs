//! `darkroom` is killed while archives are unpacked, segmented and packed, and none of their pictures is lost or doubled.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, with functions of its own beside"
)]

mod support;

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io::Cursor,
    path::Path,
    time::{Duration, Instant},
};

use darkroom_domain::Timestamp;
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Client, StatusCode, multipart};
use serde_json::{Value, json};
use support::{Darkroom, PATIENCE, free_port, get};

const PICTURES: u8 = 40;
/// For each archive, how many milliseconds pass before each kill, from when it was taken or from the start again.
const MOMENTS: [&[u64]; 3] = [&[20, 160, 400, 90], &[60, 300, 40, 220], &[120, 30, 350, 260]];
/// How many of these must have met an archive under way.
const LEAST_KILLS: usize = 4;

fn archive() -> Vec<u8> {
    let mut zip = ArchiveWriter::new(Vec::new());
    for number in 0..PICTURES {
        let picture = RgbImage::from_fn(64, 48, |x, y| {
            Rgb([x.to_le_bytes()[0].wrapping_mul(4), y.to_le_bytes()[0], number])
        });
        let mut file = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture)
            .write_to(&mut file, ImageFormat::Png)
            .unwrap();
        zip.stored(
            &format!("{number}.png"),
            &file.into_inner(),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
    }
    zip.finish().unwrap()
}

/// Hands the archive over; its job, and the hash of its result.
async fn post(http: &Client, api: &str) -> (String, String) {
    let file = multipart::Part::bytes(archive()).file_name("holiday.zip");
    let answer = http
        .post(format!("{api}/api/upload?model=bright"))
        .multipart(multipart::Form::new().part("file", file))
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let taken: Value = answer.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{taken}");
    let text = |name: &str| taken[name].as_str().unwrap().to_owned();
    (text("job_id"), text("user_hash"))
}

/// The status of the archive, once it is over.
async fn ended(http: &Client, api: &str, job: &str) -> Value {
    let began = Instant::now();
    loop {
        let view = get(http, &format!("{api}/api/status/{job}")).await;
        if !matches!(view["status"].as_str(), Some("PENDING" | "STARTED" | "RETRY")) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "lost: {view}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The status of the archive as soon as all of its pictures are through.
async fn all_through(http: &Client, api: &str, job: &str) -> Value {
    let began = Instant::now();
    loop {
        let view = get(http, &format!("{api}/api/status/{job}")).await;
        if view["status"] == "SUCCESS" || view["progress"]["done"] == PICTURES {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "lost: {view}");
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
}

/// The names in the result, and those that its manifest lists, in their order.
async fn result(http: &Client, api: &str, hash: &str) -> (Vec<String>, Vec<String>) {
    let answer = http
        .get(format!("{api}/api/download/{hash}"))
        .send()
        .await
        .unwrap();
    let bytes = answer.error_for_status().unwrap().bytes().await.unwrap();
    let length = u64::try_from(bytes.len()).unwrap();
    let mut zip = Archive::open(Cursor::new(bytes), length, &ArchiveLimits::DEFAULT).unwrap();
    let names: Vec<String> = zip.entries().iter().map(|entry| entry.name.clone()).collect();
    for name in names.iter().filter(|name| name.ends_with(".png")) {
        let content = zip.read(name, u64::MAX).unwrap();
        let picture = image::load_from_memory(&content).unwrap();
        assert_eq!((picture.width(), picture.height()), (64, 48), "{name}");
    }
    let manifest: Value = serde_json::from_slice(&zip.read("manifest.json", u64::MAX).unwrap()).unwrap();
    let listed = manifest["pictures"].as_array().unwrap();
    let listed = listed
        .iter()
        .map(|picture| picture["file"].as_str().unwrap().to_owned())
        .collect();
    (names, listed)
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_survive_any_number_of_kills() {
    let data = tempfile::tempdir().unwrap();
    let ports = (free_port(), free_port());
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    let start = || Darkroom::kept(data.path(), ports, &[OsStr::new("--models"), models.as_os_str()]);
    let http = Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let mut darkroom = start();
    let api = darkroom.api.clone();

    let mut kills = 0;
    let mut pictures = 0;
    for moments in MOMENTS {
        let (job, hash) = post(&http, &api).await;
        for milliseconds in moments {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            let view = get(&http, &format!("{api}/api/status/{job}")).await;
            darkroom.kill();
            kills += usize::from(view["status"] != "SUCCESS");
            darkroom = start();
        }
        // Once more as near to the packing as can be seen from outside.
        let view = all_through(&http, &api, &job).await;
        darkroom.kill();
        kills += usize::from(view["status"] != "SUCCESS");
        darkroom = start();

        let view = ended(&http, &api, &job).await;
        assert_eq!(view["status"], "SUCCESS", "{view}");
        assert_eq!(view["result"]["errors"], json!([]));
        pictures += u64::from(PICTURES);
        let progress = json!({ "done": PICTURES, "total": PICTURES });
        assert_eq!(view["progress"], progress, "each counted once");

        let (names, listed) = result(&http, &api, &hash).await;
        let expected: BTreeSet<String> = (0..PICTURES).map(|number| format!("{number}.png")).collect();
        assert_eq!(listed.len(), usize::from(PICTURES), "each listed once");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
        assert_eq!(
            names.len(),
            usize::from(PICTURES) + 1,
            "the pictures and their manifest: {names:?}"
        );
        assert!(expected.iter().all(|name| names.contains(name)), "{names:?}");
        let statistics = get(&http, &format!("{api}/stats")).await;
        assert_eq!(statistics["requests_total"], pictures, "each counted once");
    }
    assert!(
        kills >= LEAST_KILLS,
        "only {kills} kills met an archive under way"
    );
    darkroom.kill();
}
