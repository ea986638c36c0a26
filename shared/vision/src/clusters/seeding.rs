//! Where the centres of an attempt begin.
//!
//! A few thousand cubes with their means tell where the clusters are nearly as well as all colours do. So centres of
//! k-means++ are drawn several times over, each time led to rest over the cubes alone, and the best of them are handed on
//! to the iteration over all colours, which then has little left to do.

use std::ops::Range;

use super::assignment::Point;
use super::octree::{Octree, single};
use super::options::Init;
use super::per_cluster::PerCluster;
use super::random::Random;

/// How many draws there are for each centre of k-means++.
const TRIALS: u32 = 3;

/// How many times centres are drawn for each attempt of k-means++.
const DRAWS: u32 = 3;

/// Centres are at rest over the places when they move by less than this, squared...
const REST: f64 = 0.05 * 0.05;

/// ...and are left alone after so many iterations at the latest.
const ITERATIONS: u32 = 30;

/// After so many, it is clear enough which of several draws is the best.
const TRIAL_ITERATIONS: u32 = 5;

/// Places are looked at in groups of this size, which compilers turn into vector instructions.
const LANES: usize = 8;

/// So many places to draw from are wanted for each cluster.
const PLACES: usize = 64;

/// Some colours close together: those of a cube, or a single one.
#[derive(Clone, Debug)]
struct Place {
    mean: Point,
    pixels: f32,
    colors: Range<usize>,
}

/// The means of some places, channel by channel, and their pixels. Those that there are not have no pixels.
#[derive(Clone, Debug, Default)]
struct Group {
    channels: [[f32; LANES]; 3],
    pixels: [f32; LANES],
}

impl Group {
    fn of(places: &[Place]) -> Self {
        let mut group = Self::default();
        let [x, y, z] = &mut group.channels;
        let channels = x.iter_mut().zip(y).zip(z);
        for ((place, pixels), ((x, y), z)) in places.iter().zip(&mut group.pixels).zip(channels) {
            ([*x, *y, *z], *pixels) = (place.mean, place.pixels);
        }
        group
    }

    /// The squared distance of each place from a point.
    #[inline]
    fn distances(&self, [a, b, c]: Point) -> [f32; LANES] {
        let [x, y, z] = &self.channels;
        let mut distances = [0.0; LANES];
        for (((distance, x), y), z) in distances.iter_mut().zip(x).zip(y).zip(z) {
            *distance = (x - a) * (x - a) + (y - b) * (y - b) + (z - c) * (z - c);
        }
        distances
    }

    /// The number of the nearest point for each place, and the squared distance from it.
    #[inline]
    fn nearest(&self, points: &[Point]) -> ([u32; LANES], [f32; LANES]) {
        let mut nearest = [0; LANES];
        let mut least = [f32::INFINITY; LANES];
        for (number, point) in (0_u32..).zip(points) {
            let distances = self.distances(*point);
            for ((nearest, least), distance) in nearest.iter_mut().zip(&mut least).zip(distances) {
                *nearest = if distance < *least { number } else { *nearest };
                *least = if distance < *least { distance } else { *least };
            }
        }
        (nearest, least)
    }
}

/// Draws the first centres of attempts over the same picture.
#[derive(Debug)]
pub(super) struct Seeding<'a> {
    tree: &'a Octree,
    clusters: usize,
    places: Vec<Place>,
    groups: Vec<Group>,
}

impl<'a> Seeding<'a> {
    /// Gathers the places: cubes with sides of 8, or smaller ones if these are few.
    pub(super) fn new(tree: &'a Octree, clusters: usize) -> Self {
        let enough = clusters * PLACES;
        let places = if tree.level(1).len() >= enough {
            cubes(tree, 1)
        } else if tree.level(0).len() >= enough {
            cubes(tree, 0)
        } else {
            (0..)
                .zip(tree.colors(0..tree.distinct()))
                .map(|(index, (color, weight))| Place {
                    mean: color.map(f32::from),
                    pixels: single(f64::from(weight)),
                    colors: index..index + 1,
                })
                .collect()
        };
        Self {
            tree,
            clusters,
            groups: places.chunks(LANES).map(Group::of).collect(),
            places,
        }
    }

    /// The first centres of an attempt.
    pub(super) fn centers(&self, init: Init, random: &mut Random) -> Vec<[f64; 3]> {
        match init {
            Init::PlusPlus => {
                let mut best = Vec::new();
                let mut least = f64::INFINITY;
                for _ in 0..DRAWS {
                    let mut centers = self.plus_plus(random);
                    let compactness = self.settle(&mut centers, TRIAL_ITERATIONS);
                    if compactness < least {
                        (best, least) = (centers, compactness);
                    }
                }
                self.settle(&mut best, ITERATIONS);
                best
            }
            Init::Random => self.anywhere(random),
        }
    }

    /// Lloyd's iteration over the means of the places. Returns the compactness before the last move.
    fn settle(&self, centers: &mut [[f64; 3]], iterations: u32) -> f64 {
        let mut compactness = f64::INFINITY;
        for _ in 0..iterations {
            let points: Vec<Point> = centers.iter().map(|center| center.map(single)).collect();
            let mut sums = PerCluster::filled([0.0_f64; 4]);
            compactness = 0.0;
            for group in &self.groups {
                let (nearest, least) = group.nearest(&points);
                let [x, y, z] = &group.channels;
                let places = nearest
                    .iter()
                    .zip(least)
                    .zip(&group.pixels)
                    .zip(x.iter().zip(y).zip(z));
                for (((cluster, distance), pixels), ((x, y), z)) in places {
                    let pixels = f64::from(*pixels);
                    let sum = &mut sums[u8::try_from(*cluster).unwrap_or(0)];
                    let [a, b, c, all] = *sum;
                    *sum = [
                        a + f64::from(*x) * pixels,
                        b + f64::from(*y) * pixels,
                        c + f64::from(*z) * pixels,
                        all + pixels,
                    ];
                    compactness += f64::from(distance) * pixels;
                }
            }
            let mut shift: f64 = 0.0;
            for (center, [a, b, c, pixels]) in centers.iter_mut().zip(sums.iter()) {
                if *pixels > 0.0 {
                    let mean = [a / pixels, b / pixels, c / pixels];
                    let moved: f64 = mean
                        .iter()
                        .zip(*center)
                        .map(|(new, old)| (new - old).powi(2))
                        .sum();
                    shift = shift.max(moved);
                    *center = mean;
                }
            }
            if shift <= REST {
                break;
            }
        }
        compactness
    }

    /// K-means++ by places: one is drawn with a chance in proportion to its pixels and the squared distance of its mean
    /// from the centres so far, and in it a colour with a chance in proportion to its pixels.
    fn plus_plus(&self, random: &mut Random) -> Vec<[f64; 3]> {
        let mut potentials: Vec<[f32; LANES]> = self.groups.iter().map(|group| group.pixels).collect();
        let mut centers = Vec::with_capacity(self.clusters);
        let first = self.draw(&potentials, random);
        self.approach(first, &[], &mut potentials);
        centers.push(first);
        let (mut closer, mut best) = (Vec::new(), Vec::new());
        while centers.len() < self.clusters {
            let mut least = f64::INFINITY;
            let mut taken = first;
            for _ in 0..TRIALS {
                let point = self.draw(&potentials, random);
                let potential = self.approach(point, &potentials, &mut closer);
                if potential < least {
                    (least, taken) = (potential, point);
                    std::mem::swap(&mut best, &mut closer);
                }
            }
            centers.push(taken);
            std::mem::swap(&mut potentials, &mut best);
        }
        centers.iter().map(|center| center.map(f64::from)).collect()
    }

    /// Writes the potentials after one more centre, and returns their sum. None before means that it is the first.
    fn approach(&self, center: Point, before: &[[f32; LANES]], after: &mut Vec<[f32; LANES]>) -> f64 {
        const NONE: [f32; LANES] = [f32::INFINITY; LANES];
        let before = before.iter().chain(std::iter::repeat(&NONE));
        let mut sums = [0.0_f64; LANES];
        after.clear();
        after.extend(self.groups.iter().zip(before).map(|(group, before)| {
            let mut potentials = group.distances(center);
            let lanes = potentials
                .iter_mut()
                .zip(&group.pixels)
                .zip(before)
                .zip(&mut sums);
            for (((potential, pixels), before), sum) in lanes {
                let now = *potential * pixels;
                *potential = if now < *before { now } else { *before };
                *sum += f64::from(*potential);
            }
            potentials
        }));
        sums.iter().sum()
    }

    fn draw(&self, potentials: &[[f32; LANES]], random: &mut Random) -> Point {
        let potentials = potentials.as_flattened().iter().copied().map(f64::from);
        let total = potentials.clone().sum();
        let place = random
            .weighted(potentials, total)
            .and_then(|index| self.places.get(index));
        let Some(place) = place else {
            return [0.0; 3];
        };
        let weights = self
            .tree
            .colors(place.colors.clone())
            .map(|(_, weight)| f64::from(weight));
        let color = random
            .weighted(weights, f64::from(place.pixels))
            .and_then(|index| self.tree.colors(place.colors.clone()).nth(index));
        color.map_or(place.mean, |(color, _)| color.map(f32::from))
    }

    /// Anywhere in the box around all colours, widened by a third of its length on each side.
    fn anywhere(&self, random: &mut Random) -> Vec<[f64; 3]> {
        let whole = self.tree.whole();
        let mut channel = |low: u8, high: u8| {
            let range = f64::from(high) - f64::from(low);
            f64::from(low) - range / 3.0 + random.unit() * range * 5.0 / 3.0
        };
        let ([a, b, c], [d, e, f]) = (whole.low, whole.high);
        (0..self.clusters)
            .map(|_| [channel(a, d), channel(b, e), channel(c, f)])
            .collect()
    }
}

fn cubes(tree: &Octree, level: usize) -> Vec<Place> {
    tree.level(level)
        .iter()
        .filter_map(|cube| {
            let lowest = tree.lowest_cubes(level, cube);
            Some(Place {
                mean: cube.moments.mean()?.map(single),
                pixels: single(cube.moments.pixels as f64),
                colors: lowest.first()?.parts().start..lowest.last()?.parts().end,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::census::census;
    use super::*;

    #[test]
    fn centers_of_plus_plus_are_colours_of_the_picture_and_far_apart() {
        let mut pixels = vec![[10, 20, 30]; 500];
        pixels.extend([[200, 20, 30]; 300]);
        pixels.extend([[10, 220, 30]; 200]);
        let tree = census(&pixels, |color| color);
        let seeding = Seeding::new(&tree, 3);
        for attempt in 0..20 {
            let mut centers = seeding.centers(Init::PlusPlus, &mut Random::of_attempt(1, attempt));
            centers.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert_eq!(
                centers,
                [[10.0, 20.0, 30.0], [10.0, 220.0, 30.0], [200.0, 20.0, 30.0]]
            );
        }
    }

    #[test]
    fn random_centers_fill_the_widened_box() {
        let tree = census(&[[30, 60, 90], [60, 60, 120]], |color| color);
        let seeding = Seeding::new(&tree, 200);
        let centers = seeding.centers(Init::Random, &mut Random::of_attempt(1, 0));
        let least = centers.iter().map(|center| center[0]).fold(f64::MAX, f64::min);
        let most = centers.iter().map(|center| center[0]).fold(f64::MIN, f64::max);
        assert!(
            (20.0..22.0).contains(&least) && (68.0..70.0).contains(&most),
            "{least} {most}"
        );
        assert!(centers.iter().all(|center| center[1] == 60.0));
    }

    #[test]
    fn places_are_cubes_where_there_are_enough_of_them() {
        let pixels: Vec<[u8; 3]> = (0..1 << 15)
            .map(|index: u32| {
                [index >> 10, index >> 5 & 31, index & 31]
                    .map(|channel| u8::try_from(channel * 8 + 3).unwrap())
            })
            .collect();
        let tree = census(&pixels, |color| color);
        assert_eq!(Seeding::new(&tree, 8).places.len(), 1 << 15);
        assert_eq!(tree.level(1).len(), 1 << 15);
        let few = census(&pixels[..100], |color| color);
        assert_eq!(Seeding::new(&few, 8).places.len(), 100);
    }
}
