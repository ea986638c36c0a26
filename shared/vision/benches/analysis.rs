//! How long the analyses of pixels take.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::cast_possible_truncation, reason = "small sums are made bytes")]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without documentation"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use darkroom_domain::ImageLimits;
use darkroom_vision::{
    BlurParameters, ColorModel, Grid, Lightness, Raster, auto_crop, decode, encode, gaussian_blur,
    grid_means, lightness, stretched, viridis,
};

const LIMITS: ImageLimits = ImageLimits {
    bytes: u64::MAX,
    ..ImageLimits::DEFAULT
};
const WIDTH: u32 = 4000;
const HEIGHT: u32 = 3000;

/// Twelve megapixels of waves and blocks. The same on every machine.
fn picture() -> Raster {
    let data = (0..HEIGHT)
        .flat_map(|y| {
            (0..WIDTH).flat_map(move |x| {
                let wave = ((x * x / 700 + y * y / 900) % 160) as u8;
                let block = if (x / 90 + y / 70) % 3 == 0 { 60 } else { 0 };
                let grain = (x.wrapping_mul(y).wrapping_mul(2_654_435_761) >> 28) as u8;
                [wave + block + grain, 30 + block + wave / 2, 90 + grain]
            })
        })
        .collect();
    Raster::new(WIDTH, HEIGHT, ColorModel::Rgb, data).unwrap()
}

fn analyses(criterion: &mut Criterion) {
    let raster = picture();
    let file = encode::jpeg(&raster).unwrap();
    let source = Lightness::from(raster.into_rgb());

    let mut group = criterion.benchmark_group("12 megapixels");
    group.sample_size(10);
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode(black_box(&file), &LIMITS).unwrap())
    });
    group.bench_function("decode, lightness and histogram", |bencher| {
        bencher.iter(|| lightness(black_box(&file), &LIMITS).unwrap().histogram())
    });
    for kernel_size in [3, 5, 7, 15, 31] {
        let parameters = BlurParameters {
            kernel_size,
            sigma_x: 0.0,
            sigma_y: 0.0,
        };
        let (horizontal, vertical) = parameters.kernels().unwrap();
        group.bench_function(format!("blur {kernel_size}x{kernel_size}"), |bencher| {
            bencher.iter(|| gaussian_blur(black_box(&source), &horizontal, &vertical));
        });
    }
    for lines in [0, 10, 100] {
        let at = |size: u32| -> Vec<f64> {
            (1..=lines)
                .map(|line| f64::from(size) * f64::from(line) / f64::from(lines + 1))
                .collect()
        };
        let grid = Grid::new(WIDTH, HEIGHT, &at(WIDTH), &at(HEIGHT)).unwrap();
        group.bench_function(format!("means between {lines} lines each way"), |bencher| {
            bencher.iter(|| grid_means(black_box(&source), &grid));
        });
    }
    group.bench_function("crop", |bencher| bencher.iter(|| auto_crop(black_box(&source))));
    group.bench_function("viridis", |bencher| {
        bencher.iter(|| viridis(&stretched(black_box(&source))))
    });
    let grey = source.clone().into_raster();
    group.bench_function("png", |bencher| {
        bencher.iter(|| encode::png(black_box(&grey)).unwrap())
    });
    group.finish();
}

criterion_group!(benches, analyses);
criterion_main!(benches);
