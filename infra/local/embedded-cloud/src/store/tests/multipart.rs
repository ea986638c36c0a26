use super::super::record::UploadRecord;
use super::super::{Completion, CompletionPart};
use super::*;
use crate::clock;
use crate::store::record::Description;

const MIB: usize = 1024 * 1024;

fn begin(store: &Store, algorithm: Option<Algorithm>) -> String {
    let record = UploadRecord {
        key: "key".to_owned(),
        initiated: clock::now(),
        description: Description {
            content_type: Some("image/tiff".to_owned()),
            ..Description::default()
        },
        algorithm,
        full_object: false,
    };
    store.create_upload("photos", record).unwrap()
}

fn part(store: &Store, id: &str, number: u16, body: &[u8]) -> CompletionPart {
    let record = store
        .commit_part("photos", "key", id, number, received(store, body))
        .unwrap();
    CompletionPart {
        number,
        etag: record.etag.clone(),
        checksums: Checksums::default(),
    }
}

fn complete(store: &Store, id: &str, parts: &[CompletionPart]) -> Result<Arc<ObjectRecord>, StoreError> {
    let completion = Completion {
        parts: parts.to_vec(),
        ..Completion::default()
    };
    store.complete_upload("photos", "key", id, completion)
}

#[test]
fn parts_survive_reopening_and_join_in_the_order_of_their_numbers() {
    let (directory, store) = store_with_bucket();
    let id = begin(&store, Some(Algorithm::Crc32));
    let last = part(&store, &id, 7, b"end");
    part(&store, &id, 1, &vec![9; 5 * MIB]);
    let first = part(&store, &id, 1, &vec![1; 5 * MIB]);
    drop(store);

    let store = open(&directory);
    assert_eq!(store.upload("photos", "key", &id).unwrap().parts.len(), 2);
    let record = complete(&store, &id, &[first, last]).unwrap();
    assert!(record.etag.ends_with("-2"), "{}", record.etag);
    assert!(record.checksums.composite && record.checksums.crc32.as_ref().unwrap().ends_with("-2"));
    assert_eq!(record.description.content_type.as_deref(), Some("image/tiff"));
    let body = read(&store, "key").unwrap();
    assert_eq!(
        (body.len(), &body[..2], &body[5 * MIB..]),
        (5 * MIB + 3, &[1, 1][..], &b"end"[..])
    );
    assert!(matches!(
        complete(&store, &id, &[]),
        Err(StoreError::NoSuchUpload)
    ));
    drop(store);

    let store = open(&directory);
    assert!(store.uploads("photos").unwrap().is_empty());
    assert_eq!(store.object("photos", "key").unwrap().etag, record.etag);
}

#[test]
fn what_cannot_be_completed_stays_as_it_is() {
    let (_directory, store) = store_with_bucket();
    let id = begin(&store, None);
    let one = part(&store, &id, 1, b"small");
    let two = part(&store, &id, 2, b"end");
    let other = CompletionPart {
        etag: "0".repeat(32),
        ..two.clone()
    };
    let absent = CompletionPart {
        number: 3,
        ..two.clone()
    };
    let answer = complete(&store, &id, &[one.clone(), two.clone()]);
    assert!(matches!(answer, Err(StoreError::PartTooSmall(1))));
    assert!(matches!(
        complete(&store, &id, &[two.clone(), one.clone()]),
        Err(StoreError::InvalidPartOrder)
    ));
    assert!(matches!(
        complete(&store, &id, &[one.clone(), other]),
        Err(StoreError::InvalidPart(2))
    ));
    assert!(matches!(
        complete(&store, &id, &[one, absent]),
        Err(StoreError::InvalidPart(3))
    ));
    assert!(matches!(
        complete(&store, &id, &[]),
        Err(StoreError::InvalidPart(0))
    ));
    assert!(matches!(read(&store, "key"), Err(StoreError::NoSuchKey)));
    complete(&store, &id, &[two]).unwrap();
    assert_eq!(read(&store, "key").unwrap(), b"end");
}

#[test]
fn an_aborted_upload_and_one_of_another_key_are_not_there() {
    let (_directory, store) = store_with_bucket();
    let id = begin(&store, None);
    assert!(matches!(
        store.upload("photos", "other", &id),
        Err(StoreError::NoSuchUpload)
    ));
    assert!(matches!(
        store.abort_upload("photos", "other", &id),
        Err(StoreError::NoSuchUpload)
    ));
    store.abort_upload("photos", "key", &id).unwrap();
    let late = store.commit_part("photos", "key", &id, 1, received(&store, b"late"));
    assert!(matches!(late, Err(StoreError::NoSuchUpload)));
    assert!(matches!(
        store.upload("photos", "key", "../../objects"),
        Err(StoreError::NoSuchUpload)
    ));
    assert_eq!(temporary_files(&store), 0);
}

#[test]
fn of_racing_completions_one_joins_and_the_others_find_nothing() {
    let (_directory, store) = store_with_bucket();
    for _ in 0..5 {
        let id = begin(&store, None);
        let parts = [
            part(&store, &id, 1, &vec![1; 5 * MIB]),
            part(&store, &id, 2, b"end"),
        ];
        let results: Vec<_> = std::thread::scope(|scope| {
            let racing: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| complete(&store, &id, &parts)))
                .collect();
            racing.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let joined = results.iter().filter(|result| result.is_ok()).count();
        let late = results
            .iter()
            .filter(|result| matches!(result, Err(StoreError::NoSuchUpload)))
            .count();
        assert_eq!((joined, late), (1, 5), "{results:?}");
    }
}
