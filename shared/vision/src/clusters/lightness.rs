//! K-means of a picture's lightness, over the histogram of L.

use darkroom_domain::{Code, Failure};

use super::iteration::{Bin, Outcome, best_of_attempts, compactness, compactness_of_means, means, nearest};
use super::optimal;
use super::options::{Criteria, Options};

/// The most pixels whose squares can be summed exactly in 64 bits, with room to spare.
const MOST_PIXELS: u64 = 1 << 40;

/// By how much of it the compactness of an attempt may be above the optimum and still count as the optimum.
const TOLERANCE: f64 = 1e-9;

/// The clusters of a histogram of L, from the darkest to the brightest.
#[derive(Clone, Debug, PartialEq)]
pub struct LightnessClusters {
    /// The centre of each cluster, ascending.
    pub centers: Vec<f64>,
    /// The cluster of every value of L; of a value that does not occur, the nearest one.
    pub labels: [u8; 256],
    /// The sum over all pixels of the squared distance from the centre of their cluster.
    pub compactness: f64,
    /// How many pixels there are in all.
    pub pixels: u64,
    /// How many pixels each cluster has.
    pub sizes: Vec<u64>,
    /// The least and the greatest L of each cluster; `None` for an empty one.
    pub ranges: Vec<Option<(u8, u8)>>,
    /// The root of each cluster's mean squared distance from its centre; 0 for an empty one.
    pub deviations: Vec<f64>,
}

/// Clusters a histogram: how many pixels have each value of L.
///
/// The answer is that of OpenCV's `kmeans` over the pixels, but never worse: beside the attempts that the options ask for,
/// which run step by step as OpenCV's do, there is one that begins at the optimal partition (and can go nowhere from
/// there). So the compactness is in effect the least that is possible, within one part in 10⁹, whatever the options and
/// the seed; they decide only between partitions that are equally good. [`Criteria::Optimal`] leaves the other attempts
/// out. As there are only 256 values, it takes about a millisecond with a few clusters and attempts, and about a second
/// with the most of everything that can be asked for.
///
/// If there are not more distinct values than clusters, each value is a cluster of its own, and the centres that are left
/// over stand at the brightest value, with empty clusters.
///
/// # Errors
/// `validation_failed` if there are no clusters, more than 256, or more than pixels; or more than 2⁴⁰ pixels.
pub fn of_lightness(histogram: &[u64; 256], options: &Options) -> Result<LightnessClusters, Failure> {
    let pixels = histogram
        .iter()
        .try_fold(0_u64, |sum, count| sum.checked_add(*count))
        .filter(|pixels| *pixels <= MOST_PIXELS)
        .ok_or_else(|| Failure::permanent(Code::ValidationFailed, "There are too many pixels to cluster."))?;
    options.check(pixels)?;
    let bins: Vec<Bin> = (0..=u8::MAX)
        .zip(histogram)
        .filter(|(_, count)| **count > 0)
        .map(|(value, &count)| Bin { value, count })
        .collect();
    Ok(summed_up(&bins, ascending(best(&bins, options)), pixels))
}

/// For each value of L, the number of its cluster: the pixels of a picture that has the clusters for a palette.
#[must_use]
pub fn painted(lightness_values: &[u8], labels: &[u8; 256]) -> Vec<u8> {
    let label = |value: &u8| labels.get(usize::from(*value)).copied().unwrap_or(0);
    lightness_values.iter().map(label).collect()
}

/// The best partition, its clusters in any order.
fn best(bins: &[Bin], options: &Options) -> Outcome {
    let clusters = options.clusters as usize;
    if bins.len() <= clusters {
        let brightest = bins.last().map_or(0.0, |bin| f64::from(bin.value));
        let mut centers: Vec<f64> = bins.iter().map(|bin| f64::from(bin.value)).collect();
        centers.resize(clusters, brightest);
        return Outcome {
            labels: (0..=u8::MAX).take(bins.len()).collect(),
            centers,
            compactness: 0.0,
        };
    }
    let labels = optimal::partition(bins, options.clusters);
    let least = compactness_of_means(bins, &labels);
    let enough = least * (1.0 + TOLERANCE);
    if options.criteria != Criteria::Optimal
        && let Some(found) = best_of_attempts(bins, options, enough)
        && found.compactness <= enough
    {
        return found;
    }
    Outcome {
        centers: means(bins, &labels, &vec![0.0; clusters]),
        labels,
        compactness: least,
    }
}

/// The same partition with ascending centres.
fn ascending(outcome: Outcome) -> Outcome {
    let mut order: Vec<(u8, f64)> = (0..=u8::MAX).zip(outcome.centers).collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    let position = |label: u8| (0..=u8::MAX).zip(&order).find(|(_, (old, _))| *old == label);
    Outcome {
        labels: outcome
            .labels
            .into_iter()
            .map(|label| position(label).map_or(0, |(new, _)| new))
            .collect(),
        centers: order.iter().map(|(_, center)| *center).collect(),
        compactness: outcome.compactness,
    }
}

fn summed_up(bins: &[Bin], outcome: Outcome, pixels: u64) -> LightnessClusters {
    let Outcome { labels, centers, .. } = outcome;
    let mut sizes = vec![0; centers.len()];
    let mut ranges = vec![None; centers.len()];
    let mut deviations = vec![0.0; centers.len()];
    let clusters = sizes.iter_mut().zip(&mut ranges).zip(&mut deviations);
    for (((size, range), deviation), (cluster, center)) in clusters.zip((0..=u8::MAX).zip(&centers)) {
        let members = bins.iter().zip(&labels).filter(|(_, label)| **label == cluster);
        let mut squares = 0.0;
        for (bin, _) in members {
            let (least, _) = range.unwrap_or((bin.value, bin.value));
            *range = Some((least, bin.value));
            *size += bin.count;
            squares += (f64::from(bin.value) - center).powi(2) * bin.count as f64;
        }
        if *size > 0 {
            *deviation = (squares / *size as f64).sqrt();
        }
    }

    let mut all = [0; 256];
    let mut present = bins.iter().zip(&labels).peekable();
    for (value, label) in (0..=u8::MAX).zip(&mut all) {
        *label = match present.next_if(|(bin, _)| bin.value == value) {
            Some((_, label)) => *label,
            None => nearest(value, &centers),
        };
    }
    LightnessClusters {
        compactness: compactness(bins, &labels, &centers),
        centers,
        labels: all,
        pixels,
        sizes,
        ranges,
        deviations,
    }
}
