//! Archives of ordinary people: what is wrong with one entry is its own, what is wrong with the archive is the whole's.
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
use darkroom_zip::{ArchiveLimits, SurveyedEntry, survey};
use support::{
    Counted, Forged, archive, archive_with, one, open, open_within, surveyed, unpacked, wide_archive,
};

/// Surveys an archive of one strange entry between two plain ones, which must not suffer, and gives the strange one.
fn between_plain_ones(strange: Forged) -> SurveyedEntry {
    between_within(strange, &ArchiveLimits::DEFAULT)
}

fn between_within(strange: Forged, limits: &ArchiveLimits) -> SurveyedEntry {
    let bytes = archive(&[
        Forged::stored("first.jpg", b"first"),
        strange,
        Forged::deflated("last.jpg", b"last last last last"),
    ]);
    let files = survey(&mut Cursor::new(&bytes), bytes.len() as u64, limits).unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"first");
    assert_eq!(unpacked(&bytes, &files[2]).unwrap(), b"last last last last");
    files[1].clone()
}

/// Asserts that an entry alone is refused, with the same words as by the strict way.
fn refused_alone(strange: Forged) -> Failure {
    let failure = between_plain_ones(strange.clone()).content.unwrap_err();
    assert_eq!(open(&one(strange)).unwrap_err(), failure);
    assert!(!failure.is_retryable());
    failure
}

/// Asserts that the whole archive is refused.
fn refused_whole(bytes: &[u8], code: Code) -> String {
    let failure = surveyed(bytes).unwrap_err();
    assert_eq!(failure.code, code, "{failure}");
    assert!(!failure.is_retryable());
    failure.detail
}

#[test]
fn files_are_declared_in_the_order_of_the_directory() {
    let text = b"to be or not to be ".repeat(100);
    let bytes = archive(&[
        Forged::stored("z.jpg", b"content"),
        Forged::deflated("a.txt", &text),
        Forged::stored("m/empty", b""),
    ]);
    let files = surveyed(&bytes).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["z.jpg", "a.txt", "m/empty"]);
    assert_eq!((files[0].size, files[0].compressed), (7, 7));
    assert_eq!(files[1].size, 1900);
    assert!(files[1].compressed < 100);
    assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"content");
    assert_eq!(unpacked(&bytes, &files[1]).unwrap(), text);
    assert_eq!(unpacked(&bytes, &files[2]).unwrap(), b"");
    assert_eq!(surveyed(&archive(&[])).unwrap(), []);
}

#[test]
fn what_is_wrong_with_one_entry_does_not_cost_the_others() {
    for flag in [1_u16, 1 << 6, 1 << 13] {
        let failure = refused_alone(Forged::stored("a", b"x").with(|declared| declared.flags = flag));
        assert_eq!(failure.code, Code::InvalidArchive);
        assert_eq!(failure.detail, "The archive's entry \"a\" is encrypted.");
    }
    for method in [1_u16, 6, 9, 12, 14, 93, 95, 99] {
        let failure = refused_alone(Forged::stored("a", b"x").with(|declared| declared.method = method));
        assert!(failure.detail.contains("another way than stored or deflated"));
    }
    for mode in [
        0o120_777_u32,
        0o140_777,
        0o060_600,
        0o020_600,
        0o010_600,
        0o040_755,
    ] {
        let failure =
            refused_alone(Forged::stored("a", b"/etc/passwd").forge(|member| member.attributes = mode << 16));
        assert!(failure.detail.contains("neither a plain file nor a directory"));
    }
    let patch = refused_alone(Forged::stored("a", b"x").with(|declared| declared.flags = 1 << 5));
    assert!(patch.detail.contains("a patch"));
    let other_size = refused_alone(Forged::stored("a", b"xyz").with(|declared| declared.size = 2));
    assert!(other_size.detail.contains("another size than its own"));
    let full = refused_alone(Forged::stored("a/", b"x").forge(|member| member.attributes = 0));
    assert!(full.detail.contains("a directory with content"));
}

#[test]
fn an_entry_in_another_part_is_refused_alone_wherever_it_says_that_it_is() {
    for offset in [None, Some(0), Some(u32::MAX - 1)] {
        let failure = refused_alone(Forged::stored("a", b"x").forge(|member| {
            member.disk = 2;
            member.offset = offset;
        }));
        assert!(failure.detail.contains("in another part"));
    }
}

#[test]
fn large_and_tightly_packed_entries_are_refused_alone_and_not_counted() {
    let large = Forged::deflated("film.mp4", &vec![7; 3 << 20]);
    let failure = refused_alone(large.clone());
    assert_eq!(failure.code, Code::ArchiveTooLarge);
    assert!(failure.detail.contains("200 to 1"), "{failure}");

    let limits = ArchiveLimits {
        entry_bytes: 100,
        unpacked_bytes: 24,
        ..ArchiveLimits::DEFAULT
    };
    let film = between_within(large, &limits);
    assert_eq!(film.size, 3 << 20);
    let failure = film.content.unwrap_err();
    assert_eq!(failure.code, Code::ArchiveTooLarge);
    assert!(failure.detail.contains("at most 100"), "{failure}");
}

#[test]
fn limits_on_the_whole_archive_are_inclusive_and_refuse_it() {
    let bytes = archive(&[Forged::stored("a", b"12345"), Forged::stored("b", b"12345")]);
    let limits = ArchiveLimits {
        bytes: bytes.len() as u64,
        entries: 2,
        unpacked_bytes: 10,
        entry_bytes: 5,
        ratio: 1,
        directory_bytes: 2 * 47,
    };
    let within = |limits: &ArchiveLimits| survey(&mut Cursor::new(&bytes), bytes.len() as u64, limits);
    assert!(within(&limits).unwrap().iter().all(|file| file.content.is_ok()));
    for tighter in [
        ArchiveLimits {
            bytes: limits.bytes - 1,
            ..limits
        },
        ArchiveLimits { entries: 1, ..limits },
        ArchiveLimits {
            unpacked_bytes: 9,
            ..limits
        },
        ArchiveLimits {
            directory_bytes: limits.directory_bytes - 1,
            ..limits
        },
    ] {
        let failure = within(&tighter).unwrap_err();
        assert_eq!(failure.code, Code::ArchiveTooLarge, "{tighter:?}");
        assert_eq!(failure, open_within(&bytes, &tighter).unwrap_err());
    }
    let tighter = ArchiveLimits {
        entry_bytes: 4,
        ..limits
    };
    let files = within(&tighter).unwrap();
    assert!(files.iter().all(|file| file.content.is_err()));
}

#[test]
fn sums_beyond_64_bits_are_too_large() {
    let enormous = |name: &str| {
        Forged::stored(name, b"content").with(|declared| {
            (declared.size, declared.compressed) = (u32::MAX, u32::MAX);
            let half = (u64::MAX / 2).to_le_bytes();
            declared.extra = [&[1, 0, 16, 0][..], &half, &half].concat();
        })
    };
    let bytes = archive(&["a", "b", "c"].map(enormous));
    let limits = ArchiveLimits {
        entry_bytes: u64::MAX,
        unpacked_bytes: u64::MAX,
        ..ArchiveLimits::DEFAULT
    };
    let failure = survey(&mut Cursor::new(&bytes), bytes.len() as u64, &limits).unwrap_err();
    assert_eq!(failure.code, Code::ArchiveTooLarge);
}

#[test]
fn overlaps_refuse_the_whole_archive() {
    let kernel = Forged::stored("a", b"the bytes that all of them share");
    let shared = Forged::stored("b", b"").forge(|member| {
        member.central = kernel.central.clone();
        member.central.name = b"b".to_vec();
        member.offset = Some(0);
        member.without_local = true;
    });
    let bytes = archive(&[kernel.clone(), shared.clone()]);
    assert!(refused_whole(&bytes, Code::InvalidArchive).contains("lies over another"));
    // Though one of them would not be read, or is a directory.
    let encrypted = shared.clone().forge(|member| member.central.flags = 1);
    refused_whole(&archive(&[kernel.clone(), encrypted]), Code::InvalidArchive);
    let directory = Forged::stored("b/", b"").forge(|member| {
        member.offset = Some(3);
        member.attributes = 0;
        member.without_local = true;
    });
    refused_whole(&archive(&[kernel.clone(), directory]), Code::InvalidArchive);

    let quoted = one(kernel.clone());
    let quoting = Forged::stored("b", &quoted[..30 + 1 + kernel.packed.len()]);
    let inner = kernel.clone().forge(|member| {
        member.offset = Some(31);
        member.without_local = true;
    });
    refused_whole(&archive(&[quoting, inner]), Code::InvalidArchive);

    for compressed in [33_u32, 200, 1 << 20, 1 << 25] {
        let reaching = kernel.clone().with(|declared| {
            declared.compressed = compressed;
            declared.size = declared.compressed;
        });
        refused_whole(&one(reaching), Code::InvalidArchive);
    }
    let outside = kernel.forge(|member| member.offset = Some(u32::MAX - 1));
    refused_whole(&one(outside), Code::InvalidArchive);
}

#[test]
fn a_damaged_directory_or_end_refuses_the_whole_archive() {
    let members = [Forged::stored("a", b"1"), Forged::stored("b", b"2")];
    let honest = archive(&members);
    let directory = honest
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap();
    let mut damaged = honest.clone();
    damaged[directory + 47] ^= 1;
    assert_eq!(
        refused_whole(&damaged, Code::InvalidArchive),
        "The archive's directory is damaged."
    );
    let fewer = archive_with(&members, |end| {
        end.entries = 1;
        end.entries_on_disk = 1;
    });
    assert!(refused_whole(&fewer, Code::InvalidArchive).contains("more entries than it declares"));
    for cut in 0..honest.len() {
        refused_whole(&honest[..cut], Code::InvalidArchive);
    }
    assert_eq!(
        refused_whole(b"\xff\xd8\xff\xe0 a picture", Code::InvalidArchive),
        "The file is not a zip archive."
    );
    refused_whole(&[b"#!/bin/sh\n", &honest[..]].concat(), Code::InvalidArchive);
}

#[test]
fn comments_gaps_and_wide_ends_are_taken_as_by_the_strict_way() {
    let members = [
        Forged::stored("a", b"1").forge(|member| member.gap = 100),
        Forged::stored("b", b"2").forge(|member| member.gap = 7),
    ];
    for bytes in [
        archive(&members),
        archive_with(&members, |end| end.comment = b"from the seaside".to_vec()),
        wide_archive(&members, |_| {}),
    ] {
        let files = surveyed(&bytes).unwrap();
        assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"1");
        assert_eq!(unpacked(&bytes, &files[1]).unwrap(), b"2");
    }
}

#[test]
fn directories_are_left_out() {
    let mode = |name: &str, attributes: u32| {
        Forged::stored(name, b"").forge(|member| member.attributes = attributes)
    };
    let bytes = archive(&[
        mode("a/", 0o040_755 << 16),
        mode("b/", 0x10),
        mode("c\\", 0x10),
        mode("d", 0o040_755 << 16),
        mode("e/", 0).with(|declared| declared.flags = 1),
        Forged::stored("a/b", b"1"),
    ]);
    let files = surveyed(&bytes).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"1");
}

#[test]
fn equal_names_are_separate_entries() {
    let bytes = archive(&[
        Forged::stored("IMG_1.JPG", b"first"),
        Forged::stored("IMG_1.JPG", b"second"),
        Forged::stored("IMG_1.JPG", b"first"),
    ]);
    let files = surveyed(&bytes).unwrap();
    let contents: Vec<Vec<u8>> = files.iter().map(|file| unpacked(&bytes, file).unwrap()).collect();
    assert_eq!(contents, [&b"first"[..], b"second", b"first"]);
    assert!(files.iter().all(|file| file.name == "IMG_1.JPG"));
}

#[test]
fn only_the_end_and_the_directory_are_read() {
    let bytes = archive(&[
        Forged::stored("a", &[7; 300_000]),
        Forged::stored("b", &[8; 300_000]),
    ]);
    let mut reader = Counted::new(Cursor::new(&bytes));
    survey(&mut reader, bytes.len() as u64, &ArchiveLimits::DEFAULT).unwrap();
    assert!(reader.bytes < 67_000, "{} bytes were read", reader.bytes);
}

/// Storage that does not answer.
struct Silent;

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other(silence()))
    }
}

impl Seek for Silent {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

fn silence() -> Failure {
    Failure::temporary(Code::Unavailable, "No answer from the bucket.")
}

#[test]
fn storage_that_does_not_answer_is_not_a_damaged_archive() {
    let failure = survey(&mut Silent, 1000, &ArchiveLimits::DEFAULT).unwrap_err();
    assert_eq!(failure, silence());
    let bytes = one(Forged::deflated("a", b"content"));
    let packed = surveyed(&bytes).unwrap()[0].content.clone().unwrap();
    assert_eq!(
        packed.read(io::BufReader::new(Silent), 99).unwrap_err(),
        silence()
    );
    // Also when it falls silent between header and content.
    let begun = (&bytes[..33]).chain(io::BufReader::new(Silent));
    assert_eq!(packed.read(begun, 99).unwrap_err(), silence());
}
