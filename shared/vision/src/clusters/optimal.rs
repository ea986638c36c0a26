//! The partition of least compactness in one dimension.
//!
//! In one dimension, the clusters of an optimal partition are intervals. The best partition of the first values into k
//! intervals ends with some last interval, before which stands the best partition into k - 1: dynamic programming over
//! both, O(k n²) for n distinct values (Bellman, 1973; Wang and Song, 2011, for k-means).

use super::iteration::Bin;

/// How many values, their sum and the sum of their squares, of all bins before some border.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: u64,
    sum: u64,
    squares: u64,
}

impl Sums {
    fn with(self, bin: &Bin) -> Self {
        let value = u64::from(bin.value);
        Self {
            count: self.count + bin.count,
            sum: self.sum + bin.count * value,
            squares: self.squares + bin.count * value * value,
        }
    }

    /// The sum of squared distances from the mean, of the values between a border and this one. The numerator is exact.
    fn scatter_since(&self, border: &Self) -> f64 {
        let count = u128::from(self.count - border.count);
        let sum = u128::from(self.sum - border.sum);
        let squares = u128::from(self.squares - border.squares);
        (squares * count - sum * sum) as f64 / count as f64
    }
}

/// The optimal cluster of each bin, ascending from 0. The bins are ascending and not empty, and fewer clusters than bins
/// are asked for; of partitions that are equally good, it is the one whose last cluster begins lowest.
pub(super) fn partition(bins: &[Bin], clusters: u32) -> Vec<u8> {
    let mut borders = vec![Sums::default()];
    let mut sums = Sums::default();
    for bin in bins {
        sums = sums.with(bin);
        borders.push(sums);
    }
    // For every border, the scatter of the interval that begins at each border before it.
    let scatters: Vec<Vec<f64>> = borders
        .iter()
        .enumerate()
        .map(|(end, sums)| {
            let earlier = borders.iter().take(end);
            earlier.map(|begin| sums.scatter_since(begin)).collect()
        })
        .collect();

    // What the values before each border cost in as many clusters as there are rounds so far: none at first.
    let mut costs = vec![f64::INFINITY; borders.len()];
    if let Some(cost) = costs.first_mut() {
        *cost = 0.0;
    }
    // By round and border, where the last cluster begins.
    let mut begins: Vec<Vec<usize>> = Vec::new();
    for _ in 0..clusters {
        let mut round_costs = Vec::with_capacity(borders.len());
        let mut round_begins = Vec::with_capacity(borders.len());
        for intervals in &scatters {
            let mut least = f64::INFINITY;
            let mut begin = 0;
            for (index, (scatter, before)) in intervals.iter().zip(&costs).enumerate() {
                let cost = before + scatter;
                if cost < least {
                    (least, begin) = (cost, index);
                }
            }
            round_costs.push(least);
            round_begins.push(begin);
        }
        costs = round_costs;
        begins.push(round_begins);
    }

    let mut labels = vec![0; bins.len()];
    let mut end = bins.len();
    for (cluster, round) in (0..=u8::MAX).zip(&begins).rev() {
        let begin = round.get(end).copied().unwrap_or(0);
        for label in labels.iter_mut().take(end).skip(begin) {
            *label = cluster;
        }
        end = begin;
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clusters::iteration::compactness_of_means;
    use proptest::prelude::*;

    fn bins(counts: &[(u8, u64)]) -> Vec<Bin> {
        counts
            .iter()
            .map(|&(value, count)| Bin { value, count })
            .collect()
    }

    #[test]
    fn borders_fall_into_the_gaps() {
        let bins = bins(&[(10, 5), (12, 5), (100, 1), (104, 9), (250, 2)]);
        assert_eq!(partition(&bins, 3), [0, 0, 1, 1, 2]);
        assert_eq!(partition(&bins, 2), [0, 0, 1, 1, 1]);
        assert_eq!(partition(&bins, 1), [0; 5]);
        assert_eq!(partition(&bins, 4), [0, 0, 1, 2, 3]);
    }

    proptest! {
        #[test]
        fn no_other_partition_into_intervals_is_better(
            counts in prop::collection::btree_map(any::<u8>(), 1_u64..1000, 4..10),
            clusters in 1_u32..4,
        ) {
            let bins: Vec<Bin> = counts.into_iter().map(|(value, count)| Bin { value, count }).collect();
            let found = compactness_of_means(&bins, &partition(&bins, clusters));
            // Every way to set borders, as the bits of a number.
            for borders in 0_u32..1 << (bins.len() - 1) {
                if borders.count_ones() + 1 != clusters {
                    continue;
                }
                let labels: Vec<u8> = (0..bins.len())
                    .map(|index| u8::try_from((borders & ((1 << index) - 1)).count_ones()).unwrap())
                    .collect();
                prop_assert!(found <= compactness_of_means(&bins, &labels) * (1.0 + 1e-12) + 1e-9);
            }
        }
    }
}
