//! `POST /batches/{batch_id}/groups/{label}/rank`.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    Batch, BatchId, Code, Failure, ImageId, QualityMetric, TenantId, sorter::QualityScore,
};
use darkroom_http::{HttpError, HttpResult, Problem, Query, Tenant};
use darkroom_photograph::scores::not_defined;
use serde::Deserialize;

use crate::{
    Service,
    attempts::attempted,
    page::Part,
    response::{BatchResponse, MAX_ASSOCIATIONS},
};

/// How long photographs are measured that were not measured before.
const TIME: Duration = Duration::from_secs(20);

/// By what a group is ranked.
#[derive(Debug, Deserialize)]
pub(crate) struct RankQuery {
    metric: Option<String>,
    label: Option<String>,
}

/// Rank a group
///
/// The best first, as the measure means it; of equals, the one that came first. Photographs that were not measured yet are
/// measured; where there is not enough time for all of them, asking again goes on with what is left. The label is
/// percent-encoded.
#[utoipa::path(post, path = "/batches/{batch_id}/groups/{label}/rank", tag = "batches", params(
    ("batch_id" = BatchId, Path),
    ("label" = String, Path, example = "Group 1"),
    ("metric" = Option<String>, Query, description = "The measure: liqe where it is missing and the deployment has a \
        model for it, else brisque"),
), responses(
    (status = 200, description = "The batch with the new order", body = BatchResponse),
    (status = 400, description = "There is nothing under this label, or no such measure", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "The deployment has no model for the measure (`model_missing`), or none of the photographs \
        can be measured", body = Problem),
    (status = 503, description = "Not all of them could be measured in time: ask again", body = Problem),
))]
pub(crate) async fn rank_group(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path((id, label)): Path<(String, String)>,
    Query(query): Query<RankQuery>,
) -> HttpResult<Json<BatchResponse>> {
    service.rank(&tenant, &id, &label, query.metric.as_deref()).await
}

/// Rank a group, its label in the query
///
/// For labels that paths on their way here do not carry unchanged, such as those with slashes.
#[utoipa::path(post, path = "/batches/{batch_id}/rank", tag = "batches", params(
    ("batch_id" = BatchId, Path),
    ("label" = String, Query, example = "Cats/Dogs"),
    ("metric" = Option<String>, Query, description = "The measure: liqe where it is missing and the deployment has a \
        model for it, else brisque"),
), responses(
    (status = 200, description = "The batch with the new order", body = BatchResponse),
    (status = 400, description = "There is nothing under this label, or no such measure", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "There is no label, the deployment has no model for the measure (`model_missing`), or none \
        of the photographs can be measured", body = Problem),
    (status = 503, description = "Not all of them could be measured in time: ask again", body = Problem),
))]
pub(crate) async fn rank_group_by_query(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(query): Query<RankQuery>,
) -> HttpResult<Json<BatchResponse>> {
    let label = query
        .label
        .ok_or_else(|| HttpError::validation(&["query", "label"], "Field required"))?;
    service.rank(&tenant, &id, &label, query.metric.as_deref()).await
}

/// The same where the slashes of a label came decoded.
pub(crate) async fn rank_group_with_slashes(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path((id, beginning, rest)): Path<(String, String, String)>,
    Query(query): Query<RankQuery>,
) -> HttpResult<Json<BatchResponse>> {
    let label =
        label_of(&beginning, &rest).ok_or_else(|| Failure::not_found("There is nothing at this path."))?;
    service.rank(&tenant, &id, &label, query.metric.as_deref()).await
}

/// The label of a path whose last word is `rank`.
fn label_of(beginning: &str, rest: &str) -> Option<String> {
    let end = rest.strip_suffix("/rank")?;
    Some(format!("{beginning}/{end}"))
}

impl Service {
    async fn rank(
        &self,
        tenant: &TenantId,
        id: &str,
        label: &str,
        metric: Option<&str>,
    ) -> HttpResult<Json<BatchResponse>> {
        let metric = metric.map(QualityMetric::named).transpose()?;
        let batch = self.batch(tenant, id).await?;
        let group = self.group(&batch, label).await?;
        let metric = match metric {
            Some(metric) => metric,
            None => self.scoring.default_metric().await?,
        };
        self.scoring.check(metric).await?;
        let mut images = self.records.images_of(tenant, &group).await?;
        images.sort_by_key(|image| image.id);
        let scores = self.scoring.scores(tenant, &images, metric, false, TIME).await;
        let scores = &ranked_by(&group, scores, metric)?;
        let ranking = attempted(|| async {
            let batch = self.batch(tenant, id).await?;
            let (grouping, _) = self.groups_now(&batch).await?;
            let mut grouping = grouping
                .filter(|grouping| grouping.photographs_of(label).next().is_some())
                .ok_or_else(|| nothing_under(label))?;
            grouping.rank(label, metric, scores, self.ground.clock.now());
            grouping.id = self.groups.next_id();
            self.groups.publish(batch, &grouping, Batch::ranked).await
        });
        let batch = ranking.await?;
        Ok(Json(self.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
    }

    /// The photographs under a label.
    async fn group(&self, batch: &Batch, label: &str) -> Result<Vec<ImageId>, Failure> {
        let (grouping, _) = self.groups_now(batch).await?;
        let mut group: Vec<ImageId> = grouping
            .iter()
            .flat_map(|grouping| grouping.photographs_of(label))
            .map(|photograph| photograph.image_id)
            .collect();
        group.sort_unstable();
        if group.is_empty() {
            return Err(nothing_under(label));
        }
        Ok(group)
    }
}

fn nothing_under(label: &str) -> Failure {
    Failure::permanent(
        Code::InvalidRequest,
        format!("No images found in group '{label}'"),
    )
}

/// The scores that a group is ranked by. A photograph that cannot be measured has none and comes to no rank.
fn ranked_by(
    group: &[ImageId],
    mut scores: HashMap<ImageId, Result<QualityScore, Failure>>,
    metric: QualityMetric,
) -> Result<HashMap<ImageId, f64>, Failure> {
    let (mut found, mut refused) = (HashMap::new(), None);
    for image in group {
        match scores.remove(image) {
            Some(Ok(QualityScore {
                score: Some(score), ..
            })) => {
                found.insert(*image, score);
            }
            Some(Err(failure)) if failure.code == Code::Timeout && failure.is_retryable() => {
                return Err(Failure::temporary(
                    Code::Timeout,
                    "Not all photographs of the group could be measured in time. Ask again: what was measured is kept.",
                ));
            }
            Some(Err(failure)) if failure.is_retryable() => return Err(failure),
            Some(Err(failure)) => {
                refused.get_or_insert(failure);
            }
            Some(Ok(_)) | None => {}
        }
    }
    if found.is_empty() {
        let why = refused.unwrap_or_else(|| not_defined(metric));
        return Err(Failure::permanent(
            Code::ValidationFailed,
            format!("None of the photographs can be measured: {}", why.detail),
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use darkroom_domain::Timestamp;

    use super::*;

    fn image(number: u8) -> ImageId {
        format!("0192f0c1-2345-7abc-8def-0123456789{number:02x}")
            .parse()
            .unwrap()
    }

    fn measured(score: Option<f64>) -> Result<QualityScore, Failure> {
        Ok(QualityScore {
            score,
            version: "1".to_owned(),
            analyzed_at: Timestamp::from_unix_milliseconds(0).unwrap(),
        })
    }

    fn ranked(scores: Vec<Result<QualityScore, Failure>>) -> Result<HashMap<ImageId, f64>, Failure> {
        let scores: HashMap<_, _> = (0..).map(image).zip(scores).collect();
        let group: Vec<ImageId> = (0..4).map(image).collect();
        ranked_by(&group, scores, QualityMetric::Niqe)
    }

    #[test]
    fn what_cannot_be_measured_has_no_score() {
        let corrupt = || Failure::permanent(Code::CorruptImage, "It is broken.");
        let found = ranked(vec![measured(Some(2.0)), measured(None), Err(corrupt())]).unwrap();
        assert_eq!(found, HashMap::from([(image(0), 2.0)]));
        let none = ranked(vec![measured(None), Err(corrupt())]).unwrap_err();
        assert_eq!(none.code, Code::ValidationFailed);
        assert!(none.detail.contains("It is broken."));
        assert!(ranked(Vec::new()).is_err());
    }

    #[test]
    fn what_was_not_measured_in_time_is_asked_for_again() {
        let late = Failure::temporary(Code::Timeout, "Later.");
        let failure = ranked(vec![measured(Some(2.0)), Err(late)]).unwrap_err();
        assert_eq!(failure.code, Code::Timeout);
        assert!(failure.is_retryable() && failure.detail.contains("Ask again"));
        let too_long = Failure::permanent(Code::Timeout, "It takes all the time by itself.");
        assert_eq!(ranked(vec![measured(Some(2.0)), Err(too_long)]).unwrap().len(), 1);
    }

    #[test]
    fn labels_may_have_slashes() {
        assert_eq!(label_of("Cats", "Dogs/rank").as_deref(), Some("Cats/Dogs"));
        assert_eq!(label_of("a", "rank/rank").as_deref(), Some("a/rank"));
        assert_eq!(label_of("a", "b/c"), None);
        assert_eq!(label_of("a", "rank"), None);
    }
}
