//! What a camera and an editor wrote into the file of a photograph.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, Month, PrimitiveDateTime, Time, macros::format_description};
use utoipa::ToSchema;

/// What is known of a photograph beside its pixels. A value that the file does not hold, or holds wrongly, is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhotographMetadata {
    /// Pixels of a row as stored, before the orientation is applied.
    #[schema(example = 1278)]
    pub width: u32,
    /// Rows as stored, before the orientation is applied.
    #[schema(example = 720)]
    pub height: u32,
    /// How the stored pixels lie, as EXIF counts: 1 to 8, 1 (upright) where the file does not say.
    #[schema(minimum = 1, maximum = 8, example = 1)]
    pub orientation: u8,
    /// When it was taken, by the clock of the camera.
    pub shot_at: Option<LocalDateTime>,
    /// Degrees north of the equator, to 7 decimals; south is negative. Known only together with the longitude.
    #[schema(minimum = -90, maximum = 90, example = 55.0387558)]
    pub latitude: Option<f64>,
    /// Degrees east of Greenwich, to 7 decimals; west is negative. Known only together with the latitude.
    #[schema(minimum = -180, maximum = 180, example = 8.4571906)]
    pub longitude: Option<f64>,
    /// Who made the camera.
    #[schema(max_length = 100, example = "Nokia")]
    pub camera_make: Option<String>,
    /// Which camera it is.
    #[schema(max_length = 100, example = "Lumia 820")]
    pub camera_model: Option<String>,
    /// The focal length in millimetres, to 2 decimals: `50mm`, `4.25mm`.
    #[schema(max_length = 50, example = "4.25mm")]
    pub focal_length: Option<String>,
    /// The focal length divided by the diameter of the aperture, to 2 decimals.
    #[schema(example = 2.2)]
    pub f_number: Option<f64>,
    /// The exposure time in seconds: as a fraction (`1/250`) below 0.3, else to one decimal (`0.5`, `2`).
    #[schema(max_length = 50, example = "1/250")]
    pub exposure_time: Option<String>,
    /// The sensitivity by ISO 12232.
    #[schema(example = 100)]
    pub iso: Option<u32>,
    /// What the photograph shows, in words.
    #[schema(max_length = 2000)]
    pub caption: Option<String>,
    /// Keywords, each once, in the order of the file; at most 100 of at most 100 characters. Null if there are none.
    pub tags: Option<Vec<String>>,
    /// Stars, 0 to 5; -1 if the photograph was rejected.
    #[schema(minimum = -1, maximum = 5, example = 4)]
    pub rating: Option<i8>,
}

impl PhotographMetadata {
    /// Characters of the camera's make and of its model, at most.
    pub const MAX_CAMERA_CHARACTERS: usize = 100;
    /// Characters of the caption, at most.
    pub const MAX_CAPTION_CHARACTERS: usize = 2_000;
    /// Keywords, at most.
    pub const MAX_TAGS: usize = 100;
    /// Characters of a keyword, at most.
    pub const MAX_TAG_CHARACTERS: usize = 100;

    /// What is known of a file that says nothing but its dimensions and how its pixels lie (1 to 8).
    #[must_use]
    pub const fn of_pixels(width: u32, height: u32, orientation: u8) -> Self {
        Self {
            width,
            height,
            orientation,
            shot_at: None,
            latitude: None,
            longitude: None,
            camera_make: None,
            camera_model: None,
            focal_length: None,
            f_number: None,
            exposure_time: None,
            iso: None,
            caption: None,
            tags: None,
            rating: None,
        }
    }

    /// The same without where the photograph was taken: what may be told to others than its owner.
    #[must_use]
    pub fn without_location(self) -> Self {
        Self {
            latitude: None,
            longitude: None,
            ..self
        }
    }
}

/// A date and a time of day as a clock showed it, to the second, in no known time zone: `2013-05-10T15:21:35`. The text
/// sorts as the time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "2013-05-10T15:21:35")]
pub struct LocalDateTime(PrimitiveDateTime);

/// A text that is not a date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date and a time of day")]
pub struct NotALocalDateTime;

impl LocalDateTime {
    /// The time of day on a date; none if the calendar or the clock has no such time, or outside of the years 1 to 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        let month = Month::try_from(month).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, day).ok()?;
        let time = Time::from_hms(hour, minute, second).ok()?;
        Some(Self(PrimitiveDateTime::new(date, time)))
    }

    /// The year.
    #[must_use]
    pub const fn year(&self) -> i32 {
        self.0.year()
    }
}

impl fmt::Display for LocalDateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        formatter.write_str(&self.0.format(format).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for LocalDateTime {
    type Err = NotALocalDateTime;

    fn from_str(text: &str) -> Result<Self, NotALocalDateTime> {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        let moment = PrimitiveDateTime::parse(text, format).map_err(|_| NotALocalDateTime)?;
        (1..=9999)
            .contains(&moment.year())
            .then_some(Self(moment))
            .ok_or(NotALocalDateTime)
    }
}

impl TryFrom<String> for LocalDateTime {
    type Error = NotALocalDateTime;

    fn try_from(text: String) -> Result<Self, NotALocalDateTime> {
        text.parse()
    }
}

impl From<LocalDateTime> for String {
    fn from(moment: LocalDateTime) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn starfish() -> PhotographMetadata {
        PhotographMetadata {
            shot_at: LocalDateTime::new(2013, 5, 10, 15, 21, 35),
            latitude: Some(55.038_755_8),
            longitude: Some(8.457_190_6),
            camera_make: Some("Nokia".to_owned()),
            f_number: Some(2.2),
            tags: Some(vec!["sea".to_owned()]),
            rating: Some(-1),
            ..PhotographMetadata::of_pixels(1278, 720, 1)
        }
    }

    #[test]
    fn json_has_the_fifteen_fields_and_null_for_the_unknown() {
        let json = serde_json::to_value(starfish()).unwrap();
        let expected = json!({
            "width": 1278, "height": 720, "orientation": 1, "shot_at": "2013-05-10T15:21:35",
            "latitude": 55.038_755_8, "longitude": 8.457_190_6, "camera_make": "Nokia", "camera_model": null,
            "focal_length": null, "f_number": 2.2, "exposure_time": null, "iso": null, "caption": null,
            "tags": ["sea"], "rating": -1,
        });
        assert_eq!(json, expected);
        assert_eq!(json.as_object().unwrap().len(), 15);
        assert_eq!(
            serde_json::from_value::<PhotographMetadata>(json).unwrap(),
            starfish()
        );
    }

    #[test]
    fn the_place_can_be_left_out_and_nothing_else_is() {
        let told = starfish().without_location();
        assert_eq!((told.latitude, told.longitude), (None, None));
        let with_place = PhotographMetadata {
            latitude: starfish().latitude,
            longitude: starfish().longitude,
            ..told
        };
        assert_eq!(with_place, starfish());
    }

    #[test]
    fn times_that_no_clock_shows_are_refused() {
        assert_eq!(LocalDateTime::new(2023, 2, 29, 0, 0, 0), None);
        assert!(LocalDateTime::new(2024, 2, 29, 23, 59, 59).is_some());
        for (year, month, day, hour, minute, second) in [
            (0, 1, 1, 0, 0, 0),
            (10_000, 1, 1, 0, 0, 0),
            (2024, 0, 1, 0, 0, 0),
            (2024, 13, 1, 0, 0, 0),
            (2024, 1, 0, 0, 0, 0),
            (2024, 1, 1, 24, 0, 0),
            (2024, 1, 1, 0, 60, 0),
            (2024, 1, 1, 0, 0, 60),
        ] {
            assert_eq!(LocalDateTime::new(year, month, day, hour, minute, second), None);
        }
        for text in [
            "",
            "2024-01-01",
            "2024-01-01 10:00:00",
            "2024-01-01T10:00:00Z",
            "0000-01-01T00:00:00",
        ] {
            assert_eq!(text.parse::<LocalDateTime>(), Err(NotALocalDateTime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn times_come_back_from_their_text_and_sort_as_it_does(
            a in (1..=9999_u16, 1..=12_u8, 1..=28_u8, 0..24_u8, 0..60_u8, 0..60_u8),
            b in (1..=9999_u16, 1..=12_u8, 1..=28_u8, 0..24_u8, 0..60_u8, 0..60_u8),
        ) {
            let time = |(year, month, day, hour, minute, second)| {
                LocalDateTime::new(year, month, day, hour, minute, second).unwrap()
            };
            let (first, second) = (time(a), time(b));
            prop_assert_eq!(first.to_string().parse(), Ok(first));
            prop_assert_eq!(first.cmp(&second), first.to_string().cmp(&second.to_string()));
        }
    }
}
