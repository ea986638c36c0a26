//! How long k-means takes: of lightness by histogram, of colours by the size of the picture.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::cast_possible_truncation, reason = "small sums are made bytes")]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without documentation"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use darkroom_vision::clusters::{self, Options};
use darkroom_vision::{ColorSpace, Picture, of_colors, of_lightness};

/// Waves and blocks of colour with the noise of a sensor: about as many distinct colours as a photograph has. The same on
/// every machine.
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

fn lightness(criterion: &mut Criterion) {
    let histogram: [u64; 256] = std::array::from_fn(|value| (value as u64 * 37 % 101) * 400 + 1);
    let mut group = criterion.benchmark_group("lightness");
    group.sample_size(10);
    for clusters in [2, 3, 16] {
        let options = Options {
            clusters,
            ..Options::default()
        };
        group.bench_function(format!("{clusters} clusters"), |bencher| {
            bencher.iter(|| of_lightness(black_box(&histogram), &options).unwrap())
        });
    }
    group.bench_function("3 clusters, the optimum alone", |bencher| {
        let options = Options {
            criteria: clusters::Criteria::Optimal,
            ..Options::default()
        };
        bencher.iter(|| of_lightness(black_box(&histogram), &options).unwrap())
    });
    group.bench_function("255 clusters, as much work as can be asked for", |bencher| {
        let options = Options {
            clusters: 255,
            criteria: clusters::Criteria::MaxIterations,
            init: clusters::Init::Random,
            attempts: 100,
            ..Options::default()
        };
        bencher.iter(|| of_lightness(black_box(&histogram), &options).unwrap())
    });
    group.finish();
}

fn colors(criterion: &mut Criterion) {
    let options = Options {
        clusters: 8,
        ..Options::default()
    };
    let mut group = criterion.benchmark_group("eight clusters of colours");
    group.sample_size(10);
    for (name, width, height) in [
        ("0.5 megapixels", 816, 612),
        ("2 megapixels", 1633, 1225),
        ("12 megapixels", 4000, 3000),
    ] {
        let picture = picture(width, height);
        group.bench_function(name, |bencher| {
            bencher.iter(|| of_colors(black_box(&picture), ColorSpace::Rgb, &options).unwrap())
        });
    }
    let picture = picture(1633, 1225);
    group.bench_function("2 megapixels in Lab", |bencher| {
        bencher.iter(|| of_colors(black_box(&picture), ColorSpace::Lab, &options).unwrap())
    });
    group.finish();
}

criterion_group!(benches, lightness, colors);
criterion_main!(benches);
