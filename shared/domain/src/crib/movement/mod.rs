//! A kit goes out, and comes back: what may follow what.

use super::{
    comparison::Comparison,
    entities::{OpenIssue, Toolkit},
    transaction::{Transaction, TransactionKind, TransactionStatus},
};
use crate::{
    failure::Code,
    ids::{PredictionId, ToolId, TransactionId, UserId},
    timestamp::Timestamp,
};

/// The most tools that one transaction tells of: those of the largest kit, and as many that do not belong to it. A record
/// has its room.
pub const MAX_DETAILS: usize = 2 * super::MAX_ITEMS;

/// The most bytes of names and serial numbers that one transaction tells, as JSON writes them: an answer tells them several
/// times, and has its room as well.
pub const MAX_DETAIL_TEXT: usize = 48 * 1024;

/// Why a kit does not go out or come back, or is not inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody has the kit already.
    #[error("the kit is out")]
    IsOut(OpenIssue),
    /// Nobody has the kit.
    #[error("the kit is in the crib")]
    NotOut,
    /// Not the one who brings it back has the kit.
    #[error("somebody else has the kit")]
    HeldByAnother(OpenIssue),
    /// The transaction by which the kit is said to have gone out is not the one that is open.
    #[error("the transaction is not the open one of the kit")]
    NotTheOpenIssue,
    /// There are more tools than a transaction tells of, or longer names.
    #[error("more than {MAX_DETAILS} kinds of tools, or {MAX_DETAIL_TEXT} bytes of names as JSON")]
    TooManyTools,
    /// The inspector is neither manager nor admin.
    #[error("only a manager or an admin inspects")]
    MayNotInspect,
    /// The transaction is closed.
    #[error("there is nothing to inspect")]
    NothingToInspect,
    /// The transaction tells nothing of this tool.
    #[error("the transaction has nothing to do with tool {0}")]
    Unrelated(ToolId),
}

impl Refusal {
    /// The stable code that it is answered with.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::IsOut(_)
            | Self::NotOut
            | Self::HeldByAnother(_)
            | Self::NotTheOpenIssue
            | Self::NothingToInspect => Code::Conflict,
            Self::TooManyTools | Self::Unrelated(_) => Code::ValidationFailed,
            Self::MayNotInspect => Code::Forbidden,
        }
    }
}

/// Who takes a kit or brings it back, and what lies in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The id that the transaction gets.
    pub id: TransactionId,
    /// Who.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
    /// What should be there against what is.
    pub comparison: Comparison,
    /// Whether somebody has to look although the comparison may be exact.
    pub is_uncertain: bool,
    /// The pictures that prove it.
    pub predictions: Vec<PredictionId>,
}

impl Movement {
    fn into_transaction(
        self,
        kit: &Toolkit,
        kind: TransactionKind,
        counterpart: Option<TransactionId>,
    ) -> Result<Transaction, Refusal> {
        let details = Transaction::details_of(&self.comparison);
        let texts = details
            .iter()
            .flat_map(|detail| [&detail.name, &detail.serial_number]);
        let room = texts.map(|text| json_length(text)).fold(0, usize::saturating_add);
        if details.len() > MAX_DETAILS || room > MAX_DETAIL_TEXT {
            return Err(Refusal::TooManyTools);
        }
        Ok(Transaction {
            id: self.id,
            tenant: kit.tenant.clone(),
            user_id: self.user_id,
            toolkit_id: kit.id,
            kind,
            transaction_time: self.at,
            status: TransactionStatus::of(self.is_uncertain || !self.comparison.is_exact()),
            details,
            predictions: self.predictions,
            counterpart,
            inspection: None,
            version: 1,
        })
    }
}

/// The bytes of a text as a string of JSON, where quotes and backslashes take two.
fn json_length(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX, |json| json.len())
}

impl Toolkit {
    /// The kit goes out: the kit as somebody has it, and the transaction by which it went.
    ///
    /// # Errors
    /// Where somebody has it already, or too much is told of it.
    pub fn issue(mut self, movement: Movement) -> Result<(Self, Transaction), Refusal> {
        self.available()?;
        let give = movement.into_transaction(&self, TransactionKind::Give, None)?;
        self.issued = Some(OpenIssue {
            user_id: give.user_id,
            transaction_id: give.id,
            issued_at: give.transaction_time,
        });
        self.uses = self.uses.saturating_add(1);
        Ok((self, give))
    }

    /// Whether the kit can go out.
    ///
    /// # Errors
    /// Where somebody has it already.
    pub fn available(&self) -> Result<(), Refusal> {
        self.issued.map_or(Ok(()), |open| Err(Refusal::IsOut(open)))
    }

    /// By what this person has the kit.
    ///
    /// # Errors
    /// Where nobody has it, or somebody else.
    pub fn issue_to(&self, user: UserId) -> Result<OpenIssue, Refusal> {
        let open = self.issued.ok_or(Refusal::NotOut)?;
        if open.user_id == user {
            Ok(open)
        } else {
            Err(Refusal::HeldByAnother(open))
        }
    }

    /// The kit comes back, whole or not: the kit as it is in the crib, the transaction `give` by which it had gone out,
    /// which knows of its counterpart from now on, and the transaction by which it came back.
    ///
    /// # Errors
    /// Where this person has not got it, or not by `give`, or too much is told of it.
    pub fn take_back(
        mut self,
        mut give: Transaction,
        movement: Movement,
    ) -> Result<(Self, Transaction, Transaction), Refusal> {
        let open = self.issue_to(movement.user_id)?;
        let is_open = give.id == open.transaction_id
            && give.tenant == self.tenant
            && give.toolkit_id == self.id
            && give.kind == TransactionKind::Give
            && give.counterpart.is_none();
        if !is_open {
            return Err(Refusal::NotTheOpenIssue);
        }
        let take = movement.into_transaction(&self, TransactionKind::Take, Some(give.id))?;
        give.counterpart = Some(take.id);
        self.issued = None;
        self.uses = self.uses.saturating_add(1);
        Ok((self, give, take))
    }
}

#[cfg(test)]
mod tests;
