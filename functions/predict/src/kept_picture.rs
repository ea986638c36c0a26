//! `POST /predictions`: what a detector finds in a picture that is kept, without a kit.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Code, Failure, ImageId};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant};
use darkroom_prediction::OrderRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{Service, prediction::PredictionView, request_time::RequestTime, wording};

/// A picture, and what the detector is told.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PredictionRequest {
    /// The picture.
    image_id: ImageId,
    /// The model's name; the default detector where none is named.
    model: Option<String>,
    /// What the model must be sure of, above 0 and below 1. What the crib has set by `POST /api/confidence/` where nothing
    /// is said, else the model's own.
    confidence: Option<f32>,
    /// Above which overlap, 0..1, two things of a class are one; the model's own where nothing is said.
    iou: Option<f32>,
    /// How many of the strongest are kept, 1..300.
    max_det: Option<u32>,
    /// Only these classes: labels of the model.
    #[schema(example = json!(["cup", "fork"]))]
    classes: Option<Vec<String>>,
}

/// Look for things in a picture that is kept
///
/// The same picture again, asked about in the same way, is answered from what is known of it: the prediction is the one that
/// `POST /predict/` makes of the same file, the kit aside. What takes longer than a request may is 503: ask again.
#[utoipa::path(post, path = "/predictions", tag = "predictions", request_body = PredictionRequest, responses(
    (status = 200, description = "What was found", body = PredictionView),
    (status = 404, description = "There is no such picture, or its file is gone", body = Problem),
    (status = 413, description = "Too many pixels", body = Problem),
    (status = 415, description = "Its format is not one that is read", body = Problem),
    (status = 422, description = "A field is missing, unknown or at fault, or the picture is damaged", body = Problem),
    (status = 503, description = "It was not done in time (`timeout`), or too much is looked at at once (`unavailable`)", body = Problem),
))]
pub(crate) async fn predict_kept(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    body: JsonBody<PredictionRequest>,
) -> HttpResult<Json<PredictionView>> {
    let time = RequestTime::start();
    let PredictionRequest {
        image_id,
        model,
        confidence,
        iou,
        max_det,
        classes,
    } = body.value;
    if service.records.image(&tenant, image_id).await?.is_none() {
        return Err(wording::NO_PICTURE.failure(Code::NotFound, language).into());
    }
    let request = OrderRequest {
        model,
        confidence,
        iou,
        max_det,
        classes,
    };
    let order = service.detection_order(&tenant, request).await?;
    let predictor = &service.predictor;
    let file = predictor
        .files
        .original(&tenant, image_id, predictor.limits.bytes)
        .await
        .map_err(|failure| wording::spoken(failure, language))?;
    let predicted = predictor
        .predict(&tenant, file.bytes, &order, time.left())
        .await
        .map_err(|fault| wording::spoken(Failure::from(fault), language))?;
    Ok(Json(predicted.prediction.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<PredictionRequest, serde_json::Error> {
        serde_json::from_value(serde_json::from_str(json)?)
    }

    #[test]
    fn numbers_are_those_that_a_form_would_say() {
        for text in ["0.4", "0.25", "0.1", "0.3333333", "1e-7", "0.999999"] {
            let asked = read(&format!(
                r#"{{"image_id":"0192f0c1-2345-7abc-8def-0123456789ab","confidence":{text}}}"#
            ));
            assert_eq!(asked.unwrap().confidence, Some(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let id = r#""image_id":"0192f0c1-2345-7abc-8def-0123456789ab""#;
        assert!(read(&format!("{{{id},\"classes\":null}}")).is_ok());
        for fields in [
            "",
            r#""image_id":"none""#,
            &format!(r#"{id},"toolkit_id":1"#),
            &format!(r#"{id},"max_det":-1"#),
            &format!(r#"{id},"max_det":2.5"#),
            &format!(r#"{id},"confidence":"0.5""#),
            &format!(r#"{id},"classes":"cup,fork""#),
        ] {
            assert!(read(&format!("{{{fields}}}")).is_err(), "{fields}");
        }
    }
}
