//! Links to thumbnails, as an `<img>` follows them: without a token.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::{dimensions, png},
    system::{System, Wishes, answer},
};

const NOBODY: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

fn wishes() -> Wishes {
    Wishes {
        tokens: vec![("alice", "secret-of-alice"), ("bob|#/..", "secret-of-bob")],
        ..Default::default()
    }
}

async fn linked(system: &System, images: &[&str], preset: &str) -> Value {
    let (status, linked) = system
        .post("/images/links", &json!({ "image_ids": images, "preset": preset }))
        .await;
    assert_eq!(status, StatusCode::OK, "{linked}");
    linked
}

async fn link(system: &System, image: &str, preset: &str) -> String {
    let linked = linked(system, &[image], preset).await;
    assert_eq!(linked["links"][0]["image_id"], image);
    linked["links"][0]["url"].as_str().unwrap().to_owned()
}

/// What comes of a link that an `<img>` has.
async fn shown(url: &str) -> reqwest::Response {
    reqwest::get(url).await.unwrap()
}

async fn leads_nowhere(url: &str) -> bool {
    matches!(shown(url).await.status().as_u16(), 403 | 404)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_the_thumbnail_without_a_token() {
    let system = System::with(wishes()).await;
    let bob = system.as_tenant("secret-of-bob");
    // His name is full of separators, and his pictures are found all the same.
    for system in [&system, &bob] {
        let image = system
            .upload("été \"1\".png", "image/png", &png(400, 200, 1))
            .await;
        assert_eq!(system.developed(&image).await["status"], "DONE");
        for (preset, size) in [
            ("100x100", (100, 100)),
            ("300x300", (300, 300)),
            ("1200x1200", (1200, 1200)),
            ("266x150", (266, 133)),
        ] {
            let response = shown(&link(system, &image, preset).await).await;
            assert_eq!(response.status(), StatusCode::OK, "{preset}");
            for (name, value) in [
                ("content-type", "image/jpeg"),
                ("content-disposition", "inline"),
                ("cache-control", "private, max-age=600"),
            ] {
                assert_eq!(response.headers()[name], value, "{preset}");
            }
            let content = response.bytes().await.unwrap();
            assert_eq!(dimensions(&content), size);
            assert_eq!(content, system.thumbnail(&image, preset).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_picture_has_the_same_link_for_a_while() {
    let system = System::start().await;
    let image = system.upload("a.png", "image/png", &png(40, 30, 1)).await;
    system.developed(&image).await;
    // Five minutes may be over between two requests, but not between four.
    let mut pairs = 0;
    let mut last = linked(&system, &[&image], "100x100").await;
    for _ in 0..3 {
        let next = linked(&system, &[NOBODY, &image], "100x100").await;
        if next["expires_at"] == last["expires_at"] {
            let url = |linked: &Value| {
                let links = linked["links"].as_array().unwrap().clone();
                links.iter().find(|link| link["image_id"] == image).unwrap()["url"].clone()
            };
            assert_eq!(url(&next), url(&last), "whatever else is asked for");
            pairs += 1;
        }
        last = next;
    }
    assert!(pairs >= 2);
    let expires_at: darkroom_domain::Timestamp = last["expires_at"].as_str().unwrap().parse().unwrap();
    let left = expires_at.since(darkroom_cloud::Clock::now(&darkroom_cloud::clock::SystemClock));
    // Of ten minutes this test has taken some seconds.
    assert!((9 * 60..=15 * 60).contains(&left.as_secs()), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_anothers_is_a_link_to_nothing() {
    let system = System::with(wishes()).await;
    let bob = system.as_tenant("secret-of-bob");
    let image = system.upload("mine.png", "image/png", &png(40, 30, 1)).await;
    assert_eq!(system.developed(&image).await["status"], "DONE");
    let mine = link(&system, &image, "100x100").await;
    assert_eq!(shown(&mine).await.status(), StatusCode::OK);

    let asked = linked(&bob, &[&image, NOBODY], "100x100").await;
    for link in asked["links"].as_array().unwrap() {
        let url = link["url"].as_str().unwrap();
        assert!(leads_nowhere(url).await, "{url}");
        assert!(!url.contains("/alice/"), "{url}");
    }
    // No signature opens another file, another time or another size than it was made for.
    let other = link(&bob, &image, "100x100").await;
    let of_bob = other.split('?').next().unwrap();
    let of_alice = mine.split('?').next().unwrap();
    for changed in [
        other.replace(of_bob, of_alice),
        mine.replace("100x100", "300x300"),
        mine.replace("/thumbnails/v1/100x100.jpg", "/../../../originals/alice"),
        mine.replace("X-Amz-Expires=900", "X-Amz-Expires=604800"),
        mine.replace("image%2Fjpeg", "text%2Fhtml"),
        of_alice.to_owned(),
    ] {
        assert!(changed != mine && leads_nowhere(&changed).await, "{changed}");
    }
    // A link ends with its picture.
    assert_eq!(system.delete(&format!("/images/{image}")).await.0, StatusCode::OK);
    assert!(leads_nowhere(&mine).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_not_finished_has_its_link_already() {
    let wishes = Wishes {
        idle: vec!["thumbnail"],
        ..Default::default()
    };
    let system = System::with(wishes).await;
    let image = system.upload("a.png", "image/png", &png(40, 30, 1)).await;
    assert_eq!(system.decided(&image).await["state"], "accepted");
    assert!(leads_nowhere(&link(&system, &image, "300x300").await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_links_at_once_and_no_more() {
    let system = System::start().await;
    let ids: Vec<String> = (0..1001)
        .map(|number| format!("0192f0c1-2345-7abc-8def-{:012x}", 5_000 - number))
        .collect();
    let request = |ids: &[String]| json!({ "image_ids": ids, "preset": "266x150" });
    let (status, answered) = system.post("/images/links", &request(&ids[..1000])).await;
    assert_eq!(status, StatusCode::OK, "{answered}");
    let order: Vec<&str> = answered["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["image_id"].as_str().unwrap())
        .collect();
    assert_eq!(order, ids[..1000]);

    let id = NOBODY;
    for (body, loc) in [
        (request(&ids), "image_ids"),
        (request(&[]), "image_ids"),
        (json!({ "image_ids": [id], "preset": "200x200" }), ""),
        (json!({ "image_ids": [id] }), ""),
        (json!({ "preset": "100x100" }), ""),
        (json!({ "image_ids": id, "preset": "100x100" }), ""),
        (
            json!({ "image_ids": ["../../originals"], "preset": "100x100" }),
            "",
        ),
        (
            json!({ "image_ids": [id], "preset": "100x100", "tenant": "bob" }),
            "",
        ),
        (json!([id]), ""),
    ] {
        let (status, problem) = system.post("/images/links", &body).await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (422, Some("validation_failed")),
            "{problem}"
        );
        if !loc.is_empty() {
            assert_eq!(problem["errors"][0]["loc"], json!(["body", loc]));
        }
    }
    // As a form would be sent, by a page of anybody's.
    let request = system
        .api(Method::POST, "/images/links")
        .header("content-type", "text/plain")
        .body(request(&ids[..1]).to_string());
    let (status, problem) = answer(request.send().await.unwrap()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_request"))
    );
}
