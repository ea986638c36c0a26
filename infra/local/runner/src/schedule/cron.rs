//! Cron expressions of six fields, in UTC: lists, ranges, steps and names.

use std::collections::BTreeSet;

use time::{Date, Duration, OffsetDateTime, Time};

use super::expression::ScheduleError;

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// How far the search for the next time goes: a 29 February is at most eight years away.
const SEARCHED_DAYS: i64 = 366 * 9;

/// A cron expression. A field that holds every value of its range is unrestricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: BTreeSet<u16>,
    hours: BTreeSet<u16>,
    days: BTreeSet<u16>,
    months: BTreeSet<u16>,
    /// Sunday is 1.
    weekdays: BTreeSet<u16>,
    years: BTreeSet<u16>,
}

impl Cron {
    /// Reads the six fields.
    ///
    /// # Errors
    /// When there are not six, one is out of its range, or day and weekday are both or neither `?`.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else {
            return Err(ScheduleError::InvalidCron(text.to_owned()));
        };
        if (*days == "?") == (*weekdays == "?") {
            return Err(ScheduleError::InvalidField {
                field: "weekday",
                text: (*weekdays).to_owned(),
            });
        }
        Ok(Self {
            minutes: field("minute", minutes, 0, 59, &[])?,
            hours: field("hour", hours, 0, 23, &[])?,
            days: field("day", if *days == "?" { "*" } else { days }, 1, 31, &[])?,
            months: field("month", months, 1, 12, MONTHS)?,
            weekdays: field(
                "weekday",
                if *weekdays == "?" { "*" } else { weekdays },
                1,
                7,
                WEEKDAYS,
            )?,
            years: field("year", years, 1970, 2199, &[])?,
        })
    }

    /// The first minute after the given time that the expression names.
    #[must_use]
    pub fn next_after(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let after = after.to_offset(time::UtcOffset::UTC);
        (0..SEARCHED_DAYS)
            .filter_map(|ahead| after.date().checked_add(Duration::days(ahead)))
            .filter(|date| self.names(*date))
            .find_map(|date| {
                self.times()
                    .map(|time| date.with_time(time).assume_utc())
                    .find(|candidate| *candidate > after)
            })
    }

    fn names(&self, date: Date) -> bool {
        let weekday = u16::from(date.weekday().number_from_sunday());
        self.days.contains(&u16::from(date.day()))
            && self.months.contains(&u16::from(u8::from(date.month())))
            && self.weekdays.contains(&weekday)
            && u16::try_from(date.year()).is_ok_and(|year| self.years.contains(&year))
    }

    fn times(&self) -> impl Iterator<Item = Time> + '_ {
        self.hours.iter().flat_map(move |hour| {
            self.minutes.iter().filter_map(move |minute| {
                Time::from_hms(u8::try_from(*hour).ok()?, u8::try_from(*minute).ok()?, 0).ok()
            })
        })
    }
}

fn field(
    field: &'static str,
    text: &str,
    least: u16,
    most: u16,
    names: &[&str],
) -> Result<BTreeSet<u16>, ScheduleError> {
    let invalid = || ScheduleError::InvalidField {
        field,
        text: text.to_owned(),
    };
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = match named {
            Some(index) => u16::try_from(index).ok()?.checked_add(least),
            None => text.parse().ok(),
        };
        value.filter(|value| (least..=most).contains(value))
    };
    let mut values = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => {
                let step = step
                    .parse::<usize>()
                    .ok()
                    .filter(|step| *step > 0)
                    .ok_or_else(invalid)?;
                (range, Some(step))
            }
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((first, last)) => (
                number(first).ok_or_else(invalid)?,
                number(last).ok_or_else(invalid)?,
            ),
            None => {
                let first = number(range).ok_or_else(invalid)?;
                // A start with a step runs to the end of the range.
                (first, if step.is_some() { most } else { first })
            }
        };
        if first > last {
            return Err(invalid());
        }
        values.extend((first..=last).step_by(step.unwrap_or(1)));
    }
    Ok(values)
}
