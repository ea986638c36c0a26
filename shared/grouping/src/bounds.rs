//! Lower bounds of distances, many at a time and in single precision.
//!
//! A product of single precision errs, but by no more than its number of roundings allows. What is computed here is what the
//! distance is at least, whichever way the roundings went; who needs the distance itself computes it exactly for the few
//! pairs that a bound cannot rule out.

use std::ops::Range;

use crate::Metric;
use crate::kernel::{
    Accumulation, Shape, bound_by_products, bound_by_share, center_values, interleave, roundings,
    squared_difference,
};
use crate::space::Space;

/// The unit roundoff of `f32`, and half a hundredth more for the products of roundings.
const ROUNDOFF: f64 = 1.005 / 16_777_216.0;
/// Roundings besides those of the accumulation: in what is accumulated, in norms, and in putting a bound together.
const OTHER_ROUNDINGS: f64 = 32.0;
/// More than what numbers near zero lose by underflow, in one dimension.
const UNDERFLOW: f64 = 1e-36;
/// Values of the columns that are kept packed: what stays in the caches, a span of them in the second.
const PACKED_VALUES: usize = 524_288;
/// The most columns, whatever their length.
const MOST_COLUMNS: usize = 512;

/// Sites made ready for bounds. Bounds are of reduced distances, multiplied by [`unit`](Self::unit).
#[derive(Debug)]
pub(crate) struct Bounds<'s, 'a> {
    space: &'s Space<'a>,
    shape: Shape,
    accumulation: Accumulation,
    /// Taken off every vector: products of short vectors err less. Zero where products are not accumulated.
    center: Vec<f64>,
    /// A power of two that brings all values below 1.
    scale: f64,
    /// By site, its squared length lessened by its part of the error. Empty unless products are accumulated.
    norms: Vec<f32>,
    /// The part of a sum of differences that is certain.
    certain: f32,
    underflow: f32,
}

/// Sites in columns, packed as the kernel reads them.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    panels: Vec<f32>,
    norms: Vec<f32>,
    count: usize,
}

/// Room for a few rows and their bounds, to be used again.
#[derive(Debug, Default)]
pub(crate) struct Strip {
    row: Vec<f32>,
    rows: Vec<f32>,
    norms: Vec<f32>,
    bounds: Vec<f32>,
}

impl<'s, 'a> Bounds<'s, 'a> {
    pub(crate) fn new(space: &'s Space<'a>) -> Self {
        let accumulation = match space.metric() {
            Metric::Cosine | Metric::Euclidean => Accumulation::Products,
            Metric::Manhattan => Accumulation::Differences,
            Metric::Chebyshev => Accumulation::Greatest,
        };
        let share = match accumulation {
            // A difference of two values, and nothing is summed.
            Accumulation::Greatest => OTHER_ROUNDINGS * ROUNDOFF,
            _ => (roundings(space.dimensions()) + OTHER_ROUNDINGS) * ROUNDOFF,
        };
        let center = match accumulation {
            Accumulation::Products => center(space),
            _ => vec![0.0; space.dimensions()],
        };
        let mut bounds = Self {
            space,
            shape: Shape::detect(),
            accumulation,
            scale: 1.0,
            center,
            norms: Vec::new(),
            certain: round_down(1.0 - share),
            underflow: round_down(UNDERFLOW * space.dimensions() as f64),
        };
        if space.metric() != Metric::Cosine {
            bounds.scale = power_of_two_below(1.0 / bounds.greatest());
        }
        if accumulation == Accumulation::Products {
            bounds.norms = bounds.shortened_norms(1.0 - share);
        }
        bounds
    }

    pub(crate) const fn space(&self) -> &'s Space<'a> {
        self.space
    }

    /// What a reduced distance is multiplied by to be compared with bounds: a power of two.
    pub(crate) fn unit(&self) -> f64 {
        match self.accumulation {
            Accumulation::Products => self.scale * self.scale,
            Accumulation::Differences | Accumulation::Greatest => self.scale,
        }
    }

    /// How many columns are best packed at a time.
    pub(crate) fn columns(&self) -> usize {
        let most = (PACKED_VALUES / self.space.dimensions()).min(MOST_COLUMNS);
        (most / self.shape.columns()).max(1) * self.shape.columns()
    }

    /// Packs sites as columns.
    pub(crate) fn pack(&self, sites: impl ExactSizeIterator<Item = usize>, columns: &mut Columns) {
        let (width, dimensions) = (self.shape.columns(), self.space.dimensions());
        let panels = sites.len().div_ceil(width);
        columns.count = sites.len();
        columns.panels.clear();
        columns.panels.resize(panels * width * dimensions, 0.0);
        columns.norms.clear();
        let mut row = Vec::new();
        for (position, site) in sites.enumerate() {
            self.prepare(site, &mut row);
            columns.norms.push(self.norm(site));
            let panel = columns
                .panels
                .chunks_exact_mut(width * dimensions)
                .nth(position / width);
            for (values, value) in panel
                .into_iter()
                .flat_map(|panel| panel.chunks_exact_mut(width))
                .zip(&row)
            {
                if let Some(target) = values.get_mut(position % width) {
                    *target = *value;
                }
            }
        }
    }

    /// Bounds of a few sites in rows against all columns, for as many rows as the kernel takes at a time: gives each row's
    /// site and bounds to `visit`.
    pub(crate) fn against(
        &self,
        columns: &Columns,
        rows: Range<usize>,
        strip: &mut Strip,
        mut visit: impl FnMut(usize, &mut [f32]),
    ) {
        let (height, dimensions) = (self.shape.rows(), self.space.dimensions());
        let padded = columns.count.next_multiple_of(self.shape.columns());
        strip.rows.resize(height * dimensions, 0.0);
        strip.bounds.resize(height * padded, 0.0);
        let mut begin = rows.start;
        while begin < rows.end {
            let end = (begin + height).min(rows.end);
            strip.norms.clear();
            for (position, site) in (begin..end).enumerate() {
                self.prepare(site, &mut strip.row);
                strip.norms.push(self.norm(site));
                interleave(&strip.row, height, position, &mut strip.rows);
            }
            self.shape.accumulate(
                self.accumulation,
                dimensions,
                &strip.rows,
                &columns.panels,
                &mut strip.bounds,
            );
            let lines = strip.bounds.chunks_exact_mut(padded.max(1));
            for ((site, norm), line) in (begin..end).zip(&strip.norms).zip(lines) {
                let line = line.get_mut(..columns.count).unwrap_or_default();
                self.finish(line, &columns.norms, *norm);
                visit(site, line);
            }
            begin = end;
        }
    }

    /// Makes bounds of what was accumulated.
    fn finish(&self, line: &mut [f32], norms: &[f32], norm: f32) {
        let level = self.space.level();
        match self.accumulation {
            Accumulation::Products => bound_by_products(level, line, norms, norm - self.underflow),
            Accumulation::Differences | Accumulation::Greatest => {
                bound_by_share(level, line, self.certain, self.underflow);
            }
        }
    }

    fn norm(&self, site: usize) -> f32 {
        self.norms.get(site).copied().unwrap_or_default()
    }

    /// A site's values as they are accumulated.
    fn prepare(&self, site: usize, row: &mut Vec<f32>) {
        let (values, scale) = self.space.values(site);
        row.clear();
        row.resize(values.len(), 0.0);
        if scale != 0.0 {
            center_values(self.space.level(), values, scale, &self.center, self.scale, row);
        }
    }

    /// The greatest absolute value of a vector without its centre; 1 if all are 0.
    fn greatest(&self) -> f64 {
        let mut greatest = 0.0_f64;
        for site in 0..self.space.len() {
            let (values, _) = self.space.values(site);
            for (value, center) in values.iter().zip(&self.center) {
                greatest = greatest.max((f64::from(*value) - center).abs());
            }
        }
        if greatest > 0.0 { greatest } else { 1.0 }
    }

    fn shortened_norms(&self, share: f64) -> Vec<f32> {
        let mut row = Vec::new();
        let sites = 0..self.space.len();
        let mut norms: Vec<f32> = sites
            .map(|site| {
                self.prepare(site, &mut row);
                round_down(squared_difference(self.space.level(), &row, &row, 1.0, 0.0) * share)
            })
            .collect();
        // A zero vector has a reduced distance of 2 to everything by definition; its products say nothing. It is the first.
        let greatest = norms.iter().copied().fold(0.0, f32::max);
        if let Some(first) = norms.first_mut()
            && self.space.is_zero(0)
        {
            *first = 2.0 - greatest - 1e-6;
        }
        norms
    }
}

/// The mean of all sites.
fn center(space: &Space<'_>) -> Vec<f64> {
    let mut sums = vec![0.0; space.dimensions()];
    for site in 0..space.len() {
        let (values, scale) = space.values(site);
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += f64::from(*value) * scale;
        }
    }
    let count = space.len().max(1) as f64;
    sums.into_iter().map(|sum| sum / count).collect()
}

/// The greatest power of two that is not above a positive number.
fn power_of_two_below(value: f64) -> f64 {
    // The fraction's bits are cleared; what is left is the exponent.
    f64::from_bits(value.to_bits() & !((1 << 52) - 1))
}

/// At most the value, as closely as matters.
#[expect(clippy::cast_possible_truncation, reason = "the rounding is allowed for")]
pub(crate) fn round_down(value: f64) -> f32 {
    (value - value.abs() * f64::from(f32::EPSILON)) as f32
}

/// Above the value, by as little as matters.
pub(crate) fn round_up(value: f64) -> f32 {
    -round_down(-value - f64::from(f32::MIN_POSITIVE))
}
