//! K-means of a picture's colours.

use darkroom_domain::{Code, Failure};

use super::assignment::{Centers, totals};
use super::census::census;
use super::lab::Lab;
use super::labeling::Labeling;
use super::octree::{Color, Moments, Octree, single};
use super::options::{Criteria, Options};
use super::per_cluster::PerCluster;
use super::random::Random;
use super::relocation::fill_empty;
use super::seeding::Seeding;
use crate::picture::Picture;

/// Where the distance of two colours is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorSpace {
    /// Red, green and blue as they are stored.
    Rgb,
    /// CIE L\*a\*b\* rounded to 8 bits a channel as by OpenCV's `COLOR_RGB2Lab`: L from 0 to 255, a and b around 128.
    Lab,
}

/// The clusters of a picture's colours, from the largest to the smallest; of equally large ones, from the least centre.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorClusters {
    /// The cluster of every pixel, row by row: the one of the nearest centre.
    pub labels: Vec<u8>,
    /// The centre of each cluster, in the colour space that was asked for.
    pub centers: Vec<[f64; 3]>,
    /// The mean red, green and blue of each cluster's pixels, rounded; an empty cluster repeats the one before it.
    pub palette: Vec<[u8; 3]>,
    /// How many pixels each cluster has.
    pub pixels: Vec<u64>,
    /// The same as a share of all pixels.
    pub shares: Vec<f64>,
    /// The sum over all pixels of the squared distance from the centre of their cluster.
    pub compactness: f64,
    /// The iterations of the best attempt over all colours; 0 if each colour has a cluster of its own, which takes none.
    pub iterations: u32,
}

/// Clusters the pixels of a picture by colour.
///
/// The options mean what they mean to OpenCV's `kmeans`, and the search is Lloyd's over all pixels without
/// approximation. It differs in this: the centres of k-means++ are the best of several draws over small cubes of colours,
/// where they are also led to rest before the iterations that count; an empty cluster takes the colour that is farthest
/// from its centre in the whole picture; and in the end every pixel is given to the nearest of the final centres once
/// more, which can only lower the compactness. Which centre is nearest is told in single precision.
///
/// If there are not more distinct colours than clusters, each colour is a cluster of its own; the rest are empty.
///
/// Memory beside the picture and its labels: some 40 MB for a photograph of 12 megapixels, of which most is a table for
/// counting; 200 MB at most, for a picture that has nearly every colour there is.
///
/// # Errors
/// `validation_failed` if there are no clusters, more than 256, or more than pixels, or for [`Criteria::Optimal`]: nobody
/// knows how to find the optimum in three dimensions. `image_too_large` for 2³² pixels and more.
pub fn of_colors(picture: &Picture, space: ColorSpace, options: &Options) -> Result<ColorClusters, Failure> {
    let pixels = picture.pixels();
    if u32::try_from(pixels.len()).is_err() {
        return Err(Failure::permanent(
            Code::ImageTooLarge,
            "The image has too many pixels to cluster.",
        ));
    }
    options.check(pixels.len() as u64)?;
    if options.criteria == Criteria::Optimal {
        return Err(Failure::permanent(
            Code::ValidationFailed,
            "The optimum can be computed for lightness only, not for colours.",
        ));
    }
    Ok(match space {
        ColorSpace::Rgb => clustered(pixels, |color| color, options),
        ColorSpace::Lab => {
            let lab = Lab::new();
            let mut clusters = clustered(pixels, |color| lab.of_rgb(color), options);
            clusters.palette = palette(
                &moments_of_labels(pixels, &clusters.labels),
                clusters.centers.len(),
            );
            clusters
        }
    })
}

/// The centres that an attempt has found.
struct Attempt {
    centers: Vec<[f64; 3]>,
    compactness: f64,
    iterations: u32,
}

fn clustered(pixels: &[Color], convert: impl Fn(Color) -> Color, options: &Options) -> ColorClusters {
    let tree = census(pixels, &convert);
    let wanted = options.clusters as usize;
    let best = if tree.distinct() <= wanted {
        each_for_itself(&tree)
    } else {
        best_of_attempts(&tree, options)
    };
    let centers = searchable(&best.centers);
    let labeling = Labeling::new(&tree, &centers, best.centers.len());

    let mut order: Vec<(u8, [f64; 3])> = (0..=u8::MAX).zip(best.centers).collect();
    let totals = labeling.totals();
    order.sort_by(|(one, a), (other, b)| {
        let sizes = totals[*other].pixels.cmp(&totals[*one].pixels);
        let channels = a.iter().zip(b);
        channels.fold(sizes, |order, (a, b)| order.then(a.total_cmp(b)))
    });
    let mut numbers = PerCluster::filled(0);
    for (new, (old, _)) in (0..=u8::MAX).zip(&order) {
        numbers[*old] = new;
    }
    let ordered = PerCluster::beginning_with(order.iter().map(|(old, _)| totals[*old]), Moments::default());
    let mut centers: Vec<[f64; 3]> = order.iter().map(|(_, center)| *center).collect();
    if let Some(last) = centers.last().copied() {
        centers.resize(wanted, last);
    }
    let counts: Vec<u64> = ordered
        .iter()
        .take(wanted)
        .map(|moments| moments.pixels)
        .collect();
    ColorClusters {
        labels: labeling.renumbered(&numbers, pixels.iter().map(|pixel| convert(*pixel))),
        palette: palette(&ordered, wanted),
        shares: counts
            .iter()
            .map(|count| *count as f64 / pixels.len() as f64)
            .collect(),
        pixels: counts,
        compactness: scatter(&tree, &ordered) + displacement(&ordered, &centers),
        centers,
        iterations: best.iterations,
    }
}

/// Every colour a centre.
fn each_for_itself(tree: &Octree) -> Attempt {
    let colors = tree.colors(0..tree.distinct());
    Attempt {
        centers: colors.map(|(color, _)| color.map(f64::from)).collect(),
        compactness: 0.0,
        iterations: 0,
    }
}

/// The attempt of least compactness, the first of those that are equally good.
fn best_of_attempts(tree: &Octree, options: &Options) -> Attempt {
    let clusters = options.clusters as usize;
    let seeding = Seeding::new(tree, clusters);
    let attempt = |number: u32| {
        let mut random = Random::of_attempt(options.seed, number);
        refined(tree, seeding.centers(options.init, &mut random), options)
    };
    let mut best = attempt(0);
    for number in 1..options.stop().attempts {
        let next = attempt(number);
        if next.compactness < best.compactness {
            best = next;
        }
    }
    best
}

/// Moves centres to the means of the pixels that are nearest to them, until the rule ends it.
fn refined(tree: &Octree, mut centers: Vec<[f64; 3]>, options: &Options) -> Attempt {
    let stop = options.stop();
    let mut compactness = f64::INFINITY;
    let mut iterations = 1;
    // Placing the first centres was the first iteration.
    while iterations < stop.iterations {
        iterations += 1;
        let points = searchable(&centers);
        let mut totals = totals(tree, &points, centers.len());
        fill_empty(tree, &points, centers.len(), &mut totals);
        compactness = scatter(tree, &totals);
        let mut shift: f64 = 0.0;
        for (center, moments) in centers.iter_mut().zip(totals.iter()) {
            let Some(mean) = moments.mean() else { continue };
            shift = shift.max(squared_distance(mean, *center));
            *center = mean;
        }
        if shift <= stop.squared_shift {
            break;
        }
    }
    Attempt {
        centers,
        compactness,
        iterations,
    }
}

fn searchable(centers: &[[f64; 3]]) -> Centers {
    PerCluster::beginning_with(centers.iter().map(|center| center.map(single)), [0.0; 3])
}

fn squared_distance(one: [f64; 3], other: [f64; 3]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The sum over all pixels of the squared distance from the mean of their cluster. What is subtracted from the sum of all
/// squares is almost as large as that, hence whole numbers for as long as possible.
fn scatter(tree: &Octree, totals: &PerCluster<Moments>) -> f64 {
    let mut whole = u128::from(tree.squares());
    let mut rest = 0.0;
    for moments in totals.iter().filter(|moments| moments.pixels > 0) {
        let pixels = u128::from(moments.pixels);
        let squares: u128 = moments.sums.iter().map(|sum| u128::from(*sum).pow(2)).sum();
        whole -= squares / pixels;
        rest += (squares % pixels) as f64 / pixels as f64;
    }
    (whole as f64 - rest).max(0.0)
}

/// What the compactness is above the scatter because centres are not exactly at the means.
fn displacement(totals: &PerCluster<Moments>, centers: &[[f64; 3]]) -> f64 {
    totals
        .iter()
        .zip(centers)
        .filter_map(|(moments, center)| {
            Some(squared_distance(moments.mean()?, *center) * moments.pixels as f64)
        })
        .sum()
}

fn moments_of_labels(pixels: &[Color], labels: &[u8]) -> PerCluster<Moments> {
    let mut moments = PerCluster::filled(Moments::default());
    for (pixel, label) in pixels.iter().zip(labels) {
        moments[*label] += Moments::of(*pixel, 1);
    }
    moments
}

/// The rounded means of the first clusters.
fn palette(totals: &PerCluster<Moments>, clusters: usize) -> Vec<[u8; 3]> {
    let mut before = [0; 3];
    let mean = |moments: &Moments| {
        if moments.pixels > 0 {
            let pixels = moments.pixels;
            before = moments
                .sums
                .map(|sum| u8::try_from((sum + pixels / 2) / pixels).unwrap_or(u8::MAX));
        }
        before
    };
    totals.iter().take(clusters).map(mean).collect()
}
