//! `POST /return-tools/compare-with-issued`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant};

use super::{ToolReturn, answer::ReturnComparison};
use crate::Service;

/// Hold a kit that comes back against what went out
///
/// Nothing is written. What went out is what was counted at issue, as an inspection may have corrected it: not what belongs
/// into the kit. While the issue is a `manual_check`, `hand_check` is true.
#[utoipa::path(post, path = "/return-tools/compare-with-issued", tag = "transactions", request_body = ToolReturn, params(
    ("accept-language" = Option<String>, Header, description = "`en` or `ru`: the language of texts"),
), responses(
    (status = 200, description = "What is missing, and what is too much", body = ReturnComparison),
    (status = 404, description = "There is no such user or kit; or no such prediction, or not any more", body = Problem),
    (status = 409, description = "Nobody has the kit, or somebody else", body = Problem),
    (status = 422, description = "Nothing was counted, or too much, a prediction is named twice, a tool is unknown, or a picture is \
        none of a prediction, or one by which the kit went out", body = Problem),
))]
pub(crate) async fn compare_return(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    body: JsonBody<ToolReturn>,
) -> HttpResult<Json<ReturnComparison>> {
    let now = service.ground.clock.now();
    let held = service
        .hold_against_issue(&tenant, &body.value, now, language)
        .await?;
    Ok(Json(held.answer(language)))
}
