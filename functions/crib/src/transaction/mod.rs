//! Kits that go out, what somebody found who looked, and the books of all that.

mod evidence;
pub(crate) mod inspect;
pub(crate) mod issue;
pub(crate) mod list;
pub(crate) mod one;
mod refusal;
mod tray;

use darkroom_domain::{
    Code, Failure, PredictionId, TenantId, Timestamp, ToolkitId, TransactionId, UserId,
    crib::{Inspection, Toolkit, Transaction, TransactionDetail, TransactionKind, TransactionStatus},
    prediction::media_filename,
};
use darkroom_http::{HttpResult, Language, Phrase, TOOLKIT_NOT_FOUND};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::tray::check_length;
#[cfg(test)]
pub(crate) use self::tray::tests::photograph;
pub(crate) use self::{
    refusal::changed_meanwhile,
    tray::{CountedTool, Seen, UncertainObject, check_photographs, count_by_hand, one},
};
use crate::{Service, phrases::NO_USER};

/// How often something is tried anew that somebody else changed at the same moment. What was really the matter is told by the
/// second try, mostly: that somebody else was quicker.
pub(crate) const ATTEMPTS: u32 = 4;

const NO_TRANSACTION: Phrase = Phrase::new("Transaction not found", "Операция не найдена");

/// A kit that went out or came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TransactionView {
    pub(crate) id: TransactionId,
    user_id: UserId,
    toolkit_id: ToolkitId,
    /// Which way: `give` is out of the crib, `take` is back into it.
    #[serde(rename = "type")]
    kind: TransactionKind,
    transaction_time: Timestamp,
    /// `ok`, or `manual_check` until somebody has looked.
    status: TransactionStatus,
    /// Each tool that was expected or there, by its id. Of a kit that came back also the tools that were missing when it went
    /// out.
    details: Vec<TransactionDetail>,
    /// The predictions that prove it.
    prediction_ids: Vec<PredictionId>,
    /// Paths of their pictures.
    processed_image_urls: Vec<String>,
    /// Of a kit that came back: the transaction by which it had gone out. Of one that went out: that by which it came back,
    /// if it did.
    counterpart: Option<TransactionId>,
    /// What somebody found who looked.
    report: Option<Inspection>,
}

impl From<Transaction> for TransactionView {
    fn from(transaction: Transaction) -> Self {
        Self {
            id: transaction.id,
            user_id: transaction.user_id,
            toolkit_id: transaction.toolkit_id,
            kind: transaction.kind,
            transaction_time: transaction.transaction_time,
            status: transaction.status,
            details: transaction.details,
            processed_image_urls: picture_urls(&transaction.predictions),
            prediction_ids: transaction.predictions,
            counterpart: transaction.counterpart,
            report: transaction.inspection,
        }
    }
}

/// The paths of the pictures that show predictions.
pub(crate) fn picture_urls(predictions: &[PredictionId]) -> Vec<String> {
    predictions
        .iter()
        .map(|id| format!("{MEDIA}{}", media_filename(*id)))
        .collect()
}

/// What the paths of all such pictures begin with.
pub(crate) const MEDIA: &str = "/media/";

fn not_found(language: Language) -> Failure {
    NO_TRANSACTION.failure(Code::NotFound, language)
}

impl Service {
    /// The kit that a request names, whose user is there too.
    ///
    /// # Errors
    /// 404 where one of them is not there; 503 or 500.
    pub(crate) async fn kit_for(
        &self,
        tenant: &TenantId,
        kit: ToolkitId,
        user: UserId,
        language: Language,
    ) -> HttpResult<Toolkit> {
        if self.records.user(tenant, user).await?.is_none() {
            return Err(NO_USER.failure(Code::NotFound, language).into());
        }
        let kit = self.records.toolkit(tenant, kit).await?;
        Ok(kit.ok_or_else(|| TOOLKIT_NOT_FOUND.failure(Code::NotFound, language))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::ToolId;
    use serde_json::json;

    #[test]
    fn a_transaction_is_told_by_the_recorded_names() {
        let prediction: PredictionId = "0192f0c1-2345-8abc-8def-0123456789ab".parse().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let transaction = Transaction {
            id: TransactionId::new(3),
            tenant: TenantId::single(),
            user_id: UserId::new(7),
            toolkit_id: ToolkitId::new(1),
            kind: TransactionKind::Take,
            transaction_time: now,
            status: TransactionStatus::ManualCheck,
            details: vec![TransactionDetail {
                tool_id: ToolId::new(5),
                name: "Пассатижи".to_owned(),
                serial_number: "TOOL-005".to_owned(),
                expected_qty: 1,
                actual_qty: 0,
                discrepancy: true,
            }],
            predictions: vec![prediction],
            counterpart: Some(TransactionId::new(2)),
            inspection: None,
            version: 9,
        };
        let view = TransactionView::from(transaction.clone());
        assert_eq!(
            serde_json::to_value(&view).unwrap(),
            json!({
                "id": 3, "user_id": 7, "toolkit_id": 1, "type": "take", "status": "manual_check",
                "transaction_time": "1970-01-01T00:00:00.000Z",
                "details": [{
                    "tool_id": 5, "name": "Пассатижи", "serial_number": "TOOL-005",
                    "expected_qty": 1, "actual_qty": 0, "discrepancy": true,
                }],
                "prediction_ids": ["0192f0c1-2345-8abc-8def-0123456789ab"],
                "processed_image_urls": ["/media/processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg"],
                "counterpart": 2, "report": null,
            })
        );
        // A repeated request reads its answer back.
        let read: TransactionView = serde_json::from_str(&serde_json::to_string(&view).unwrap()).unwrap();
        assert_eq!(read, view);
        let inspected = Transaction {
            inspection: Some(Inspection {
                inspector_id: UserId::new(9),
                report_text: "Found.".to_owned(),
                created_at: now,
            }),
            ..transaction
        };
        assert_eq!(
            serde_json::to_value(TransactionView::from(inspected)).unwrap()["report"],
            json!({ "inspector_id": 9, "report_text": "Found.", "created_at": "1970-01-01T00:00:00.000Z" })
        );
    }
}
