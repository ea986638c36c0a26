//! `POST /transactions`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use darkroom_domain::{
    PredictionId, TenantId, Timestamp, ToolkitId, UserId,
    crib::{Expected, Movement, Tool, compare},
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Language, Problem, Tenant, once};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ATTEMPTS, CountedTool, Seen, TransactionView, changed_meanwhile, check_photographs, count_by_hand,
};
use crate::Service;

/// Who takes which kit, and what lies in it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct NewIssue {
    /// Who takes it.
    user_id: UserId,
    /// The kit.
    toolkit_id: ToolkitId,
    /// Photographs of the tray, at most 20, none twice: they are counted together, and kept for good.
    #[serde(default)]
    #[schema(max_items = 20)]
    prediction_ids: Vec<PredictionId>,
    /// What was counted by hand, in at most 400 lines. It counts instead of what the photographs show, which are evidence only
    /// then.
    #[schema(max_items = 400)]
    tools: Option<Vec<CountedTool>>,
}

/// Issue a kit
///
/// The status is `ok` where all is there that belongs into the kit, nothing else, nothing uncertain, and no photograph was asked
/// for some classes only; otherwise `manual_check`, and an inspection closes it. The kit goes out either way. A kit exists once: who asks for one that is
/// out is told who has it.
#[utoipa::path(post, path = "/transactions", tag = "transactions", request_body = NewIssue, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
    ("accept-language" = Option<String>, Header, description = "`en` or `ru`: the language of texts"),
), responses(
    (status = 201, description = "It went out", body = TransactionView,
        headers(("location" = String, description = "The path of the transaction"))),
    (status = 404, description = "There is no such user or kit; or no such prediction, or not any more", body = Problem),
    (status = 409, description = "The kit is out (`conflict`), or the same request is under way (`idempotency_in_progress`)",
        body = Problem),
    (status = 422, description = "Nothing was counted, or too much, a prediction is named twice, or a tool is unknown",
        body = Problem),
))]
pub(crate) async fn issue_kit(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    body: JsonBody<NewIssue>,
) -> HttpResult<Response> {
    let now = service.ground.clock.now();
    let route = "POST transactions";
    let work = Box::pin(service.issue(&tenant, &body.value, now, language));
    let view = once(&service.records, &tenant, route, &headers, &body.bytes, now, work).await?;
    let location = [(header::LOCATION, format!("/transactions/{}", view.id))];
    Ok((StatusCode::CREATED, location, Json(view)).into_response())
}

impl Service {
    async fn issue(
        &self,
        tenant: &TenantId,
        new: &NewIssue,
        now: Timestamp,
        language: Language,
    ) -> HttpResult<TransactionView> {
        new.check(language)?;
        for _ in 0..ATTEMPTS {
            let kit = self
                .kit_for(tenant, new.toolkit_id, new.user_id, language)
                .await?;
            if let Err(refusal) = kit.available() {
                return Err(self.refused(tenant, refusal, language).await);
            }
            let tools = self.records.tools(tenant).await?;
            let photographs = self
                .photographs(tenant, &new.prediction_ids, now, language)
                .await?;
            let expected = Expected::of_kit(&kit, &tools);
            let seen = match &new.tools {
                Some(counted) => by_hand(counted, &tools, language)?,
                None => Seen::of(&photographs, &expected, &tools),
            };
            let movement = Movement {
                id: self.records.next_transaction_id(tenant).await?,
                user_id: new.user_id,
                at: now,
                comparison: compare(&expected, &seen.counts, &tools),
                is_uncertain: seen.is_uncertain,
                predictions: new.prediction_ids.clone(),
            };
            let (kit, give) = match kit.issue(movement) {
                Ok(issued) => issued,
                Err(refusal) => return Err(self.refused(tenant, refusal, language).await),
            };
            self.keep_as_evidence(&photographs, language).await?;
            if self.records.issue_kit(&give, kit).await? {
                return Ok(give.into());
            }
        }
        Err(changed_meanwhile(language).into())
    }
}

fn by_hand(counted: &[CountedTool], tools: &[Tool], language: Language) -> HttpResult<Seen> {
    let known = |id| tools.iter().any(|tool| tool.id == id);
    count_by_hand(counted, "tools", known, language)
}

impl NewIssue {
    fn check(&self, language: Language) -> HttpResult<()> {
        if self.prediction_ids.is_empty() && self.tools.is_none() {
            let message = match language {
                Language::English => "either prediction_ids or tools must say what lies in the tray",
                Language::Russian => "Укажите prediction_ids или tools: что лежит в лотке",
            };
            return Err(HttpError::validation(&["body", "prediction_ids"], message));
        }
        check_photographs(&self.prediction_ids, language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::photograph;
    use darkroom_domain::crib::{TransactionStatus, seed};
    use serde_json::{Value, json};

    fn issue(body: Value) -> NewIssue {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn something_must_have_been_counted() {
        let id = photograph(1, &[], &[]).id;
        for (body, is_enough) in [
            (json!({ "user_id": 1, "toolkit_id": 1 }), false),
            (
                json!({ "user_id": 1, "toolkit_id": 1, "prediction_ids": [] }),
                false,
            ),
            (
                json!({ "user_id": 1, "toolkit_id": 1, "prediction_ids": [id] }),
                true,
            ),
            (
                json!({ "user_id": 1, "toolkit_id": 1, "prediction_ids": [id, id] }),
                false,
            ),
            (json!({ "user_id": 1, "toolkit_id": 1, "tools": [] }), true),
            (
                json!({ "user_id": 1, "toolkit_id": 1, "prediction_ids": [id], "tools": null }),
                true,
            ),
        ] {
            assert_eq!(
                issue(body.clone()).check(Language::English).is_ok(),
                is_enough,
                "{body}"
            );
        }
    }

    #[test]
    fn numbers_that_are_none_do_not_get_in() {
        for body in [
            json!({ "user_id": "1", "toolkit_id": 1 }),
            json!({ "user_id": -1, "toolkit_id": 1 }),
            json!({ "user_id": 1.5, "toolkit_id": 1 }),
            json!({ "user_id": 1 }),
            json!({ "user_id": 1, "toolkit_id": 1, "prediction_ids": ["../1"] }),
            json!({ "user_id": 1, "toolkit_id": 1, "tools": [{ "quantity": 1 }] }),
        ] {
            assert!(
                serde_json::from_value::<NewIssue>(body.clone()).is_err(),
                "{body}"
            );
        }
    }

    /// The status of an issue of the table's kit.
    fn status(seen: &Seen) -> TransactionStatus {
        let mut seed = seed(&TenantId::single());
        let kit = seed.toolkits.remove(1);
        let expected = Expected::of_kit(&kit, &seed.tools);
        let movement = Movement {
            id: darkroom_domain::TransactionId::new(1),
            user_id: UserId::new(1),
            at: Timestamp::UNIX_EPOCH,
            comparison: compare(&expected, &seen.counts, &seed.tools),
            is_uncertain: seen.is_uncertain,
            predictions: Vec::new(),
        };
        kit.issue(movement).unwrap().1.status
    }

    #[test]
    fn what_is_uncertain_is_checked_unless_it_was_counted_by_hand() {
        let tools = seed(&TenantId::single()).tools;
        let kit = &seed(&TenantId::single()).toolkits[1];
        let labels = ["cup", "fork", "knife", "spoon", "scissors", "bottle"];
        let whole: Vec<_> = labels.iter().map(|&label| (label, 0.9)).collect();
        let seen = |uncertain: &[(&str, f32)]| {
            let photographs = [photograph(1, &whole, uncertain)];
            Seen::of(&photographs, &Expected::of_kit(kit, &tools), &tools)
        };
        assert_eq!(status(&seen(&[("dog", 0.3)])), TransactionStatus::Ok);
        assert_eq!(status(&seen(&[("fork", 0.3)])), TransactionStatus::ManualCheck);
        let counted: Vec<_> = (12..18)
            .map(|tool| CountedTool {
                tool_id: darkroom_domain::ToolId::new(tool),
                quantity: 1,
            })
            .collect();
        let counted = by_hand(&counted, &tools, Language::English).unwrap();
        assert_eq!(status(&counted), TransactionStatus::Ok);
        let nothing = by_hand(&[], &tools, Language::English).unwrap();
        assert_eq!(status(&nothing), TransactionStatus::ManualCheck);
    }
}
