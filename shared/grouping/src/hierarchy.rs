//! Single linkage: the order in which vectors come together.

use crate::disjoint_sets::DisjointSets;
use crate::space::Space;
use crate::spanning_tree::Edge;

/// Two parts that become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Merge {
    /// Leaves have the numbers below the number of leaves; the k-th merge makes node leaves + k.
    pub(crate) parts: [u32; 2],
    /// How far apart the parts are.
    pub(crate) distance: f64,
    /// How many leaves are in both together.
    pub(crate) size: u32,
}

/// Merges of all vectors, which are the leaves, numbered as in [`Space::order`]: from the nearest to the farthest.
pub(crate) fn single_linkage(space: &Space<'_>, tree: &[Edge], cores: &[f64]) -> Vec<Merge> {
    let first = |site: u32| u32::try_from(space.members(site as usize).start).unwrap_or(u32::MAX);
    let mut edges: Vec<Edge> = tree
        .iter()
        .map(|edge| Edge {
            low: first(edge.low),
            high: first(edge.high),
            ..*edge
        })
        .collect();
    // Vectors at one site come together at its core distance, before anything else comes to them: they stay together.
    for (site, core) in (0..).zip(cores) {
        let first = first(site);
        let twins = 1..space.multiplicity(site as usize);
        edges.extend(twins.zip(first + 1..).map(|(_, twin)| Edge {
            weight: *core,
            length: 0.0,
            low: first,
            high: twin,
        }));
    }
    edges.sort_unstable_by(Edge::compare);

    let leaves = space.order().len();
    let mut sets = DisjointSets::new(leaves);
    let mut nodes: Vec<u32> = (0..).take(leaves).collect();
    let mut merges = Vec::with_capacity(edges.len());
    for (node, edge) in (nodes.len()..).zip(edges) {
        let names = [edge.low, edge.high].map(|leaf| sets.find(leaf));
        let parts = names.map(|name| nodes.get(name as usize).copied().unwrap_or_default());
        if let Some((kept, _)) = sets.unite(edge.low, edge.high) {
            if let Some(top) = nodes.get_mut(kept as usize) {
                *top = u32::try_from(node).unwrap_or(u32::MAX);
            }
            merges.push(Merge {
                parts,
                distance: space.distance(edge.weight),
                size: sets.size(kept),
            });
        }
    }
    merges
}
