//! The distinct vectors in an order of their own, and exact distances between them.

use std::cmp::Ordering;

use fearless_simd::Level;

use crate::kernel::{absolute_difference, greatest_difference, squared_difference};
use crate::{Metric, Vectors};

/// The vectors of a set, each once, in the order of their content: whatever is computed of them cannot depend on the order
/// in which they were given. A distinct vector is called a site here, and has a number from 0.
///
/// Distances are compared in a reduced form that is cheaper and orders alike: squared for Euclidean, twice the distance for
/// cosine, which is the squared difference of the unit vectors and so keeps all digits of small distances.
#[derive(Debug)]
pub(crate) struct Space<'a> {
    vectors: Vectors<'a>,
    metric: Metric,
    level: Level,
    /// All vectors in the order of their content.
    order: Vec<u32>,
    /// Where each site begins in `order`, and at last its end.
    begins: Vec<u32>,
    /// By vector, what makes it a unit vector: 0 of a zero vector. Empty unless the metric is cosine.
    inverse_norms: Vec<f64>,
}

impl<'a> Space<'a> {
    pub(crate) fn new(vectors: Vectors<'a>, metric: Metric) -> Self {
        let level = Level::new();
        let inverse_norms = match metric {
            Metric::Cosine => vectors.iter().map(|vector| inverse_norm(level, vector)).collect(),
            _ => Vec::new(),
        };
        let mut space = Self {
            vectors,
            metric,
            level,
            order: (0..).take(vectors.len()).collect(),
            begins: Vec::new(),
            inverse_norms,
        };
        let mut order = std::mem::take(&mut space.order);
        // Equal ones stay in the order given: they are interchangeable.
        order.sort_by(|a, b| space.compare(*a, *b));
        for (position, vector) in (0..).zip(&order) {
            let before = (position as usize)
                .checked_sub(1)
                .and_then(|before| order.get(before));
            if before.is_none_or(|before| space.compare(*before, *vector).is_ne()) {
                space.begins.push(position);
            }
        }
        space.begins.push(u32::try_from(order.len()).unwrap_or(u32::MAX));
        space.order = order;
        space
    }

    /// How many distinct vectors there are.
    pub(crate) fn len(&self) -> usize {
        self.begins.len() - 1
    }

    pub(crate) const fn metric(&self) -> Metric {
        self.metric
    }

    pub(crate) const fn level(&self) -> Level {
        self.level
    }

    pub(crate) const fn dimensions(&self) -> usize {
        self.vectors.dimensions()
    }

    /// All vectors in the order of their content: those of site 0, those of site 1, and so on.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The positions in [`order`](Self::order) of the vectors at a site.
    pub(crate) fn members(&self, site: usize) -> std::ops::Range<usize> {
        let bound = |at: usize| self.begins.get(at).copied().unwrap_or_default() as usize;
        bound(site)..bound(site + 1)
    }

    /// How many vectors are at a site.
    pub(crate) fn multiplicity(&self, site: usize) -> usize {
        self.members(site).len()
    }

    /// The values of a site as given, and what they are to be multiplied by.
    pub(crate) fn values(&self, site: usize) -> (&'a [f32], f64) {
        let vector = self
            .order
            .get(self.members(site).start)
            .copied()
            .unwrap_or_default() as usize;
        (self.vectors.get(vector), self.scale(vector))
    }

    /// Whether a site has no direction though the metric asks for it.
    pub(crate) fn is_zero(&self, site: usize) -> bool {
        self.values(site).1 == 0.0
    }

    /// The reduced distance of two different sites, in double precision; the same for (a, b) and (b, a).
    pub(crate) fn reduced(&self, a: usize, b: usize) -> f64 {
        let ((a, scale_a), (b, scale_b)) = (self.values(a), self.values(b));
        match self.metric {
            Metric::Cosine if scale_a == 0.0 || scale_b == 0.0 => 2.0,
            Metric::Cosine | Metric::Euclidean => squared_difference(self.level, a, b, scale_a, scale_b),
            Metric::Manhattan => absolute_difference(self.level, a, b),
            Metric::Chebyshev => greatest_difference(self.level, a, b),
        }
    }

    /// The distance that a reduced one stands for.
    pub(crate) fn distance(&self, reduced: f64) -> f64 {
        match self.metric {
            Metric::Cosine => reduced / 2.0,
            Metric::Euclidean => reduced.sqrt(),
            Metric::Manhattan | Metric::Chebyshev => reduced,
        }
    }

    fn scale(&self, vector: usize) -> f64 {
        self.inverse_norms.get(vector).copied().unwrap_or(1.0)
    }

    /// Zero vectors first, then by content. Vectors that differ in nothing that the metric sees are equal.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        let (a, b) = (a as usize, b as usize);
        let (scale_a, scale_b) = (self.scale(a), self.scale(b));
        let zeros = (scale_b == 0.0).cmp(&(scale_a == 0.0));
        zeros.then_with(|| {
            let pairs = self.vectors.get(a).iter().zip(self.vectors.get(b));
            pairs
                .map(|(a, b)| (f64::from(*a) * scale_a, f64::from(*b) * scale_b))
                .find_map(|(a, b)| a.partial_cmp(&b).filter(|order| order.is_ne()))
                .unwrap_or(Ordering::Equal)
        })
    }
}

fn inverse_norm(level: Level, vector: &[f32]) -> f64 {
    let norm = squared_difference(level, vector, vector, 1.0, 0.0).sqrt();
    if norm > 0.0 { 1.0 / norm } else { 0.0 }
}
