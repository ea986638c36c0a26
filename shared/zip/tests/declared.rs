//! Entries that are written piece by piece after their size and CRC were declared.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::io::{Cursor, Write};

use darkroom_domain::Code;
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter};

const MOMENT: &str = "2026-01-31T12:00:00.000Z";

#[test]
fn pieces_make_the_same_archive_as_the_whole() {
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut whole = ArchiveWriter::new(Vec::new());
    whole.stored("a.jpg", &content, MOMENT.parse().unwrap()).unwrap();
    whole.stored("b.jpg", b"", MOMENT.parse().unwrap()).unwrap();

    let mut pieces = ArchiveWriter::new(Vec::new());
    let mut sent = Vec::new();
    for (name, content) in [("a.jpg", content.as_slice()), ("b.jpg", b"")] {
        let crc = crc32fast::hash(content);
        let mut entry = pieces
            .declared(name, content.len() as u64, crc, MOMENT.parse().unwrap())
            .unwrap();
        for piece in content.chunks(777) {
            entry.write_all(piece).unwrap();
            sent.append(entry.writer_mut());
        }
        entry.finish().unwrap();
    }
    sent.append(&mut pieces.finish().unwrap());
    assert_eq!(sent, whole.finish().unwrap());
    let size = sent.len() as u64;
    let mut archive = Archive::open(Cursor::new(sent), size, &ArchiveLimits::DEFAULT).unwrap();
    assert_eq!(archive.read("a.jpg", u64::MAX).unwrap(), content);
}

#[test]
fn a_content_that_is_another_is_noticed() {
    for (size, crc) in [
        (3, crc32fast::hash(b"abd")),
        (4, crc32fast::hash(b"abc")),
        (2, crc32fast::hash(b"ab")),
    ] {
        let mut archive = ArchiveWriter::new(Vec::new());
        let mut entry = archive.declared("a", size, crc, MOMENT.parse().unwrap()).unwrap();
        entry.write_all(b"abc").unwrap();
        assert_eq!(entry.finish().unwrap_err().code, Code::InvalidArchive);
        assert!(archive.finish().is_err(), "an archive with it is of no use");
    }
}
