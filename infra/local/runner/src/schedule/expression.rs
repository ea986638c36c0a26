//! `rate(...)` and `cron(...)`.

use std::time::Duration;

use time::OffsetDateTime;

use super::cron::Cron;

/// When something happens again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every so often.
    Rate(Duration),
    /// At the minutes that an expression names, in UTC.
    Cron(Box<Cron>),
}

/// What is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Neither `rate(...)` nor `cron(...)`.
    #[error("{0:?}, which is neither rate(...) nor cron(...)")]
    UnknownForm(String),
    /// The rate is not a number and its unit.
    #[error("{0:?}, whose rate is not a positive number and minute, minutes, hour, hours, day or days")]
    InvalidRate(String),
    /// The cron expression has not six fields.
    #[error("{0:?}, whose cron expression has not the six fields minutes, hours, day, month, weekday, year")]
    InvalidCron(String),
    /// A field of the cron expression is not understood.
    #[error("the {field} field {text:?}, which is not understood")]
    InvalidField {
        /// The field.
        field: &'static str,
        /// What stands there.
        text: String,
    },
}

impl Schedule {
    /// Reads a schedule expression.
    ///
    /// # Errors
    /// When it is not one, or uses what is not supported here: `L`, `W` and `#`.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let form = |name: &str| {
            text.trim()
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'))
        };
        if let Some(rate) = form("rate") {
            return self::rate(rate)
                .map(Self::Rate)
                .ok_or_else(|| ScheduleError::InvalidRate(text.to_owned()));
        }
        if let Some(cron) = form("cron") {
            return Cron::parse(cron).map(|cron| Self::Cron(Box::new(cron)));
        }
        Err(ScheduleError::UnknownForm(text.to_owned()))
    }

    /// The first time after the given one, if there is any.
    #[must_use]
    pub fn next_after(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Rate(every) => after.checked_add(time::Duration::try_from(*every).ok()?),
            Self::Cron(cron) => cron.next_after(after),
        }
    }
}

/// A number and its unit: singular for 1, plural above, as `EventBridge` insists.
fn rate(text: &str) -> Option<Duration> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    let seconds: u64 = match (unit.trim(), number) {
        ("minute", 1) => 60,
        ("hour", 1) => 3_600,
        ("day", 1) => 86_400,
        ("minutes", 2..) => 60,
        ("hours", 2..) => 3_600,
        ("days", 2..) => 86_400,
        _ => return None,
    };
    u64::from(number).checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn rates() {
        for (text, seconds) in [
            ("rate(1 minute)", 60),
            ("rate(5 minutes)", 300),
            ("rate(1 hour)", 3_600),
            ("rate(12 hours)", 43_200),
            ("rate(1 day)", 86_400),
            ("rate(7 days)", 604_800),
        ] {
            let schedule = Schedule::parse(text).unwrap();
            assert_eq!(schedule, Schedule::Rate(Duration::from_secs(seconds)), "{text}");
        }
        let next = Schedule::parse("rate(5 minutes)")
            .unwrap()
            .next_after(datetime!(2026-01-01 00:00 UTC));
        assert_eq!(next, Some(datetime!(2026-01-01 00:05 UTC)));
    }

    #[test]
    fn what_eventbridge_refuses_is_refused() {
        for text in [
            "",
            "rate()",
            "rate(5)",
            "rate(0 minutes)",
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(-1 minutes)",
            "rate(5 seconds)",
            "rate(99999999999 days)",
            "every(5 minutes)",
            "rate(5 minutes",
            "at(2026-01-01T00:00:00)",
            "cron(0 12 * * ?)",
            "cron(0 12 * * * *)",
            "cron(0 12 L * ? *)",
            "cron(0 12 ? * 2#1 *)",
            "cron(60 * * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 0 0 * ? *)",
            "cron(*/0 * * * ? *)",
            "cron(5-1 * * * ? *)",
        ] {
            let error = Schedule::parse(text).unwrap_err().to_string();
            assert!(!error.is_empty() && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn cron_expressions() {
        let after = datetime!(2026-02-27 23:58:30 UTC); // a Friday
        for (text, next) in [
            ("cron(* * * * ? *)", Some(datetime!(2026-02-27 23:59 UTC))),
            ("cron(0 12 * * ? *)", Some(datetime!(2026-02-28 12:00 UTC))),
            ("cron(0/15 * * * ? *)", Some(datetime!(2026-02-28 00:00 UTC))),
            ("cron(15 10 ? * MON-FRI *)", Some(datetime!(2026-03-02 10:15 UTC))),
            ("cron(15 10 ? * 1 *)", Some(datetime!(2026-03-01 10:15 UTC))),
            ("cron(0 8 1,15 * ? *)", Some(datetime!(2026-03-01 08:00 UTC))),
            ("cron(0 0 29 2 ? *)", Some(datetime!(2028-02-29 00:00 UTC))),
            (
                "cron(0 0 1 JAN ? 2030-2031)",
                Some(datetime!(2030-01-01 00:00 UTC)),
            ),
            ("cron(0 0 1 1 ? 2020)", None),
            ("cron(0 0 30 2 ? *)", None),
        ] {
            assert_eq!(Schedule::parse(text).unwrap().next_after(after), next, "{text}");
        }
    }
}
