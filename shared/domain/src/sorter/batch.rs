//! Batches: named sets of photographs that are grouped together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::GroupingParameters;
use crate::{
    failure::{Code, Failure},
    ids::{BatchId, GroupingId, JobId},
    tenant::TenantId,
    timestamp::Timestamp,
};

/// How far a batch has come. Whether an analysis has failed stands in its job alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BatchState {
    /// Nobody asked for groups yet.
    Pending,
    /// A job makes groups, or came to nothing.
    Analyzing {
        /// The job.
        job_id: JobId,
    },
    /// It has groups.
    Complete,
    /// It is being cleared away; nobody sees it any more.
    Deleting,
}

/// A named set of photographs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What its owner calls it.
    pub name: String,
    /// How far it has come.
    #[serde(flatten)]
    pub state: BatchState,
    /// What groups were asked for last.
    #[serde(default)]
    pub parameters: Option<GroupingParameters>,
    /// Whether the analysis under way may change what was grouped by hand.
    #[serde(default)]
    pub discards_manual: bool,
    /// The groups that hold, as a file, also while others are being made.
    #[serde(default)]
    pub grouping: Option<GroupingId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// When somebody should look after it; none unless it is being cleared away.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Batch {
    /// Longest name, in characters.
    pub const MAX_NAME: usize = 255;
    /// The most photographs of one batch.
    pub const MAX_MEMBERS: usize = 200_000;
    /// How long after its deletion a batch is looked after once more: what was on its way into it has arrived by then.
    pub const SWEEP: Duration = Duration::from_secs(15 * 60);

    /// A new batch without photographs.
    ///
    /// # Errors
    /// `validation_failed` for a name that is empty, too long, or has control characters.
    pub fn new(id: BatchId, tenant: TenantId, name: String, now: Timestamp) -> Result<Self, Failure> {
        check_name(&name)?;
        Ok(Self {
            id,
            tenant,
            name,
            state: BatchState::Pending,
            parameters: None,
            discards_manual: false,
            grouping: None,
            created_at: now,
            updated_at: None,
            due_at: None,
            version: 1,
        })
    }

    /// Whether it is shown.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        !matches!(self.state, BatchState::Deleting)
    }

    /// The job that makes its groups, or came to nothing over it.
    #[must_use]
    pub const fn job_id(&self) -> Option<JobId> {
        match self.state {
            BatchState::Analyzing { job_id } => Some(job_id),
            _ => None,
        }
    }

    /// The same batch under another name.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn renamed(self, name: String, now: Timestamp) -> Result<Self, Failure> {
        check_name(&name)?;
        Ok(Self {
            name,
            updated_at: Some(now),
            ..self
        })
    }

    /// `job_id` makes groups of it from here on, in the place of whoever did. The groups that it has hold until then.
    #[must_use]
    pub fn analyzed_by(
        self,
        job_id: JobId,
        parameters: GroupingParameters,
        discards_manual: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            state: BatchState::Analyzing { job_id },
            parameters: Some(parameters),
            discards_manual,
            updated_at: Some(now),
            ..self
        }
    }

    /// The groups that `job_id` made hold from here on.
    ///
    /// # Errors
    /// `cancelled` when it is another's turn by now.
    pub fn grouped(self, job_id: JobId, grouping: GroupingId, now: Timestamp) -> Result<Self, Failure> {
        if self.job_id() != Some(job_id) {
            return Err(Failure::permanent(
                Code::Cancelled,
                "A newer analysis took its place, or the batch was changed by hand meanwhile.",
            ));
        }
        Ok(self.regrouped(grouping, now))
    }

    /// These groups hold from here on, whoever made them. An analysis under way is called off: it must not change
    /// them unseen.
    #[must_use]
    pub fn regrouped(self, grouping: GroupingId, now: Timestamp) -> Self {
        Self {
            state: BatchState::Complete,
            discards_manual: false,
            grouping: Some(grouping),
            updated_at: Some(now),
            ..self
        }
    }

    /// These groups, in another order, hold from here on; an analysis under way goes on.
    #[must_use]
    pub fn ranked(self, grouping: GroupingId, now: Timestamp) -> Self {
        Self {
            grouping: Some(grouping),
            updated_at: Some(now),
            ..self
        }
    }

    /// From here on nobody sees it; what belongs to it is cleared away. The photographs stay.
    #[must_use]
    pub fn deleting(self, now: Timestamp) -> Self {
        Self {
            state: BatchState::Deleting,
            due_at: Some(now.after(Self::SWEEP)),
            ..self
        }
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > Batch::MAX_NAME || name.chars().any(char::is_control) {
        return Err(Failure::permanent(
            Code::ValidationFailed,
            format!(
                "A name has 1 to {} characters, and none of them is a control character.",
                Batch::MAX_NAME
            ),
        ));
    }
    Ok(())
}
