//! Which source samples make each resampled sample, and with which weights.
//!
//! Positions count from the edge: sample `n` covers `n..n + 1`. The antialiased kernels follow Pillow's resampling
//! (support, bounds and normalisation), the two taps follow `INTER_LINEAR` of OpenCV.

use crate::geometry::AxisPlacement;
use crate::manifest::Resampling;
use crate::rounding::{ceil_index, floor_index, single};

/// The source samples `first..first + weights` of one resampled sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tap {
    /// First source sample.
    pub(crate) first: usize,
    /// Where this tap's weights begin in [`Taps::weights`].
    start: usize,
    /// How many weights there are; at least 1.
    pub(crate) count: usize,
}

/// The taps of all resampled samples of one axis, in order.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    taps: Vec<Tap>,
    weights: Vec<f32>,
}

impl Taps {
    /// Taps that take the seen part of an axis to its filled part.
    pub(crate) fn new(axis: &AxisPlacement, resampling: Resampling) -> Self {
        let length = axis.pixels as usize;
        let scale = axis.length / f64::from(axis.filled);
        let mut taps = Vec::with_capacity(axis.filled as usize);
        let mut weights = Vec::new();
        for sample in 0..axis.filled {
            let centre = axis.source + (f64::from(sample) + 0.5) * scale;
            let start = weights.len();
            let first = match resampling {
                Resampling::Linear => linear(centre, length, &mut weights),
                Resampling::Triangle => antialiased(centre, scale, length, 1.0, triangle, &mut weights),
                Resampling::Cubic => antialiased(centre, scale, length, 2.0, cubic, &mut weights),
            };
            taps.push(Tap {
                first,
                start,
                count: weights.len() - start,
            });
        }
        Self { taps, weights }
    }

    /// Each resampled sample's taps with their weights.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Tap, &[f32])> {
        self.taps.iter().map(|tap| {
            (
                *tap,
                self.weights
                    .get(tap.start..tap.start + tap.count)
                    .unwrap_or_default(),
            )
        })
    }

    /// One resampled sample's taps with their weights; nothing beyond the last.
    pub(crate) fn get(&self, sample: usize) -> Option<(Tap, &[f32])> {
        self.taps.get(sample).map(|tap| {
            (
                *tap,
                self.weights
                    .get(tap.start..tap.start + tap.count)
                    .unwrap_or_default(),
            )
        })
    }

    /// The greatest number of taps of one sample.
    pub(crate) fn widest(&self) -> usize {
        self.taps.iter().map(|tap| tap.count).max().unwrap_or(0)
    }

    /// How many resampled samples there are.
    pub(crate) fn len(&self) -> usize {
        self.taps.len()
    }
}

fn linear(centre: f64, length: usize, weights: &mut Vec<f32>) -> usize {
    let last = length.saturating_sub(1) as f64;
    let position = (centre - 0.5).clamp(0.0, last);
    let first = position.floor();
    let fraction = single(position - first);
    weights.push(1.0 - fraction);
    if fraction > 0.0 {
        weights.push(fraction);
    }
    floor_index(first)
}

fn antialiased(
    centre: f64,
    scale: f64,
    length: usize,
    radius: f64,
    kernel: fn(f64) -> f64,
    weights: &mut Vec<f32>,
) -> usize {
    let widening = scale.max(1.0);
    let support = radius * widening;
    let first = floor_index(centre - support + 0.5).min(length.saturating_sub(1));
    let end = floor_index(centre + support + 0.5).clamp(first + 1, length.max(first + 1));
    let raw = |sample: usize| kernel((sample as f64 - centre + 0.5) / widening);
    let sum: f64 = (first..end).map(raw).sum();
    if sum == 0.0 {
        // A kernel that meets the picture with its zeros alone: take the nearest sample as it is.
        weights.push(1.0);
        return ceil_index(centre - 1.0).min(length.saturating_sub(1));
    }
    weights.extend((first..end).map(|sample| single(raw(sample) / sum)));
    first
}

fn triangle(distance: f64) -> f64 {
    (1.0 - distance.abs()).max(0.0)
}

/// Keys' cubic with a = -0.5.
fn cubic(distance: f64) -> f64 {
    const A: f64 = -0.5;
    let x = distance.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(length: u32, filled: u32) -> AxisPlacement {
        AxisPlacement {
            pixels: length,
            source: 0.0,
            length: f64::from(length),
            target: 0,
            filled,
        }
    }

    #[test]
    fn halving_averages_pairs() {
        let taps = Taps::new(&axis(8, 4), Resampling::Linear);
        let all: Vec<_> = taps
            .iter()
            .map(|(tap, weights)| (tap.first, weights.to_vec()))
            .collect();
        assert_eq!(
            all,
            [
                (0, vec![0.5, 0.5]),
                (2, vec![0.5, 0.5]),
                (4, vec![0.5, 0.5]),
                (6, vec![0.5, 0.5])
            ]
        );
    }

    #[test]
    fn the_same_size_is_the_identity() {
        for resampling in [Resampling::Linear, Resampling::Triangle, Resampling::Cubic] {
            for (index, (tap, weights)) in Taps::new(&axis(7, 7), resampling).iter().enumerate() {
                let own: f32 = weights
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| tap.first + i == index)
                    .map(|(_, w)| w)
                    .sum();
                assert!((own - 1.0).abs() < 1e-6, "{resampling:?} {index}: {weights:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn taps_stay_inside_and_their_weights_sum_to_one(
            length in 1u32..20_000, filled in 1u32..700,
            resampling in prop::sample::select(vec![Resampling::Linear, Resampling::Triangle, Resampling::Cubic]),
        ) {
            let taps = Taps::new(&axis(length, filled), resampling);
            prop_assert_eq!(taps.len(), filled as usize);
            let mut before = 0;
            for (tap, weights) in taps.iter() {
                prop_assert!(tap.count >= 1 && tap.first + tap.count <= length as usize);
                prop_assert!(tap.first >= before, "the window goes back");
                before = tap.first;
                let sum: f32 = weights.iter().sum();
                prop_assert!((sum - 1.0).abs() < 1e-4, "{}", sum);
            }
        }
    }
}
