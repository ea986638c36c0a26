//! The states of jobs, and how far they are in one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// The results are there.
    Done,
    /// It came to nothing; the reason stands beside it.
    Failed,
    /// Its owner called it off.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The name as it stands in answers and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// Whether the state machine goes from this state to `next` in one step.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Queued, Self::Running | Self::Failed | Self::Cancelled)
                | (
                    Self::Running,
                    Self::Running | Self::Queued | Self::Done | Self::Failed | Self::Cancelled
                )
                | (Self::Failed | Self::Cancelled, Self::Queued)
        )
    }
}

/// How far a job has come with the pieces of its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Pieces that are done.
    pub done: u64,
    /// All pieces.
    pub total: u64,
}

impl Progress {
    /// In whole percent, rounded down; none where it is not known of what.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        let hundredths = self.done.min(self.total).saturating_mul(100);
        u8::try_from(hundredths.checked_div(self.total)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_in_percent() {
        let percent = |done, total| Progress { done, total }.percent();
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(1, 3), Some(33));
        assert_eq!(percent(9, 3), Some(100));
        assert_eq!(percent(u64::MAX, u64::MAX), Some(1));
    }
}
