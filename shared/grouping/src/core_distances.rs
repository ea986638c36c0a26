//! How dense it is around each site.

use crate::bounds::Bounds;
use crate::candidates::Neighborhoods;
use crate::space::Space;

/// By site, the reduced distance to the `min_samples`-th nearest other vector. Those at the same site are others too.
pub(crate) fn core_distances(
    bounds: &Bounds<'_, '_>,
    nearest: &Neighborhoods,
    min_samples: usize,
) -> Vec<f64> {
    let space = bounds.space();
    (0..space.len())
        .map(|site| {
            if space.is_zero(site) {
                // As far from each other as from everything else.
                return 2.0;
            }
            let mut ranking = Ranking::new(space, site, min_samples);
            for candidate in nearest.of(site) {
                if ranking.last() <= f64::from(candidate.bound) / bounds.unit() {
                    break;
                }
                ranking.take(candidate.site as usize);
            }
            // What is not among the candidates may be nearer than what is, if too many are about as near as each other.
            if ranking.last() > f64::from(nearest.limit(site)) / bounds.unit() {
                ranking = Ranking::new(space, site, min_samples);
                for other in (0..space.len()).filter(|other| *other != site) {
                    ranking.take(other);
                }
            }
            ranking.last()
        })
        .collect()
}

/// The nearest of those sites that were taken, as many as hold the wanted number of vectors.
struct Ranking<'s, 'a> {
    space: &'s Space<'a>,
    site: usize,
    wanted: usize,
    /// Reduced distances and the number of vectors there, nearest first.
    nearest: Vec<(f64, usize)>,
    vectors: usize,
}

impl<'s, 'a> Ranking<'s, 'a> {
    fn new(space: &'s Space<'a>, site: usize, min_samples: usize) -> Self {
        let twins = space.multiplicity(site).saturating_sub(1);
        Self {
            space,
            site,
            wanted: min_samples.saturating_sub(twins),
            nearest: Vec::new(),
            vectors: 0,
        }
    }

    /// The distance within which as many vectors are as wanted; infinite if they are not yet found.
    fn last(&self) -> f64 {
        match self.nearest.last() {
            _ if self.wanted == 0 => 0.0,
            Some((distance, _)) if self.vectors >= self.wanted => *distance,
            _ => f64::INFINITY,
        }
    }

    fn take(&mut self, other: usize) {
        let distance = self.space.reduced(self.site, other);
        if distance >= self.last() {
            return;
        }
        let vectors = self.space.multiplicity(other);
        let position = self.nearest.partition_point(|(nearer, _)| *nearer <= distance);
        self.nearest.insert(position, (distance, vectors));
        self.vectors += vectors;
        while let Some((_, last)) = self.nearest.last()
            && self.vectors - last >= self.wanted
        {
            self.vectors -= last;
            self.nearest.pop();
        }
    }
}
