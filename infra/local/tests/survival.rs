//! `darkroom` is killed at any moment, and nothing that it accepted is lost or doubled.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, with functions of its own beside"
)]

mod support;

use std::{
    collections::BTreeSet,
    io::Cursor,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use support::{Darkroom, PATIENCE, free_port, get};

const PHOTOGRAPHS: usize = 50;
const KILLS: usize = 5;

fn photograph(number: usize) -> Vec<u8> {
    let number = u8::try_from(number).unwrap();
    let picture = RgbImage::from_fn(640, 480, |x, y| {
        Rgb([
            (x / 3).to_le_bytes()[0] ^ number,
            (y / 2).to_le_bytes()[0],
            number,
        ])
    });
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut file, ImageFormat::Jpeg)
        .unwrap();
    file.into_inner()
}

/// Sends a photograph until the bucket says that it has it; the id of that upload.
async fn send(http: &Client, api: &str, number: usize) -> String {
    let content = photograph(number);
    let request =
        json!({ "filename": format!("{number}.jpg"), "content_type": "image/jpeg", "size": content.len() });
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < PATIENCE, "photograph {number} is not taken");
        if let Some(upload) = try_to_send(http, api, &request, &content).await {
            return upload;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn try_to_send(http: &Client, api: &str, request: &Value, content: &[u8]) -> Option<String> {
    let promise = http
        .post(format!("{api}/uploads"))
        .json(request)
        .send()
        .await
        .ok()?;
    if promise.status() != StatusCode::CREATED {
        return None;
    }
    let promise: Value = promise.json().await.ok()?;
    let mut put = http.put(promise["url"].as_str()?).body(content.to_vec());
    for (name, value) in promise["headers"].as_object()? {
        put = put.header(name, value.as_str()?);
    }
    let sent = put.send().await.ok()?;
    (sent.status() == StatusCode::OK).then(|| promise["upload_id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_photographs_survive_any_number_of_kills() {
    let data = tempfile::tempdir().unwrap();
    let ports = (free_port(), free_port());
    let http = Client::builder()
        .redirect(Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let mut darkroom = Darkroom::kept(data.path(), ports, &[]);
    let api = darkroom.api.clone();

    let next = Arc::new(Mutex::new(0..PHOTOGRAPHS));
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (next, http, api) = (Arc::clone(&next), http.clone(), api.clone());
            tokio::spawn(async move {
                let mut sent = Vec::new();
                loop {
                    let Some(number) = next.lock().unwrap().next() else {
                        return sent;
                    };
                    sent.push(send(&http, &api, number).await);
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
            })
        })
        .collect();
    // The moments are the same in every run; what they meet is not.
    let mut moment: u64 = 88_172_645_463_325_252;
    for _ in 0..KILLS {
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        tokio::time::sleep(Duration::from_millis(150 + moment % 900)).await;
        darkroom.kill();
        darkroom = Darkroom::kept(data.path(), ports, &[]);
    }
    let mut uploads = Vec::new();
    for sender in senders {
        uploads.extend(sender.await.unwrap());
    }
    assert_eq!(uploads.len(), PHOTOGRAPHS);

    let began = Instant::now();
    for upload in &uploads {
        loop {
            let view = get(&http, &format!("{api}/images/{upload}")).await;
            match view["status"].as_str() {
                Some("DONE") => {
                    assert_eq!(view["thumbnails"].as_object().unwrap().len(), 3);
                    break;
                }
                Some("NEW" | "PROCESSING") => {}
                _ => panic!("accepted, and then {view}"),
            }
            assert!(began.elapsed() < PATIENCE, "lost: {view}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    let list = get(&http, &format!("{api}/images?limit=100")).await;
    let items = list["items"].as_array().unwrap();
    let digests: BTreeSet<&str> = items
        .iter()
        .map(|item| item["sha256"].as_str().unwrap())
        .collect();
    assert_eq!(
        (items.len(), digests.len()),
        (PHOTOGRAPHS, PHOTOGRAPHS),
        "none lost, none doubled"
    );
    for item in items {
        for (preset, side) in [("100x100", 100), ("300x300", 300), ("1200x1200", 1200)] {
            let path = item["thumbnails"][preset].as_str().unwrap();
            let redirect = http.get(format!("{api}{path}")).send().await.unwrap();
            let file = http
                .get(redirect.headers()["location"].to_str().unwrap())
                .send()
                .await
                .unwrap();
            let jpeg = file.bytes().await.unwrap();
            let picture = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap();
            assert_eq!((picture.width(), picture.height()), (side, side));
        }
    }
    darkroom.kill();
}
