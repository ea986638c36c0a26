//! A place for clusters that have run out of pixels.

use super::assignment::{Centers, Point, Visitor, nearest, walk};
use super::octree::{Color, Cube, Moments, Octree, single};
use super::per_cluster::PerCluster;

/// A colour and how ill it is served.
#[derive(Clone, Copy, Debug)]
struct Outlier {
    distance: f32,
    color: Color,
    pixels: u64,
    cluster: u8,
}

/// The colours farthest from the means of their clusters, farthest first; of equally far ones, the first in the tree.
#[derive(Debug)]
struct Outliers<'a> {
    tree: &'a Octree,
    centers: &'a Centers,
    means: PerCluster<Point>,
    most: usize,
    found: Vec<Outlier>,
}

/// Gives each empty cluster the colour that is farthest from the mean of its cluster, with all its pixels.
///
/// OpenCV takes the farthest pixel of the largest cluster instead. With many empty clusters that one would soon be taken
/// apart while all other colours wait; and the pixels of one colour always belong together.
pub(super) fn fill_empty(
    tree: &Octree,
    centers: &Centers,
    clusters: usize,
    totals: &mut PerCluster<Moments>,
) {
    let empty: Vec<u8> = (0..=u8::MAX)
        .zip(totals.iter())
        .take(clusters)
        .filter(|(_, moments)| moments.pixels == 0)
        .map(|(cluster, _)| cluster)
        .collect();
    if empty.is_empty() {
        return;
    }
    let means = totals
        .iter()
        .map(|moments| moments.mean().unwrap_or_default().map(single));
    let mut outliers = Outliers {
        tree,
        centers,
        means: PerCluster::beginning_with(means, [0.0; 3]),
        most: empty.len(),
        found: Vec::new(),
    };
    walk(tree, centers, clusters, &mut outliers);
    for (cluster, outlier) in empty.into_iter().zip(outliers.found) {
        let moments = Moments::of(outlier.color, outlier.pixels);
        if totals[outlier.cluster].pixels > moments.pixels {
            totals[outlier.cluster] -= moments;
            totals[cluster] += moments;
        }
    }
}

impl Outliers<'_> {
    fn see(&mut self, color: Color, pixels: u32, cluster: u8) {
        let [a, b, c] = color.map(f32::from);
        let [x, y, z] = self.means[cluster];
        let distance = (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z);
        let last = self.found.last().map_or(0.0, |outlier| outlier.distance);
        if self.found.len() >= self.most && distance <= last {
            return;
        }
        let place = self.found.partition_point(|outlier| outlier.distance >= distance);
        self.found.insert(
            place,
            Outlier {
                distance,
                color,
                pixels: u64::from(pixels),
                cluster,
            },
        );
        self.found.truncate(self.most);
    }
}

impl Visitor for Outliers<'_> {
    fn owned(&mut self, level: usize, cube: &Cube, cluster: u8) {
        let tree = self.tree;
        for lowest in tree.lowest_cubes(level, cube) {
            for (color, pixels) in tree.colors(lowest.parts()) {
                self.see(color, pixels, cluster);
            }
        }
    }

    fn contested(&mut self, cube: &Cube, candidates: &[u8]) {
        let tree = self.tree;
        for (color, pixels) in tree.colors(cube.parts()) {
            self.see(color, pixels, nearest(color, candidates, self.centers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::assignment::totals;
    use super::super::census::census;
    use super::*;

    #[test]
    fn empty_clusters_take_the_farthest_colours() {
        let mut pixels = vec![[10, 10, 10]; 90];
        pixels.extend([[90, 10, 10]; 2]);
        pixels.extend([[10, 60, 10]; 3]);
        pixels.extend([[200, 200, 200]; 5]);
        let tree = census(&pixels, |color| color);
        let far = [900.0; 3];
        let centers = PerCluster::beginning_with([[10.0; 3], far, [200.0; 3], far], [0.0; 3]);
        let mut found = totals(&tree, &centers, 4);
        assert_eq!([0, 1, 2, 3].map(|cluster| found[cluster].pixels), [95, 0, 5, 0]);
        fill_empty(&tree, &centers, 4, &mut found);
        assert_eq!(found[1], Moments::of([90, 10, 10], 2));
        assert_eq!(found[3], Moments::of([10, 60, 10], 3));
        assert_eq!(found[0], Moments::of([10, 10, 10], 90));
    }

    #[test]
    fn a_cluster_of_one_colour_gives_nothing_away() {
        let tree = census(&[[10, 10, 10], [10, 10, 10]], |color| color);
        let centers = PerCluster::beginning_with([[40.0; 3], [900.0; 3]], [0.0; 3]);
        let mut found = totals(&tree, &centers, 2);
        fill_empty(&tree, &centers, 2, &mut found);
        assert_eq!([found[0].pixels, found[1].pixels], [2, 0]);
    }
}
