//! What was found, made into the groups of a batch: named as before where they are as before, and ranked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use darkroom_domain::{
    Grouping, GroupingId, GroupingParameters, ImageId, JobId, QualityMetric, Timestamp,
    ids::BatchId,
    sorter::{Group, GroupedPhotograph, UNGROUPED, labels_of_clusters},
};
use darkroom_grouping::matching;
use sha2::{Digest, Sha256};

use crate::{
    described::{Described, Photograph},
    find::Found,
};

/// How groups are found, beside all that stands in the parameters. Another way is another input.
const PIPELINE: &str = "darkroom groups 1";

/// What groups are ranked by that nobody ranked yet.
const FIRST_METRIC: QualityMetric = QualityMetric::Brisque;

/// An analysis whose computation is over.
#[derive(Clone, Debug)]
pub(crate) struct Analysis {
    pub(crate) batch_id: BatchId,
    pub(crate) job_id: JobId,
    pub(crate) parameters: GroupingParameters,
    pub(crate) described: Described,
    /// Whether a vector could not be read that should be there: then the same again might give other groups.
    pub(crate) has_gaps: bool,
    pub(crate) found: Found,
}

/// SHA-256 over everything that groups depend upon, in lower-case hexadecimal.
pub(crate) fn input_sha256(
    described: &Described,
    parameters: GroupingParameters,
    previous: Option<&Grouping>,
    discards_manual: bool,
) -> String {
    let mut hash = Sha256::new();
    let mut line = |text: String| {
        hash.update(text);
        hash.update("\n");
    };
    line(PIPELINE.to_owned());
    let GroupingParameters {
        min_cluster_size,
        min_samples,
        metric,
    } = parameters;
    line(format!("{min_cluster_size} {min_samples} {metric}"));
    if let Some(space) = &described.space {
        let digest = space.model_sha256.as_deref().unwrap_or_default();
        line(format!("{} {} {digest}", space.id, space.dimensions));
    }
    for photograph in &described.photographs {
        let description = photograph.description.as_ref();
        let likeness = description.and_then(|one| one.perceptual_hash.as_deref());
        let failure = photograph.failure.as_ref().map(|failure| failure.code.as_str());
        line(format!(
            "{} {} {}",
            photograph.id,
            likeness.unwrap_or("-"),
            failure.unwrap_or("-")
        ));
    }
    let there: BTreeSet<ImageId> = described.photographs.iter().map(|one| one.id).collect();
    let previous = previous.filter(|_| !discards_manual);
    for photograph in previous.into_iter().flat_map(|previous| &previous.photographs) {
        if photograph.is_manual && there.contains(&photograph.image_id) {
            line(format!("{} by hand {:?}", photograph.image_id, photograph.label));
        }
    }
    hex::encode(hash.finalize())
}

/// Whether `previous` is what an analysis of this input would come to.
pub(crate) fn is_unchanged(previous: &Grouping, input_sha256: &str, discards_manual: bool) -> bool {
    let has_manual = previous.photographs.iter().any(|photograph| photograph.is_manual);
    previous.input_sha256.as_deref() == Some(input_sha256) && !(discards_manual && has_manual)
}

impl Analysis {
    /// The groups, under the names and with the corrections of `previous`.
    pub(crate) fn assemble(
        &self,
        id: GroupingId,
        previous: Option<&Grouping>,
        discards_manual: bool,
        now: Timestamp,
    ) -> Grouping {
        let labels = self.labels(previous, discards_manual);
        let label = |cluster: u32| {
            usize::try_from(cluster)
                .ok()
                .and_then(|cluster| labels.get(cluster))
        };
        let places: HashMap<ImageId, usize> = self.found.ids.iter().copied().zip(0..).collect();
        let clusters = &self.found.clusters;
        let photographs = self.described.photographs.iter().map(|photograph| {
            let mut grouped = GroupedPhotograph::ungrouped(photograph.id);
            grouped.failure.clone_from(&photograph.failure);
            if let Some(place) = places.get(&photograph.id) {
                let cluster = clusters.labels.get(*place).copied().flatten();
                grouped.label = cluster.and_then(label).cloned();
                grouped.probability = clusters.probabilities.get(*place).copied();
                grouped.outlier_score = clusters.outlier_scores.get(*place).copied();
                grouped.position = self.found.positions.get(*place).copied();
            }
            grouped
        });
        let groups = labels.iter().zip(&clusters.groups).map(|(label, group)| Group {
            label: label.clone(),
            medoid: self.found.ids.get(group.medoid).copied(),
            spread: Some(group.spread),
            persistence: Some(group.persistence),
        });
        let space = self.described.space.as_ref();
        let input = input_sha256(&self.described, self.parameters, previous, discards_manual);
        let mut grouping = Grouping {
            job_id: Some(self.job_id),
            parameters: Some(self.parameters),
            space: space.map(|space| space.id),
            model: space.and_then(|space| space.model.clone()),
            model_sha256: space.and_then(|space| space.model_sha256.clone()),
            input_sha256: (!self.has_gaps).then_some(input),
            groups: groups.collect(),
            photographs: photographs.collect(),
            near_duplicates: self.found.near_duplicates.clone(),
            near_duplicates_cut: self.found.cut,
            ..Grouping::empty(id, self.batch_id, now)
        };
        if let Some(previous) = previous {
            grouping = grouping.keeping(previous, discards_manual);
        }
        self.rank(&mut grouping, previous, now);
        grouping
    }

    /// What the clusters are called.
    fn labels(&self, previous: Option<&Grouping>, discards_manual: bool) -> Vec<String> {
        let mut clusters: Vec<Vec<ImageId>> = vec![Vec::new(); self.found.clusters.groups.len()];
        for (id, cluster) in self.found.ids.iter().zip(&self.found.clusters.labels) {
            let cluster = cluster.and_then(|cluster| usize::try_from(cluster).ok());
            if let Some(members) = cluster.and_then(|cluster| clusters.get_mut(cluster)) {
                members.push(*id);
            }
        }
        let there: BTreeSet<ImageId> = self.described.photographs.iter().map(|one| one.id).collect();
        let sets = previous.map(Grouping::sets).unwrap_or_default();
        let (names, members): (Vec<&str>, Vec<Vec<ImageId>>) = sets
            .iter()
            .filter(|(label, _)| *label != UNGROUPED)
            .map(|(label, images)| (label.as_str(), images.intersection(&there).copied().collect()))
            .unzip();
        let carried_on: Vec<Option<&str>> = matching(&members, &clusters)
            .into_iter()
            .map(|group| group.and_then(|group| names.get(group).copied()))
            .collect();
        let pinned = previous
            .filter(|_| !discards_manual)
            .into_iter()
            .flat_map(|previous| {
                let by_hand = previous.photographs.iter().filter(|one| one.is_manual);
                by_hand.filter_map(|one| one.label.as_deref())
            });
        labels_of_clusters(&carried_on, pinned)
    }

    /// Ranks every group by what it was ranked by before, if any of its photographs has a score of that.
    fn rank(&self, grouping: &mut Grouping, previous: Option<&Grouping>, now: Timestamp) {
        let known: HashMap<ImageId, &Photograph> = self
            .described
            .photographs
            .iter()
            .map(|photograph| (photograph.id, photograph))
            .collect();
        let score = |metric: QualityMetric, image: ImageId| {
            let description = known.get(&image)?.description.as_ref()?;
            description.score(metric)?.score
        };
        let mut before: BTreeMap<&str, QualityMetric> = BTreeMap::new();
        for photograph in previous.into_iter().flat_map(|previous| &previous.photographs) {
            if let (Some(label), Some(ranking)) = (photograph.label.as_deref(), &photograph.ranking) {
                before.entry(label).or_insert(ranking.metric);
            }
        }
        let mut metrics: BTreeMap<String, QualityMetric> = BTreeMap::new();
        for photograph in &grouping.photographs {
            if let Some(label) = photograph.label.as_deref()
                && let Some(metric) = before.get(label)
                && !metrics.contains_key(label)
                && score(*metric, photograph.image_id).is_some()
            {
                metrics.insert(label.to_owned(), *metric);
            }
        }
        grouping.rank_groups(
            |label| metrics.get(label).copied().unwrap_or(FIRST_METRIC),
            score,
            now,
        );
    }
}

#[cfg(test)]
mod tests;
