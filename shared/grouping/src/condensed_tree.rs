//! The hierarchy without its small branches (Campello, Moulavi and Sander 2013; and the library of 2017 that Python knows as `hdbscan`).
//!
//! Going down from the whole, a cluster lives on while only parts smaller than the least cluster fall off it, and ends where it
//! parts in two that are both large enough. The density at which something happens is told by lambda, the inverse of the
//! distance: infinite where vectors coincide.

use crate::hierarchy::Merge;

/// A cluster of the tree. Parents have lower numbers than their children.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cluster {
    /// `None` of the root, which is number 0.
    pub(crate) parent: Option<u32>,
    /// The lambda at which it came apart from its parent; 0 of the root.
    pub(crate) birth: f64,
    /// The greatest lambda at which a leaf fell off it or it came apart; 0 if neither is known.
    pub(crate) death: f64,
    /// Excess of mass: the sum, over its leaves, of how much lambda grew while they were in it.
    pub(crate) stability: f64,
}

/// Where a leaf fell off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fall {
    pub(crate) cluster: u32,
    pub(crate) lambda: f64,
}

/// The condensed tree.
#[derive(Debug, Default)]
pub(crate) struct CondensedTree {
    pub(crate) clusters: Vec<Cluster>,
    /// By leaf.
    pub(crate) falls: Vec<Fall>,
}

impl CondensedTree {
    /// Of a hierarchy over at least two leaves.
    pub(crate) fn new(merges: &[Merge], min_cluster_size: usize) -> Self {
        let leaves = merges.len() + 1;
        let mut tree = Self {
            clusters: Vec::new(),
            falls: vec![Fall::default(); leaves],
        };
        let root = tree.begin(None, 0.0);
        let size = |node: u32| merge_of(merges, node).map_or(1, |merge| merge.size as usize);
        let mut open = vec![(u32::try_from(leaves + merges.len() - 1).unwrap_or(u32::MAX), root)];
        let mut falling = Vec::new();
        while let Some((node, cluster)) = open.pop() {
            let Some(merge) = merge_of(merges, node) else {
                continue;
            };
            let lambda = if merge.distance > 0.0 {
                1.0 / merge.distance
            } else {
                f64::INFINITY
            };
            let large = merge.parts.map(|part| size(part) >= min_cluster_size);
            for (part, large_enough) in merge.parts.into_iter().zip(large) {
                if large == [true, true] {
                    tree.leave(cluster, lambda, size(part));
                    open.push((part, tree.begin(Some(cluster), lambda)));
                } else if large_enough {
                    open.push((part, cluster));
                } else {
                    falling.push(part);
                    while let Some(node) = falling.pop() {
                        if let Some(merge) = merge_of(merges, node) {
                            falling.extend(merge.parts);
                        } else if let Some(fall) = tree.falls.get_mut(node as usize) {
                            *fall = Fall { cluster, lambda };
                            tree.leave(cluster, lambda, 1);
                        }
                    }
                }
            }
        }
        tree
    }

    pub(crate) fn cluster(&self, number: u32) -> Option<&Cluster> {
        self.clusters.get(number as usize)
    }

    fn begin(&mut self, parent: Option<u32>, birth: f64) -> u32 {
        self.clusters.push(Cluster {
            parent,
            birth,
            death: 0.0,
            stability: 0.0,
        });
        u32::try_from(self.clusters.len() - 1).unwrap_or(u32::MAX)
    }

    fn leave(&mut self, cluster: u32, lambda: f64, leaves: usize) {
        if let Some(cluster) = self.clusters.get_mut(cluster as usize) {
            cluster.stability += (lambda - cluster.birth) * leaves as f64;
            cluster.death = cluster.death.max(lambda);
        }
    }
}

fn merge_of(merges: &[Merge], node: u32) -> Option<&Merge> {
    (node as usize)
        .checked_sub(merges.len() + 1)
        .and_then(|merge| merges.get(merge))
}
