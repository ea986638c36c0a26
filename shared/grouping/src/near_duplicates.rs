//! Pairs of vectors that point the same way.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use thiserror::Error;

use crate::bounds::{Bounds, round_up};
use crate::progress::{Cancelled, Reporter};
use crate::search::{pairs_below, threads};
use crate::space::Space;
use crate::strongest::Least;
use crate::{Metric, Progress, Vectors};

/// Two vectors that are much alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimilarPair {
    /// The position of the one among the vectors given.
    pub first: usize,
    /// The position of the other, greater than `first`.
    pub second: usize,
    /// The cosine of the angle between them, -1 to 1.
    pub similarity: f64,
}

/// Pairs of vectors that are much alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimilarPairs {
    /// The most similar first, then by their positions.
    pub pairs: Vec<SimilarPair>,
    /// Whether there are more than were asked for: the least similar are left out.
    pub cut: bool,
}

/// Why no pairs were found.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum NearDuplicatesError {
    /// The threshold is not between 0 and 1.
    #[error("the similarity must be between 0 and 1, not {0}")]
    Threshold(f64),
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// All pairs of vectors whose cosine similarity is at least `threshold` (0 to 1), but no more than the `limit` most similar.
///
/// Similarities are exact to double precision: that of vectors that differ in length alone is 1. A zero vector is similar to
/// nothing, which is 0. Time grows with the square of the number of vectors, memory beside them with their number and `limit`.
///
/// # Errors
///
/// See [`NearDuplicatesError`].
pub fn near_duplicates(
    vectors: &Vectors<'_>,
    threshold: f64,
    limit: usize,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<SimilarPairs, NearDuplicatesError> {
    if !(0.0..=1.0).contains(&threshold) {
        return Err(NearDuplicatesError::Threshold(threshold));
    }
    let space = Space::new(*vectors, Metric::Cosine);
    let bounds = Bounds::new(&space);
    // Reduced cosine distances are twice 1 - similarity.
    let farthest = 2.0 * (1.0 - threshold);
    let far = round_up(farthest * bounds.unit());
    let mut reporter = Reporter::new(progress);
    reporter.report(0.0)?;
    reporter.stage(0.99);

    let mut own = Least::new(limit);
    for site in 0..space.len() {
        let distance = if space.is_zero(site) { 2.0 } else { 0.0 };
        if distance <= farthest {
            take_within(&space, site, distance, &mut own);
        }
    }
    let mut found = pairs_below(
        &bounds,
        |found: &Least<Near>| {
            found
                .bar()
                .map_or(far, |bar| far.min(round_up(bar.distance * bounds.unit())))
        },
        threads(),
        &mut reporter,
        || Least::new(limit),
        |found, a, b| {
            let distance = space.reduced(a, b);
            if distance <= farthest {
                take_between(&space, (a, b), distance, found);
            }
        },
    )?;
    found.push(own);
    let (kept, cut) = Least::join(limit, found);
    reporter.stage(1.0);
    reporter.report(1.0)?;
    let pairs = kept.into_iter().map(|near| SimilarPair {
        first: near.first as usize,
        second: near.second as usize,
        similarity: 1.0 - near.distance / 2.0,
    });
    Ok(SimilarPairs {
        pairs: pairs.collect(),
        cut,
    })
}

/// Pairs of vectors at one site.
fn take_within(space: &Space<'_>, site: usize, distance: f64, found: &mut Least<Near>) {
    let members = space.order().get(space.members(site)).unwrap_or_default();
    for (position, first) in members.iter().enumerate() {
        for second in members.iter().skip(position + 1) {
            // Members of a site are in the order given, so that no later pair comes before this.
            if !found.take(Near::new(distance, *first, *second)) {
                break;
            }
        }
    }
}

/// Pairs of vectors at two sites.
fn take_between(space: &Space<'_>, (a, b): (usize, usize), distance: f64, found: &mut Least<Near>) {
    for first in space.order().get(space.members(a)).into_iter().flatten() {
        for second in space.order().get(space.members(b)).into_iter().flatten() {
            if !found.take(Near::new(distance, *first, *second)) {
                break;
            }
        }
    }
}

/// The nearest pair is the least, and of equally near ones that of lower positions.
#[derive(Clone, Copy, Debug)]
struct Near {
    distance: f64,
    first: u32,
    second: u32,
}

impl Near {
    fn new(distance: f64, a: u32, b: u32) -> Self {
        Self {
            distance,
            first: a.min(b),
            second: a.max(b),
        }
    }
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        let distance = self.distance.total_cmp(&other.distance);
        distance.then_with(|| (self.first, self.second).cmp(&(other.first, other.second)))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Near {}
