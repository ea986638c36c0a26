//! How surely a vector belongs to its group, and how much it stands out.

use crate::condensed_tree::CondensedTree;

/// For each leaf that is in a cluster, at what share of the cluster's greatest lambda it fell off, 0 to 1; 0 of others.
pub(crate) fn probabilities(tree: &CondensedTree, selected: &[Option<u32>]) -> Vec<f32> {
    tree.falls
        .iter()
        .zip(selected)
        .map(|(fall, cluster)| {
            let Some(cluster) = cluster.and_then(|cluster| tree.cluster(cluster)) else {
                return 0.0;
            };
            if cluster.death == 0.0 || fall.lambda.is_infinite() {
                1.0
            } else {
                share(fall.lambda.min(cluster.death) / cluster.death)
            }
        })
        .collect()
}

/// For each leaf, how far the density at which it fell off is below the greatest density that is reached within the
/// cluster it fell off, 0 to 1: GLOSH (Campello, Moulavi, Zimek and Sander 2015).
pub(crate) fn outlier_scores(tree: &CondensedTree) -> Vec<f32> {
    let mut greatest: Vec<f64> = tree.clusters.iter().map(|cluster| cluster.death).collect();
    for (number, cluster) in tree.clusters.iter().enumerate().rev() {
        let own = greatest.get(number).copied().unwrap_or_default();
        if let Some(parent) = cluster
            .parent
            .and_then(|parent| greatest.get_mut(parent as usize))
        {
            *parent = parent.max(own);
        }
    }
    let score = |greatest: f64, lambda: f64| {
        if greatest == 0.0 || lambda.is_infinite() {
            0.0
        } else if greatest.is_infinite() {
            // The limit of what follows.
            1.0
        } else {
            share((greatest - lambda) / greatest)
        }
    };
    let falls = tree.falls.iter();
    falls
        .map(|fall| {
            score(
                greatest.get(fall.cluster as usize).copied().unwrap_or_default(),
                fall.lambda,
            )
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a share, and nobody needs more digits of it"
)]
fn share(value: f64) -> f32 {
    value.clamp(0.0, 1.0) as f32
}
