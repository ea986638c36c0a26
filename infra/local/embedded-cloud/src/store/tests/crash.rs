//! What is on the disk after the process ended where it should not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::bucket::{BucketDirectories, object_file_name};
use super::*;

fn object_path(directory: &TempDir, key: &str) -> std::path::PathBuf {
    BucketDirectories::below(directory.path().join("buckets/photos")).object(key)
}

#[test]
fn leftovers_are_swept_and_whole_objects_stay() {
    let (directory, store) = store_with_bucket();
    put(&store, "whole", b"body");
    drop(store);
    let root = directory.path();
    std::fs::write(root.join("temporary/half-received"), b"half").unwrap();
    std::fs::create_dir_all(root.join("buckets/half-created/objects")).unwrap();
    std::fs::create_dir_all(root.join("buckets/photos/uploads/00ff")).unwrap();
    std::fs::write(root.join("buckets/photos/uploads/00ff/00001.part"), b"half").unwrap();

    let store = open(&directory);
    assert_eq!(read(&store, "whole").unwrap(), b"body");
    assert_eq!(store.buckets().len(), 1);
    assert!(store.uploads("photos").unwrap().is_empty());
    assert_eq!(temporary_files(&store), 0);
    assert!(!root.join("buckets/half-created").exists());
    assert!(!root.join("buckets/photos/uploads/00ff").exists());
}

#[test]
fn damaged_objects_are_set_aside_and_the_rest_is_served() {
    let (directory, store) = store_with_bucket();
    for key in ["whole", "cut", "emptied", "renamed"] {
        put(&store, key, b"the body of an object");
    }
    drop(store);
    let cut = std::fs::OpenOptions::new()
        .write(true)
        .open(object_path(&directory, "cut"))
        .unwrap();
    cut.set_len(30).unwrap();
    std::fs::write(object_path(&directory, "emptied"), b"").unwrap();
    std::fs::rename(
        object_path(&directory, "renamed"),
        object_path(&directory, "elsewhere"),
    )
    .unwrap();

    let store = open(&directory);
    assert_eq!(read(&store, "whole").unwrap(), b"the body of an object");
    for key in ["cut", "emptied", "renamed", "elsewhere"] {
        assert!(
            matches!(store.object("photos", key), Err(StoreError::NoSuchKey)),
            "{key}"
        );
    }
    assert_eq!(
        std::fs::read_dir(directory.path().join("damaged/photos"))
            .unwrap()
            .count(),
        3
    );
    assert!(
        directory
            .path()
            .join("damaged/photos")
            .join(object_file_name("cut"))
            .exists()
    );
    // The names are free again.
    put(&store, "cut", b"anew");
}

#[test]
fn sequence_numbers_go_on_after_the_newest_object_is_gone() {
    let (directory, store) = store_with_bucket();
    let before = put(&store, "key", b"body").sequence;
    store
        .delete_objects("photos", &[("key".to_owned(), WriteCondition::None)])
        .unwrap();
    drop(store);
    assert!(put(&open(&directory), "key", b"body").sequence > before);
}

const KEYS: u32 = 8;
const DIRECTORY: &str = "DARKROOM_TEST_STORE";

fn body_of(number: u32) -> Vec<u8> {
    number.to_le_bytes().repeat(1 + (number as usize * 997) % 40_000)
}

/// Not a test of its own: what the next one runs in another process, and kills.
#[test]
#[ignore = "writes until it is killed"]
fn writes_until_it_is_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let store = Store::open(Path::new(&directory), Durability::Synchronised).unwrap();
    store.create_bucket("photos").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..KEYS {
            let store = &store;
            scope.spawn(move || {
                for number in (thread..).step_by(KEYS as usize) {
                    put(store, &format!("key/{thread}"), &body_of(number));
                    put(store, &format!("once/{number}"), &body_of(number));
                    // One write to the pipe: lines of different threads are not mixed.
                    std::io::stdout()
                        .write_all(format!("\nacknowledged {number}\n").as_bytes())
                        .unwrap();
                }
            });
        }
    });
}

#[test]
fn everything_acknowledged_before_a_kill_is_there_and_whole() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::tests::crash::writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().strip_prefix("acknowledged ") {
            acknowledged.push(number.parse::<u32>().unwrap());
        }
        if acknowledged.len() == 100 {
            // SIGKILL on Unix. Lines written until it arrives are read as well.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= 100, "the writer ended on its own");

    let store = open(&directory);
    let mut newest = BTreeMap::new();
    for number in acknowledged {
        assert_eq!(
            read(&store, &format!("once/{number}")).unwrap(),
            body_of(number),
            "{number}"
        );
        let newest = newest.entry(number % KEYS).or_insert(number);
        *newest = number.max(*newest);
    }
    for (thread, number) in newest {
        let body = read(&store, &format!("key/{thread}")).unwrap();
        let found = u32::from_le_bytes(body[..4].try_into().unwrap());
        assert!(found >= number, "{found} is older than the acknowledged {number}");
        assert_eq!(body, body_of(found));
    }
    assert!(!directory.path().join("damaged").exists());
    assert_eq!(temporary_files(&store), 0);
}
