use std::collections::BTreeMap;
use std::sync::Barrier;

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_key_comes_back_with_its_body_also_after_reopening(
        keys in proptest::collection::btree_set(
            prop_oneof![
                "(\\.\\./|/|\\.|%2F|%00|%|\\+| |é|\u{0}|\u{10FFFF}|[a-zA-Z]){1,40}",
                "[a-z]{300,1024}",
            ],
            1..8,
        ),
    ) {
        let (directory, store) = store_with_bucket();
        let bodies: BTreeMap<_, _> = keys
            .iter()
            .zip(0_u8..)
            .map(|(key, number)| (key.clone(), vec![number; usize::from(number) * 100]))
            .collect();
        for (key, body) in &bodies {
            prop_assume!(key.len() <= 1024);
            put(&store, key, body);
        }
        for (key, body) in &bodies {
            prop_assert_eq!(&read(&store, key).unwrap(), body);
        }
        drop(store);
        let store = open(&directory);
        for (key, body) in &bodies {
            prop_assert_eq!(&read(&store, key).unwrap(), body);
        }
        let listed = store.list("photos", &super::super::listing::ListQuery { limit: 100, ..Default::default() });
        prop_assert_eq!(listed.unwrap().objects.len(), bodies.len());
    }
}

#[test]
fn keys_of_no_or_too_many_bytes_are_refused() {
    let (_directory, store) = store_with_bucket();
    for key in [String::new(), "x".repeat(1025)] {
        assert!(matches!(
            put_if(&store, &key, b"x", WriteCondition::None),
            Err(StoreError::KeyTooLong)
        ));
    }
    put(&store, &"x".repeat(1024), b"x");
}

#[test]
fn bucket_names_that_would_leave_the_directory_are_refused() {
    let (_directory, store) = store_with_bucket();
    for name in ["..", "../x", "a/b", "", "UPPER", "ab"] {
        assert!(
            matches!(store.create_bucket(name), Err(StoreError::InvalidBucketName)),
            "{name}"
        );
    }
    assert!(matches!(
        store.create_bucket("photos"),
        Err(StoreError::BucketAlreadyOwnedByYou)
    ));
}

#[test]
fn of_32_racing_writers_exactly_one_creates_the_object() {
    let (_directory, store) = store_with_bucket();
    let barrier = Barrier::new(32);
    let winners: Vec<u8> = std::thread::scope(|scope| {
        let writer = |number: u8| {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                match put_if(store, "key", &[number], WriteCondition::Absent) {
                    Ok(_) => Some(number),
                    Err(StoreError::PreconditionFailed) => None,
                    Err(error) => panic!("{error}"),
                }
            })
        };
        let writers: Vec<_> = (0..32).map(writer).collect();
        writers
            .into_iter()
            .filter_map(|writer| writer.join().unwrap())
            .collect()
    });
    assert_eq!(winners.len(), 1);
    assert_eq!(read(&store, "key").unwrap(), winners);
    assert_eq!(temporary_files(&store), 0);
}

#[test]
fn of_racing_writers_the_one_with_the_highest_number_stays() {
    let (_directory, store) = store_with_bucket();
    let highest = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..16_u8)
            .map(|number| {
                scope.spawn({
                    let store = &store;
                    move || put(store, "key", &[number])
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .max_by_key(|record| record.sequence)
            .unwrap()
    });
    let stored = store.object("photos", "key").unwrap();
    assert_eq!(stored, highest);
    assert_eq!(
        hex::encode(<md5::Md5 as md5::Digest>::digest(read(&store, "key").unwrap())),
        highest.etag
    );
}

#[test]
fn if_match_wants_the_very_object() {
    let (_directory, store) = store_with_bucket();
    let missing = put_if(&store, "key", b"1", WriteCondition::Matches("0".to_owned()));
    assert!(matches!(missing, Err(StoreError::NoSuchKey)));
    let first = put(&store, "key", b"1");
    let other = put_if(&store, "key", b"2", WriteCondition::Matches("0".to_owned()));
    assert!(matches!(other, Err(StoreError::PreconditionFailed)));
    put_if(&store, "key", b"2", WriteCondition::Matches(first.etag.clone())).unwrap();
    assert_eq!(read(&store, "key").unwrap(), b"2");
    let results = store
        .delete_objects(
            "photos",
            &[("key".to_owned(), WriteCondition::Matches(first.etag.clone()))],
        )
        .unwrap();
    assert!(matches!(results[..], [Err(StoreError::PreconditionFailed)]));
    assert_eq!(read(&store, "key").unwrap(), b"2");
}

#[test]
fn an_open_object_stays_readable_when_it_is_replaced_or_deleted() {
    let (_directory, store) = store_with_bucket();
    put(&store, "key", b"before");
    let (record, mut file) = store.open_object("photos", "key").unwrap();
    put(&store, "key", b"after");
    store
        .delete_objects("photos", &[("key".to_owned(), WriteCondition::None)])
        .unwrap();
    let mut body = [0; 6];
    assert_eq!(record.size, 6);
    file.read_exact(&mut body).unwrap();
    assert_eq!(&body, b"before");
    assert!(matches!(read(&store, "key"), Err(StoreError::NoSuchKey)));
}

#[test]
fn tags_change_without_the_rest() {
    let (directory, store) = store_with_bucket();
    let before = put(&store, "key", b"body");
    let tags = vec![("a".to_owned(), "b".to_owned())];
    store.set_tags("photos", "key", &tags).unwrap();
    drop(store);
    let store = open(&directory);
    let after = store.object("photos", "key").unwrap();
    assert_eq!(after.description.tags, tags);
    assert_eq!(
        (after.sequence, after.modified, &after.etag),
        (before.sequence, before.modified, &before.etag)
    );
    assert_eq!(read(&store, "key").unwrap(), b"body");
}

#[test]
fn only_an_empty_bucket_can_be_deleted_and_is_gone_after_reopening() {
    let (directory, store) = store_with_bucket();
    put(&store, "key", b"body");
    assert!(matches!(
        store.delete_bucket("photos"),
        Err(StoreError::BucketNotEmpty)
    ));
    store
        .delete_objects("photos", &[("key".to_owned(), WriteCondition::None)])
        .unwrap();
    store.delete_bucket("photos").unwrap();
    assert!(matches!(
        store.configuration("photos"),
        Err(StoreError::NoSuchBucket)
    ));
    drop(store);
    assert!(open(&directory).buckets().is_empty());
}

#[tokio::test]
async fn a_body_in_pieces_has_the_digests_of_the_whole() {
    static BODY: &[u8] = &[7; 3_000_000];
    let (_directory, store) = store_with_bucket();
    let announced = Announced {
        length: Some(3_000_000),
        algorithms: Vec::new(),
        md5: None,
        checksums: Checksums {
            sha256: Some(digest_of(BODY, Algorithm::Sha256)),
            sha1: Some(digest_of(BODY, Algorithm::Sha1)),
            crc32: Some(digest_of(BODY, Algorithm::Crc32)),
            crc32c: Some(digest_of(BODY, Algorithm::Crc32c)),
            crc64nvme: Some(digest_of(BODY, Algorithm::Crc64Nvme)),
            composite: false,
        },
    };
    let received = receive_pieces(&store, BODY, 70_001, announced, Checksums::default())
        .await
        .unwrap();
    assert_eq!(received.size, 3_000_000);
    let digest: [u8; 16] = <md5::Md5 as md5::Digest>::digest(BODY).into();
    assert_eq!(received.md5, digest);
}

fn digest_of(body: &[u8], algorithm: Algorithm) -> String {
    use base64::Engine;
    use s3s::crypto::{Checksum, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
    let bytes: Vec<u8> = match algorithm {
        Algorithm::Crc32 => Crc32::checksum(body).to_vec(),
        Algorithm::Crc32c => Crc32c::checksum(body).to_vec(),
        Algorithm::Crc64Nvme => Crc64Nvme::checksum(body).to_vec(),
        Algorithm::Sha1 => Sha1::checksum(body).to_vec(),
        Algorithm::Sha256 => Sha256::checksum(body).to_vec(),
    };
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn what_differs_from_what_was_announced_leaves_nothing_behind() {
    let (_directory, store) = store_with_bucket();
    let refused = |announced, trailers| receive_pieces(&store, b"the body", 3, announced, trailers);
    let wrong = Some(digest_of(b"another body", Algorithm::Sha256));

    let length = |length| Announced {
        length: Some(length),
        ..Announced::default()
    };
    assert!(matches!(
        refused(length(7), Checksums::default()).await,
        Err(StoreError::IncompleteBody)
    ));
    assert!(matches!(
        refused(length(9), Checksums::default()).await,
        Err(StoreError::IncompleteBody)
    ));

    let md5 = |md5: &str| Announced {
        md5: Some(md5.to_owned()),
        ..Announced::default()
    };
    let answer = refused(md5("AAAAAAAAAAAAAAAAAAAAAA=="), Checksums::default()).await;
    assert!(matches!(answer, Err(StoreError::BadDigest(_))));
    assert!(matches!(
        refused(md5("garbage"), Checksums::default()).await,
        Err(StoreError::InvalidDigest(_))
    ));

    let header = Announced {
        checksums: Checksums {
            sha256: wrong.clone(),
            ..Checksums::default()
        },
        ..Announced::default()
    };
    assert!(matches!(
        refused(header, Checksums::default()).await,
        Err(StoreError::BadDigest("SHA256"))
    ));

    let trailer = || Announced {
        algorithms: vec![Algorithm::Sha256],
        ..Announced::default()
    };
    let wrong = Checksums {
        sha256: wrong,
        ..Checksums::default()
    };
    assert!(matches!(
        refused(trailer(), wrong).await,
        Err(StoreError::BadDigest("SHA256"))
    ));
    assert!(matches!(
        refused(trailer(), Checksums::default()).await,
        Err(StoreError::MissingTrailer(_))
    ));
    let right = Checksums {
        sha256: Some(digest_of(b"the body", Algorithm::Sha256)),
        ..Checksums::default()
    };
    assert!(refused(trailer(), right).await.is_ok());
    assert_eq!(temporary_files(&store), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing_behind() {
    let (_directory, store) = store_with_bucket();
    let broken = [
        Ok(Bytes::from_static(&[0; 1024])),
        Err(StdError::from("the connection was closed")),
    ];
    let answer = receive(
        futures::stream::iter(broken),
        store.temporary().to_owned(),
        Announced::default(),
        Checksums::default,
    )
    .await;
    assert!(matches!(answer, Err(StoreError::IncompleteBody)));
    assert_eq!(temporary_files(&store), 0);
}
