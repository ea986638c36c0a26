//! Damaged archives: whatever comes, an answer comes, and what is read is what was packed.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Cursor;

use darkroom_domain::Code;
use darkroom_zip::{Archive, ArchiveLimits, PackedEntry, survey};
use proptest::prelude::*;
use support::{Counted, Forged, archive, archive_with, span_of, unpacked, wide_archive};

const LIMITS: ArchiveLimits = ArchiveLimits {
    bytes: 1 << 20,
    entries: 100,
    unpacked_bytes: 1 << 20,
    entry_bytes: 1 << 18,
    ratio: 50,
    directory_bytes: 1 << 12,
};

fn contents() -> [(&'static str, Vec<u8>); 4] {
    [
        ("images/first.jpg", (0..=255).collect()),
        ("manifest.json", b"{\"title\":\"Snow\"}".repeat(30)),
        ("images/second.png", vec![0x5a; 100]),
        ("empty", Vec::new()),
    ]
}

fn valid(kind: usize) -> Vec<u8> {
    let members: Vec<Forged> = contents()
        .iter()
        .enumerate()
        .map(|(number, (name, content))| {
            if number % 2 == 0 {
                Forged::stored(name, content)
            } else {
                Forged::deflated(name, content)
            }
        })
        .collect();
    match kind {
        0 => archive(&members),
        1 => archive_with(&members, |end| end.comment = b"a comment".to_vec()),
        _ => wide_archive(&members, |_| {}),
    }
}

/// Opens and surveys an archive and reads all of it; asserts what holds of every archive.
fn hold_to_promises(bytes: &[u8]) -> Result<(), TestCaseError> {
    hold_survey_to_promises(bytes)?;
    hold_opened_to_promises(bytes)
}

fn hold_survey_to_promises(bytes: &[u8]) -> Result<(), TestCaseError> {
    let size = bytes.len() as u64;
    let opened = Archive::open(Cursor::new(bytes), size, &LIMITS);
    let mut reader = Counted::new(Cursor::new(bytes));
    let surveyed = survey(&mut reader, size, &LIMITS);
    prop_assert!(reader.bytes <= 66_000 + LIMITS.directory_bytes);
    let files = match surveyed {
        Err(failure) => {
            prop_assert!(matches!(
                failure.code,
                Code::InvalidArchive | Code::ArchiveTooLarge
            ));
            prop_assert!(!failure.is_retryable());
            prop_assert!(opened.is_err(), "a survey refuses what can be opened");
            return Ok(());
        }
        Ok(files) => files,
    };
    prop_assert!(files.len() <= 100);
    let mut spans = Vec::new();
    let mut sum = 0;
    for file in &files {
        prop_assert!(file.name.len() <= 512);
        match &file.content {
            Err(failure) => prop_assert!(matches!(
                failure.code,
                Code::InvalidArchive | Code::ArchiveTooLarge
            )),
            Ok(packed) => {
                prop_assert!(packed.size() <= LIMITS.entry_bytes);
                sum += packed.size();
                let json = serde_json::to_string(packed).unwrap();
                prop_assert_eq!(&serde_json::from_str::<PackedEntry>(&json).unwrap(), packed);
                spans.push(packed.span());
                let unpacked = packed.unpack(span_of(bytes, packed), u64::MAX);
                let read = packed.read(span_of(bytes, packed), u64::MAX);
                prop_assert_eq!(&unpacked.map(|content| content.into_owned()), &read);
                match read {
                    Err(failure) => prop_assert_eq!(failure.code, Code::InvalidArchive),
                    Ok(read) => prop_assert!(contents().iter().any(|(_, content)| *content == read)),
                }
            }
        }
    }
    prop_assert!(sum <= LIMITS.unpacked_bytes);
    spans.sort_by_key(|span| span.start);
    prop_assert!(spans.iter().all(|span| span.start < span.end && span.end <= size));
    prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));

    // Whatever the strict way reads, this one reads likewise.
    if let Ok(mut archive) = opened {
        let entries = archive.entries().to_vec();
        prop_assert_eq!(entries.len(), files.len());
        for (entry, file) in entries.iter().zip(&files) {
            prop_assert_eq!(
                (&entry.name, entry.size, entry.compressed),
                (&file.name, file.size, file.compressed)
            );
            prop_assert_eq!(
                archive.read(&entry.name, u64::MAX).ok(),
                unpacked(bytes, file).ok()
            );
        }
    }
    Ok(())
}

fn hold_opened_to_promises(bytes: &[u8]) -> Result<(), TestCaseError> {
    let size = bytes.len() as u64;
    let mut reader = Counted::new(Cursor::new(bytes));
    let opened = Archive::open(&mut reader, size, &LIMITS);
    let mut archive = match opened {
        Err(failure) => {
            prop_assert!(matches!(
                failure.code,
                Code::InvalidArchive | Code::ArchiveTooLarge
            ));
            prop_assert!(!failure.is_retryable());
            return Ok(());
        }
        Ok(archive) => archive,
    };
    let entries = archive.entries().to_vec();
    prop_assert!(entries.len() <= 100);
    prop_assert!(entries.iter().map(|entry| entry.size).sum::<u64>() <= LIMITS.unpacked_bytes);
    for entry in &entries {
        prop_assert!(entry.size <= LIMITS.entry_bytes);
        match archive.read(&entry.name, u64::MAX) {
            Err(failure) => prop_assert_eq!(failure.code, Code::InvalidArchive),
            Ok(content) => prop_assert!(
                contents().contains(&(entry.name.as_str(), content)),
                "{} is another than it was",
                entry.name
            ),
        }
    }
    // The end, the directory, and the whole file at most once more.
    prop_assert!(archive.into_inner().bytes <= 66_000 + LIMITS.directory_bytes + size);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes(
        kind in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = valid(kind);
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        hold_to_promises(&bytes)?;
    }

    #[test]
    fn changed_numbers(
        kind in 0..3_usize,
        at in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![0_u32, 1, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]),
    ) {
        let mut bytes = valid(kind);
        let at = at.index(bytes.len() - 4);
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        hold_to_promises(&bytes)?;
    }

    #[test]
    fn moved_parts(
        kind in 0..3_usize,
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        length in 1..120_usize,
    ) {
        let mut bytes = valid(kind);
        let from = from.index(bytes.len());
        let part = bytes[from..(from + length).min(bytes.len())].to_vec();
        let to = to.index(bytes.len() - part.len() + 1);
        bytes[to..to + part.len()].copy_from_slice(&part);
        hold_to_promises(&bytes)?;
    }

    #[test]
    fn changed_directories(
        kind in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = valid(kind);
        let begin = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        for (index, value) in changes {
            let index = begin + index.index(bytes.len() - begin);
            bytes[index] = value;
        }
        hold_to_promises(&bytes)?;
    }

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        hold_to_promises(&bytes)?;
    }
}

#[test]
fn every_byte_changed_alone() {
    for kind in 0..3 {
        let honest = valid(kind);
        hold_to_promises(&honest).unwrap();
        for at in 0..honest.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = honest.clone();
                bytes[at] ^= change;
                hold_to_promises(&bytes).unwrap();
            }
        }
    }
}
