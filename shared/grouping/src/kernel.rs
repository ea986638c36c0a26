//! Rows against columns: the inner loops that all of grouping waits for, compiled for each level of vector instructions.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch};

/// What is accumulated over the dimensions of two vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accumulation {
    /// The sum of products.
    Products,
    /// The sum of absolute differences.
    Differences,
    /// The greatest absolute difference.
    Greatest,
}

/// How many dimensions are accumulated in a register before the sum goes to memory: the error of a sum grows with its
/// length, and so many of a panel fit into the first cache.
const SPAN: usize = 256;

/// The most roundings that one accumulated value has seen, for vectors of so many dimensions.
pub(crate) fn roundings(dimensions: usize) -> f64 {
    (dimensions.min(SPAN) + dimensions.div_ceil(SPAN)) as f64
}

/// How many vectors are worked on at a time, as suits the registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    level: Level,
    rows: usize,
    columns: usize,
}

impl Shape {
    /// For the processor that runs this.
    pub(crate) fn detect() -> Self {
        let level = Level::new();
        let (rows, columns) = dispatch!(level, simd => tile_of(simd));
        Self { level, rows, columns }
    }

    /// Rows of a tile.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of a tile, which a panel holds.
    pub(crate) const fn columns(&self) -> usize {
        self.columns
    }

    /// Accumulates each row with each column. `rows` has the first dimension of all rows, then the second, and so on;
    /// `panels` the same of the columns, panel after panel; `sums` receives one line of columns for each row.
    pub(crate) fn accumulate(
        &self,
        accumulation: Accumulation,
        dimensions: usize,
        rows: &[f32],
        panels: &[f32],
        sums: &mut [f32],
    ) {
        let operands = Operands {
            dimensions,
            rows,
            panels,
        };
        dispatch!(self.level, simd => any_tile(simd, accumulation, &operands, sums));
    }
}

struct Operands<'a> {
    dimensions: usize,
    rows: &'a [f32],
    panels: &'a [f32],
}

/// Two vectors wide, and as many rows as leave registers for a column and a row.
#[inline(always)]
fn tile_of<S: Simd>(_level: S) -> (usize, usize) {
    match S::f32s::LEN {
        16 => (12, 32),
        8 => (6, 16),
        _ => (8, 8),
    }
}

#[inline(always)]
fn any_tile<S: Simd>(simd: S, accumulation: Accumulation, operands: &Operands<'_>, sums: &mut [f32]) {
    match S::f32s::LEN {
        16 => any_accumulation::<S, 12, 32>(simd, accumulation, operands, sums),
        8 => any_accumulation::<S, 6, 16>(simd, accumulation, operands, sums),
        _ => any_accumulation::<S, 8, 8>(simd, accumulation, operands, sums),
    }
}

#[inline(always)]
fn any_accumulation<S: Simd, const R: usize, const C: usize>(
    simd: S,
    accumulation: Accumulation,
    operands: &Operands<'_>,
    sums: &mut [f32],
) {
    match accumulation {
        Accumulation::Products => all::<S, Products, R, C>(simd, operands, sums),
        Accumulation::Differences => all::<S, Differences, R, C>(simd, operands, sums),
        Accumulation::Greatest => all::<S, Greatest, R, C>(simd, operands, sums),
    }
}

trait Accumulate {
    fn step<S: Simd>(row: S::f32s, column: S::f32s, sum: S::f32s) -> S::f32s;
    fn join<S: Simd>(first: S::f32s, second: S::f32s) -> S::f32s;
}

struct Products;
struct Differences;
struct Greatest;

impl Accumulate for Products {
    #[inline(always)]
    fn step<S: Simd>(row: S::f32s, column: S::f32s, sum: S::f32s) -> S::f32s {
        row.mul_add(column, sum)
    }

    #[inline(always)]
    fn join<S: Simd>(first: S::f32s, second: S::f32s) -> S::f32s {
        first + second
    }
}

impl Accumulate for Differences {
    #[inline(always)]
    fn step<S: Simd>(row: S::f32s, column: S::f32s, sum: S::f32s) -> S::f32s {
        sum + (row - column).abs()
    }

    #[inline(always)]
    fn join<S: Simd>(first: S::f32s, second: S::f32s) -> S::f32s {
        first + second
    }
}

impl Accumulate for Greatest {
    #[inline(always)]
    fn step<S: Simd>(row: S::f32s, column: S::f32s, sum: S::f32s) -> S::f32s {
        sum.max((row - column).abs())
    }

    #[inline(always)]
    fn join<S: Simd>(first: S::f32s, second: S::f32s) -> S::f32s {
        first.max(second)
    }
}

#[inline(always)]
fn all<S: Simd, A: Accumulate, const R: usize, const C: usize>(
    simd: S,
    operands: &Operands<'_>,
    sums: &mut [f32],
) {
    let (rows, _) = operands.rows.as_chunks::<R>();
    let (columns, _) = operands.panels.as_chunks::<C>();
    let width = sums.len() / R / C * C;
    if width == 0 || operands.dimensions == 0 {
        return;
    }
    for (number, rows) in rows.chunks(SPAN).enumerate() {
        for (panel, columns) in columns.chunks_exact(operands.dimensions).enumerate() {
            let columns = columns.chunks(SPAN).nth(number).unwrap_or_default();
            let tile = tile::<S, A, R, C>(simd, rows, columns);
            for (line, tile) in sums.chunks_exact_mut(width).zip(&tile) {
                let (line, _) = line.as_chunks_mut::<C>();
                let Some(line) = line.get_mut(panel) else { continue };
                let (first, second) = line.split_at_mut(S::f32s::LEN);
                for (target, sum) in [first, second].into_iter().zip(tile) {
                    let joined = match number {
                        0 => *sum,
                        _ => A::join::<S>(S::f32s::from_slice(simd, target), *sum),
                    };
                    joined.store_slice(target);
                }
            }
        }
    }
}

/// `C` is twice the length of a vector.
#[inline(always)]
fn tile<S: Simd, A: Accumulate, const R: usize, const C: usize>(
    simd: S,
    rows: &[[f32; R]],
    columns: &[[f32; C]],
) -> [[S::f32s; 2]; R] {
    let mut sums = [[S::f32s::splat(simd, 0.0); 2]; R];
    for (row, column) in rows.iter().zip(columns) {
        let (first, second) = column.split_at(S::f32s::LEN);
        let first = S::f32s::from_slice(simd, first);
        let second = S::f32s::from_slice(simd, second);
        for (value, [one, other]) in row.iter().zip(&mut sums) {
            let value = S::f32s::splat(simd, *value);
            *one = A::step::<S>(value, first, *one);
            *other = A::step::<S>(value, second, *other);
        }
    }
    sums
}

/// Makes lower bounds of squared distances of products and squared lengths.
pub(crate) fn bound_by_products(level: Level, products: &mut [f32], norms: &[f32], norm: f32) {
    dispatch!(level, simd => change(simd, products, norms, |product, other| (norm + other) - 2.0 * product));
}

/// Makes lower bounds of sums that err.
pub(crate) fn bound_by_share(level: Level, sums: &mut [f32], share: f32, less: f32) {
    dispatch!(level, simd => lessen(simd, sums, share, less));
}

/// Raises bounds to `least`, and to what stands at their place in `others`.
pub(crate) fn raise(level: Level, bounds: &mut [f32], others: &[f32], least: f32) {
    dispatch!(level, simd => change(simd, bounds, others, |bound, other| greater(greater(bound, other), least)));
}

/// Unlike `f32::max` a single instruction: nothing here is not a number.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn change<S: Simd>(_level: S, values: &mut [f32], others: &[f32], new: impl Fn(f32, f32) -> f32) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = new(*value, *other);
    }
}

#[inline(always)]
fn lessen<S: Simd>(_level: S, values: &mut [f32], share: f32, less: f32) {
    for value in values {
        *value = *value * share - less;
    }
}

/// Appends to `found` the positions below `limit` or below their own limit, whichever is greater; `values` and `limits`
/// belong together.
pub(crate) fn below(level: Level, values: &[f32], limits: &[f32], limit: f32, found: &mut Vec<u32>) {
    dispatch!(level, simd => below_either(simd, values, limits, limit, found));
}

#[inline(always)]
fn below_either<S: Simd>(_level: S, values: &[f32], limits: &[f32], limit: f32, found: &mut Vec<u32>) {
    const GROUP: usize = 64;
    for (group, (values, limits)) in values.chunks(GROUP).zip(limits.chunks(GROUP)).enumerate() {
        let mut any = false;
        for (value, own) in values.iter().zip(limits) {
            any |= (*value < *own) | (*value < limit);
        }
        if any {
            for (position, (value, own)) in (group * GROUP..).zip(values.iter().zip(limits)) {
                if *value < *own || *value < limit {
                    found.push(u32::try_from(position).unwrap_or(u32::MAX));
                }
            }
        }
    }
}

/// Multiplies values by `scale`, takes off what stands at their place in `centers`, and multiplies them by `factor`.
pub(crate) fn center_values(
    level: Level,
    values: &[f32],
    scale: f64,
    centers: &[f64],
    factor: f64,
    centered: &mut [f32],
) {
    dispatch!(level, simd => center_each(simd, values, scale, centers, factor, centered));
}

#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the rounding is counted in the error of bounds"
)]
fn center_each<S: Simd>(
    _level: S,
    values: &[f32],
    scale: f64,
    centers: &[f64],
    factor: f64,
    centered: &mut [f32],
) {
    for ((target, value), center) in centered.iter_mut().zip(values).zip(centers) {
        *target = ((f64::from(*value) * scale - center) * factor) as f32;
    }
}

/// Puts a row among others that are worked on together: its values stand `stride` apart, from `position` on.
pub(crate) fn interleave(row: &[f32], stride: usize, position: usize, rows: &mut [f32]) {
    let places = rows
        .get_mut(position..)
        .unwrap_or_default()
        .iter_mut()
        .step_by(stride);
    for (target, value) in places.zip(row) {
        *target = *value;
    }
}

/// The sum over all dimensions of the squared differences, in double precision, of vectors that are first multiplied.
pub(crate) fn squared_difference(level: Level, a: &[f32], b: &[f32], scale_a: f64, scale_b: f64) -> f64 {
    dispatch!(level, simd => reduce(simd, a, b, |a, b| {
        let difference = f64::from(a) * scale_a - f64::from(b) * scale_b;
        difference * difference
    }, |sum, next| sum + next))
}

/// The sum over all dimensions of the absolute differences, in double precision.
pub(crate) fn absolute_difference(level: Level, a: &[f32], b: &[f32]) -> f64 {
    dispatch!(level, simd => reduce(simd, a, b, |a, b| (f64::from(a) - f64::from(b)).abs(), |sum, next| sum + next))
}

/// The greatest absolute difference over all dimensions, in double precision.
pub(crate) fn greatest_difference(level: Level, a: &[f32], b: &[f32]) -> f64 {
    dispatch!(level, simd => reduce(simd, a, b, |a, b| (f64::from(a) - f64::from(b)).abs(), f64::max))
}

/// The order of additions is the same at every level, and so is the result.
#[inline(always)]
fn reduce<S: Simd>(
    _level: S,
    a: &[f32],
    b: &[f32],
    term: impl Fn(f32, f32) -> f64,
    join: impl Fn(f64, f64) -> f64,
) -> f64 {
    const LANES: usize = 16;
    let (a, rest_a) = a.as_chunks::<LANES>();
    let (b, rest_b) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane = join(*lane, term(*a, *b));
        }
    }
    let mut whole = 0.0;
    for lane in lanes {
        whole = join(whole, lane);
    }
    for (a, b) in rest_a.iter().zip(rest_b) {
        whole = join(whole, term(*a, *b));
    }
    whole
}
