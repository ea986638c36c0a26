//! Points in time, to the millisecond.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use utoipa::ToSchema;

/// A point in time as `2026-01-31T23:59:59.000Z`: of one length, so that the text sorts as the time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = DateTime)]
pub struct Timestamp(OffsetDateTime);

/// A text that is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a point in time")]
pub struct NotATimestamp;

impl Timestamp {
    /// When 1970 began.
    pub const UNIX_EPOCH: Self = Self(OffsetDateTime::UNIX_EPOCH);

    /// The point `milliseconds` after 1970 began, or none outside of the years 0 to 9999.
    #[must_use]
    pub fn from_unix_milliseconds(milliseconds: i64) -> Option<Self> {
        let nanoseconds = i128::from(milliseconds).checked_mul(1_000_000)?;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        (0..=9999).contains(&moment.year()).then_some(Self(moment))
    }

    /// Milliseconds since 1970 began.
    #[must_use]
    pub fn unix_milliseconds(&self) -> i64 {
        self.0
            .unix_timestamp()
            .saturating_mul(1000)
            .saturating_add(i64::from(self.0.millisecond()))
    }

    /// Whole seconds since 1970 began, as DynamoDB's time to live wants them.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The point `duration` later; the last there is, if there is none.
    #[must_use]
    pub fn after(&self, duration: Duration) -> Self {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_milliseconds(self.unix_milliseconds().saturating_add(milliseconds)).unwrap_or(*self)
    }

    /// The moment for formats of others, such as signatures.
    #[must_use]
    pub const fn as_offset_date_time(&self) -> OffsetDateTime {
        self.0
    }

    /// The time from `earlier` to this, nothing if it was not earlier.
    #[must_use]
    pub fn since(&self, earlier: Self) -> Duration {
        let milliseconds = self
            .unix_milliseconds()
            .saturating_sub(earlier.unix_milliseconds());
        Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        formatter.write_str(&self.0.format(format).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotATimestamp)?;
        let milliseconds =
            i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).map_err(|_| NotATimestamp)?;
        Self::from_unix_milliseconds(milliseconds).ok_or(NotATimestamp)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = NotATimestamp;

    fn try_from(text: String) -> Result<Self, NotATimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_one_length_and_round_trips() {
        for milliseconds in [0, 1, 999, 1_000, 1_790_000_000_123, 253_402_300_799_999] {
            let moment = Timestamp::from_unix_milliseconds(milliseconds).unwrap();
            assert_eq!(moment.to_string().len(), "1970-01-01T00:00:00.000Z".len());
            assert_eq!(moment.to_string().parse::<Timestamp>().unwrap(), moment);
            assert_eq!(moment.unix_milliseconds(), milliseconds);
        }
        assert_eq!(
            Timestamp::from_unix_milliseconds(0).unwrap().to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }

    #[test]
    fn later_and_since() {
        let moment = Timestamp::from_unix_milliseconds(1_000).unwrap();
        let later = moment.after(Duration::from_millis(1_500));
        assert_eq!(later.unix_milliseconds(), 2_500);
        assert_eq!(later.since(moment), Duration::from_millis(1_500));
        assert_eq!(moment.since(later), Duration::ZERO);
    }
}
