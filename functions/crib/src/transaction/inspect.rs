//! `POST /transactions/{transaction_id}/report`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use darkroom_domain::{Code, TenantId, Timestamp, ToolId, TransactionId, UserId, crib::MAX_QUANTITY};
use darkroom_http::{HttpError, HttpResult, JsonBody, Language, Problem, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ATTEMPTS, TransactionView, changed_meanwhile, check_length, not_found};
use crate::{Service, path::PathIds, phrases::NO_USER};

/// The most characters of a report.
const MAX_REPORT: usize = 4000;

/// What somebody found who looked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct NewReport {
    /// Who looked: a manager or an admin.
    inspector_id: UserId,
    /// What was found, 1 to 4000 characters.
    #[schema(min_length = 1, max_length = 4000)]
    report_text: String,
    /// What really was there, where it differs from what was seen. Tools that are left out are as they were seen.
    #[serde(default)]
    #[schema(max_items = 400)]
    counts: Vec<InspectedTool>,
}

/// A tool, and how many of it really were there.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub(crate) struct InspectedTool {
    /// One that the transaction tells of.
    tool_id: ToolId,
    /// From 0 on.
    #[schema(maximum = 1000)]
    actual_qty: u32,
}

/// Close a manual check
///
/// By a manager or an admin. Counts correct what was seen: where they correct what went out, a kit that comes back later is
/// held against the corrected counts. One that came back already is not compared anew.
#[utoipa::path(post, path = "/transactions/{transaction_id}/report", tag = "transactions", request_body = NewReport, params(
    ("transaction_id" = TransactionId, Path),
    ("accept-language" = Option<String>, Header, description = "`en` or `ru`: the language of texts"),
), responses(
    (status = 200, description = "It is closed", body = TransactionView),
    (status = 403, description = "The inspector is neither manager nor admin", body = Problem),
    (status = 404, description = "There is no such transaction, or no such inspector", body = Problem),
    (status = 409, description = "There is nothing to inspect", body = Problem),
    (status = 422, description = "The text is empty or too long, or the list is, or a count is of a tool that the transaction tells \
        nothing of",
        body = Problem),
))]
pub(crate) async fn report_transaction(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    path: PathIds,
    body: JsonBody<NewReport>,
) -> HttpResult<Json<TransactionView>> {
    let id = path.id(0).ok_or_else(|| not_found(language))?;
    let now = service.ground.clock.now();
    Ok(Json(
        service.report(&tenant, id, &body.value, now, language).await?,
    ))
}

impl Service {
    async fn report(
        &self,
        tenant: &TenantId,
        id: TransactionId,
        new: &NewReport,
        now: Timestamp,
        language: Language,
    ) -> HttpResult<TransactionView> {
        let counts = new.checked(language)?;
        for _ in 0..ATTEMPTS {
            let transaction = self.records.transaction(tenant, id).await?;
            let transaction = transaction.ok_or_else(|| not_found(language))?;
            let inspector = self.records.user(tenant, new.inspector_id).await?;
            let inspector = inspector.ok_or_else(|| NO_USER.failure(Code::NotFound, language))?;
            let inspected = transaction.inspected(&inspector, new.report_text.clone(), &counts, now);
            let inspected = match inspected {
                Ok(inspected) => inspected,
                Err(refusal) => return Err(self.refused(tenant, refusal, language).await),
            };
            if let Some(saved) = self.records.save_inspection(inspected, inspector.id).await? {
                return Ok(saved.into());
            }
        }
        Err(changed_meanwhile(language).into())
    }
}

impl NewReport {
    /// The counts, if all is as it must be.
    fn checked(&self, language: Language) -> HttpResult<BTreeMap<ToolId, u32>> {
        if self.report_text.trim().is_empty() || self.report_text.chars().count() > MAX_REPORT {
            return Err(HttpError::validation(
                &["body", "report_text"],
                match language {
                    Language::English => format!("must be 1 to {MAX_REPORT} characters"),
                    Language::Russian => format!("Текст отчёта: от 1 до {MAX_REPORT} символов"),
                },
            ));
        }
        check_length(&self.counts, "counts", language)?;
        let mut counts = BTreeMap::new();
        for (index, tool) in self.counts.iter().enumerate() {
            let index = index.to_string();
            if tool.actual_qty > MAX_QUANTITY {
                return Err(HttpError::validation(
                    &["body", "counts", &index, "actual_qty"],
                    match language {
                        Language::English => format!("must be 0 to {MAX_QUANTITY}"),
                        Language::Russian => format!("Количество: от 0 до {MAX_QUANTITY}"),
                    },
                ));
            }
            if counts.insert(tool.tool_id, tool.actual_qty).is_some() {
                let tool = tool.tool_id;
                return Err(HttpError::validation(
                    &["body", "counts", &index, "tool_id"],
                    match language {
                        Language::English => format!("tool {tool} is named twice"),
                        Language::Russian => format!("Инструмент {tool} указан дважды"),
                    },
                ));
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::crib::MAX_DETAILS;
    use serde_json::{Value, json};

    fn checked(text: &str, counts: Value) -> HttpResult<BTreeMap<ToolId, u32>> {
        let body = json!({ "inspector_id": 1, "report_text": text, "counts": counts });
        let report: NewReport = serde_json::from_value(body).unwrap();
        report.checked(Language::English)
    }

    #[test]
    fn a_report_says_something_of_bounded_length() {
        for (text, is_one) in [
            ("", false),
            (" \n", false),
            ("ok", true),
            ("я".repeat(4000).as_str(), true),
            ("я".repeat(4001).as_str(), false),
        ] {
            assert_eq!(checked(text, json!([])).is_ok(), is_one, "{} bytes", text.len());
        }
    }

    #[test]
    fn each_tool_is_counted_once_in_a_report() {
        let counted = checked(
            "x",
            json!([{ "tool_id": 5, "actual_qty": 0 }, { "tool_id": 6, "actual_qty": 1000 }]),
        );
        let counted: Vec<_> = counted.unwrap().into_values().collect();
        assert_eq!(counted, [0, 1000]);
        for refused in [
            json!([{ "tool_id": 5, "actual_qty": 1 }, { "tool_id": 5, "actual_qty": 1 }]),
            json!([{ "tool_id": 5, "actual_qty": 1001 }]),
        ] {
            assert!(checked("x", refused.clone()).is_err(), "{refused}");
        }
        let counts = |length: usize| -> Value {
            (1..=length)
                .map(|tool| json!({ "tool_id": tool, "actual_qty": 1 }))
                .collect()
        };
        assert!(checked("x", counts(MAX_DETAILS)).is_ok());
        assert!(checked("x", counts(MAX_DETAILS + 1)).is_err());
    }
}
