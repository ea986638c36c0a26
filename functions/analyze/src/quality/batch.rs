//! `POST /images/quality/batch`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{Json, extract::State};
use darkroom_domain::{Code, Failure, FailureReport, Image, ImageId, TenantId};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Query, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::{MEASURING_TIME, QualityAnswer, QualityOptions};
use crate::Service;

/// The most photographs of one request.
const MAX_IMAGES: usize = 1_000;
/// Characters of an id that is repeated to whoever sent it.
const MAX_ID: usize = 64;
/// How many failures are told in words where all failed.
const MAX_TOLD: usize = 20;

/// How good one of several photographs is, or why that is not known.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum QualityItem {
    /// It was measured, now or before.
    Scored(QualityAnswer),
    /// It was not.
    Failed(QualityFault),
}

/// Why it is not known how good a photograph is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct QualityFault {
    /// The photograph, as it was named.
    image_id: String,
    /// The reason. With the code `timeout` its turn did not come: ask again, what was measured is kept.
    error: FailureReport,
}

/// How good several photographs are
///
/// By `liqe`, where the deployment has a model for it, else by `brisque`, where no metric is named. The answer has each
/// photograph once, in the order in which they were named, also those that failed. What is not known yet is measured as far
/// as the time of the request goes; what did not get its turn fails with `timeout`, and is measured when it is asked for
/// again.
#[utoipa::path(post, path = "/images/quality/batch", tag = "images", params(QualityOptions),
    request_body(content = Vec<String>, description = "Ids of 1 to 1000 pictures"), responses(
    (status = 200, description = "The scores", body = Vec<QualityItem>),
    (status = 400, description = "There is no such metric", body = Problem),
    (status = 422, description = "There are no ids or too many, all pictures failed, or the metric needs a model that the \
        deployment does not have (`model_missing`)", body = Problem),
    (status = 503, description = "Nothing was measured in time", body = Problem),
))]
pub(crate) async fn batch_quality(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<QualityOptions>,
    body: JsonBody<Vec<String>>,
) -> HttpResult<Json<Vec<QualityItem>>> {
    let metric = match options.metric()? {
        Some(metric) => metric,
        None => service.scoring.default_metric().await?,
    };
    let names = each_once(body.value)?;
    service.scoring.check(metric).await?;
    let images = service.pictures(&tenant, &names).await?;
    let asked: Vec<Image> = names
        .iter()
        .filter_map(|name| images.get(name).cloned())
        .collect();
    let mut scores = service
        .scoring
        .scores(&tenant, &asked, metric, options.force_reanalyze, MEASURING_TIME)
        .await;
    let found = names.into_iter().map(|name| {
        let scored = match images.get(&name) {
            Some(image) => scores
                .remove(&image.id)
                .unwrap_or_else(|| {
                    Err(Failure::unknown(
                        "a photograph without a score and without a reason",
                    ))
                })
                .and_then(|score| QualityAnswer::of(image, metric, score)),
            None => Err(Failure::not_found(format!("Image {name} not found"))),
        };
        (name, scored)
    });
    Ok(Json(items(found.collect())?))
}

/// The names, each once; what is no id is cut, for it is repeated in the answer.
fn each_once(names: Vec<String>) -> HttpResult<Vec<String>> {
    if names.is_empty() || names.len() > MAX_IMAGES {
        let message = format!("Between 1 and {MAX_IMAGES} pictures can be asked for at once");
        return Err(HttpError::validation(&["body"], message));
    }
    let mut seen = HashSet::new();
    let mut names: Vec<String> = names
        .into_iter()
        .map(|name| name.chars().take(MAX_ID).collect())
        .collect();
    names.retain(|name: &String| seen.insert(name.clone()));
    Ok(names)
}

/// The items of an answer.
///
/// # Errors
/// Where all failed: as the one that may pass, if one may, else `validation_failed`, with the reasons.
pub(super) fn items(
    scored: Vec<(String, Result<QualityAnswer, Failure>)>,
) -> Result<Vec<QualityItem>, Failure> {
    if scored.iter().all(|(_, score)| score.is_err()) {
        return Err(all_failed(&scored));
    }
    let item = |(image_id, score): (String, Result<QualityAnswer, Failure>)| match score {
        Ok(answer) => QualityItem::Scored(answer),
        Err(failure) => QualityItem::Failed(QualityFault {
            image_id,
            error: failure.to_report(),
        }),
    };
    Ok(scored.into_iter().map(item).collect())
}

fn all_failed(scored: &[(String, Result<QualityAnswer, Failure>)]) -> Failure {
    let failures = || {
        scored
            .iter()
            .filter_map(|(name, score)| Some((name, score.as_ref().err()?)))
    };
    let mut told: Vec<String> = failures()
        .take(MAX_TOLD)
        .map(|(name, failure)| format!("Image {name}: {}", failure.detail))
        .collect();
    if let Some(more) = scored.len().checked_sub(MAX_TOLD).filter(|more| *more > 0) {
        told.push(format!("and {more} more"));
    }
    let detail = format!("Failed to analyze all images: {}", told.join("; "));
    match failures().find(|(_, failure)| failure.is_retryable()) {
        Some((_, failure)) => Failure {
            detail,
            ..failure.clone()
        },
        None => Failure::permanent(Code::ValidationFailed, detail),
    }
}

impl Service {
    /// The pictures that these names lead to, by name.
    async fn pictures(&self, tenant: &TenantId, names: &[String]) -> Result<HashMap<String, Image>, Failure> {
        let ids: HashMap<ImageId, &String> = names
            .iter()
            .filter_map(|name| Some((name.parse().ok()?, name)))
            .collect();
        let keys: Vec<ImageId> = ids.keys().copied().collect();
        let images = self.records.images_of(tenant, &keys).await?;
        Ok(images
            .into_iter()
            .filter_map(|image| Some(((*ids.get(&image.id)?).clone(), image)))
            .collect())
    }
}
