//! `GET /predictions/{id}`: what a detector found in a picture.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use darkroom_domain::{
    Code, DetectedObject, Prediction, PredictionId, PredictionTimes, Timestamp, archive::ModelUse,
};
use darkroom_http::{HttpResult, Language, Problem, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Service, wording};

/// What a detector found in a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PredictionView {
    id: PredictionId,
    /// SHA-256 of the picture's file, in hexadecimal.
    sha256: String,
    /// Pixels of the picture, upright.
    width: u32,
    /// Pixels of the picture, upright.
    height: u32,
    /// The model, and what it was told.
    model: ModelUse,
    /// Only these classes were looked for; null if all were.
    #[schema(example = json!(["cup", "fork"]))]
    classes: Option<Vec<String>>,
    /// How many of the strongest were kept at most.
    max_det: u32,
    /// What was found, the surest first.
    detections: Vec<DetectedObject>,
    /// What was nearly found.
    uncertain: Vec<DetectedObject>,
    /// How long it took.
    times: PredictionTimes,
    /// The picture with boxes round what was found.
    #[schema(example = "/media/processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg")]
    processed_image_url: String,
    created_at: Timestamp,
    /// Until when it is kept; null where a transaction rests upon it, and it is kept for good.
    kept_until: Option<Timestamp>,
}

impl From<Prediction> for PredictionView {
    fn from(prediction: Prediction) -> Self {
        Self {
            processed_image_url: prediction.picture_url(),
            kept_until: (!prediction.is_evidence).then_some(prediction.kept_until),
            id: prediction.id,
            sha256: prediction.sha256,
            width: prediction.width,
            height: prediction.height,
            model: prediction.model,
            classes: prediction.classes,
            max_det: prediction.max_detections,
            detections: prediction.detections,
            uncertain: prediction.uncertain,
            times: prediction.times,
            created_at: prediction.created_at,
        }
    }
}

/// A prediction
#[utoipa::path(get, path = "/predictions/{prediction_id}", tag = "predictions",
    params(("prediction_id" = PredictionId, Path)), responses(
    (status = 200, description = "The prediction", body = PredictionView),
    (status = 404, description = "There is none, or it is kept no more", body = Problem),
))]
pub(crate) async fn get_prediction(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    id: Result<Path<String>, PathRejection>,
) -> HttpResult<Json<PredictionView>> {
    let not_found = || wording::NO_PREDICTION.failure(Code::NotFound, language);
    let Path(id) = id.map_err(|_| not_found())?;
    let id: PredictionId = id.parse().map_err(|_| not_found())?;
    let now = service.ground.clock.now();
    let prediction = service
        .records
        .prediction(&tenant, id)
        .await?
        .filter(|prediction| prediction.is_kept(now))
        .ok_or_else(not_found)?;
    Ok(Json(prediction.into()))
}
