//! A map of vectors in two dimensions: principal component analysis.

use crate::eigen::leading;
use crate::kernel::{Accumulation, Shape};
use crate::space::Space;
use crate::{Metric, Vectors};

/// How many rows are multiplied at a time.
const DEPTH: usize = 256;
/// A second component with a smaller share of the variance than this is no more than rounding: on the map, a thousandth.
const LEAST_SHARE: f64 = 1e-6;

/// The place of each vector on a map that keeps as much of their variance as two dimensions can: its first two principal
/// components, scaled by one factor so that the greatest coordinate is 1 or -1.
///
/// Of each component the loading of greatest magnitude is positive. The map does not depend on the order of the vectors.
/// Vectors that coincide have one place; if all do, it is the origin; if they lie on a line, their second coordinate is 0.
#[must_use]
pub fn projection(vectors: &Vectors<'_>) -> Vec<[f32; 2]> {
    let cloud = Cloud::new(vectors);
    let axes = cloud.axes();
    let mut places = vec![[0.0; 2]; vectors.len()];
    let mut row = Vec::new();
    for (place, vector) in places.iter_mut().zip(vectors.iter()) {
        cloud.center(vector, &mut row);
        for (coordinate, axis) in place.iter_mut().zip(&axes) {
            *coordinate = row
                .iter()
                .zip(axis)
                .map(|(value, loading)| f64::from(*value) * loading)
                .sum::<f64>();
        }
    }
    let greatest = places
        .iter()
        .flatten()
        .fold(0.0_f64, |greatest, value| greatest.max(value.abs()));
    let factor = if greatest > 0.0 { 1.0 / greatest } else { 0.0 };
    places
        .into_iter()
        .map(|place| place.map(|value| single(value * factor)))
        .collect()
}

struct Cloud<'a> {
    vectors: Vectors<'a>,
    /// The vectors by content.
    order: Vec<u32>,
    mean: Vec<f64>,
    /// Brings all values between -1 and 1.
    scale: f64,
}

impl<'a> Cloud<'a> {
    fn new(vectors: &Vectors<'a>) -> Self {
        let order = Space::new(*vectors, Metric::Euclidean).order().to_vec();
        let mut mean = vec![0.0; vectors.dimensions()];
        for vector in order.iter().map(|vector| vectors.get(*vector as usize)) {
            for (sum, value) in mean.iter_mut().zip(vector) {
                *sum += f64::from(*value);
            }
        }
        for sum in &mut mean {
            *sum /= order.len().max(1) as f64;
        }
        let mut greatest = 0.0_f64;
        for vector in vectors.iter() {
            for (value, mean) in vector.iter().zip(&mean) {
                greatest = greatest.max((f64::from(*value) - mean).abs());
            }
        }
        Self {
            vectors: *vectors,
            order,
            mean,
            scale: if greatest > 0.0 { 1.0 / greatest } else { 0.0 },
        }
    }

    fn center(&self, vector: &[f32], row: &mut Vec<f32>) {
        let centered = vector.iter().zip(&self.mean);
        row.clear();
        row.extend(centered.map(|(value, mean)| single((f64::from(*value) - mean) * self.scale)));
    }

    /// The directions of greatest variance, at most two.
    fn axes(&self) -> Vec<Vec<f64>> {
        let (vectors, dimensions) = (self.order.len(), self.vectors.dimensions());
        // The products of dimensions and those of vectors have the same greatest eigenvalues: the smaller matrix will do.
        let by_dimension = dimensions <= vectors;
        let (side, depth) = if by_dimension {
            (dimensions, vectors)
        } else {
            (vectors, dimensions)
        };
        let matrix = self.products(side, depth, by_dimension);
        let mut pairs = leading(&matrix, side, 2);
        let first = pairs.first().map_or(0.0, |(value, _)| *value);
        pairs.retain(|(value, _)| *value > 0.0 && *value >= first * LEAST_SHARE);
        let vectors = pairs.into_iter().map(|(_, vector)| vector);
        vectors
            .map(|vector| {
                if by_dimension {
                    vector
                } else {
                    self.loadings(&vector)
                }
            })
            .map(oriented)
            .collect()
    }

    /// The direction that the vectors point in if each counts as much as its weight.
    fn loadings(&self, weights: &[f64]) -> Vec<f64> {
        let mut loadings = vec![0.0; self.vectors.dimensions()];
        let mut row = Vec::new();
        for (vector, weight) in self.order.iter().zip(weights) {
            self.center(self.vectors.get(*vector as usize), &mut row);
            for (loading, value) in loadings.iter_mut().zip(&row) {
                *loading += f64::from(*value) * weight;
            }
        }
        let norm = loadings
            .iter()
            .map(|loading| loading * loading)
            .sum::<f64>()
            .sqrt();
        if norm > 0.0 {
            for loading in &mut loadings {
                *loading /= norm;
            }
        }
        loadings
    }

    /// The symmetric matrix of the products of all dimensions, or of all vectors, row by row.
    fn products(&self, side: usize, depth: usize, by_dimension: bool) -> Vec<f64> {
        let shape = Shape::detect();
        let (height, width) = (shape.rows(), shape.columns());
        let padded = side.next_multiple_of(width);
        let mut matrix = vec![0.0; side * side];
        let (mut panels, mut rows, mut sums, mut row) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for begin in (0..depth).step_by(DEPTH) {
            let count = DEPTH.min(depth - begin);
            panels.clear();
            panels.resize(padded * count, 0.0);
            let mut put = |at: usize, column: usize, value: f32| {
                let place = (column / width * count + at) * width + column % width;
                if let Some(target) = panels.get_mut(place) {
                    *target = value;
                }
            };
            if by_dimension {
                for (at, vector) in self.order.iter().skip(begin).take(count).enumerate() {
                    self.center(self.vectors.get(*vector as usize), &mut row);
                    row.iter()
                        .enumerate()
                        .for_each(|(column, value)| put(at, column, *value));
                }
            } else {
                for (column, vector) in self.order.iter().enumerate() {
                    self.center(self.vectors.get(*vector as usize), &mut row);
                    let values = row.iter().skip(begin).take(count);
                    values.enumerate().for_each(|(at, value)| put(at, column, *value));
                }
            }
            for top in (0..side).step_by(height) {
                rows.clear();
                for at in 0..count {
                    rows.extend((top..top + height).map(|row| {
                        let place = (row / width * count + at) * width + row % width;
                        panels.get(place).copied().unwrap_or_default()
                    }));
                }
                // The half on and above the diagonal.
                let left = top / width * width;
                let panels = panels.get(left * count..).unwrap_or_default();
                sums.resize(height * (padded - left), 0.0);
                shape.accumulate(Accumulation::Products, count, &rows, panels, &mut sums);
                for (row, line) in (top..side).zip(sums.chunks_exact(padded - left)) {
                    let target = matrix.get_mut(row * side + left..(row + 1) * side);
                    for (target, sum) in target.into_iter().flatten().zip(line) {
                        *target += f64::from(*sum);
                    }
                }
            }
        }
        for row in 0..side {
            for column in 0..row {
                let mirrored = matrix.get(column * side + row).copied().unwrap_or_default();
                if let Some(target) = matrix.get_mut(row * side + column) {
                    *target = mirrored;
                }
            }
        }
        matrix
    }
}

/// Turned so that the loading of greatest magnitude is positive: the first of those, if there are more.
fn oriented(mut axis: Vec<f64>) -> Vec<f64> {
    let greatest = axis.iter().fold(0.0_f64, |greatest, loading| {
        if loading.abs() > greatest.abs() * (1.0 + 1e-9) {
            *loading
        } else {
            greatest
        }
    });
    if greatest < 0.0 {
        axis.iter_mut().for_each(|loading| *loading = -*loading);
    }
    axis
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "between -1 and 1, and a map needs no more digits"
)]
fn single(value: f64) -> f32 {
    value as f32
}
