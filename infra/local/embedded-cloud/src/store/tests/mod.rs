//! Promises of the store.

mod crash;
mod multipart;
mod objects;

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use s3s::StdError;
use tempfile::TempDir;

use super::durable::Durability;
use super::receive::{Announced, HashingWriter, Received, receive};
use super::record::{Algorithm, Checksums, ObjectRecord};
use super::{Draft, Store, StoreError, WriteCondition};

fn open(directory: &TempDir) -> Store {
    Store::open(directory.path(), Durability::Relaxed).unwrap()
}

fn store_with_bucket() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.create_bucket("photos").unwrap();
    (directory, store)
}

fn received(store: &Store, body: &[u8]) -> Received {
    let mut writer = HashingWriter::create(store.temporary(), &[Algorithm::Crc32]).unwrap();
    writer.append(body).unwrap();
    writer.finish()
}

fn put_if(
    store: &Store,
    key: &str,
    body: &[u8],
    condition: WriteCondition,
) -> Result<Arc<ObjectRecord>, StoreError> {
    let draft = Draft {
        key: key.to_owned(),
        condition,
        ..Draft::default()
    };
    store.commit("photos", draft, received(store, body))
}

fn put(store: &Store, key: &str, body: &[u8]) -> Arc<ObjectRecord> {
    put_if(store, key, body, WriteCondition::None).unwrap()
}

fn read(store: &Store, key: &str) -> Result<Vec<u8>, StoreError> {
    let (record, file) = store.open_object("photos", key)?;
    let mut body = Vec::new();
    file.take(record.size).read_to_end(&mut body)?;
    assert_eq!(body.len() as u64, record.size);
    Ok(body)
}

/// Receives a body in pieces of `piece` bytes.
async fn receive_pieces(
    store: &Store,
    body: &'static [u8],
    piece: usize,
    announced: Announced,
    trailers: Checksums,
) -> Result<Received, StoreError> {
    let pieces = body
        .chunks(piece)
        .map(|piece| Ok::<_, StdError>(Bytes::from_static(piece)));
    receive(
        futures::stream::iter(pieces),
        store.temporary().to_owned(),
        announced,
        || trailers,
    )
    .await
}

fn temporary_files(store: &Store) -> usize {
    std::fs::read_dir(store.temporary()).unwrap().count()
}
