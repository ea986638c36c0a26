//! HDBSCAN from vectors to labels.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use thiserror::Error;

use crate::bounds::Bounds;
use crate::condensed_tree::CondensedTree;
use crate::core_distances::core_distances;
use crate::hierarchy::single_linkage;
use crate::membership::{outlier_scores, probabilities};
use crate::progress::{Cancelled, Reporter};
use crate::search::{nearest_of_all, threads};
use crate::selection::select;
use crate::space::Space;
use crate::spanning_tree::spanning_tree;
use crate::summary::{GroupSummary, medoid};
use crate::{Parameters, Progress, Vectors};

/// How many candidates a site keeps beyond those that its core distance needs.
const SPARE_CANDIDATES: usize = 16;

/// Which vectors belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grouping {
    /// For each vector, its group: an index into `groups`, or `None` if it belongs to none.
    pub labels: Vec<Option<u32>>,
    /// For each vector, how surely it belongs to its group, 0 to 1; 0 if it belongs to none.
    pub probabilities: Vec<f32>,
    /// For each vector, how much it stands out from what is around it, 0 to 1 (GLOSH).
    pub outlier_scores: Vec<f32>,
    /// The groups, the largest first; of equally large ones, that which holds the first vector by content.
    pub groups: Vec<GroupSummary>,
}

/// Why there is no grouping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GroupingError {
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Groups vectors by density, on as many threads as there are processors.
///
/// It is HDBSCAN (Campello, Moulavi and Sander 2013) with excess of mass, as Python's `hdbscan` finds it with
/// `algorithm="generic"` and `allow_single_cluster=True`.
///
/// The answer is exact, to double precision, and depends neither on the order of the vectors nor on the number of threads.
/// Vectors that coincide share their group. `min_samples` is lowered to the number of other vectors. A single vector belongs
/// to no group. Memory beside the vectors grows with their number, time with its square.
///
/// `progress` is told several times a second how far it is, and may break off.
///
/// # Errors
///
/// [`GroupingError::Cancelled`] if `progress` breaks off.
pub fn group(
    vectors: &Vectors<'_>,
    parameters: &Parameters,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Grouping, GroupingError> {
    let threads = NonZeroUsize::new(threads()).unwrap_or(NonZeroUsize::MIN);
    group_on(threads, vectors, parameters, progress)
}

/// [`group`] on at most so many threads.
///
/// # Errors
///
/// As [`group`].
pub fn group_on(
    threads: NonZeroUsize,
    vectors: &Vectors<'_>,
    parameters: &Parameters,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Grouping, GroupingError> {
    let mut reporter = Reporter::new(progress);
    reporter.report(0.0)?;
    if vectors.len() < 2 {
        reporter.report(1.0)?;
        return Ok(Grouping {
            labels: vec![None; vectors.len()],
            probabilities: vec![0.0; vectors.len()],
            outlier_scores: vec![0.0; vectors.len()],
            groups: Vec::new(),
        });
    }
    let space = Space::new(*vectors, parameters.metric());
    let tree = condensed(&space, parameters, threads.get(), &mut reporter)?;
    let grouping = gather(&space, &tree);
    reporter.stage(1.0);
    reporter.report(1.0)?;
    Ok(grouping)
}

fn condensed(
    space: &Space<'_>,
    parameters: &Parameters,
    threads: usize,
    reporter: &mut Reporter<'_>,
) -> Result<CondensedTree, Cancelled> {
    let bounds = Bounds::new(space);
    let min_samples = parameters.min_samples().min(space.order().len() - 1);
    let keep = (min_samples + SPARE_CANDIDATES).min(space.len()).max(1);
    reporter.stage(0.45);
    let nearest = nearest_of_all(&bounds, None, keep, |_| true, threads, reporter)?;
    let cores = core_distances(&bounds, &nearest, min_samples);
    let tree = spanning_tree(&bounds, nearest, &cores, keep, threads, reporter)?;
    Ok(CondensedTree::new(
        &single_linkage(space, &tree, &cores),
        parameters.min_cluster_size(),
    ))
}

/// Numbers the groups, and brings everything into the order in which the vectors were given.
fn gather(space: &Space<'_>, tree: &CondensedTree) -> Grouping {
    let selected = select(tree);
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); tree.clusters.len()];
    for (position, cluster) in (0..).zip(&selected) {
        if let Some(members) = cluster.and_then(|cluster| members.get_mut(cluster as usize)) {
            members.push(position);
        }
    }
    let mut clusters: Vec<(usize, Vec<u32>)> = members.into_iter().enumerate().collect();
    clusters.retain(|(_, members)| !members.is_empty());
    clusters.sort_by(|(_, a), (_, b)| b.len().cmp(&a.len()).then(a.first().cmp(&b.first())));

    let mut site_of = Vec::with_capacity(space.order().len());
    for site in 0..space.len() {
        site_of.extend(space.members(site).map(|_| crate::search::number(site)));
    }
    let greatest = tree
        .clusters
        .iter()
        .map(|cluster| cluster.death)
        .fold(0.0, f64::max);
    let vector = |position: u32| space.order().get(position as usize).copied().unwrap_or_default() as usize;
    let mut labels = vec![None; selected.len()];
    let mut groups = Vec::with_capacity(clusters.len());
    for (label, (cluster, members)) in (0..).zip(&clusters) {
        for member in members {
            if let Some(place) = labels.get_mut(vector(*member)) {
                *place = Some(label);
            }
        }
        let (medoid, spread) = medoid(space, members, &site_of);
        let stability = tree
            .clusters
            .get(*cluster)
            .map_or(0.0, |cluster| cluster.stability);
        let persistence = if greatest.is_infinite() || greatest == 0.0 {
            1.0
        } else {
            (stability / (members.len() as f64 * greatest)).clamp(0.0, 1.0)
        };
        groups.push(GroupSummary {
            size: members.len(),
            medoid: vector(medoid),
            spread,
            persistence,
        });
    }

    let given = |scores: Vec<f32>| {
        let mut ordered = vec![0.0; scores.len()];
        for (position, score) in (0..).zip(scores) {
            if let Some(place) = ordered.get_mut(vector(position)) {
                *place = score;
            }
        }
        ordered
    };
    Grouping {
        labels,
        probabilities: given(probabilities(tree, &selected)),
        outlier_scores: given(outlier_scores(tree)),
        groups,
    }
}
