//! `GET` and `POST /api/confidence/`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::crib::Crib;
use darkroom_http::{HttpError, HttpResult, JsonBody, Language, Problem, Tenant};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Service, field::Field, phrases::CONFIDENCE_OUT_OF_RANGE};

/// What is told where nothing was set: what older clients send.
const RECORDED: f32 = 0.5;

/// What a model must be sure of where a request does not say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Confidence {
    /// Above 0 and below 1.
    #[schema(example = 0.5)]
    confidence: f32,
    /// Whether nothing was set. Then `confidence` is the 0.5 that older clients expect, and each model has its own.
    is_default: bool,
}

impl Confidence {
    fn of(crib: &Crib) -> Self {
        Self {
            confidence: crib.confidence.unwrap_or(RECORDED),
            is_default: crib.confidence.is_none(),
        }
    }
}

/// What a model must be sure of
///
/// Where a request to predict does not say.
#[utoipa::path(get, path = "/api/confidence/", tag = "crib", responses(
    (status = 200, description = "What was set", body = Confidence),
))]
pub(crate) async fn get_confidence(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
) -> HttpResult<Json<Confidence>> {
    Ok(Json(Confidence::of(&service.records.crib(&tenant).await?)))
}

/// What a model must be sure of from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewConfidence {
    /// Above 0 and below 1; null leaves it to each model again.
    #[serde(default)]
    #[schema(value_type = Option<f32>, required = true, example = 0.5)]
    confidence: Field<f32>,
}

/// Set what a model must be sure of
#[utoipa::path(post, path = "/api/confidence/", tag = "crib", request_body = NewConfidence, responses(
    (status = 200, description = "What counts from now on", body = Confidence),
    (status = 400, description = "It is not above 0 and below 1", body = Problem),
    (status = 422, description = "It is missing, or no number", body = Problem),
))]
pub(crate) async fn set_confidence(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    body: JsonBody<NewConfidence>,
) -> HttpResult<Json<Confidence>> {
    let confidence = body.value.checked(language)?;
    service.records.set_confidence(&tenant, confidence).await?;
    Ok(Json(Confidence {
        confidence: confidence.unwrap_or(RECORDED),
        is_default: confidence.is_none(),
    }))
}

impl NewConfidence {
    fn checked(self, language: Language) -> HttpResult<Option<f32>> {
        let confidence = self.confidence.cleared("confidence")?;
        match confidence.ok_or_else(|| HttpError::validation(&["body", "confidence"], "Field required"))? {
            Some(confidence) if !(confidence > 0.0 && confidence < 1.0) => {
                let text = CONFIDENCE_OUT_OF_RANGE.spoken(language);
                Err(HttpError::validation(&["body", "confidence"], text).with_status(StatusCode::BAD_REQUEST))
            }
            checked => Ok(checked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use darkroom_domain::{TenantId, crib::seed};

    fn checked(body: &str) -> Result<Option<f32>, StatusCode> {
        let new: NewConfidence = serde_json::from_str(body).unwrap();
        new.checked(Language::Russian)
            .map_err(|error| error.into_response().status())
    }

    #[test]
    fn the_ends_do_not_belong_to_it() {
        assert_eq!(checked(r#"{"confidence":0.1}"#), Ok(Some(0.1)));
        assert_eq!(checked(r#"{"confidence":null}"#), Ok(None));
        for number in ["0", "1", "-0.5", "1.5", "1e300", "1e-300", "0.99999999999999"] {
            let body = format!(r#"{{"confidence":{number}}}"#);
            assert_eq!(checked(&body), Err(StatusCode::BAD_REQUEST), "{number}");
        }
        for body in ["{}", r#"{"confidence":"0.5"}"#, r#"{"confidence":[]}"#] {
            assert_eq!(checked(body), Err(StatusCode::UNPROCESSABLE_ENTITY), "{body}");
        }
    }

    #[test]
    fn what_was_not_set_says_so() {
        let mut crib = seed(&TenantId::single()).crib;
        let told = |crib: &Crib| serde_json::to_string(&Confidence::of(crib)).unwrap();
        assert_eq!(told(&crib), r#"{"confidence":0.5,"is_default":true}"#);
        crib.confidence = Some(0.3);
        assert_eq!(told(&crib), r#"{"confidence":0.3,"is_default":false}"#);
    }
}
