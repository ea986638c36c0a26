//! Archives that are written here are read here, as are those of other programs.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{self, Read, Seek, SeekFrom, Write};

use darkroom_domain::{Code, Failure};
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter, Entry};
use proptest::prelude::*;
use support::{MOMENT, open, open_within, read_all, surveyed, unpacked};

fn written(fill: impl FnOnce(&mut ArchiveWriter<Vec<u8>>) -> Result<(), Failure>) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Vec::new());
    fill(&mut archive).unwrap();
    archive.finish().unwrap()
}

fn sample() -> Vec<u8> {
    written(|archive| {
        archive.directory("images", MOMENT)?;
        archive.stored(
            "images/снег.jpg",
            &[0xd8; 300],
            "2026-01-31T23:59:58.000Z".parse().unwrap(),
        )?;
        let mut manifest = archive.deflated("manifest.json", MOMENT)?;
        for _ in 0..100 {
            manifest.write_all(b"{\"title\":\"Snow\"}").unwrap();
            manifest.flush().unwrap();
        }
        manifest.finish()?;
        archive.stored("empty", b"", MOMENT)
    })
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    assert_eq!(
        read_all(&bytes).unwrap(),
        [
            ("images/снег.jpg".to_owned(), vec![0xd8; 300]),
            ("manifest.json".to_owned(), b"{\"title\":\"Snow\"}".repeat(100)),
            ("empty".to_owned(), Vec::new()),
        ]
    );
    let archive = open(&bytes).unwrap();
    let manifest = archive.entry("manifest.json").unwrap();
    assert_eq!(manifest.size, 1600);
    assert!(manifest.compressed < 100, "{manifest:?}");
    assert_eq!(bytes, sample());
    let nothing = written(|_| Ok(()));
    assert_eq!(nothing.len(), 22);
    assert!(open(&nothing).unwrap().entries().is_empty());
}

#[test]
fn a_stored_entry_tells_its_size_before_its_content() {
    let bytes =
        written(|archive| archive.stored("a.jpg", b"content", "2026-11-20T19:42:37.500Z".parse().unwrap()));
    let mut expected = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    expected.extend(((19_u16 << 11) | (42 << 5) | 18).to_le_bytes());
    expected.extend(((46_u16 << 9) | (11 << 5) | 20).to_le_bytes());
    expected.extend(crc32fast::hash(b"content").to_le_bytes());
    expected.extend([7, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0]);
    expected.extend(b"a.jpgcontentPK\x01\x02\x14\x03");
    assert_eq!(bytes[..expected.len()], expected);
    // A file that its owner may write and everybody read.
    assert_eq!(
        bytes[expected.len() - 6 + 38..][..4],
        (0o100_644_u32 << 16).to_le_bytes()
    );
}

#[test]
fn archives_of_other_programs_are_read() {
    for (file, bytes) in [
        ("seekable", &include_bytes!("fixtures/seekable.zip")[..]),
        ("streamed", include_bytes!("fixtures/streamed.zip")),
        ("wide", include_bytes!("fixtures/wide.zip")),
        ("wide, streamed", include_bytes!("fixtures/wide-streamed.zip")),
        ("from a pipe", include_bytes!("fixtures/pipe.zip")),
        ("java", include_bytes!("fixtures/java.zip")),
    ] {
        let mut read = read_all(bytes).unwrap_or_else(|failure| panic!("{file}: {failure}"));
        read.sort();
        assert_eq!(
            read,
            [
                ("images/снег.jpg".to_owned(), (0..=255).collect()),
                ("manifest.json".to_owned(), b"{\"title\":\"Snow\"}".repeat(20)),
            ],
            "{file}"
        );
        let mut by_survey: Vec<(String, Vec<u8>)> = surveyed(bytes)
            .unwrap()
            .iter()
            .map(|entry| (entry.name.clone(), unpacked(bytes, entry).unwrap()))
            .collect();
        by_survey.sort();
        assert_eq!(by_survey, read, "{file}");
    }
}

#[test]
fn names_that_would_be_refused_are_not_written() {
    let mut archive = ArchiveWriter::new(Vec::new());
    archive.stored("a", b"1", MOMENT).unwrap();
    for name in ["../x", "/x", "C:x", "a\\b", "", "a//b", "x/", "a"] {
        let failure = archive.stored(name, b"2", MOMENT).unwrap_err();
        assert_eq!(failure.code, Code::InvalidArchive, "{name}");
        assert!(archive.deflated(name, MOMENT).is_err(), "{name}");
    }
    assert!(archive.directory("a", MOMENT).is_err());
    assert!(archive.directory("..", MOMENT).is_err());
    // What was refused has left nothing behind.
    archive.stored("b", b"3", MOMENT).unwrap();
    let bytes = archive.finish().unwrap();
    assert_eq!(read_all(&bytes).unwrap().len(), 2);
}

#[test]
fn an_entry_that_is_not_finished_is_not_passed_over() {
    let mut archive = ArchiveWriter::new(Vec::new());
    archive.deflated("a", MOMENT).unwrap().write_all(b"half").unwrap();
    assert_eq!(archive.stored("b", b"", MOMENT).unwrap_err().code, Code::Internal);
    assert_eq!(archive.finish().unwrap_err().code, Code::Internal);
}

/// A writer that takes some bytes and then fails.
struct Full {
    room: usize,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::Error::other(Failure::temporary(
                Code::Unavailable,
                "The bucket is full.",
            )));
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failure_of_the_writer_comes_back_as_it_is() {
    let fill = |room| -> Result<Full, Failure> {
        let mut archive = ArchiveWriter::new(Full { room });
        archive.stored("a", b"content", MOMENT)?;
        let mut entry = archive.deflated("b", MOMENT)?;
        let written = entry.write_all(&[3; 100_000]);
        let finished = entry.finish();
        written
            .map_err(|error| error.downcast::<Failure>().unwrap())
            .and(finished)?;
        archive.finish()
    };
    let whole = (0..).find(|room| fill(*room).is_ok()).unwrap();
    assert!(whole > 200);
    for room in 0..whole {
        let Err(failure) = fill(room) else {
            panic!("{room} bytes were enough");
        };
        assert_eq!(failure.detail, "The bucket is full.", "after {room} bytes");
    }
}

#[test]
fn after_an_error_an_archive_does_not_go_on() {
    let mut archive = ArchiveWriter::new(Full { room: 10 });
    assert!(archive.stored("a", b"content", MOMENT).is_err());
    assert_eq!(archive.stored("b", b"", MOMENT).unwrap_err().code, Code::Internal);
    assert!(matches!(archive.finish(), Err(failure) if failure.code == Code::Internal));
}

const WIDE_LIMITS: ArchiveLimits = ArchiveLimits {
    bytes: u64::MAX,
    entries: u32::MAX,
    unpacked_bytes: u64::MAX,
    entry_bytes: u64::MAX,
    ratio: u32::MAX,
    directory_bytes: u64::MAX,
};

#[test]
fn more_entries_than_16_bits_count() {
    for count in [65_534_usize, 65_535, 65_536, 70_000] {
        let bytes = written(|archive| {
            (0..count).try_for_each(|number| archive.stored(&format!("{number:05}"), b"x", MOMENT))
        });
        let wide = bytes[bytes.len() - 42..].starts_with(b"PK\x06\x07");
        assert_eq!(wide, count >= 65_535);
        let mut archive = open_within(&bytes, &WIDE_LIMITS).unwrap();
        assert_eq!(archive.entries().len(), count);
        let last = Entry {
            name: format!("{:05}", count - 1),
            size: 1,
            compressed: 1,
        };
        assert_eq!(archive.entries().last(), Some(&last));
        assert_eq!(archive.read(&last.name, 1).unwrap(), b"x");
    }
}

/// A file whose large parts are not kept: they are zeros.
#[derive(Default)]
struct Sparse {
    /// Where each part ends, and its bytes; none for zeros.
    parts: Vec<(u64, Option<Vec<u8>>)>,
    length: u64,
    position: u64,
}

const LARGE: usize = 1 << 20;

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        let kept = (bytes.len() < LARGE).then(|| bytes.to_vec());
        self.parts.push((self.length, kept));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = self.parts.partition_point(|(end, _)| *end <= self.position);
        let Some((end, kept)) = self.parts.get(part) else {
            return Ok(0);
        };
        let left = usize::try_from(end - self.position).unwrap();
        let read = left.min(buffer.len());
        match kept {
            Some(bytes) => buffer[..read].copy_from_slice(&bytes[bytes.len() - left..][..read]),
            None => buffer[..read].fill(0),
        }
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(position) = position else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        self.position = position;
        Ok(position)
    }
}

#[test]
fn more_bytes_than_32_bits_count() {
    let mut archive = ArchiveWriter::new(Sparse::default());
    archive.stored("first", b"at the beginning", MOMENT).unwrap();
    let large = vec![0; 256 << 20];
    for number in 0..17 {
        archive
            .stored(&format!("large/{number}"), &large, MOMENT)
            .unwrap();
    }
    archive.stored("last", b"beyond 4 GiB", MOMENT).unwrap();
    let mut entry = archive.deflated("text", MOMENT).unwrap();
    entry.write_all(b"beyond it too").unwrap();
    entry.finish().unwrap();
    let file = archive.finish().unwrap();

    let size = file.length;
    assert!(size > 1 << 32);
    let mut archive = Archive::open(file, size, &WIDE_LIMITS).unwrap();
    assert_eq!(archive.entries().len(), 20);
    assert_eq!(archive.read("first", 99).unwrap(), b"at the beginning");
    assert_eq!(archive.read("last", 99).unwrap(), b"beyond 4 GiB");
    assert_eq!(archive.read("text", 99).unwrap(), b"beyond it too");
    assert_eq!(archive.read("large/16", 256 << 20).unwrap(), large);
}

proptest! {
    #[test]
    fn any_contents(
        contents in prop::collection::btree_map("[a-zа-я0-9 ]{1,12}(/[a-z.]{3,8}x)?", prop::collection::vec(any::<u8>(), 0..4000), 0..12),
        deflate in any::<bool>(),
    ) {
        let bytes = written(|archive| {
            for (number, (name, content)) in contents.iter().enumerate() {
                if deflate && number % 2 == 0 {
                    let mut entry = archive.deflated(name, MOMENT)?;
                    for piece in content.chunks(100) {
                        entry.write_all(piece).unwrap();
                    }
                    entry.finish()?;
                } else {
                    archive.stored(name, content, MOMENT)?;
                }
            }
            Ok(())
        });
        prop_assert_eq!(read_all(&bytes).unwrap(), contents.into_iter().collect::<Vec<_>>());
    }
}
