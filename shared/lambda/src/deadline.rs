//! The time that is left to an invocation.

use std::time::Duration;

use darkroom_domain::Timestamp;
use lambda_runtime::Context;

/// When Lambda ends this invocation, whatever it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// What is kept back for writing down how the work ended.
    pub const RESERVE: Duration = Duration::from_secs(2);

    /// The deadline that Lambda names; the end of time where it names none.
    #[must_use]
    pub fn of(context: &Context) -> Self {
        let milliseconds = i64::try_from(context.deadline).unwrap_or(i64::MAX);
        Self(Timestamp::from_unix_milliseconds(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The deadline at a moment.
    #[must_use]
    pub const fn at(moment: Timestamp) -> Self {
        Self(moment)
    }

    /// The moment.
    #[must_use]
    pub const fn moment(&self) -> Timestamp {
        self.0
    }

    /// What is left at `now` for work, without the reserve.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Duration {
        self.0.since(now).saturating_sub(Self::RESERVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_not_for_work() {
        let now = Timestamp::from_unix_milliseconds(1_000).unwrap();
        assert_eq!(
            Deadline::at(now.after(Duration::from_secs(5))).left(now),
            Duration::from_secs(3)
        );
        assert_eq!(
            Deadline::at(now.after(Duration::from_secs(1))).left(now),
            Duration::ZERO
        );
        assert_eq!(Deadline::at(Timestamp::UNIX_EPOCH).left(now), Duration::ZERO);
    }
}
