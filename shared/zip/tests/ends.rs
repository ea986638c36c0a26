//! Archives whose ends lie, and ones that are cut: where an archive's directory is must be beyond doubt.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use darkroom_domain::{Code, Failure};
use darkroom_zip::{Archive, ArchiveLimits};
use support::{Forged, archive, archive_with, one, open, open_within, read_all, refused};

#[test]
fn an_empty_archive_is_one() {
    let bytes = archive(&[]);
    assert_eq!(bytes.len(), 22);
    assert_eq!(open(&bytes).unwrap().entries(), []);
}

#[test]
fn other_files_are_not_archives() {
    let long = vec![0; 100_000];
    for bytes in [&b""[..], b"P", b"\xff\xd8\xff\xe0 a picture", &long] {
        assert_eq!(
            refused(bytes, Code::InvalidArchive),
            "The file is not a zip archive."
        );
    }
}

#[test]
fn too_many_entries_are_refused_before_the_directory_is_read() {
    let members: Vec<Forged> = (0..100_000)
        .map(|number| Forged::stored(&format!("{number}"), b""))
        .collect();
    let bytes = support::wide_archive(&members, |wide| {
        wide.entries = 100_000;
        wide.entries_on_disk = 100_000;
    });
    let mut reader = support::Counted::new(Cursor::new(&bytes[..]));
    let failure = Archive::open(&mut reader, bytes.len() as u64, &ArchiveLimits::DEFAULT).unwrap_err();
    assert_eq!(failure.code, Code::ArchiveTooLarge);
    assert!(reader.bytes < 67_000, "{} bytes were read", reader.bytes);
    let more = ArchiveLimits {
        entries: 100_000,
        ..ArchiveLimits::DEFAULT
    };
    assert_eq!(open_within(&bytes, &more).unwrap().entries().len(), 100_000);
}

#[test]
fn gaps_between_entries_are_nobodys() {
    let bytes = archive(&[
        Forged::stored("a", b"1").forge(|member| member.gap = 100),
        Forged::stored("b", b"2").forge(|member| member.gap = 7),
    ]);
    assert_eq!(read_all(&bytes).unwrap().len(), 2);
}

#[test]
fn what_stands_before_or_behind_an_archive_is_not_part_of_it() {
    let honest = one(Forged::stored("a", b"1"));
    let before = [b"#!/bin/sh\n", &honest[..]].concat();
    refused(&before, Code::InvalidArchive);
    for behind in [&b"\0"[..], b"garbage", &[0; 70_000]] {
        let bytes = [&honest[..], behind].concat();
        assert!(refused(&bytes, Code::InvalidArchive).contains("more follows it"));
    }
    // A comment that is declared is.
    let comment = archive_with(&[Forged::stored("a", b"1")], |end| {
        end.comment = vec![b'c'; 65_535]
    });
    assert_eq!(read_all(&comment).unwrap().len(), 1);
}

#[test]
fn a_comment_does_not_hide_another_archive() {
    let member = [Forged::stored("a", b"1")];
    // The empty archive in the comment ends with the file as the true one does: who scans backwards finds it.
    let two_ends = archive_with(&member, |end| end.comment = archive(&[]));
    assert_eq!(
        refused(&two_ends, Code::InvalidArchive),
        "The archive has two end records."
    );
    // This one does not, and is nothing but a comment.
    let text = archive_with(&member, |end| {
        end.comment = [&archive(&[])[..], b" is how archives end"].concat();
    });
    assert_eq!(read_all(&text).unwrap().len(), 1);
}

#[test]
fn ends_that_lie_are_refused() {
    let members = [Forged::stored("a", b"1"), Forged::stored("b", b"2")];
    let lies: [fn(&mut support::End); 12] = [
        |end| end.disk = 1,
        |end| end.directory_disk = 1,
        |end| end.entries_on_disk = 1,
        |end| (end.entries, end.entries_on_disk) = (1, 1),
        |end| (end.entries, end.entries_on_disk) = (3, 3),
        |end| (end.entries, end.entries_on_disk) = (0, 0),
        |end| (end.entries, end.entries_on_disk) = (u16::MAX, u16::MAX),
        |end| end.directory_bytes += 1,
        |end| end.directory_offset -= 1,
        |end| (end.directory_offset, end.directory_bytes) = (end.directory_offset + 47, 47),
        |end| end.directory_bytes = u32::MAX,
        |end| end.directory_offset = u32::MAX,
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let failure = open(&archive_with(&members, lie)).expect_err(&format!("lie {number}"));
        assert_eq!(failure.code, Code::InvalidArchive, "lie {number}");
    }
    let other_disk = Forged::stored("a", b"1").forge(|member| member.disk = 2);
    refused(&one(other_disk), Code::InvalidArchive);
}

#[test]
fn wide_ends_are_read_and_their_lies_refused() {
    let members = [Forged::stored("a", b"1"), Forged::stored("b", b"2")];
    assert_eq!(
        read_all(&support::wide_archive(&members, |_| {})).unwrap().len(),
        2
    );
    let lies: [fn(&mut support::WideEnd); 13] = [
        |wide| (wide.entries, wide.entries_on_disk) = (1 << 63, 1 << 63),
        |wide| (wide.entries, wide.entries_on_disk) = (u64::MAX, u64::MAX),
        |wide| wide.entries_on_disk = 1,
        |wide| wide.disk = 1,
        |wide| wide.disks = 2,
        |wide| wide.directory_bytes = u64::MAX,
        |wide| wide.directory_offset = u64::MAX,
        |wide| (wide.directory_bytes, wide.directory_offset) = (1 << 63, 1 << 63),
        |wide| wide.locator_offset = u64::MAX,
        |wide| wide.locator_offset -= 1,
        |wide| wide.locator_offset = 0,
        |wide| wide.length = u64::MAX,
        |wide| wide.length = 45,
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let bytes = support::wide_archive(&members, lie);
        let mut reader = support::Counted::new(Cursor::new(&bytes[..]));
        let failure = Archive::open(&mut reader, bytes.len() as u64, &ArchiveLimits::DEFAULT)
            .expect_err(&format!("lie {number}"));
        assert_eq!(failure.code, Code::InvalidArchive, "lie {number}");
        assert!(reader.bytes < 1000);
    }
    // A narrow end that does not agree with the wide one: which is meant?
    let both = archive_with(&members, |end| {
        end.wide = Some(support::WideEnd {
            length: 44,
            disk: 0,
            entries_on_disk: 2,
            entries: 2,
            directory_bytes: end.directory_bytes.into(),
            directory_offset: end.directory_offset.into(),
            locator_offset: u64::from(end.directory_offset) + u64::from(end.directory_bytes),
            disks: 1,
        });
    });
    assert!(open(&both).is_ok());
    let end = both.len() - 22;
    let mut other = both;
    other[end + 8] = 1;
    other[end + 10] = 1;
    refused(&other, Code::InvalidArchive);
}

#[test]
fn wherever_an_archive_is_cut_it_is_refused() {
    let members = [
        Forged::stored("images/a.jpg", b"content"),
        Forged::deflated("b", &b"content ".repeat(20)),
    ];
    for bytes in [archive(&members), support::wide_archive(&members, |_| {})] {
        for cut in 0..bytes.len() {
            refused(&bytes[..cut], Code::InvalidArchive);
            // Cut in storage, while its size is still the old one.
            let failure = Archive::open(
                Cursor::new(&bytes[..cut]),
                bytes.len() as u64,
                &ArchiveLimits::DEFAULT,
            )
            .unwrap_err();
            assert_eq!(failure.code, Code::InvalidArchive, "cut at {cut}");
            // One byte lost, and one too many.
            refused(&[&bytes[..cut], &bytes[cut + 1..]].concat(), Code::InvalidArchive);
            refused(
                &[&bytes[..cut], b"\0", &bytes[cut..]].concat(),
                Code::InvalidArchive,
            );
        }
    }
}

/// A reader that stops answering after some reads.
struct Failing<'bytes> {
    inner: Cursor<&'bytes [u8]>,
    reads_left: usize,
}

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads_left = self.reads_left.checked_sub(1).ok_or_else(|| {
            io::Error::other(Failure::temporary(
                Code::Unavailable,
                "The bucket does not answer.",
            ))
        })?;
        self.inner.read(buffer)
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

#[test]
fn storage_that_does_not_answer_is_not_a_damaged_archive() {
    let bytes = archive(&[
        Forged::stored("a", &[7; 1000]),
        Forged::deflated("b", &[8; 100_000]),
    ]);
    let mut done = false;
    for reads in 0..100 {
        let reader = Failing {
            inner: Cursor::new(&bytes),
            reads_left: reads,
        };
        let read = Archive::open(reader, bytes.len() as u64, &ArchiveLimits::DEFAULT)
            .and_then(|mut archive| Ok((archive.read("a", 1000)?, archive.read("b", 100_000)?)));
        match read {
            Err(failure) => {
                assert!(!done);
                assert_eq!(failure.detail, "The bucket does not answer.");
                assert!(failure.is_retryable());
            }
            Ok((a, b)) => {
                assert_eq!((a.len(), b.len()), (1000, 100_000));
                done = true;
            }
        }
    }
    assert!(done);
}
