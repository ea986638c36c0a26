//! Which clusters of the tree become groups, and who belongs to them.

use crate::condensed_tree::CondensedTree;

/// For each leaf, the cluster it is grouped in.
///
/// A cluster is chosen if it is more stable than all that was chosen below it (excess of mass); the root may be chosen too. If
/// it is, its leaves are not all that is there, but only those that stay in it to its end.
pub(crate) fn select(tree: &CondensedTree) -> Vec<Option<u32>> {
    let mut below = vec![0.0; tree.clusters.len()];
    let mut worthy = vec![true; tree.clusters.len()];
    for ((number, cluster), worthy) in tree.clusters.iter().enumerate().zip(&mut worthy).rev() {
        let under = below.get(number).copied().unwrap_or_default();
        *worthy = under <= cluster.stability;
        let stability = if *worthy { cluster.stability } else { under };
        if let Some(sum) = cluster.parent.and_then(|parent| below.get_mut(parent as usize)) {
            *sum += stability;
        }
    }

    let mut chosen: Vec<Option<u32>> = Vec::with_capacity(tree.clusters.len());
    for ((number, cluster), worthy) in (0..).zip(&tree.clusters).zip(worthy) {
        let above = cluster
            .parent
            .and_then(|parent| chosen.get(parent as usize).copied().flatten());
        chosen.push(above.or(worthy.then_some(number)));
    }

    let end = tree.cluster(0).map_or(0.0, |root| root.death);
    tree.falls
        .iter()
        .map(|fall| {
            let cluster = chosen.get(fall.cluster as usize).copied().flatten()?;
            (cluster > 0 || fall.lambda >= end).then_some(cluster)
        })
        .collect()
}
