//! The label of every pixel.

use super::assignment::{Centers, Visitor, nearest, walk};
use super::octree::{Color, Cube, Moments, Octree};
use super::per_cluster::PerCluster;

/// Entries of the table below this are labels; others, less this, are numbers of candidate lists.
const LISTS: u32 = 256;

/// A table of the lowest cubes that have colours: their cluster where there is one for all of the cube, the candidates
/// where not.
#[derive(Debug)]
pub(super) struct Labeling<'a> {
    tree: &'a Octree,
    centers: &'a Centers,
    table: Vec<u32>,
    lists: Vec<(u32, u32)>,
    candidates: Vec<u8>,
    totals: PerCluster<Moments>,
}

impl<'a> Labeling<'a> {
    /// The labels of all colours of a picture. Each is the nearest centre's.
    pub(super) fn new(tree: &'a Octree, centers: &'a Centers, clusters: usize) -> Self {
        let mut labeling = Self {
            tree,
            centers,
            table: vec![0; 1 << 18],
            lists: Vec::new(),
            candidates: Vec::new(),
            totals: PerCluster::filled(Moments::default()),
        };
        walk(tree, centers, clusters, &mut labeling);
        labeling
    }

    /// The pixels of each cluster.
    pub(super) fn totals(&self) -> &PerCluster<Moments> {
        &self.totals
    }

    /// The label of each pixel, with other numbers for the clusters.
    pub(super) fn renumbered(
        &self,
        numbers: &PerCluster<u8>,
        pixels: impl Iterator<Item = Color>,
    ) -> Vec<u8> {
        let label_of_list = |color: Color, entry: u32| {
            let list = self
                .lists
                .get((entry - LISTS) as usize)
                .copied()
                .unwrap_or_default();
            let candidates = self.candidates.get(list.0 as usize..list.1 as usize);
            nearest(color, candidates.unwrap_or_default(), self.centers)
        };
        let label = |color: Color| {
            let entry = self.table.get(place(color)).copied().unwrap_or(0);
            let label = u8::try_from(entry).unwrap_or_else(|_| label_of_list(color, entry));
            numbers[label]
        };
        pixels.map(label).collect()
    }
}

/// The place of a colour's cube in the table.
#[inline]
fn place([red, green, blue]: Color) -> usize {
    usize::from(red >> 2) << 12 | usize::from(green >> 2) << 6 | usize::from(blue >> 2)
}

fn index(length: usize) -> u32 {
    // Lists are fewer than cubes, of 256 candidates at most: 2²⁶ in all.
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Visitor for Labeling<'_> {
    fn owned(&mut self, level: usize, cube: &Cube, cluster: u8) {
        self.totals[cluster] += cube.moments;
        for lowest in self.tree.lowest_cubes(level, cube) {
            if let Some(entry) = self.table.get_mut(place(lowest.low)) {
                *entry = u32::from(cluster);
            }
        }
    }

    fn contested(&mut self, cube: &Cube, candidates: &[u8]) {
        let begin = index(self.candidates.len());
        self.candidates.extend(candidates);
        if let Some(entry) = self.table.get_mut(place(cube.low)) {
            *entry = LISTS + index(self.lists.len());
        }
        self.lists.push((begin, index(self.candidates.len())));
        for (color, weight) in self.tree.colors(cube.parts()) {
            let cluster = nearest(color, candidates, self.centers);
            self.totals[cluster] += Moments::of(color, u64::from(weight));
        }
    }
}
