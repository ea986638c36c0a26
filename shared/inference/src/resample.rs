//! Rows of a picture at another size, one after another, as samples of 0 to 255.
//!
//! Two taps touch few of a large picture's pixels, so each row that is needed is first resampled along itself, at the
//! few places that count, and kept while the next row may need it. Wide kernels touch every pixel: there the source
//! rows are first weighed into one long row, which is plain arithmetic on neighbours in memory, and only that is
//! resampled along itself.

use fearless_simd::{Level, Simd, dispatch};

use crate::geometry::Placement;
use crate::manifest::Resampling;
use crate::pixels::Pixels;
use crate::taps::Taps;

/// Makes the rows of a resampled picture.
pub(crate) struct Resampler<'a> {
    pixels: Pixels<'a>,
    across: Taps,
    down: Taps,
    /// The row that was asked for last: its reds, its greens, its blues.
    row: Vec<f32>,
    method: Method,
    level: Level,
}

enum Method {
    /// Source rows resampled along themselves, each in the place of its number modulo the length.
    TwoTaps { kept: Vec<(Option<usize>, Vec<f32>)> },
    /// Source columns from `first` on, weighed over the rows into `weighed`, three samples for each column.
    Wide {
        first: usize,
        weighed: Vec<f32>,
        tripled: Vec<f32>,
        clamps: bool,
    },
}

impl<'a> Resampler<'a> {
    pub(crate) fn new(pixels: Pixels<'a>, placement: &Placement, resampling: Resampling) -> Self {
        let across = Taps::new(&placement.horizontal, resampling);
        let down = Taps::new(&placement.vertical, resampling);
        let row = vec![0.0; 3 * across.len()];
        let method = if resampling == Resampling::Linear {
            Method::TwoTaps {
                kept: vec![(None, row.clone()); down.widest().max(1)],
            }
        } else {
            let first = across.iter().map(|(tap, _)| tap.first).min().unwrap_or(0);
            let end = across
                .iter()
                .map(|(tap, _)| tap.first + tap.count)
                .max()
                .unwrap_or(0);
            Method::Wide {
                first,
                weighed: vec![0.0; 3 * (end - first)],
                // Each weight three times over, to meet the interleaved samples of a row one to one.
                tripled: across
                    .iter()
                    .flat_map(|(_, weights)| weights.iter().flat_map(|w| [*w; 3]))
                    .collect(),
                clamps: resampling == Resampling::Cubic,
            }
        };
        Self {
            pixels,
            across,
            down,
            row,
            method,
            level: Level::new(),
        }
    }

    /// Samples of one channel in a row.
    pub(crate) fn columns(&self) -> usize {
        self.across.len()
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.down.len()
    }

    /// One row: its reds, its greens, its blues.
    pub(crate) fn row(&mut self, index: usize) -> &[f32] {
        let Some((tap, weights)) = self.down.get(index) else {
            return &[];
        };
        match &mut self.method {
            Method::TwoTaps { kept } => {
                self.row.fill(0.0);
                for (source, weight) in (tap.first..).zip(weights) {
                    let slot = source % kept.len();
                    let Some((holds, samples)) = kept.get_mut(slot) else {
                        continue;
                    };
                    if *holds != Some(source) {
                        two_taps(self.pixels.row(source), &self.across, samples);
                        *holds = Some(source);
                    }
                    self.row
                        .iter_mut()
                        .zip(samples)
                        .for_each(|(sum, sample)| *sum += *sample * weight);
                }
            }
            Method::Wide {
                first,
                weighed,
                tripled,
                clamps,
            } => {
                let part = 3 * *first..3 * *first + weighed.len();
                let samples = |source: usize| {
                    self.pixels
                        .row(source)
                        .as_flattened()
                        .get(part.clone())
                        .unwrap_or_default()
                };
                dispatch!(self.level, simd => weigh_rows(simd, samples, tap.first, weights, weighed));
                if *clamps {
                    weighed
                        .iter_mut()
                        .for_each(|sample| *sample = sample.clamp(0.0, 255.0));
                }
                dispatch!(self.level, simd => wide(simd, weighed, *first, &self.across, tripled, &mut self.row));
                if *clamps {
                    self.row
                        .iter_mut()
                        .for_each(|sample| *sample = sample.clamp(0.0, 255.0));
                }
            }
        }
        &self.row
    }
}

/// The three planes of a row.
fn planes(row: &mut [f32], columns: usize) -> impl Iterator<Item = ((&mut f32, &mut f32), &mut f32)> {
    let (red, rest) = row.split_at_mut_checked(columns).unwrap_or_default();
    let (green, blue) = rest.split_at_mut_checked(columns).unwrap_or_default();
    red.iter_mut().zip(green).zip(blue)
}

/// A source row at the few places that count.
fn two_taps(source: &[[u8; 3]], across: &Taps, target: &mut [f32]) {
    for (((red, green), blue), (tap, weights)) in planes(target, across.len()).zip(across.iter()) {
        let mut sums = [0.0f32; 3];
        let samples = source.get(tap.first..tap.first + tap.count).unwrap_or_default();
        for (sample, weight) in samples.iter().zip(weights) {
            sums.iter_mut()
                .zip(sample)
                .for_each(|(sum, value)| *sum += f32::from(*value) * weight);
        }
        [*red, *green, *blue] = sums;
    }
}

/// Weighs the rows from `first` on into `target`, four at a time, so that the sums are fetched and stored less often.
///
/// Compiled once for each level of vector instructions; the order of the sums is the same in all.
#[inline(always)]
fn weigh_rows<'a, S: Simd>(
    _level: S,
    row: impl Fn(usize) -> &'a [u8],
    first: usize,
    weights: &[f32],
    target: &mut [f32],
) {
    target.fill(0.0);
    let (fours, ones) = weights.as_chunks::<4>();
    let mut source = first;
    for [a, b, c, d] in fours {
        let rows = row(source)
            .iter()
            .zip(row(source + 1))
            .zip(row(source + 2).iter().zip(row(source + 3)));
        for (sum, ((p, q), (r, s))) in target.iter_mut().zip(rows) {
            *sum += f32::from(*p) * a + f32::from(*q) * b + (f32::from(*r) * c + f32::from(*s) * d);
        }
        source += 4;
    }
    for weight in ones {
        target
            .iter_mut()
            .zip(row(source))
            .for_each(|(sum, sample)| *sum += f32::from(*sample) * weight);
        source += 1;
    }
}

/// A long row of interleaved samples, the first of column `first`, resampled along itself.
#[inline(always)]
fn wide<S: Simd>(
    _level: S,
    samples: &[f32],
    first: usize,
    across: &Taps,
    mut tripled: &[f32],
    target: &mut [f32],
) {
    for (((red, green), blue), (tap, _)) in planes(target, across.len()).zip(across.iter()) {
        let (weights, rest) = tripled.split_at_checked(3 * tap.count).unwrap_or_default();
        tripled = rest;
        let start = 3 * (tap.first - first);
        [*red, *green, *blue] = weighed_pixel(
            samples.get(start..start + weights.len()).unwrap_or_default(),
            weights,
        );
    }
}

/// The sum of interleaved samples by channel, each times its weight. Twelve sums side by side, four pixels, keep the
/// arithmetic in vector registers.
#[inline(always)]
fn weighed_pixel(samples: &[f32], weights: &[f32]) -> [f32; 3] {
    const LANES: usize = 12;
    let mut lanes = [0.0f32; LANES];
    let (samples, last_samples) = samples.as_chunks::<LANES>();
    let (weights, last_weights) = weights.as_chunks::<LANES>();
    for (samples, weights) in samples.iter().zip(weights) {
        for ((lane, sample), weight) in lanes.iter_mut().zip(samples).zip(weights) {
            *lane += sample * weight;
        }
    }
    for ((lane, sample), weight) in lanes.iter_mut().zip(last_samples).zip(last_weights) {
        *lane += sample * weight;
    }
    let mut sums = [0.0; 3];
    for pixel in lanes.as_chunks::<3>().0 {
        sums.iter_mut().zip(pixel).for_each(|(sum, lane)| *sum += lane);
    }
    sums
}
