//! Kits going out and coming back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    comparison::{Comparison, Expected},
    entities::{Role, User},
    movement::Refusal,
};
use crate::{
    ids::{PredictionId, ToolId, ToolkitId, TransactionId, UserId},
    tenant::TenantId,
    timestamp::Timestamp,
};

/// Which way a kit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    /// Out of the crib.
    Give,
    /// Back into it.
    Take,
}

/// Whether somebody has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    /// All is as it should be, or somebody has looked.
    Ok,
    /// Something differs, or is not certain.
    ManualCheck,
}

impl TransactionStatus {
    /// The status of what is all as it should be, or is not.
    #[must_use]
    pub const fn of(needs_hand_check: bool) -> Self {
        if needs_hand_check {
            Self::ManualCheck
        } else {
            Self::Ok
        }
    }
}

/// One tool of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionDetail {
    /// The tool.
    pub tool_id: ToolId,
    /// What it was called then.
    pub name: String,
    /// Its serial number then.
    pub serial_number: String,
    /// How many there should have been: of a kit that goes out, what belongs into it; of one that comes back, what went
    /// out.
    pub expected_qty: u32,
    /// How many there were.
    pub actual_qty: u32,
    /// Whether the two differ.
    pub discrepancy: bool,
}

/// What somebody found who looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inspection {
    /// Who looked.
    pub inspector_id: UserId,
    /// What was found.
    pub report_text: String,
    /// When.
    pub created_at: Timestamp,
}

/// A kit that went out or came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its id.
    pub id: TransactionId,
    /// Whose crib it is.
    pub tenant: TenantId,
    /// Who took the kit or brought it back.
    pub user_id: UserId,
    /// The kit.
    pub toolkit_id: ToolkitId,
    /// Which way.
    pub kind: TransactionKind,
    /// When.
    pub transaction_time: Timestamp,
    /// Whether somebody has to look.
    pub status: TransactionStatus,
    /// What was in it, by the ids of the tools. Of a kit that came back also the tools of the kit that had not gone out:
    /// whoever inspects may have found one.
    pub details: Vec<TransactionDetail>,
    /// The pictures that prove it.
    pub predictions: Vec<PredictionId>,
    /// Of a kit that came back: the transaction by which it had gone out. Of one that is out: that by which it came back.
    pub counterpart: Option<TransactionId>,
    /// What somebody found who looked.
    pub inspection: Option<Inspection>,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Transaction {
    /// The details that a comparison leads to: each tool that was expected or found.
    #[must_use]
    pub fn details_of(comparison: &Comparison) -> Vec<TransactionDetail> {
        let detail = |count: &super::ToolCount| TransactionDetail {
            tool_id: count.tool_id,
            name: count.name.clone(),
            serial_number: count.serial_number.clone(),
            expected_qty: count.expected,
            actual_qty: count.actual,
            discrepancy: count.expected != count.actual,
        };
        comparison.tools.iter().map(detail).collect()
    }

    /// What went out by it: what is expected when the kit comes back. Tools of the kit that were not there are expected no
    /// times, so that one which turns up is called by its name.
    #[must_use]
    pub fn went_out(&self) -> Vec<Expected> {
        let expected = |detail: &TransactionDetail| Expected {
            tool_id: detail.tool_id,
            name: detail.name.clone(),
            serial_number: detail.serial_number.clone(),
            quantity: detail.actual_qty,
        };
        self.details.iter().map(expected).collect()
    }

    /// Somebody has looked. What really was there may differ from what was seen.
    ///
    /// # Errors
    /// Where nobody has to look, the inspector is in no role for it, or a count is of a tool that the transaction has
    /// nothing to do with.
    pub fn inspected(
        mut self,
        inspector: &User,
        report_text: String,
        counts: &BTreeMap<ToolId, u32>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if !inspector.role.is_some_and(Role::may_inspect) {
            return Err(Refusal::MayNotInspect);
        }
        if self.status != TransactionStatus::ManualCheck {
            return Err(Refusal::NothingToInspect);
        }
        for (tool, count) in counts {
            let detail = self.details.iter_mut().find(|detail| detail.tool_id == *tool);
            let detail = detail.ok_or(Refusal::Unrelated(*tool))?;
            detail.actual_qty = *count;
            detail.discrepancy = detail.expected_qty != *count;
        }
        self.status = TransactionStatus::Ok;
        self.inspection = Some(Inspection {
            inspector_id: inspector.id,
            report_text,
            created_at: now,
        });
        Ok(self)
    }
}
