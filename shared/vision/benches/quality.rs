//! How long it takes to measure the quality of a photograph, by metric, and to hash it.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::cast_possible_truncation, reason = "small sums are made bytes")]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without documentation"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use darkroom_domain::QualityMetric;
use darkroom_vision::{Picture, perceptual_hash, quality};

/// Waves and blocks with the noise of a sensor, the same on every machine.
fn picture(width: u32, height: u32) -> Picture {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 58) as u32 % 24
    };
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let wave = (x * x / 700 + y * y / 900) % 120;
            let block = if (x / 90 + y / 70) % 3 == 0 { 60 } else { 0 };
            let channels = [wave + block, 30 + block + wave / 2, 60 + y * 130 / height];
            data.extend(channels.map(|channel| (channel + noise()) as u8));
        }
    }
    Picture::from_rgb(width, height, data).unwrap()
}

fn measures(criterion: &mut Criterion) {
    let picture = picture(4000, 3000);
    let mut group = criterion.benchmark_group("12 megapixels");
    group.sample_size(10);
    for metric in QualityMetric::WITHOUT_NETWORK {
        group.bench_function(metric.name(), |bencher| {
            bencher.iter(|| quality(black_box(&picture), &[metric]))
        });
    }
    group.bench_function("all", |bencher| {
        bencher.iter(|| quality(black_box(&picture), &QualityMetric::WITHOUT_NETWORK))
    });
    group.bench_function("perceptual hash", |bencher| {
        bencher.iter(|| perceptual_hash(black_box(&picture)))
    });
    group.finish();
}

criterion_group!(benches, measures);
criterion_main!(benches);
