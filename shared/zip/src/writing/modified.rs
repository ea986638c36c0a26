//! When a file was changed, as zip files have it.

use darkroom_domain::Timestamp;

/// Date and time of MS-DOS (4.4.6): in UTC here, since the format knows no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DosTime {
    pub(super) date: u16,
    pub(super) time: u16,
}

impl DosTime {
    /// When 1980 began.
    const FIRST: Self = Self {
        date: (1 << 5) | 1,
        time: 0,
    };

    /// Two seconds before the end of 2107.
    const LAST: Self = Self {
        date: (127 << 9) | (12 << 5) | 31,
        time: (23 << 11) | (59 << 5) | 29,
    };

    /// The two seconds that a moment lies in, or the nearest that there are.
    pub(super) fn of(moment: Timestamp) -> Self {
        let moment = moment.as_offset_date_time();
        let Ok(years) = u16::try_from(moment.year() - 1980) else {
            return Self::FIRST;
        };
        if years > 127 {
            return Self::LAST;
        }
        Self {
            date: (years << 9) | (u16::from(u8::from(moment.month())) << 5) | u16::from(moment.day()),
            time: (u16::from(moment.hour()) << 11)
                | (u16::from(moment.minute()) << 5)
                | u16::from(moment.second() / 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dos(text: &str) -> DosTime {
        DosTime::of(text.parse().unwrap())
    }

    #[test]
    fn years_that_the_format_has_no_room_for_become_the_nearest() {
        assert_eq!(dos("1979-12-31T23:59:59.000Z"), DosTime::FIRST);
        assert_eq!(dos("1980-01-01T00:00:00.000Z"), DosTime::FIRST);
        assert_eq!(dos("2107-12-31T23:59:59.000Z"), DosTime::LAST);
        assert_eq!(dos("2108-01-01T00:00:00.000Z"), DosTime::LAST);
    }

    #[test]
    fn a_moment_between_them() {
        let moment = dos("2026-11-20T19:42:37.500Z");
        assert_eq!(moment.date, (46 << 9) | (11 << 5) | 20);
        assert_eq!(moment.time, (19 << 11) | (42 << 5) | 18);
    }
}
