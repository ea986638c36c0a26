//! A batch as it is told, with its photographs.

use std::collections::{HashMap, HashSet};

use darkroom_domain::{
    Batch, BatchId, BatchMember, Description, Failure, FailureReport, Grouping, GroupingParameters, Image,
    ImageId, Job, JobId, JobState, Progress, QualityMetric, Timestamp, sorter::GroupedPhotograph,
};
use darkroom_http::PhotographView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    page::{Cut, Part},
    status::{BatchStatus, Stand},
};

/// The most photographs of one answer, and how many there are where nothing is said.
pub(crate) const MAX_ASSOCIATIONS: usize = 1_000;

/// A batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BatchResponse {
    id: BatchId,
    #[schema(example = "Holiday")]
    batch_name: String,
    status: BatchStatus,
    /// What groups were asked for last.
    parameters: Option<GroupingParameters>,
    /// Its photographs, by group, rank and id; at most 1,000 of them, and none in lists of batches.
    image_associations: Vec<ImageAssociation>,
    /// How many photographs it has. Lists of batches count to 10,000. Where a batch has more than one answer holds,
    /// deleted pictures are counted until the next analysis.
    image_count: usize,
    /// Why the last analysis failed.
    error: Option<FailureReport>,
    /// How far the analysis under way has come.
    progress: Option<Progress>,
    /// The model whose vectors the groups rest upon; null in lists.
    model: Option<String>,
    created_at: Timestamp,
    /// When the groups were made, or sorted by hand; null in lists.
    analyzed_at: Option<Timestamp>,
    /// The `offset` at which the photographs go on, if they do.
    next_offset: Option<usize>,
}

/// A photograph in a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImageAssociation {
    image: PhotographView,
    /// Its group, or `Ungrouped`; null as long as nobody has grouped it.
    #[schema(example = "Group 1")]
    group_label: Option<String>,
    /// Its place in its group, 1 for the best.
    quality_rank: Option<u32>,
    ranked_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, example = "brisque")]
    ranking_metric: Option<QualityMetric>,
    /// Its score by `ranking_metric`.
    ranking_score: Option<f64>,
    /// How firmly the analysis puts it into its group, 0 to 1.
    probability: Option<f32>,
    /// How little it belongs to anything near it, 0 to 1.
    outlier_score: Option<f32>,
    /// Whether somebody put it there by hand.
    is_manual: bool,
    /// Where the grouping before had it, if that was elsewhere.
    moved_from: Option<String>,
    /// Other names under which the very same file came.
    also_named: Vec<String>,
    /// Why it could not be described.
    error: Option<FailureReport>,
}

impl BatchResponse {
    /// A batch as lists tell of it.
    pub(crate) fn in_list(batch: Batch, job: Option<&Job>, image_count: usize) -> Self {
        let stand = Stand::of(&batch, job);
        Self {
            id: batch.id,
            batch_name: batch.name,
            status: stand.status,
            parameters: batch.parameters,
            image_associations: Vec::new(),
            image_count,
            error: stand.error,
            progress: stand.progress,
            model: None,
            created_at: batch.created_at,
            analyzed_at: None,
            next_offset: None,
        }
    }
}

/// What is known of the photographs on a page.
struct Page {
    images: HashMap<ImageId, Image>,
    descriptions: HashMap<ImageId, Description>,
    jobs: HashMap<JobId, Job>,
}

impl Service {
    /// A batch as it is told, with a part of its photographs.
    pub(crate) async fn told(&self, batch: Batch, part: Part) -> Result<BatchResponse, Failure> {
        let (batch, job) = self.with_job(batch).await?;
        let (grouping, members) = tokio::try_join!(self.groups.read(&batch), self.members(&batch))?;
        let rows = in_order(&members, grouping.as_ref());
        let ids: Vec<ImageId> = rows
            .iter()
            .skip(part.offset)
            .take(part.limit)
            .map(|row| row.member.image_id)
            .collect();
        let page = self.page(&batch, &ids).await?;
        let Cut { items, next_offset } = part.cut(&rows, |row| page.told(row));
        let is_whole = part.offset == 0 && next_offset.is_none();
        let image_count = if is_whole { items.len() } else { members.len() };
        Ok(BatchResponse {
            image_associations: items,
            next_offset,
            model: grouping.as_ref().and_then(|grouping| grouping.model.clone()),
            analyzed_at: grouping.as_ref().map(|grouping| grouping.created_at),
            ..BatchResponse::in_list(batch, job.as_ref(), image_count)
        })
    }

    /// What is known of some photographs of a batch.
    async fn page(&self, batch: &Batch, ids: &[ImageId]) -> Result<Page, Failure> {
        let tenant = &batch.tenant;
        let (images, descriptions) = tokio::try_join!(
            self.records.images_of(tenant, ids),
            self.records.descriptions(tenant, ids)
        )?;
        let described: HashSet<ImageId> = descriptions
            .iter()
            .filter(|description| description.space.is_some())
            .map(|description| description.image_id)
            .collect();
        let wanted: Vec<JobId> = images
            .iter()
            .map(|image| image.thumbnail_job)
            .chain(
                ids.iter()
                    .filter(|id| !described.contains(id))
                    .map(|id| JobId::describing(*id)),
            )
            .collect();
        let jobs = self.records.jobs(tenant, &wanted).await?;
        Ok(Page {
            images: images.into_iter().map(|image| (image.id, image)).collect(),
            descriptions: descriptions
                .into_iter()
                .map(|description| (description.image_id, description))
                .collect(),
            jobs: jobs.into_iter().map(|job| (job.id, job)).collect(),
        })
    }
}

/// A photograph of a batch, and where it stands.
struct Row<'a> {
    member: &'a BatchMember,
    place: Option<&'a GroupedPhotograph>,
}

impl Row<'_> {
    fn rank(&self) -> Option<u32> {
        self.place?.ranking.as_ref()?.rank
    }
}

/// The photographs of a batch by label, rank and id; first those without a label, and last in each group those without a
/// rank.
fn in_order<'a>(members: &'a [BatchMember], grouping: Option<&'a Grouping>) -> Vec<Row<'a>> {
    let places: HashMap<ImageId, &GroupedPhotograph> = grouping
        .iter()
        .flat_map(|grouping| &grouping.photographs)
        .map(|place| (place.image_id, place))
        .collect();
    let mut rows: Vec<Row<'a>> = members
        .iter()
        .map(|member| Row {
            member,
            place: places.get(&member.image_id).copied(),
        })
        .collect();
    rows.sort_by_cached_key(|row| {
        let label = row.place.map_or("", |place| place.shown_label());
        (label, row.rank().unwrap_or(u32::MAX), row.member.image_id)
    });
    rows
}

impl Page {
    /// A photograph of the page; none if its picture is gone.
    fn told(&self, row: &Row<'_>) -> Option<ImageAssociation> {
        let image = self.images.get(&row.member.image_id)?;
        let ranking = row.place.and_then(|place| place.ranking.as_ref());
        let failed = || {
            self.jobs
                .get(&JobId::describing(image.id))
                .filter(|job| matches!(job.state, JobState::Failed | JobState::Cancelled))
                .and_then(|job| job.failure.clone())
        };
        Some(ImageAssociation {
            image: PhotographView::of(
                image,
                self.jobs.get(&image.thumbnail_job),
                self.descriptions.get(&image.id),
            ),
            group_label: row.place.map(|place| place.shown_label().to_owned()),
            quality_rank: row.rank(),
            ranked_at: ranking.map(|ranking| ranking.ranked_at),
            ranking_metric: ranking.map(|ranking| ranking.metric),
            ranking_score: ranking.and_then(|ranking| ranking.score),
            probability: row.place.and_then(|place| place.probability),
            outlier_score: row.place.and_then(|place| place.outlier_score),
            is_manual: row.place.is_some_and(|place| place.is_manual),
            moved_from: row.place.and_then(|place| place.moved_from.clone()),
            also_named: row.member.also_named.clone(),
            error: row.place.and_then(|place| place.failure.clone()).or_else(failed),
        })
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{GroupingId, TenantId, sorter::Ranking};

    use super::*;

    fn image(number: u8) -> ImageId {
        format!("0192f0c1-2345-7abc-8def-0123456789{number:02x}")
            .parse()
            .unwrap()
    }

    #[test]
    fn photographs_stand_by_group_rank_and_id() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let batch_id: BatchId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        let grouping_id: GroupingId = "0192f0c1-2345-7abc-8def-0123456789ac".parse().unwrap();
        let members: Vec<BatchMember> = (1..=7)
            .map(|number| BatchMember {
                tenant: TenantId::single(),
                batch_id,
                image_id: image(number),
                added_at: now,
                also_named: Vec::new(),
            })
            .collect();
        let mut grouping = Grouping::empty(grouping_id, batch_id, now);
        for (number, label, rank) in [
            (1, None, None),
            (2, Some("B"), Some(2)),
            (3, Some("B"), None),
            (4, Some("B"), Some(1)),
            (5, Some("A"), None),
            (9, Some("A"), Some(1)),
        ] {
            let mut place = GroupedPhotograph::ungrouped(image(number));
            place.label = label.map(ToOwned::to_owned);
            place.ranking = rank.map(|rank| Ranking {
                metric: QualityMetric::Brisque,
                rank: Some(rank),
                score: None,
                ranked_at: now,
            });
            grouping.photographs.push(place);
        }
        let order: Vec<ImageId> = in_order(&members, Some(&grouping))
            .iter()
            .map(|row| row.member.image_id)
            .collect();
        assert_eq!(order, [6, 7, 5, 4, 2, 3, 1].map(image));
    }
}
