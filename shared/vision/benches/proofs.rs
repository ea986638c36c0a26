//! How long it takes to look at a photograph small, and to draw boxes into it at full resolution.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::cast_possible_truncation, reason = "small sums are made bytes")]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without documentation"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use darkroom_domain::ImageLimits;
use darkroom_vision::{ColorModel, LabelledBox, Proof, Raster, encode};

const LIMITS: ImageLimits = ImageLimits::DEFAULT;

/// Twelve megapixels with edges, textures and noise, the same on every machine.
fn photograph(width: u32, height: u32) -> Raster {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let grain = (state >> 60) as u8;
            let wave = ((x * x / 700 + y * y / 900) % 160) as u8;
            let block = if (x / 90 + y / 70) % 3 == 0 { 40 } else { 0 };
            data.extend([
                wave + block / 2 + grain,
                30 + block + wave / 2 + grain,
                60 + (y * 120 / height) as u8 + grain,
            ]);
        }
    }
    Raster::new(width, height, ColorModel::Rgb, data).unwrap()
}

fn boxes() -> Vec<LabelledBox> {
    [
        [300.0, 400.0, 1500.0, 1600.0],
        [2000.0, 500.0, 3500.0, 1400.0],
        [1000.0, 1700.0, 2600.0, 2800.0],
        [100.0, 2000.0, 700.0, 2900.0],
        [3000.0, 1900.0, 3900.0, 2950.0],
    ]
    .into_iter()
    .zip(0..)
    .map(|(bounds, class)| LabelledBox {
        bounds,
        class,
        text: "wrench 0.87".to_owned(),
    })
    .collect()
}

fn proofs(criterion: &mut Criterion) {
    let file = encode::jpeg(&photograph(4000, 3000)).unwrap();
    let mut group = criterion.benchmark_group("JPEG of 12 megapixels");
    group.sample_size(10);
    for side in [320, 640, 1280] {
        group.bench_function(format!("opened for {side} pixels"), |bencher| {
            bencher.iter(|| Proof::open(black_box(&file), &LIMITS, (side, side)).unwrap());
        });
    }
    for (name, boxes) in [("annotated", boxes()), ("annotated with nothing", Vec::new())] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || Proof::open(&file, &LIMITS, (640, 640)).unwrap(),
                |proof| proof.annotated(black_box(&boxes)).unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, proofs);
criterion_main!(benches);
