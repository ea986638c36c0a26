//! NIQE (Mittal, Soundararajan, Bovik: Making a "Completely Blind" Image Quality Analyzer, 2013), as basicsr 1.4.2 computes
//! it: 0 is as pristine photographs are, and there is no greatest value.
//!
//! As there, luma is rounded, and the part at the right and the bottom that does not fill a block of 96 pixels is left out.
//! Arithmetic is in double precision, and the smaller scale is Pillow's bicubic half.

mod half;
mod normalization;

use darkroom_domain::quality::QualityMetric;
use fearless_simd::{Level, Simd, dispatch};

use self::half::Half;
use self::normalization::{Source, normalized_bands};
use super::NotMeasured;
use super::generalized_gaussian::{Moments, SHAPES};
use super::luma::Luma;
use super::parameters::{FEATURES, PARAMETERS, Pristine};

/// The side of the blocks that features are taken of.
const BLOCK: usize = 96;
/// Features at one scale.
const OF_SCALE: usize = FEATURES / 2;

/// The score of a picture, from its luma in studio range.
pub(super) fn niqe(luma: &Luma) -> Result<f64, NotMeasured> {
    let (columns, rows) = (luma.width() / BLOCK, luma.height() / BLOCK);
    // A covariance takes two blocks.
    if columns * rows < 2 {
        return Err(NotMeasured::TooSmall {
            metric: QualityMetric::Niqe,
            width: 192,
            height: 96,
        });
    }
    let whole = Blocks {
        luma,
        width: columns * BLOCK,
        height: rows * BLOCK,
    };
    let mut features = vec![[f64::NAN; FEATURES]; columns * rows];
    let half = Half::of(luma, whole.width, whole.height);
    dispatch!(Level::new(), simd => add_features(simd, &whole, BLOCK, &mut features, 0));
    dispatch!(Level::new(), simd => add_features(simd, &half, BLOCK / 2, &mut features, OF_SCALE));
    PARAMETERS
        .1
        .distance(&features)
        .ok_or(NotMeasured::Featureless(QualityMetric::Niqe))
}

/// The part of a picture that blocks fill.
struct Blocks<'a> {
    luma: &'a Luma,
    width: usize,
    height: usize,
}

impl Source for Blocks<'_> {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    #[inline(always)]
    fn read(&self, y: usize, out: &mut [f64]) {
        for (out, value) in out.iter_mut().zip(self.luma.row(y)) {
            *out = f64::from(*value);
        }
    }
}

/// Writes the features of every block at one scale, row by row of blocks, from a place of each block's features on.
///
/// Compiled once for each level of vector instructions.
#[inline(always)]
fn add_features<S: Simd>(
    _simd: S,
    source: &impl Source,
    side: usize,
    features: &mut [[f64; FEATURES]],
    place: usize,
) {
    let columns = (source.width() / side).max(1);
    let mut bands = features.chunks_exact_mut(columns);
    normalized_bands(source, side, |band, stride| {
        for (column, features) in bands.next().unwrap_or_default().iter_mut().enumerate() {
            let rows = band
                .chunks_exact(stride)
                .filter_map(|row| row.get(column * side..(column + 1) * side));
            let block = statistics(rows, side).features(side);
            if let Some(to) = features.get_mut(place..place + OF_SCALE) {
                to.copy_from_slice(&block);
            }
        }
    });
}

/// The moments of the pixels of a block, and of the products of those that touch: at its edges, with those at the opposite
/// edge.
#[derive(Default)]
struct Statistics {
    pixels: Moments,
    horizontal: Moments,
    vertical: Moments,
    falling: Moments,
    rising: Moments,
}

#[inline(always)]
fn statistics<'a>(rows: impl DoubleEndedIterator<Item = &'a [f32]> + Clone, side: usize) -> Statistics {
    let mut statistics = Statistics::default();
    // The row above, between copies of its last and its first pixel; and the row itself behind that of its last.
    let mut above = Vec::with_capacity(side + 2);
    let mut shifted = Vec::with_capacity(side + 1);
    let wrapped = |row: &[f32], above: &mut Vec<f32>| {
        above.clear();
        above.extend(row.last());
        above.extend_from_slice(row);
        above.extend(row.first());
    };
    if let Some(last) = rows.clone().next_back() {
        wrapped(last, &mut above);
    }
    for row in rows {
        shifted.clear();
        shifted.extend(row.last());
        shifted.extend_from_slice(row);
        statistics.pixels.add(row);
        for (moments, other, start) in [
            (&mut statistics.horizontal, &shifted, 0),
            (&mut statistics.vertical, &above, 1),
            (&mut statistics.falling, &above, 0),
            (&mut statistics.rising, &above, 2),
        ] {
            moments.add_products(row, other.get(start..start + side).unwrap_or_default());
        }
        wrapped(row, &mut above);
    }
    statistics
}

impl Statistics {
    /// What has no fit has the least shape and no other number, as in the reference.
    fn features(&self, side: usize) -> [f64; OF_SCALE] {
        const NO_FIT: f64 = 0.2;
        let samples = u32::try_from(side * side).map_or(f64::INFINITY, f64::from);
        let mut features = [f64::NAN; OF_SCALE];
        let (of_pixels, of_products) = features.split_at_mut(2);
        let fit = self.pixels.fit(samples, SHAPES);
        of_pixels.copy_from_slice(&fit.map_or([NO_FIT, f64::NAN], |fit| {
            [fit.shape, (fit.left + fit.right) / 2.0 * fit.scale_of_shape()]
        }));
        let all = [&self.horizontal, &self.vertical, &self.falling, &self.rising];
        for (products, features) in all.into_iter().zip(of_products.as_chunks_mut().0) {
            *features = products
                .fit(samples, SHAPES)
                .map_or([NO_FIT, f64::NAN, f64::NAN, f64::NAN], |fit| {
                    let [left, right] = [fit.left, fit.right].map(|side| side * fit.scale_of_shape());
                    [fit.shape, (right - left) * fit.mean_of_shape(), left, right]
                });
        }
        features
    }
}

impl Pristine {
    /// How far the features of blocks are from those of pristine photographs, unless fewer than two blocks have all.
    fn distance(&self, blocks: &[[f64; FEATURES]]) -> Option<f64> {
        let whole: Vec<_> = blocks
            .iter()
            .filter(|features| features.iter().all(|feature| !feature.is_nan()))
            .collect();
        let ones = u32::try_from(whole.len()).ok().filter(|count| *count >= 2)?;
        let centers: [f64; FEATURES] = mean(whole.iter().copied());
        let mut matrix = self.covariance.clone();
        for features in &whole {
            let offsets: Vec<f64> = features
                .iter()
                .zip(&centers)
                .map(|(value, center)| value - center)
                .collect();
            for (row, one) in matrix.iter_mut().zip(&offsets) {
                for (value, other) in row.iter_mut().zip(&offsets) {
                    *value += one * other / f64::from(ones - 1);
                }
            }
        }
        // The mean of the two covariances.
        for value in matrix.iter_mut().flatten() {
            *value /= 2.0;
        }
        let mut offset = mean(blocks.iter());
        for (value, pristine) in offset.iter_mut().zip(&self.mean) {
            *value -= pristine;
        }
        mahalanobis(matrix, offset)
    }
}

/// The mean of each feature over those blocks that have it.
fn mean<'a>(blocks: impl Iterator<Item = &'a [f64; FEATURES]>) -> [f64; FEATURES] {
    let mut sums = [(0.0, 0.0); FEATURES];
    for features in blocks {
        for ((sum, count), feature) in sums.iter_mut().zip(features) {
            if !feature.is_nan() {
                *sum += feature;
                *count += 1.0;
            }
        }
    }
    sums.map(|(sum, count)| sum / count)
}

/// The length of a vector as a covariance measures it, by Cholesky's decomposition; `None` unless it is positive definite.
fn mahalanobis(mut matrix: Vec<[f64; FEATURES]>, vector: [f64; FEATURES]) -> Option<f64> {
    // Row by row the lower triangle L of matrix = L Lt, and with it the solution of L solved = vector.
    let mut solved: Vec<f64> = Vec::with_capacity(FEATURES);
    let mut squares = 0.0;
    for (row, value) in vector.into_iter().enumerate() {
        let (above, rest) = matrix.split_at_mut(row);
        let current = rest.first_mut()?;
        for (column, other) in above.iter().enumerate() {
            let product: f64 = current
                .iter()
                .zip(other)
                .take(column)
                .map(|(one, other)| one * other)
                .sum();
            let diagonal = other.get(column)?;
            let entry = current.get_mut(column)?;
            *entry = (*entry - product) / diagonal;
        }
        let done: f64 = current.iter().take(row).map(|entry| entry * entry).sum();
        let product: f64 = current
            .iter()
            .zip(&solved)
            .map(|(entry, solved)| entry * solved)
            .sum();
        let entry = current.get_mut(row)?;
        let diagonal = (*entry - done).sqrt();
        if diagonal.is_nan() || diagonal <= 0.0 {
            return None;
        }
        *entry = diagonal;
        let next = (value - product) / diagonal;
        solved.push(next);
        squares += next * next;
    }
    Some(squares.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_known_covariances() {
        let identity = |scale: f64| {
            (0..FEATURES)
                .map(|row| std::array::from_fn(|column| if row == column { scale } else { 0.0 }))
                .collect::<Vec<[f64; FEATURES]>>()
        };
        let mut vector = [0.0; FEATURES];
        (vector[0], vector[35]) = (3.0, 4.0);
        assert!((mahalanobis(identity(1.0), vector).unwrap() - 5.0).abs() < 1e-12);
        assert!((mahalanobis(identity(4.0), vector).unwrap() - 2.5).abs() < 1e-12);
        // Of [[2, 1], [1, 2]] the inverse is [[2, -1], [-1, 2]] / 3.
        let mut matrix = identity(1.0);
        (matrix[0][0], matrix[35][35], matrix[0][35], matrix[35][0]) = (2.0, 2.0, 1.0, 1.0);
        let expected = ((2.0 * 9.0 - 2.0 * 12.0 + 2.0 * 16.0) / 3.0_f64).sqrt();
        assert!((mahalanobis(matrix, vector).unwrap() - expected).abs() < 1e-12);
        assert!(mahalanobis(identity(0.0), vector).is_none());
        assert!(mahalanobis(identity(f64::NAN), vector).is_none());
    }

    #[test]
    fn means_leave_out_what_is_missing() {
        let (one, mut other) = ([1.0; FEATURES], [3.0; FEATURES]);
        other[7] = f64::NAN;
        let mean = mean([one, other].iter());
        assert_eq!((mean[6], mean[7]), (2.0, 1.0));
    }

    #[test]
    fn blocks_without_a_fit_have_the_least_shape_and_nothing_else() {
        let features = Statistics::default().features(96);
        assert!((features[0] - 0.2).abs() < 1e-12 && (features[14] - 0.2).abs() < 1e-12);
        assert_eq!(features.iter().filter(|value| value.is_nan()).count(), 13);
    }
}
