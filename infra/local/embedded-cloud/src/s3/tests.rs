//! Promises of the S3 operations.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use http::{Extensions, HeaderMap, Method, Uri};
use s3s::dto::{
    CopyObjectInput, CopySource, CreateBucketInput, Event, FilterRule, FilterRuleName, GetObjectInput,
    ListObjectsInput, MetadataDirective, NotificationConfiguration, NotificationConfigurationFilter,
    PutBucketNotificationConfigurationInput, PutObjectInput, QueueConfiguration, Range, S3KeyFilter,
    StreamingBlob,
};
use s3s::{Body, S3, S3ErrorCode, S3Request, S3Result};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::store::durable::Durability;

fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::PUT,
        uri: Uri::from_static("/"),
        headers: HeaderMap::new(),
        extensions: Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

async fn storage() -> (TempDir, ObjectStorage) {
    let directory = tempfile::tempdir().unwrap();
    let storage = ObjectStorage {
        store: Arc::new(Store::open(directory.path(), Durability::Relaxed).unwrap()),
        queues: Queues::new("127.0.0.1", 4566, "us-east-1", "000000000000"),
        source: EventSource {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
        },
    };
    let input = CreateBucketInput {
        bucket: "photos".to_owned(),
        ..CreateBucketInput::default()
    };
    storage.create_bucket(request(input)).await.unwrap();
    (directory, storage)
}

fn put_input(key: &str, body: &'static [u8]) -> PutObjectInput {
    PutObjectInput {
        bucket: "photos".to_owned(),
        key: key.to_owned(),
        content_length: Some(i64::try_from(body.len()).unwrap()),
        body: Some(StreamingBlob::from(Body::from(Bytes::from_static(body)))),
        ..PutObjectInput::default()
    }
}

async fn put(storage: &ObjectStorage, key: &str, body: &'static [u8]) {
    storage.put_object(request(put_input(key, body))).await.unwrap();
}

async fn get(storage: &ObjectStorage, key: &str, range: Option<&str>) -> S3Result<(Vec<u8>, Option<String>)> {
    let input = GetObjectInput {
        bucket: "photos".to_owned(),
        key: key.to_owned(),
        range: range.map(|range| Range::parse(range).unwrap()),
        ..GetObjectInput::default()
    };
    let output = storage.get_object(request(input)).await?.output;
    let chunks: Vec<Bytes> = output.body.unwrap().try_collect().await.unwrap();
    Ok((chunks.concat(), output.content_range))
}

fn notification(arn: &str) -> PutBucketNotificationConfigurationInput {
    let rule = FilterRule {
        name: Some(FilterRuleName::from("prefix".to_owned())),
        value: Some("in/".to_owned()),
    };
    let queue = QueueConfiguration {
        events: vec![Event::from("s3:ObjectCreated:*".to_owned())],
        filter: Some(NotificationConfigurationFilter {
            key: Some(S3KeyFilter {
                filter_rules: Some(vec![rule]),
            }),
        }),
        id: None,
        queue_arn: arn.to_owned(),
    };
    PutBucketNotificationConfigurationInput {
        bucket: "photos".to_owned(),
        notification_configuration: NotificationConfiguration {
            queue_configurations: Some(vec![queue]),
            ..NotificationConfiguration::default()
        },
        expected_bucket_owner: None,
        skip_destination_validation: None,
    }
}

async fn messages(storage: &ObjectStorage) -> Vec<Value> {
    let bodies = storage.queues.receive_all("arrivals").await;
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

#[tokio::test]
async fn a_queue_is_tested_and_then_told_of_matching_objects_in_order() {
    let (_directory, storage) = storage().await;
    let arn = storage.queues.create("arrivals").await;
    storage
        .put_bucket_notification_configuration(request(notification(&arn)))
        .await
        .unwrap();
    let test = messages(&storage).await;
    assert_eq!(test.len(), 1);
    assert_eq!(
        (&test[0]["Event"], &test[0]["Bucket"]),
        (&"s3:TestEvent".into(), &"photos".into())
    );

    put(&storage, "out/a", b"no").await;
    put(&storage, "in/a b", b"12345").await;
    let mut form = request(put_input("in/form", b"1"));
    form.method = Method::POST;
    storage.put_object(form).await.unwrap();
    let records: Vec<_> = messages(&storage)
        .await
        .into_iter()
        .map(|message| message["Records"][0].clone())
        .collect();
    let seen: Vec<_> = records
        .iter()
        .map(|record| {
            (
                record["eventName"].as_str(),
                record["s3"]["object"]["key"].as_str(),
            )
        })
        .collect();
    let expected = [
        (Some("ObjectCreated:Put"), Some("in/a+b")),
        (Some("ObjectCreated:Post"), Some("in/form")),
    ];
    assert_eq!(seen, expected);
    let sequencers: Vec<_> = records
        .iter()
        .map(|record| record["s3"]["object"]["sequencer"].as_str())
        .collect();
    assert!(sequencers[0] < sequencers[1], "{sequencers:?}");
}

#[tokio::test]
async fn a_notification_to_a_queue_that_is_not_there_is_refused() {
    let (_directory, storage) = storage().await;
    let input = notification("arn:aws:sqs:us-east-1:000000000000:absent");
    let error = storage
        .put_bucket_notification_configuration(request(input))
        .await
        .unwrap_err();
    assert_eq!(*error.code(), S3ErrorCode::InvalidArgument);
    assert!(
        storage
            .store
            .configuration("photos")
            .unwrap()
            .notification
            .is_none()
    );
}

#[tokio::test]
async fn a_wrong_digest_leaves_no_object_and_sends_no_event() {
    let (_directory, storage) = storage().await;
    let arn = storage.queues.create("arrivals").await;
    storage
        .put_bucket_notification_configuration(request(notification(&arn)))
        .await
        .unwrap();
    messages(&storage).await;
    let mut input = put_input("in/a", b"body");
    input.checksum_sha256 = Some("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned());
    let error = storage.put_object(request(input)).await.unwrap_err();
    assert_eq!(*error.code(), S3ErrorCode::BadDigest);
    assert_eq!(
        *get(&storage, "in/a", None).await.unwrap_err().code(),
        S3ErrorCode::NoSuchKey
    );
    assert!(messages(&storage).await.is_empty());
}

#[tokio::test]
async fn ranges_give_exactly_their_bytes() {
    let body: &'static [u8] = (0..=250_u8).cycle().take(600_000).collect::<Vec<_>>().leak();
    let (_directory, storage) = storage().await;
    put(&storage, "key", body).await;
    let all = get(&storage, "key", None).await.unwrap();
    assert!(all.0 == body && all.1.is_none());
    for (range, bytes, header) in [
        ("bytes=10-19", 10..20, "bytes 10-19/600000"),
        ("bytes=-5", 599_995..600_000, "bytes 599995-599999/600000"),
        ("bytes=1000-", 1000..600_000, "bytes 1000-599999/600000"),
        ("bytes=0-9999999", 0..600_000, "bytes 0-599999/600000"),
    ] {
        let (found, content_range) = get(&storage, "key", Some(range)).await.unwrap();
        assert!(found == body[bytes], "{range}");
        assert_eq!(content_range.as_deref(), Some(header));
    }
    let error = get(&storage, "key", Some("bytes=600000-")).await.unwrap_err();
    assert_eq!(*error.code(), S3ErrorCode::InvalidRange);
}

#[tokio::test]
async fn a_copy_keeps_or_replaces_what_describes_the_object() {
    let (_directory, storage) = storage().await;
    let mut input = put_input("from", b"body");
    input.content_type = Some("image/png".to_owned());
    input.tagging = Some("a=b".to_owned());
    storage.put_object(request(input)).await.unwrap();
    let copy = |key: &str| {
        CopyObjectInput::builder()
            .bucket("photos".to_owned())
            .key(key.to_owned())
            .copy_source(CopySource::Bucket {
                bucket: "photos".into(),
                key: "from".into(),
                version_id: None,
            })
            .build()
            .unwrap()
    };
    storage.copy_object(request(copy("kept"))).await.unwrap();
    let mut replacing = copy("replaced");
    replacing.metadata_directive = Some(MetadataDirective::from_static(MetadataDirective::REPLACE));
    replacing.content_type = Some("image/webp".to_owned());
    storage.copy_object(request(replacing)).await.unwrap();
    assert_eq!(
        *storage
            .copy_object(request(copy("from")))
            .await
            .unwrap_err()
            .code(),
        S3ErrorCode::InvalidRequest
    );

    let kept = storage.store.object("photos", "kept").unwrap();
    let replaced = storage.store.object("photos", "replaced").unwrap();
    assert_eq!(kept.description.content_type.as_deref(), Some("image/png"));
    assert_eq!(replaced.description.content_type.as_deref(), Some("image/webp"));
    assert_eq!(kept.description.tags, replaced.description.tags);
    assert_eq!(get(&storage, "replaced", None).await.unwrap().0, b"body");
}

#[tokio::test]
async fn markers_of_rolled_up_prefixes_go_on_behind_them() {
    let (_directory, storage) = storage().await;
    for key in ["a/1", "a/2", "b", "c/1"] {
        put(&storage, key, b"").await;
    }
    let mut marker = None;
    let mut seen = Vec::new();
    loop {
        let input = ListObjectsInput {
            bucket: "photos".to_owned(),
            delimiter: Some("/".to_owned()),
            marker,
            max_keys: Some(1),
            ..ListObjectsInput::default()
        };
        let page = storage.list_objects(request(input)).await.unwrap().output;
        seen.extend(
            page.contents
                .into_iter()
                .flatten()
                .filter_map(|object| object.key),
        );
        seen.extend(
            page.common_prefixes
                .into_iter()
                .flatten()
                .filter_map(|prefix| prefix.prefix),
        );
        let Some(next) = page.next_marker else { break };
        marker = Some(next);
    }
    assert_eq!(seen, ["a/", "b", "c/"]);
}

#[tokio::test]
async fn configurations_survive_reopening() {
    let (directory, storage) = storage().await;
    let arn = storage.queues.create("arrivals").await;
    storage
        .put_bucket_notification_configuration(request(notification(&arn)))
        .await
        .unwrap();
    let before = storage.store.configuration("photos").unwrap();
    drop(storage);
    let store = Store::open(directory.path(), Durability::Relaxed).unwrap();
    let after = store.configuration("photos").unwrap();
    assert_eq!(after.notification, before.notification);
    assert_eq!(after.created, before.created);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_told_even_if_the_client_goes_away() {
    let (_directory, storage) = storage().await;
    let arn = storage.queues.create("arrivals").await;
    storage
        .put_bucket_notification_configuration(request(notification(&arn)))
        .await
        .unwrap();
    messages(&storage).await;
    for round in 0..20 {
        let key = format!("in/{round}");
        let (ended, end) = tokio::sync::oneshot::channel();
        // Says when the body has been read: storing begins then.
        let body = futures::stream::once(async move {
            let _ = ended.send(());
            Ok::<_, std::io::Error>(Bytes::from_static(b"body"))
        });
        let mut input = put_input(&key, b"body");
        input.body = Some(StreamingBlob::wrap(Box::pin(body)));
        let client = storage.clone();
        let put = tokio::spawn(async move { client.put_object(request(input)).await });
        end.await.unwrap();
        tokio::time::sleep(std::time::Duration::from_micros(100 * round)).await;
        put.abort();
        let _ = put.await;
        // Whoever still works on the request holds the store.
        while Arc::strong_count(&storage.store) > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let told = messages(&storage).await.len();
        let stored = usize::from(storage.store.object("photos", &key).is_ok());
        assert_eq!(told, stored, "round {round}");
    }
}
