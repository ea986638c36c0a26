//! The ranks of all groups at once.

use std::collections::{BTreeMap, HashMap};

use super::grouping::{Grouping, Ranking};
use crate::{ids::ImageId, quality::QualityMetric, timestamp::Timestamp};

impl Grouping {
    /// Ranks the photographs of every group, each group by the measure that `measure` says for its label, as
    /// [`Self::rank`] does; those in no group are left as they are.
    pub fn rank_groups(
        &mut self,
        measure: impl Fn(&str) -> QualityMetric,
        score: impl Fn(QualityMetric, ImageId) -> Option<f64>,
        now: Timestamp,
    ) {
        let mut groups: BTreeMap<&str, Vec<ImageId>> = BTreeMap::new();
        for photograph in &self.photographs {
            if let Some(label) = photograph.label.as_deref() {
                groups.entry(label).or_default().push(photograph.image_id);
            }
        }
        let mut rankings: HashMap<ImageId, Ranking> = HashMap::with_capacity(self.photographs.len());
        for (label, images) in groups {
            let metric = measure(label);
            let mut places: Vec<(Option<f64>, ImageId)> = images
                .into_iter()
                .map(|image| (score(metric, image), image))
                .collect();
            // Whatever has no score comes behind all that has.
            places.sort_by(|(one, first), (other, second)| {
                let merit =
                    |score: &Option<f64>| score.map_or(f64::NEG_INFINITY, |score| metric.merit(score));
                let unscored = one.is_none().cmp(&other.is_none());
                unscored
                    .then(merit(other).total_cmp(&merit(one)))
                    .then(first.cmp(second))
            });
            rankings.extend((1..).zip(places).map(|(place, (score, image))| {
                let ranking = Ranking {
                    metric,
                    rank: score.map(|_| place),
                    score,
                    ranked_at: now,
                };
                (image, ranking)
            }));
        }
        for photograph in &mut self.photographs {
            if let Some(ranking) = rankings.remove(&photograph.image_id) {
                photograph.ranking = Some(ranking);
            }
        }
    }
}
