//! How long thumbnails take: in all, and stage by stage.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::cast_possible_truncation, reason = "small sums are made bytes")]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without documentation"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use darkroom_domain::ImageLimits;
use darkroom_vision::resize::{Region, lanczos3};
use darkroom_vision::{ColorModel, Orientation, Raster, decode, encode, inspect, thumbnails};

const LIMITS: ImageLimits = ImageLimits::DEFAULT;

/// Twelve megapixels with edges, textures and noise, so that the encoder has about as much to write as for a photograph.
/// The same on every machine.
fn photograph(width: u32, height: u32) -> Raster {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 60) as u8
    };
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let wave = ((x * x / 700 + y * y / 900) % 160) as u8;
            let block = if (x / 90 + y / 70) % 3 == 0 { 40 } else { 0 };
            let grain = noise();
            data.extend([
                wave + block / 2 + grain,
                30 + block + wave / 2 + grain,
                60 + (y * 120 / height) as u8 + grain,
            ]);
        }
    }
    Raster::new(width, height, ColorModel::Rgb, data).unwrap()
}

fn stages(criterion: &mut Criterion) {
    let raster = photograph(4000, 3000);
    let file = encode::jpeg(&raster).unwrap();
    let square = lanczos3(&raster, Region::central_square(4000, 3000), 1200, 1200).unwrap();

    let mut group = criterion.benchmark_group("jpeg of 12 megapixels");
    group.sample_size(10);
    group.bench_function("thumbnails", |bencher| {
        bencher.iter(|| thumbnails(black_box(&file), &LIMITS).unwrap())
    });
    group.bench_function("inspect", |bencher| {
        bencher.iter(|| inspect(black_box(&file), &LIMITS).unwrap())
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode(black_box(&file), &LIMITS).unwrap())
    });
    group.bench_function("resize to 1200x1200", |bencher| {
        bencher
            .iter(|| lanczos3(black_box(&raster), Region::central_square(4000, 3000), 1200, 1200).unwrap());
    });
    group.bench_function("turn 1200x1200", |bencher| {
        bencher.iter(|| Orientation::QuarterTurn.apply(black_box(square.clone())));
    });
    group.bench_function("encode 1200x1200", |bencher| {
        bencher.iter(|| encode::jpeg(black_box(&square)).unwrap())
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
