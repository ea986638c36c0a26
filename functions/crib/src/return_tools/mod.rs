//! Kits that come back: what is missing, what is too much, and the books of it.

mod answer;
pub(crate) mod compare;
pub(crate) mod process;
mod proof;

use darkroom_domain::{
    Failure, Prediction, PredictionId, TenantId, Timestamp, ToolId, ToolkitId, UserId,
    crib::{Comparison, Tool, Toolkit, Transaction, TransactionStatus, compare},
};
use darkroom_http::{HttpError, HttpResult, Language};
use futures::future::try_join_all;
use serde::Deserialize;
use utoipa::ToSchema;

use self::{
    answer::ReturnComparison,
    proof::{check_taken_since, shown_by, strange_picture},
};
use crate::{
    Service,
    transaction::{
        CountedTool, Seen, UncertainObject, changed_meanwhile, check_photographs, count_by_hand, one,
        picture_urls,
    },
};

/// Who brings back which kit, and what lies in it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct ToolReturn {
    /// Who brings it back.
    user_id: UserId,
    /// The kit.
    toolkit_id: ToolkitId,
    /// What is there. It may be left out where photographs tell; where both are given this list counts, and the
    /// photographs are evidence only. At most 400 lines.
    #[schema(max_items = 400)]
    returned_tools: Option<Vec<ReturnedTool>>,
    /// Photographs of the tray, at most 20, none twice: they are counted together. None of the pictures by which the kit went
    /// out.
    #[serde(default)]
    #[schema(max_items = 20)]
    prediction_ids: Vec<PredictionId>,
    /// The path of one more picture that proves it, as a prediction answered it, or a URL with this path. Empty is none.
    #[schema(example = "/media/processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg")]
    processed_image_url: Option<String>,
    /// Whether somebody has to look in any case.
    #[serde(default)]
    hand_check: Option<bool>,
}

/// A tool that came back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct ReturnedTool {
    /// The tool.
    tool_id: ToolId,
    /// Passed over: the crib knows what the tool is called.
    #[serde(default)]
    #[expect(dead_code, reason = "clients send it; the crib's own name counts")]
    name: Option<String>,
    /// Passed over: the crib knows the tool's serial number.
    #[serde(default, rename = "serialNumber")]
    #[expect(dead_code, reason = "clients send it; the crib's own number counts")]
    serial_number_of_older_clients: Option<String>,
    /// The same.
    #[serde(default)]
    #[expect(dead_code, reason = "clients send it; the crib's own number counts")]
    serial_number: Option<String>,
    /// From 1 on. A tool that is named twice is there as often as both say.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000)]
    quantity: u32,
}

/// A kit on its way back, held against what went out.
#[derive(Debug)]
struct HeldAgainst {
    kit: Toolkit,
    /// The transaction by which it had gone out.
    give: Transaction,
    comparison: Comparison,
    uncertain: Vec<UncertainObject>,
    /// Whether somebody has to look, be the comparison exact or not.
    is_uncertain: bool,
    /// What proves it.
    photographs: Vec<Prediction>,
}

impl HeldAgainst {
    /// Holds what is there against what went out. While that is still to be checked, it is no measure: somebody has to look
    /// at what came back as well.
    fn of(
        kit: Toolkit,
        give: Transaction,
        returned: &ToolReturn,
        photographs: Vec<Prediction>,
        tools: &[Tool],
        language: Language,
    ) -> HttpResult<Self> {
        let (comparison, seen) = compare_with_issued(returned, &give, &photographs, tools, language)?;
        Ok(Self {
            is_uncertain: returned.hand_check == Some(true)
                || seen.is_uncertain
                || give.status == TransactionStatus::ManualCheck,
            kit,
            give,
            comparison,
            uncertain: seen.uncertain,
            photographs,
        })
    }

    fn predictions(&self) -> Vec<PredictionId> {
        self.photographs.iter().map(|prediction| prediction.id).collect()
    }

    fn answer(&self, language: Language) -> ReturnComparison {
        let urls = picture_urls(&self.predictions());
        ReturnComparison::of(
            self.give.id,
            &self.comparison,
            self.is_uncertain,
            self.uncertain.clone(),
            urls,
            language,
        )
    }
}

impl Service {
    /// Reads what is on the books of a kit that comes back, and holds it against what is there.
    ///
    /// # Errors
    /// 404 for a user, a kit or a prediction that is not there; 409 where this user has not got the kit; 422 for what
    /// cannot be counted; 503 or 500.
    async fn hold_against_issue(
        &self,
        tenant: &TenantId,
        returned: &ToolReturn,
        now: Timestamp,
        language: Language,
    ) -> HttpResult<HeldAgainst> {
        let picture = returned.checked(language)?;
        let kit = self
            .kit_for(tenant, returned.toolkit_id, returned.user_id, language)
            .await?;
        let open = match kit.issue_to(returned.user_id) {
            Ok(open) => open,
            Err(refusal) => return Err(self.refused(tenant, refusal, language).await),
        };
        let give = self.records.transaction(tenant, open.transaction_id).await?;
        let give = give.ok_or_else(|| changed_meanwhile(language))?;
        let tools = self.records.tools(tenant).await?;
        let photographs = self
            .photographs(tenant, &returned.prediction_ids, now, language)
            .await?;
        let mut proof = None;
        if let Some(picture) = picture.filter(|id| !returned.prediction_ids.contains(id)) {
            let found = self.photograph(tenant, picture, now).await?;
            proof = Some(found.ok_or_else(|| strange_picture(language))?);
        }
        if !photographs.is_empty() || proof.is_some() {
            let at_issue = self.photographs_of(&give).await?;
            check_taken_since(&photographs, "prediction_ids", &at_issue, language)?;
            check_taken_since(proof.as_slice(), "processed_image_url", &at_issue, language)?;
        }
        let mut held = HeldAgainst::of(kit, give, returned, photographs, &tools, language)?;
        held.photographs.extend(proof);
        Ok(held)
    }

    /// The predictions upon which a transaction rests: they are kept for good.
    async fn photographs_of(&self, transaction: &Transaction) -> Result<Vec<Prediction>, Failure> {
        let predictions = transaction.predictions.iter();
        let predictions = predictions.map(|id| self.records.prediction(&transaction.tenant, *id));
        Ok(try_join_all(predictions).await?.into_iter().flatten().collect())
    }
}

/// What is there against what went out, and what is uncertain of it. Tools of the kit that neither went out nor came back are
/// told of as well: an inspection may find one.
fn compare_with_issued(
    returned: &ToolReturn,
    give: &Transaction,
    photographs: &[Prediction],
    tools: &[Tool],
    language: Language,
) -> HttpResult<(Comparison, Seen)> {
    let expected = give.went_out();
    let seen = match &returned.returned_tools {
        Some(list) => {
            let counted: Vec<_> = list
                .iter()
                .map(|tool| CountedTool {
                    tool_id: tool.tool_id,
                    quantity: tool.quantity,
                })
                .collect();
            // A tool that went out may have been forgotten meanwhile, and comes back all the same.
            let known = |id| {
                tools.iter().any(|tool| tool.id == id)
                    || expected.iter().any(|expected| expected.tool_id == id)
            };
            count_by_hand(&counted, "returned_tools", known, language)?
        }
        None => Seen::of(photographs, &expected, tools),
    };
    Ok((compare(&expected, &seen.counts, tools), seen))
}

impl ToolReturn {
    /// The prediction whose picture is sent along, if all is as it must be.
    fn checked(&self, language: Language) -> HttpResult<Option<PredictionId>> {
        if self.returned_tools.is_none() && self.prediction_ids.is_empty() {
            let message = match language {
                Language::English => "either returned_tools or prediction_ids must say what came back",
                Language::Russian => "Укажите returned_tools или prediction_ids: что возвращено",
            };
            return Err(HttpError::validation(&["body", "returned_tools"], message));
        }
        check_photographs(&self.prediction_ids, language)?;
        let url = self.processed_image_url.as_deref().filter(|url| !url.is_empty());
        url.map(|url| shown_by(url, language)).transpose()
    }
}

#[cfg(test)]
mod tests;
