//! The properties of XMP that are asked for, and what their texts mean.
//!
//! PNG and WebP files that were exported often have no EXIF block, but its values as properties (ISO 16684-1, "Exif schema
//! for TIFF and EXIF properties").

use darkroom_domain::{LocalDateTime, PhotographMetadata};
use quick_xml::name::Namespace;

use crate::metadata::exif::{Exif, Ratio, exposure, local_date_time, position};
use crate::metadata::text::clean;

const DUBLIN_CORE: Namespace<'_> = Namespace(b"http://purl.org/dc/elements/1.1/");
const EXIF: Namespace<'_> = Namespace(b"http://ns.adobe.com/exif/1.0/");
const TIFF: Namespace<'_> = Namespace(b"http://ns.adobe.com/tiff/1.0/");
const XMP: Namespace<'_> = Namespace(b"http://ns.adobe.com/xap/1.0/");

/// A property of the photograph itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    /// A text in several languages.
    Description,
    /// A set of keywords.
    Subject,
    /// All else has one value.
    Simple(Simple),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Simple {
    Rating,
    Make,
    Model,
    DateTimeOriginal,
    ExposureTime,
    FNumber,
    FocalLength,
    /// A list, of which the first counts.
    IsoSpeedRatings,
    Latitude,
    Longitude,
}

impl Property {
    /// The property of a name in any namespace: tells in no time that a name is of no interest.
    pub(super) fn of_name(name: &[u8]) -> Option<(Namespace<'static>, Self)> {
        let (namespace, simple) = match name {
            b"description" => return Some((DUBLIN_CORE, Self::Description)),
            b"subject" => return Some((DUBLIN_CORE, Self::Subject)),
            b"Rating" => (XMP, Simple::Rating),
            b"Make" => (TIFF, Simple::Make),
            b"Model" => (TIFF, Simple::Model),
            b"DateTimeOriginal" => (EXIF, Simple::DateTimeOriginal),
            b"ExposureTime" => (EXIF, Simple::ExposureTime),
            b"FNumber" => (EXIF, Simple::FNumber),
            b"FocalLength" => (EXIF, Simple::FocalLength),
            b"ISOSpeedRatings" | b"PhotographicSensitivity" => (EXIF, Simple::IsoSpeedRatings),
            b"GPSLatitude" => (EXIF, Simple::Latitude),
            b"GPSLongitude" => (EXIF, Simple::Longitude),
            _ => return None,
        };
        Some((namespace, Self::Simple(simple)))
    }
}

/// The simple properties of a packet; of each the first that can be understood.
#[derive(Debug, Default)]
pub(super) struct Values {
    exif: Exif,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl Values {
    pub(super) fn keep(&mut self, property: Simple, text: &str) {
        let camera = |text| clean(text, PhotographMetadata::MAX_CAMERA_CHARACTERS);
        let exif = &mut self.exif;
        match property {
            Simple::Rating => keep_first(&mut exif.rating, || rating(text)),
            Simple::Make => keep_first(&mut exif.camera_make, || camera(text)),
            Simple::Model => keep_first(&mut exif.camera_model, || camera(text)),
            Simple::DateTimeOriginal => keep_first(&mut exif.shot_at, || shot_at(text)),
            Simple::ExposureTime => {
                keep_first(&mut exif.exposure_time, || exposure::exposure_time(ratio(text)?));
            }
            Simple::FNumber => keep_first(&mut exif.f_number, || exposure::f_number(ratio(text)?)),
            Simple::FocalLength => {
                keep_first(&mut exif.focal_length, || exposure::focal_length(ratio(text)?));
            }
            Simple::IsoSpeedRatings => {
                keep_first(&mut exif.iso, || text.trim().parse().ok().filter(|&iso| iso > 0))
            }
            Simple::Latitude => keep_first(&mut self.latitude, || position::latitude(text)),
            Simple::Longitude => keep_first(&mut self.longitude, || position::longitude(text)),
        }
    }

    /// As what an EXIF block would have said.
    pub(super) fn into_exif(self) -> Exif {
        Exif {
            position: self.latitude.zip(self.longitude),
            ..self.exif
        }
    }
}

fn keep_first<T>(kept: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if kept.is_none() {
        *kept = value();
    }
}

/// Stars, 0 to 5, or -1 for what was rejected. Some editors write them with decimals.
fn rating(text: &str) -> Option<i8> {
    let stars = text.trim().parse::<f64>().ok()?.round();
    (-1..=5).find(|&rating| f64::from(rating) == stars)
}

/// `2013-05-10T15:21:35`, and what may follow; without a time of day, or without seconds, it is not known.
fn shot_at(text: &str) -> Option<LocalDateTime> {
    local_date_time(text.as_bytes())
}

/// `1/250`, or a number alone.
fn ratio(text: &str) -> Option<Ratio> {
    let (numerator, denominator) = text.trim().split_once('/').unwrap_or((text.trim(), "1"));
    Ratio::new(numerator.parse().ok()?, denominator.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_stars_or_rejections() {
        for (text, stars) in [("-1", -1), ("0", 0), (" 3 ", 3), ("4.0", 4), ("4.6", 5), ("5", 5)] {
            assert_eq!(rating(text), Some(stars), "{text}");
        }
        for text in [
            "",
            "6",
            "-2",
            "NaN",
            "inf",
            "1e300",
            "five",
            "99999999999999999999",
        ] {
            assert_eq!(rating(text), None, "{text}");
        }
    }

    #[test]
    fn ratios_are_written_with_a_slash() {
        assert_eq!(ratio(" 1/250 "), Ratio::new(1, 250));
        assert_eq!(ratio("8"), Ratio::new(8, 1));
        for broken in ["", "/", "1/0", "-1/250", "1/2/3", "1.5", "4294967296/1"] {
            assert_eq!(ratio(broken), None, "{broken}");
        }
    }
}
