//! Lloyd's iteration over a histogram, step by step as OpenCV runs it over pixels.

use super::options::{Init, Options};
use super::random::Random;

/// How many draws there are for each centre of k-means++.
const TRIALS: u32 = 3;

/// All pixels of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bin {
    /// The value.
    pub(super) value: u8,
    /// How many pixels have it; more than none.
    pub(super) count: u64,
}

/// Where an attempt has ended.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// The cluster of each bin.
    pub(super) labels: Vec<u8>,
    /// The centre of each cluster.
    pub(super) centers: Vec<f64>,
    /// The sum of the squared distances of all pixels from their centres.
    pub(super) compactness: f64,
}

/// The pixels of one cluster.
#[derive(Clone, Copy, Debug, Default)]
struct Members {
    count: u64,
    sum: u64,
}

impl Members {
    fn add(&mut self, value: u8, count: u64) {
        self.count += count;
        self.sum += u64::from(value) * count;
    }

    fn mean(&self) -> f64 {
        self.sum as f64 / self.count as f64
    }
}

/// The best of all attempts, the first of those that are equally good; none is made after one whose compactness is not
/// above `enough`.
///
/// The bins hold at least as many pixels as there are clusters.
pub(super) fn best_of_attempts(bins: &[Bin], options: &Options, enough: f64) -> Option<Outcome> {
    let stop = options.stop();
    let mut best: Option<Outcome> = None;
    for attempt in 0..stop.attempts {
        let mut random = Random::of_attempt(options.seed, attempt);
        let mut centers = match options.init {
            Init::PlusPlus => plus_plus(bins, options.clusters, &mut random),
            Init::Random => anywhere(bins, options.clusters, &mut random),
        };
        let mut labels = nearest_of_all(bins, &centers);
        // Placing the first centres counts as an iteration. In the last one labels stay as they are.
        for iteration in 2..=stop.iterations {
            let moved = means(bins, &labels, &centers);
            let shift = moved
                .iter()
                .zip(&centers)
                .map(|(new, old)| (new - old) * (new - old))
                .fold(0.0, f64::max);
            centers = moved;
            if shift <= stop.squared_shift || iteration == stop.iterations {
                break;
            }
            labels = nearest_of_all(bins, &centers);
        }
        let compactness = compactness(bins, &labels, &centers);
        if best.as_ref().is_none_or(|best| compactness < best.compactness) {
            best = Some(Outcome {
                labels,
                centers,
                compactness,
            });
        }
        if compactness <= enough {
            break;
        }
    }
    best
}

/// The sum of the squared distances of all pixels from their centres.
pub(super) fn compactness(bins: &[Bin], labels: &[u8], centers: &[f64]) -> f64 {
    bins.iter()
        .zip(labels)
        .filter_map(|(bin, label)| {
            let center = centers.get(usize::from(*label))?;
            Some((f64::from(bin.value) - center).powi(2) * bin.count as f64)
        })
        .sum()
}

/// The same with the means of the clusters for centres.
pub(super) fn compactness_of_means(bins: &[Bin], labels: &[u8]) -> f64 {
    let clusters = labels.iter().max().map_or(0, |most| usize::from(*most) + 1);
    compactness(bins, labels, &means(bins, labels, &vec![0.0; clusters]))
}

/// The nearest centre, of equally near ones the first.
pub(super) fn nearest(value: u8, centers: &[f64]) -> u8 {
    let mut least = f64::INFINITY;
    let mut nearest = 0;
    for (cluster, center) in (0..=u8::MAX).zip(centers) {
        let distance = (f64::from(value) - center).abs();
        if distance < least {
            (least, nearest) = (distance, cluster);
        }
    }
    nearest
}

fn nearest_of_all(bins: &[Bin], centers: &[f64]) -> Vec<u8> {
    bins.iter().map(|bin| nearest(bin.value, centers)).collect()
}

/// The mean of each cluster. An empty cluster takes one pixel from the largest: the farthest from its mean, of equally far
/// ones the brightest. It is for the means alone that the pixel changes its cluster: labels belong to values.
pub(super) fn means(bins: &[Bin], labels: &[u8], centers: &[f64]) -> Vec<f64> {
    let mut clusters = vec![Members::default(); centers.len()];
    for (bin, label) in bins.iter().zip(labels) {
        if let Some(members) = clusters.get_mut(usize::from(*label)) {
            members.add(bin.value, bin.count);
        }
    }
    let mut left: Vec<u64> = bins.iter().map(|bin| bin.count).collect();
    while let Some(empty) = clusters.iter().position(|members| members.count == 0) {
        let mut largest = (0, Members::default());
        for (index, members) in clusters.iter().enumerate() {
            if members.count > largest.1.count {
                largest = (index, *members);
            }
        }
        let (index, members) = largest;
        let mut farthest = None;
        let mut most = 0.0;
        for (((bin, label), left), position) in bins.iter().zip(labels).zip(&left).zip(0..) {
            let distance = (f64::from(bin.value) - members.mean()).abs();
            if usize::from(*label) == index && *left > 0 && distance >= most {
                (farthest, most) = (Some((position, bin.value)), distance);
            }
        }
        let Some((position, value)) = farthest.filter(|_| members.count > 1) else {
            break;
        };
        if let Some(left) = left.get_mut(position) {
            *left -= 1;
        }
        if let Some(members) = clusters.get_mut(index) {
            members.count -= 1;
            members.sum -= u64::from(value);
        }
        if let Some(members) = clusters.get_mut(empty) {
            members.add(value, 1);
        }
    }
    clusters
        .iter()
        .zip(centers)
        .map(|(members, center)| {
            if members.count > 0 {
                members.mean()
            } else {
                *center
            }
        })
        .collect()
}

/// Centres at pixels: the first anywhere, each next one drawn with a chance in proportion to the squared distance from
/// those before, the best of three such draws.
fn plus_plus(bins: &[Bin], clusters: u32, random: &mut Random) -> Vec<f64> {
    let pixels: f64 = bins.iter().map(|bin| bin.count as f64).sum();
    let value_at = |index: Option<usize>| {
        let bin = index.and_then(|index| bins.get(index));
        bin.map_or(0.0, |bin| f64::from(bin.value))
    };
    let first = value_at(random.weighted(bins.iter().map(|bin| bin.count as f64), pixels));
    let mut centers = vec![first];
    let squares = |center: f64| {
        bins.iter()
            .map(move |bin| (f64::from(bin.value) - center).powi(2))
    };
    let mut distances: Vec<f64> = squares(first).collect();
    for _ in 1..clusters {
        let weights: Vec<f64> = bins
            .iter()
            .zip(&distances)
            .map(|(bin, distance)| bin.count as f64 * distance)
            .collect();
        let potential: f64 = weights.iter().sum();
        let mut best: Option<(f64, f64, Vec<f64>)> = None;
        for _ in 0..TRIALS {
            let center = value_at(random.weighted(weights.iter().copied(), potential));
            let closer: Vec<f64> = distances
                .iter()
                .zip(squares(center))
                .map(|(before, now)| before.min(now))
                .collect();
            let potential = bins
                .iter()
                .zip(&closer)
                .map(|(bin, distance)| bin.count as f64 * distance)
                .sum();
            if best.as_ref().is_none_or(|best| potential < best.0) {
                best = Some((potential, center, closer));
            }
        }
        if let Some((_, center, closer)) = best {
            centers.push(center);
            distances = closer;
        }
    }
    centers
}

/// Centres anywhere from one range below the least value to one range above the greatest.
fn anywhere(bins: &[Bin], clusters: u32, random: &mut Random) -> Vec<f64> {
    let least = bins.first().map_or(0.0, |bin| f64::from(bin.value));
    let range = bins.last().map_or(0.0, |bin| f64::from(bin.value)) - least;
    (0..clusters)
        .map(|_| least - range + random.unit() * 3.0 * range)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::optimal;
    use super::super::options::Criteria;
    use super::*;
    use proptest::prelude::*;

    /// Plain k-means over single pixels, for comparison: the same steps, one pixel at a time.
    fn over_pixels(pixels: &[u8], mut centers: Vec<f64>, iterations: u32) -> f64 {
        let distance = |pixel: u8, center: f64| (f64::from(pixel) - center).abs();
        let mut labels: Vec<u8> = Vec::new();
        for iteration in 1..=iterations {
            if iteration > 1 {
                for (cluster, center) in centers.iter_mut().enumerate() {
                    let members: Vec<f64> = pixels
                        .iter()
                        .zip(&labels)
                        .filter(|(_, label)| usize::from(**label) == cluster)
                        .map(|(pixel, _)| f64::from(*pixel))
                        .collect();
                    if !members.is_empty() {
                        *center = members.iter().sum::<f64>() / members.len() as f64;
                    }
                }
            }
            if iteration < iterations {
                labels = pixels.iter().map(|pixel| nearest(*pixel, &centers)).collect();
            }
        }
        pixels
            .iter()
            .zip(&labels)
            .map(|(pixel, label)| distance(*pixel, centers[usize::from(*label)]).powi(2))
            .sum()
    }

    fn bins_of(pixels: &[u8]) -> Vec<Bin> {
        let mut bins: Vec<Bin> = Vec::new();
        let mut sorted = pixels.to_vec();
        sorted.sort_unstable();
        for value in sorted {
            match bins.last_mut() {
                Some(bin) if bin.value == value => bin.count += 1,
                _ => bins.push(Bin { value, count: 1 }),
            }
        }
        bins
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_pixel_of_the_largest() {
        let bins = bins_of(&[10, 10, 10, 40, 200, 201]);
        // The third centre has nothing: it takes the pixel of 40 from the first.
        let moved = means(&bins, &[0, 0, 1, 1], &[20.0, 200.0, 900.0]);
        assert_eq!(moved, [10.0, 200.5, 40.0]);
        // Two empty ones: 40 from the first, and then one of the three tens.
        let moved = means(&bins, &[0, 0, 1, 1], &[20.0, 200.0, 900.0, 901.0]);
        assert_eq!(moved, [10.0, 200.5, 40.0, 10.0]);
    }

    #[test]
    fn ties_go_to_the_first_centre() {
        assert_eq!(nearest(15, &[20.0, 10.0]), 0);
        assert_eq!(nearest(15, &[10.0, 20.0]), 0);
        assert_eq!(nearest(15, &[3.0, 14.0, 16.0]), 1);
    }

    proptest! {
        #[test]
        fn a_histogram_gives_what_its_pixels_give(
            pixels in prop::collection::vec(any::<u8>(), 20..200),
            clusters in 2_u32..5,
            iterations in 2_i64..8,
            seed in any::<u64>(),
        ) {
            let bins = bins_of(&pixels);
            prop_assume!(bins.len() > 12);
            let options = Options {
                clusters, max_iterations: iterations, epsilon: -1.0, attempts: 1, seed, ..Options::default()
            };
            let outcome = best_of_attempts(&bins, &options, 0.0).unwrap();
            let first = plus_plus(&bins, clusters, &mut Random::of_attempt(seed, 0));
            let expected = over_pixels(&pixels, first, u32::try_from(iterations).unwrap());
            prop_assert!((outcome.compactness - expected).abs() <= expected * 1e-12);
        }

        #[test]
        fn the_optimum_is_never_above_any_attempt(
            pixels in prop::collection::vec(any::<u8>(), 20..300),
            clusters in 1_u32..9,
            attempts in 1_i64..4,
            plus_plus in any::<bool>(),
            seed in any::<u64>(),
        ) {
            let bins = bins_of(&pixels);
            prop_assume!(bins.len() > clusters as usize);
            let optimum = compactness_of_means(&bins, &optimal::partition(&bins, clusters));
            for criteria in [Criteria::All, Criteria::Epsilon, Criteria::MaxIterations] {
                let init = if plus_plus { Init::PlusPlus } else { Init::Random };
                let options = Options { clusters, criteria, attempts, init, seed, ..Options::default() };
                let outcome = best_of_attempts(&bins, &options, 0.0).unwrap();
                prop_assert!(optimum <= outcome.compactness * (1.0 + 1e-12) + 1e-9);
                prop_assert!(outcome.labels.iter().all(|label| u32::from(*label) < clusters));
            }
        }
    }
}
