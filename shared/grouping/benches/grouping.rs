//! How long grouping takes, over time. Comparison with other programs is in `benches/compare_grouping.py` at the top.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use criterion::{Criterion, criterion_group, criterion_main};
use darkroom_grouping::{Metric, Parameters, Vectors, group_on, near_duplicates, near_hashes, projection};

const DIMENSIONS: usize = 384;

/// `SplitMix64`.
fn bits(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Vectors about one centre for each hundred, and every fifth anywhere.
fn vectors(count: usize) -> Vec<f32> {
    let mut state = count as u64;
    let mut unit = move || (bits(&mut state) >> 40) as f32 / (1 << 23) as f32 - 1.0;
    let centers: Vec<f32> = (0..count / 100 * DIMENSIONS).map(|_| unit()).collect();
    let centers: Vec<&[f32]> = centers.chunks_exact(DIMENSIONS).collect();
    let vector = |at: usize| {
        centers
            .iter()
            .cycle()
            .nth(at % centers.len())
            .into_iter()
            .copied()
            .flatten()
    };
    (0..count)
        .flat_map(|at| vector(at).map(move |center| (at, center)))
        .map(|(at, center)| {
            if at % 5 == 0 {
                unit()
            } else {
                center + 0.3 * unit()
            }
        })
        .collect()
}

fn grouping(criterion: &mut Criterion) {
    let mut go_on = |_| ControlFlow::Continue(());
    for count in [1000, 5000] {
        let values = vectors(count);
        let Ok(vectors) = Vectors::new(&values, DIMENSIONS) else {
            return;
        };
        for metric in Metric::ALL {
            let Ok(parameters) = Parameters::new(5, 5, metric) else {
                return;
            };
            criterion.bench_function(&format!("group {count} {metric}"), |bencher| {
                bencher.iter(|| black_box(group_on(NonZeroUsize::MIN, &vectors, &parameters, &mut go_on)));
            });
        }
        criterion.bench_function(&format!("near_duplicates {count}"), |bencher| {
            bencher.iter(|| black_box(near_duplicates(&vectors, 0.95, 10_000, &mut go_on)));
        });
        criterion.bench_function(&format!("projection {count}"), |bencher| {
            bencher.iter(|| black_box(projection(&vectors)));
        });
    }
    let mut state = 1;
    let hashes: Vec<u64> = (0..100_000).map(|_| bits(&mut state)).collect();
    for distance in [4, 8] {
        criterion.bench_function(&format!("near_hashes 100000 within {distance}"), |bencher| {
            bencher.iter(|| black_box(near_hashes(&hashes, distance, 10_000)));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = grouping
}
criterion_main!(benches);
