//! `GET /images/quality/{image_id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{Failure, ImageId, QualityMetric};
use darkroom_http::{HttpResult, Problem, Query, Tenant};

use super::{MEASURING_TIME, QualityAnswer, QualityOptions};
use crate::Service;

/// How good a photograph is
///
/// By `brisque` where no metric is named. It is measured where it is not known yet, and kept. Photographs in batches are
/// measured by all metrics without a network when they arrive.
#[utoipa::path(get, path = "/images/quality/{image_id}", tag = "images",
    params(("image_id" = ImageId, Path), QualityOptions), responses(
    (status = 200, description = "The score", body = QualityAnswer),
    (status = 400, description = "There is no such metric", body = Problem),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "The metric is not defined for the picture, or needs a model that the deployment does not \
        have (`model_missing`)", body = Problem),
    (status = 503, description = "It was not measured in time", body = Problem),
))]
pub(crate) async fn image_quality(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(options): Query<QualityOptions>,
) -> HttpResult<Json<QualityAnswer>> {
    let metric = options.metric()?.unwrap_or(QualityMetric::Brisque);
    let image = service
        .picture(&tenant, &id, || format!("Image {id} not found"))
        .await?;
    let mut scores = service
        .scoring
        .scores(
            &tenant,
            std::slice::from_ref(&image),
            metric,
            options.force_reanalyze,
            MEASURING_TIME,
        )
        .await;
    let score = scores.remove(&image.id).unwrap_or_else(|| {
        Err(Failure::unknown(
            "a photograph without a score and without a reason",
        ))
    })?;
    Ok(Json(QualityAnswer::of(&image, metric, score)?))
}
