//! Which centre is nearest, for whole cubes of colours at once.

use super::octree::{Color, Cube, LEVELS, Moments, Octree};
use super::per_cluster::PerCluster;

/// A point of the colour space in the precision of the search.
pub(super) type Point = [f32; 3];

/// The numbers of some clusters, ascending.
type Candidates = [u8; 256];

/// The centres of all clusters; those that there are not are left out by the caller.
pub(super) type Centers = PerCluster<Point>;

/// What is made of cubes and colours as the search comes to them. Each colour is met once, in a cube of one of the two kinds.
pub(super) trait Visitor {
    /// For all colours of this cube, the same centre is nearest.
    fn owned(&mut self, level: usize, cube: &Cube, cluster: u8);

    /// Any of the candidates, at least two and ascending, may be nearest to a colour of this cube of the lowest level.
    fn contested(&mut self, cube: &Cube, candidates: &[u8]);
}

#[inline]
fn distance(one: Point, other: Point) -> f32 {
    let [a, b, c] = one;
    let [d, e, f] = other;
    (a - d) * (a - d) + (b - e) * (b - e) + (c - f) * (c - f)
}

/// The candidate nearest to a colour, of equally near ones the first.
#[inline]
pub(super) fn nearest(color: Color, candidates: &[u8], centers: &Centers) -> u8 {
    let color = color.map(f32::from);
    let mut least = f32::INFINITY;
    let mut nearest = 0;
    for cluster in candidates {
        let distance = distance(centers[*cluster], color);
        if distance < least {
            (least, nearest) = (distance, *cluster);
        }
    }
    nearest
}

/// Leads a visitor through the tree, with the given number of clusters.
pub(super) fn walk(tree: &Octree, centers: &Centers, clusters: usize, visitor: &mut impl Visitor) {
    let all: Vec<u8> = (0..=u8::MAX).take(clusters).collect();
    let mut scratch = [[0; 256]; LEVELS];
    let top = LEVELS - 1;
    for cube in tree.level(top) {
        visit(tree, centers, top, cube, &all, &mut scratch, visitor);
    }
}

fn visit(
    tree: &Octree,
    centers: &Centers,
    level: usize,
    cube: &Cube,
    candidates: &[u8],
    scratch: &mut [Candidates],
    visitor: &mut impl Visitor,
) {
    let Some((kept, scratch)) = scratch.split_first_mut() else {
        return;
    };
    let count = remaining(cube, candidates, centers, kept);
    let kept = kept.get(..count).unwrap_or_default();
    if let [only] = kept {
        visitor.owned(level, cube, *only);
    } else if level == 0 {
        visitor.contested(cube, kept);
    } else {
        for part in tree.cubes(level - 1, cube.parts()) {
            visit(tree, centers, level - 1, part, kept, scratch, visitor);
        }
    }
}

/// Writes the candidates that may be nearest to a colour of a cube, and returns how many they are. Out is who has a
/// rival that is nearer everywhere: in particular at that corner of the cube which suits the candidate best.
fn remaining(cube: &Cube, candidates: &[u8], centers: &Centers, kept: &mut Candidates) -> usize {
    let (low, high) = (cube.low.map(f32::from), cube.high.map(f32::from));
    let [a, b, c] = low;
    let [d, e, f] = high;
    let middle = [(a + d) * 0.5, (b + e) * 0.5, (c + f) * 0.5];
    let mut least = f32::INFINITY;
    let mut rival = 0;
    for cluster in candidates {
        let distance = distance(centers[*cluster], middle);
        if distance < least {
            (least, rival) = (distance, *cluster);
        }
    }
    let best = centers[rival];
    let mut count = 0;
    let mut slots = kept.iter_mut();
    for cluster in candidates {
        let center = centers[*cluster];
        let mut advantage = 0.0;
        for (((own, other), low), high) in center.iter().zip(best).zip(low).zip(high) {
            let corner = if *own > other { high } else { low };
            advantage += (other - corner) * (other - corner) - (own - corner) * (own - corner);
        }
        // Equal distances count: of two equally near centres, the first is to win, whichever is the rival here.
        if advantage >= 0.0
            && let Some(slot) = slots.next()
        {
            *slot = *cluster;
            count += 1;
        }
    }
    count
}

/// Adds up the pixels of each cluster.
#[derive(Debug)]
pub(super) struct Totals<'a> {
    tree: &'a Octree,
    centers: &'a Centers,
    totals: PerCluster<Moments>,
}

/// The pixels for which each centre is nearest.
pub(super) fn totals(tree: &Octree, centers: &Centers, clusters: usize) -> PerCluster<Moments> {
    let mut visitor = Totals {
        tree,
        centers,
        totals: PerCluster::filled(Moments::default()),
    };
    walk(tree, centers, clusters, &mut visitor);
    visitor.totals
}

impl Totals<'_> {
    /// Only two centres: which is nearer is told by the side of the plane midway between them.
    fn divided(&mut self, cube: &Cube, first: u8, second: u8) {
        let (one, other) = (self.centers[first], self.centers[second]);
        let [x, y, z] = [other[0] - one[0], other[1] - one[1], other[2] - one[2]];
        let border = 0.5 * (distance(other, [0.0; 3]) - distance(one, [0.0; 3]));
        let mut beyond = Moments::default();
        for (color, weight) in self.tree.colors(cube.parts()) {
            let [red, green, blue] = color.map(f32::from);
            let side = red * x + green * y + blue * z;
            beyond += Moments::of(color, if side > border { u64::from(weight) } else { 0 });
        }
        self.totals[second] += beyond;
        let rest = &mut self.totals[first];
        *rest += cube.moments;
        *rest -= beyond;
    }
}

impl Visitor for Totals<'_> {
    #[inline]
    fn owned(&mut self, _level: usize, cube: &Cube, cluster: u8) {
        self.totals[cluster] += cube.moments;
    }

    #[inline]
    fn contested(&mut self, cube: &Cube, candidates: &[u8]) {
        if let [first, second] = candidates {
            self.divided(cube, *first, *second);
            return;
        }
        for (color, weight) in self.tree.colors(cube.parts()) {
            let cluster = nearest(color, candidates, self.centers);
            self.totals[cluster] += Moments::of(color, u64::from(weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::census::census;
    use super::super::labeling::Labeling;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Centres are halves, so that single precision is exact and equal distances are equal.
        #[test]
        fn cubes_give_the_sums_that_single_colours_give(
            mut pixels in prop::collection::vec(any::<Color>(), 1..200),
            crowd in any::<Color>(),
            halves in prop::collection::vec([0_u16..511, 0..511, 0..511], 1..80),
        ) {
            // Colours close together as well, so that there are cubes of many colours.
            pixels.extend((0..100_u8).map(|index| crowd.map(|channel| channel ^ (index % 8)) ));
            pixels.extend((0..100_u8).map(|index| [crowd[0] ^ (index & 3), crowd[1] ^ (index >> 2 & 3), crowd[2] ^ (index >> 4)]));
            let points = halves.iter().map(|half| half.map(|channel| f32::from(channel) / 2.0));
            let centers = PerCluster::beginning_with(points, [0.0; 3]);
            let all: Vec<u8> = (0..=u8::MAX).take(halves.len()).collect();
            let mut expected = PerCluster::filled(Moments::default());
            let mut labels = Vec::new();
            for pixel in &pixels {
                let cluster = nearest(*pixel, &all, &centers);
                expected[cluster] += Moments::of(*pixel, 1);
                labels.push(cluster);
            }
            let tree = census(&pixels, |color| color);
            prop_assert_eq!(&totals(&tree, &centers, halves.len()), &expected);

            let labeling = Labeling::new(&tree, &centers, halves.len());
            prop_assert_eq!(labeling.totals(), &expected);
            let same = PerCluster::beginning_with(0..=u8::MAX, 0);
            prop_assert_eq!(labeling.renumbered(&same, pixels.iter().copied()), labels);
        }
    }
}
