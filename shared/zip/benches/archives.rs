//! How long 500 pictures take into an archive and out of it, all in memory.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without documentation"
)]

use std::{
    hint::black_box,
    io::{Cursor, Write},
};

use criterion::{Criterion, criterion_group, criterion_main};
use darkroom_domain::Timestamp;
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter, PackedEntry, survey};

const PICTURES: usize = 500;
const PICTURE_BYTES: usize = 102_400;

/// Bytes that can hardly be packed, like those of a JPEG: some values are a little more frequent than others. The same on
/// every machine.
fn picture(number: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64 ^ number as u64;
    let mut bytes = Vec::with_capacity(PICTURE_BYTES);
    while bytes.len() < PICTURE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend((state & (state >> 32) | 0x8000).to_le_bytes().into_iter().take(2));
        bytes.extend(state.to_le_bytes().into_iter().skip(2));
    }
    bytes
}

fn pack_stored(pictures: &[(String, Vec<u8>)], buffer: Vec<u8>) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(buffer);
    for (name, content) in pictures {
        archive.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
    }
    archive.finish().unwrap()
}

fn pack_deflated(pictures: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Vec::new());
    for (name, content) in pictures {
        let mut entry = archive.deflated(name, Timestamp::UNIX_EPOCH).unwrap();
        entry.write_all(content).unwrap();
        entry.finish().unwrap();
    }
    archive.finish().unwrap()
}

fn unpack(archive: &[u8]) -> usize {
    let size = archive.len() as u64;
    let mut archive = Archive::open(Cursor::new(archive), size, &ArchiveLimits::DEFAULT).unwrap();
    let names: Vec<String> = archive.entries().iter().map(|entry| entry.name.clone()).collect();
    names
        .iter()
        .map(|name| archive.read(name, u64::MAX).unwrap().len())
        .sum()
}

/// The entries of an archive, each with its span.
fn spans(archive: &[u8]) -> impl Iterator<Item = (PackedEntry, &[u8])> {
    let size = archive.len() as u64;
    survey(&mut Cursor::new(archive), size, &ArchiveLimits::DEFAULT)
        .unwrap()
        .into_iter()
        .map(|entry| {
            let packed = entry.content.unwrap();
            let span = packed.span();
            let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
            (packed, archive.get(range).unwrap())
        })
}

fn read_singly(archive: &[u8]) -> usize {
    spans(archive)
        .map(|(packed, span)| packed.read(span, u64::MAX).unwrap().len())
        .sum()
}

fn unpack_singly(archive: &[u8]) -> usize {
    spans(archive)
        .map(|(packed, span)| packed.unpack(span, u64::MAX).unwrap().len())
        .sum()
}

fn archives(criterion: &mut Criterion) {
    let pictures: Vec<_> = (0..PICTURES)
        .map(|number| (format!("images/{number:06}.jpg"), picture(number)))
        .collect();
    let stored = pack_stored(&pictures, Vec::new());
    let deflated = pack_deflated(&pictures);

    let mut group = criterion.benchmark_group("500 pictures of 100 KiB");
    group.sample_size(10);
    group.bench_function("pack stored", |bencher| {
        bencher.iter(|| pack_stored(black_box(&pictures), Vec::new()))
    });
    // As into the parts of an upload, which are sent and used again.
    let mut buffer = stored.clone();
    group.bench_function("pack stored into memory that is there", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            buffer = pack_stored(black_box(&pictures), std::mem::take(&mut buffer));
        });
    });
    group.bench_function("pack deflated", |bencher| {
        bencher.iter(|| pack_deflated(black_box(&pictures)))
    });
    group.bench_function("unpack stored", |bencher| {
        bencher.iter(|| unpack(black_box(&stored)))
    });
    group.bench_function("unpack stored, surveyed and read singly", |bencher| {
        bencher.iter(|| read_singly(black_box(&stored)))
    });
    group.bench_function("unpack stored, surveyed and not copied", |bencher| {
        bencher.iter(|| unpack_singly(black_box(&stored)))
    });
    group.bench_function("unpack deflated, surveyed and read singly", |bencher| {
        bencher.iter(|| read_singly(black_box(&deflated)))
    });
    group.bench_function("unpack deflated", |bencher| {
        bencher.iter(|| unpack(black_box(&deflated)))
    });
    group.finish();
}

criterion_group!(benches, archives);
criterion_main!(benches);
