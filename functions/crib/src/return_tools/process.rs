//! `POST /return-tools/process-return`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use darkroom_domain::{
    TenantId, Timestamp, TransactionId,
    crib::{Movement, Refusal},
};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ToolReturn, answer::ReturnComparison};
use crate::{
    Service,
    transaction::{ATTEMPTS, changed_meanwhile},
};

/// It is on the books.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReturnProcessed {
    /// Always true: what could not be put down is a problem.
    success: bool,
    /// The transaction by which the kit came back.
    transaction_id: TransactionId,
    /// What is missing, and what is too much.
    comparison_result: ReturnComparison,
    /// What came of it, in the caller's language.
    message: String,
}

/// Take a kit back
///
/// The kit is back in the crib from then on, even if tools of it are missing: the transaction is a `manual_check` then, which an
/// inspection closes. Its status is `ok` where all that went out came back, nothing else, nothing is uncertain, and the request
/// asks for no check by hand. While the issue itself is a `manual_check`, nobody is certain of what went out: the return is one
/// too. The pictures are kept for good; those by which the kit went out do not prove its return. Of two returns of the same kit
/// at the same time one wins.
#[utoipa::path(post, path = "/return-tools/process-return", tag = "transactions", request_body = ToolReturn, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
    ("accept-language" = Option<String>, Header, description = "`en` or `ru`: the language of texts"),
), responses(
    (status = 200, description = "It is on the books", body = ReturnProcessed),
    (status = 404, description = "There is no such user or kit; or no such prediction, or not any more", body = Problem),
    (status = 409, description = "Nobody has the kit, or somebody else (`conflict`), or the same request is under way \
        (`idempotency_in_progress`)", body = Problem),
    (status = 422, description = "Nothing was counted, or too much, a prediction is named twice, a tool is unknown, or a picture is \
        none of a prediction, or one by which the kit went out", body = Problem),
))]
pub(crate) async fn process_return(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    body: JsonBody<ToolReturn>,
) -> HttpResult<Response> {
    let now = service.ground.clock.now();
    let route = "POST process-return";
    let work = Box::pin(service.take_back(&tenant, &body.value, now, language));
    idempotent(&service.records, &tenant, route, &headers, &body.bytes, now, work).await
}

impl Service {
    async fn take_back(
        &self,
        tenant: &TenantId,
        returned: &ToolReturn,
        now: Timestamp,
        language: Language,
    ) -> HttpResult<(StatusCode, ReturnProcessed)> {
        for _ in 0..ATTEMPTS {
            let held = self.hold_against_issue(tenant, returned, now, language).await?;
            let comparison_result = held.answer(language);
            let movement = Movement {
                id: self.records.next_transaction_id(tenant).await?,
                user_id: returned.user_id,
                at: now,
                is_uncertain: held.is_uncertain,
                predictions: held.predictions(),
                comparison: held.comparison,
            };
            let (kit, give, take) = match held.kit.take_back(held.give, movement) {
                Ok(moved) => moved,
                // It was taken back between the reading of the kit and that of the transaction.
                Err(Refusal::NotTheOpenIssue) => continue,
                Err(refusal) => return Err(self.refused(tenant, refusal, language).await),
            };
            self.keep_as_evidence(&held.photographs, language).await?;
            if self.records.return_kit(&take, give, kit).await? {
                let processed = ReturnProcessed {
                    success: true,
                    transaction_id: take.id,
                    message: recorded(&comparison_result.message, language),
                    comparison_result,
                };
                return Ok((StatusCode::OK, processed));
            }
        }
        Err(changed_meanwhile(language).into())
    }
}

fn recorded(message: &str, language: Language) -> String {
    match language {
        Language::English => format!("The return is recorded. {message}"),
        Language::Russian => format!("Возврат оформлен. {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_that_the_kit_is_back_and_what_of_it() {
        for (language, expected) in [
            (Language::English, "The return is recorded. X."),
            (Language::Russian, "Возврат оформлен. X."),
        ] {
            assert_eq!(recorded("X.", language), expected);
        }
    }
}
