//! The groups of a batch, as they are kept: one file, which is never changed but replaced by a newer one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{GroupingParameters, UNGROUPED, VectorSpace, check_label};
use crate::{
    failure::{Code, Failure},
    ids::{BatchId, GroupingId, ImageId, JobId},
    quality::QualityMetric,
    timestamp::Timestamp,
};

/// In what two photographs are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Likeness {
    /// The same bytes, sent under several names.
    Exact,
    /// The same picture, encoded anew or in another size: their perceptual hashes are close.
    Reencoded,
    /// Much the same to see: their vectors are close.
    Similar,
}

/// Two photographs that are nearly the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearDuplicate {
    /// The one with the lower id.
    pub first: ImageId,
    /// The other.
    pub second: ImageId,
    /// In what they are alike; the closer of two.
    pub likeness: Likeness,
    /// Bits in which their perceptual hashes differ, 0 to 64, where both have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_distance: Option<u32>,
    /// Cosine of the angle between their vectors, -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f32>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What it is called.
    pub label: String,
    /// The photograph in its midst, of those that the analysis put into it; none where it was made by hand.
    #[serde(default)]
    pub medoid: Option<ImageId>,
    /// Mean distance from it, by the measure of the analysis.
    #[serde(default)]
    pub spread: Option<f64>,
    /// How long it holds together while the density asked for is raised: its stability, of which more is clearer.
    #[serde(default)]
    pub persistence: Option<f64>,
}

/// Where a photograph stands among those of its group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// By what measure.
    pub metric: QualityMetric,
    /// Its place, 1 for the best; none where it has no score.
    pub rank: Option<u32>,
    /// Its score.
    pub score: Option<f64>,
    /// When it was ranked.
    pub ranked_at: Timestamp,
}

/// Where one photograph stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupedPhotograph {
    /// The photograph.
    pub image_id: ImageId,
    /// The label of its group; none if it is in none.
    #[serde(default)]
    pub label: Option<String>,
    /// Whether somebody put it there by hand: then it stays there.
    #[serde(default)]
    pub is_manual: bool,
    /// Where the grouping before had it, if that was elsewhere: a label, or `Ungrouped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// How firmly the analysis puts it into its group, 0..1.
    #[serde(default)]
    pub probability: Option<f32>,
    /// How little it belongs to anything near it, 0..1 (GLOSH).
    #[serde(default)]
    pub outlier_score: Option<f32>,
    /// Its place on the map, each -1..1.
    #[serde(default)]
    pub position: Option<[f32; 2]>,
    /// Why nothing is known of it: it could not be described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<crate::failure::FailureReport>,
    /// Where it stands among those of its group, once they were ranked.
    #[serde(default)]
    pub ranking: Option<Ranking>,
}

impl GroupedPhotograph {
    /// A photograph in no group, of which nothing is known.
    #[must_use]
    pub const fn ungrouped(image_id: ImageId) -> Self {
        Self {
            image_id,
            label: None,
            is_manual: false,
            moved_from: None,
            probability: None,
            outlier_score: None,
            position: None,
            failure: None,
            ranking: None,
        }
    }

    /// The label that it stands under in answers.
    #[must_use]
    pub fn shown_label(&self) -> &str {
        self.label.as_deref().unwrap_or(UNGROUPED)
    }
}

/// The groups of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// Its id.
    pub id: GroupingId,
    /// The batch.
    pub batch_id: BatchId,
    /// When it was made.
    pub created_at: Timestamp,
    /// The analysis that it rests upon; none where all was done by hand.
    #[serde(default)]
    pub job_id: Option<JobId>,
    /// What that analysis was asked for.
    #[serde(default)]
    pub parameters: Option<GroupingParameters>,
    /// The space of the vectors that it looked at.
    #[serde(default)]
    pub space: Option<VectorSpace>,
    /// The name of the model that made them.
    #[serde(default)]
    pub model: Option<String>,
    /// SHA-256 of that model's file, in lower-case hexadecimal.
    #[serde(default)]
    pub model_sha256: Option<String>,
    /// SHA-256 over all that the analysis depends upon, in lower-case hexadecimal: the same again gives the same groups.
    #[serde(default)]
    pub input_sha256: Option<String>,
    /// The groups, in the order of their finding.
    pub groups: Vec<Group>,
    /// The photographs, by their ids: those that the analysis looked at, and whatever was sorted by hand.
    pub photographs: Vec<GroupedPhotograph>,
    /// Pairs that are nearly the same, the closest first.
    #[serde(default)]
    pub near_duplicates: Vec<NearDuplicate>,
    /// Whether there were more pairs than are kept.
    #[serde(default)]
    pub near_duplicates_cut: bool,
}

impl Grouping {
    /// The most pairs of near-duplicates that are kept.
    pub const MAX_NEAR_DUPLICATES: usize = 20_000;
    /// Perceptual hashes of files of one picture differ in no more bits than this.
    pub const REENCODED_DISTANCE: u32 = 6;
    /// Vectors of much the same sight have a cosine of this at the least.
    pub const SIMILAR_FROM: f32 = 0.9;

    /// Without a group, before the first analysis.
    #[must_use]
    pub const fn empty(id: GroupingId, batch_id: BatchId, now: Timestamp) -> Self {
        Self {
            id,
            batch_id,
            created_at: now,
            job_id: None,
            parameters: None,
            space: None,
            model: None,
            model_sha256: None,
            input_sha256: None,
            groups: Vec::new(),
            photographs: Vec::new(),
            near_duplicates: Vec::new(),
            near_duplicates_cut: false,
        }
    }

    /// The photographs of a group, in the order of the list.
    pub fn photographs_of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a GroupedPhotograph> {
        self.photographs
            .iter()
            .filter(move |photograph| photograph.shown_label() == label)
    }

    /// A group by its label.
    #[must_use]
    pub fn group(&self, label: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.label == label)
    }

    /// Sorts by hand: which photographs are to stand under which labels, all of `members`, each once. Whatever now stands
    /// elsewhere than before was put there by hand and stays, unless the whole group was given another name: then the group
    /// keeps the name.
    ///
    /// # Errors
    /// `validation_failed` when other photographs than those of the batch are named, or one twice, or for a label that is
    /// none.
    pub fn sorted_by_hand(
        mut self,
        id: GroupingId,
        map: &BTreeMap<String, Vec<ImageId>>,
        members: &BTreeSet<ImageId>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let named: usize = map.values().map(Vec::len).sum();
        let wanted: HashMap<ImageId, Option<&str>> = map
            .iter()
            .flat_map(|(label, images)| {
                let label = Some(label.as_str()).filter(|label| *label != UNGROUPED);
                images.iter().map(move |image| (*image, label))
            })
            .collect();
        if named != members.len()
            || wanted.len() != members.len()
            || !wanted.keys().all(|image| members.contains(image))
        {
            return Err(Failure::permanent(
                Code::ValidationFailed,
                "The provided group map must contain the exact same set of images as the batch.",
            ));
        }
        for (label, images) in map {
            check_label(label)?;
            if images.is_empty() {
                return Err(Failure::permanent(
                    Code::ValidationFailed,
                    format!("There is no image under {label:?}."),
                ));
            }
        }
        let renamed = self.renamed_groups(&wanted, members);
        let sets_before: BTreeMap<String, BTreeSet<ImageId>> = self
            .sets()
            .into_iter()
            .map(|(label, images)| (renamed.get(&label).cloned().unwrap_or(label), images))
            .collect();
        let mut known: HashMap<ImageId, GroupedPhotograph> = self
            .photographs
            .drain(..)
            .map(|photograph| (photograph.image_id, photograph))
            .collect();
        self.photographs = members
            .iter()
            .map(|image| {
                let label = wanted.get(image).copied().flatten();
                let before = known.remove(image);
                let was_known = before.is_some();
                let mut photograph = before.unwrap_or_else(|| GroupedPhotograph::ungrouped(*image));
                let carried = photograph
                    .label
                    .as_deref()
                    .map(|old| renamed.get(old).map_or(old, String::as_str));
                if carried != label || !was_known {
                    photograph.is_manual = true;
                    photograph.moved_from = was_known.then(|| photograph.shown_label().to_owned());
                } else {
                    photograph.moved_from = None;
                }
                photograph.label = label.map(ToOwned::to_owned);
                photograph
            })
            .collect();
        let mut before: HashMap<String, Group> = self
            .groups
            .drain(..)
            .map(|mut group| {
                if let Some(label) = renamed.get(&group.label) {
                    group.label.clone_from(label);
                }
                (group.label.clone(), group)
            })
            .collect();
        self.groups = map
            .keys()
            .filter(|label| *label != UNGROUPED)
            .map(|label| {
                before
                    .remove(label)
                    .unwrap_or_else(|| Group::by_hand(label.clone()))
            })
            .collect();
        for label in unlike(&sets_before, &self.sets()) {
            self.forget_ranks(&label);
        }
        self.id = id;
        self.created_at = now;
        Ok(self)
    }

    /// Groups of which every photograph that is still in the batch stands together under one other, new label: old to new.
    fn renamed_groups(
        &self,
        wanted: &HashMap<ImageId, Option<&str>>,
        members: &BTreeSet<ImageId>,
    ) -> HashMap<String, String> {
        let known: BTreeSet<&str> = self.groups.iter().map(|group| group.label.as_str()).collect();
        let mut targets: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
        for photograph in &self.photographs {
            if let Some(label) = photograph.label.as_deref()
                && members.contains(&photograph.image_id)
            {
                let target = wanted.get(&photograph.image_id).copied().flatten();
                targets.entry(label).or_default().insert(target);
            }
        }
        let mut renamed: HashMap<String, String> = HashMap::new();
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        for (old, labels) in targets {
            let mut labels = labels.into_iter();
            if let (Some(Some(new)), None) = (labels.next(), labels.next())
                && !known.contains(new)
                && taken.insert(new)
            {
                renamed.insert(old.to_owned(), new.to_owned());
            }
        }
        renamed
    }

    /// Ranks the photographs of a group, the best first as the measure means it; of equals, the one that came first.
    /// Those without a score come to no rank.
    pub fn rank(
        &mut self,
        label: &str,
        metric: QualityMetric,
        scores: &HashMap<ImageId, f64>,
        now: Timestamp,
    ) {
        let mut places: Vec<(f64, ImageId)> = self
            .photographs_of(label)
            .filter_map(|photograph| {
                let score = scores.get(&photograph.image_id)?;
                Some((metric.merit(*score), photograph.image_id))
            })
            .collect();
        places.sort_by(|(one, first), (other, second)| other.total_cmp(one).then(first.cmp(second)));
        let ranks: HashMap<ImageId, u32> = (1..)
            .zip(&places)
            .map(|(rank, (_, image))| (*image, rank))
            .collect();
        for photograph in &mut self.photographs {
            if photograph.shown_label() == label {
                photograph.ranking = Some(Ranking {
                    metric,
                    rank: ranks.get(&photograph.image_id).copied(),
                    score: scores.get(&photograph.image_id).copied(),
                    ranked_at: now,
                });
            }
        }
    }

    /// What an analysis found, brought together with the groups before it: what was put somewhere by hand stays there, and
    /// whatever stands elsewhere now tells where it was. Groups that nothing is left in go.
    #[must_use]
    pub fn keeping(mut self, previous: &Self, discards_manual: bool) -> Self {
        let before: HashMap<ImageId, &GroupedPhotograph> = previous
            .photographs
            .iter()
            .map(|photograph| (photograph.image_id, photograph))
            .collect();
        for photograph in &mut self.photographs {
            let Some(before) = before.get(&photograph.image_id) else {
                continue;
            };
            if before.is_manual && !discards_manual {
                photograph.label.clone_from(&before.label);
                photograph.is_manual = true;
            }
            photograph.moved_from =
                (before.label != photograph.label).then(|| before.shown_label().to_owned());
        }
        let sets = self.sets();
        let known: BTreeSet<String> = self.groups.iter().map(|group| group.label.clone()).collect();
        for label in sets.keys() {
            if *label != UNGROUPED && !known.contains(label) {
                self.groups.push(Group::by_hand(label.clone()));
            }
        }
        self.groups.retain(|group| sets.contains_key(&group.label));
        self
    }

    /// Which photographs stand under which label, `Ungrouped` among them.
    #[must_use]
    pub fn sets(&self) -> BTreeMap<String, BTreeSet<ImageId>> {
        let mut sets: BTreeMap<String, BTreeSet<ImageId>> = BTreeMap::new();
        for photograph in &self.photographs {
            sets.entry(photograph.shown_label().to_owned())
                .or_default()
                .insert(photograph.image_id);
        }
        sets
    }

    /// Photographs that are no longer in the batch, or gone, leave their groups; a group that nothing is left in goes.
    #[must_use]
    pub fn without(mut self, is_gone: impl Fn(ImageId) -> bool) -> Self {
        self.photographs
            .retain(|photograph| !is_gone(photograph.image_id));
        self.near_duplicates
            .retain(|pair| !is_gone(pair.first) && !is_gone(pair.second));
        let sets = self.sets();
        self.groups.retain(|group| sets.contains_key(&group.label));
        for group in &mut self.groups {
            group.medoid = group.medoid.filter(|medoid| !is_gone(*medoid));
        }
        self
    }

    fn forget_ranks(&mut self, label: &str) {
        for photograph in &mut self.photographs {
            if photograph.shown_label() == label {
                photograph.ranking = None;
            }
        }
    }
}

/// The labels under which other photographs stand than before.
fn unlike(
    before: &BTreeMap<String, BTreeSet<ImageId>>,
    now: &BTreeMap<String, BTreeSet<ImageId>>,
) -> Vec<String> {
    now.iter()
        .filter(|(label, images)| before.get(*label) != Some(images))
        .map(|(label, _)| label.clone())
        .collect()
}

impl Group {
    /// A group that somebody made.
    #[must_use]
    pub const fn by_hand(label: String) -> Self {
        Self {
            label,
            medoid: None,
            spread: None,
            persistence: None,
        }
    }
}
