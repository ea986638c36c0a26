//! The time of a request: the gateway waits for 30 seconds.

use std::time::{Duration, Instant};

/// When no further picture is begun.
const ENOUGH: Duration = Duration::from_secs(20);
/// When the picture that is looked at is given up: what is left is for the answer.
const AT_MOST: Duration = Duration::from_secs(26);

/// The time of a request since it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestTime(Instant);

impl RequestTime {
    /// Of a request that has just come.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Whether it is too late to begin with another picture.
    pub(crate) fn is_over(self) -> bool {
        self.0.elapsed() >= ENOUGH
    }

    /// What a picture may take.
    pub(crate) fn left(self) -> Duration {
        AT_MOST.saturating_sub(self.0.elapsed())
    }
}
