use std::sync::Arc;

use darkroom_cloud::{Clock, Connection, Environment, Ground};

use super::*;

/// A clock that stands still.
#[derive(Debug)]
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn at(time: &str) -> Timestamp {
    format!("2026-01-31T{time}Z").parse().unwrap()
}

/// The function at a moment, with credentials for a bucket that nobody is asked about: links are made without it.
fn service(time: &str) -> Service {
    let environment = Environment::from_iter([
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("AWS_REGION", "us-east-1"),
        ("BUCKET_NAME", "pictures"),
        ("TABLE_NAME", "records"),
    ]);
    let connection = Connection::of(&environment).unwrap();
    Service {
        files: connection.files().unwrap(),
        records: connection.records().unwrap(),
        ground: Ground {
            clock: Arc::new(Still(at(time))),
            ..Ground::default()
        },
    }
}

fn id(number: u128) -> ImageId {
    ImageId::from_uuid(uuid::Uuid::from_u128(number))
}

async fn links(time: &str, tenant: &str, images: &[u128]) -> ThumbnailLinks {
    let images = images.iter().map(|number| id(*number)).collect();
    service(time)
        .thumbnail_links(&tenant.parse().unwrap(), images, ThumbnailPreset::Medium)
        .await
        .unwrap()
}

#[tokio::test]
async fn for_five_minutes_a_picture_has_the_very_same_link() {
    let first = links("12:05:00.000", "alice", &[1]).await;
    assert_eq!(links("12:09:59.999", "alice", &[1]).await, first);
    assert_eq!(first.expires_at, at("12:20:00.000"), "ten minutes at least");
    let url = &first.links[0].url;
    for part in [
        "X-Amz-Date=20260131T120500Z",
        "X-Amz-Expires=900",
        "response-cache-control=private%2C%20max-age%3D600",
        "response-content-disposition=inline&",
        "response-content-type=image%2Fjpeg",
    ] {
        assert!(url.contains(part), "{part} is not in {url}");
    }
    let later = links("12:10:00.000", "alice", &[1]).await;
    assert_ne!(later.links[0].url, *url);
    assert_eq!(later.expires_at, at("12:25:00.000"));
}

#[tokio::test]
async fn links_come_in_the_order_asked_for_and_each_once() {
    let asked = links("00:00:00.000", "alice", &[7, 3, 7, 5, 3]).await;
    let order: Vec<ImageId> = asked.links.iter().map(|link| link.image_id).collect();
    assert_eq!(order, [id(7), id(3), id(5)]);
    for link in &asked.links {
        assert!(link.url.contains(&format!("/{}/", link.image_id)), "{}", link.url);
        assert!(link.url.contains("/300x300.jpg?"), "{}", link.url);
    }
}

#[tokio::test]
async fn a_tenants_name_stays_in_its_place() {
    let asked = links("00:00:00.000", "../alice|#?&X-Amz-Date=1", &[1]).await;
    let url = &asked.links[0].url;
    // Encoded once as part of the key, and once more as part of the path.
    let folder = "/derived/..%252Falice%257C%2523%253F%2526X-Amz-Date%253D1/";
    assert!(url.contains(folder), "{url}");
    assert_eq!(url.matches(['?', '#']).count(), 1, "{url}");
    assert_eq!(url.matches("X-Amz-Date=").count(), 1, "{url}");
}

#[test]
fn moments_before_1970_have_their_five_minutes_too() {
    let moment = Timestamp::from_unix_milliseconds(-1).unwrap();
    assert_eq!(steady(moment).unix_milliseconds(), -300_000);
}
