//! EXIF 3.0, as far as it is asked for.

pub(super) mod exposure;
mod fields;
pub(super) mod position;
mod survey;

use std::char::{REPLACEMENT_CHARACTER, decode_utf16};

use darkroom_domain::{LocalDateTime, PhotographMetadata};

use super::text::{Tags, caption, clean, utf8_or_latin1};
use crate::guard::guarded;
use fields::Fields;
pub(super) use fields::Ratio;

const IMAGE_DESCRIPTION: u16 = 0x010E;
const MAKE: u16 = 0x010F;
const MODEL: u16 = 0x0110;
const RATING: u16 = 0x4746;
const EXPOSURE_TIME: u16 = 0x829A;
const F_NUMBER: u16 = 0x829D;
const PHOTOGRAPHIC_SENSITIVITY: u16 = 0x8827;
const STANDARD_OUTPUT_SENSITIVITY: u16 = 0x8831;
const RECOMMENDED_EXPOSURE_INDEX: u16 = 0x8832;
const ISO_SPEED: u16 = 0x8833;
const DATE_TIME_ORIGINAL: u16 = 0x9003;
const FOCAL_LENGTH: u16 = 0x920A;
/// Keywords as Windows writes them: UTF-16, low byte first, parted by semicolons.
const XP_KEYWORDS: u16 = 0x9C9E;

/// The year of the oldest photograph that is left. Clocks that were never set show earlier ones.
const FIRST_PHOTOGRAPH: i32 = 1826;

/// What is asked of an EXIF block.
#[derive(Debug, Default)]
pub(super) struct Exif {
    pub(super) shot_at: Option<LocalDateTime>,
    /// Latitude and longitude.
    pub(super) position: Option<(f64, f64)>,
    pub(super) camera_make: Option<String>,
    pub(super) camera_model: Option<String>,
    pub(super) focal_length: Option<String>,
    pub(super) f_number: Option<f64>,
    pub(super) exposure_time: Option<String>,
    pub(super) iso: Option<u32>,
    pub(super) description: Option<String>,
    pub(super) keywords: Vec<String>,
    pub(super) rating: Option<i8>,
}

impl Exif {
    /// What this block says, and where it does not, what the other says.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            shot_at: self.shot_at.or(other.shot_at),
            position: self.position.or(other.position),
            camera_make: self.camera_make.or(other.camera_make),
            camera_model: self.camera_model.or(other.camera_model),
            focal_length: self.focal_length.or(other.focal_length),
            f_number: self.f_number.or(other.f_number),
            exposure_time: self.exposure_time.or(other.exposure_time),
            iso: self.iso.or(other.iso),
            description: self.description.or(other.description),
            rating: self.rating.or(other.rating),
            ..self
        }
    }
}

/// Reads a block; nothing is found in one that cannot be read. Were the reader to panic, it would cost what is read here.
pub(super) fn read(block: &[u8]) -> Exif {
    guarded(|| Ok(Fields::of(block).map(|fields| values(&fields))))
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn values(fields: &Fields) -> Exif {
    let camera = |tag| {
        let text = String::from_utf8_lossy(fields.text(tag)?);
        clean(&text, PhotographMetadata::MAX_CAMERA_CHARACTERS)
    };
    Exif {
        shot_at: fields.text(DATE_TIME_ORIGINAL).and_then(local_date_time),
        position: position::position(fields),
        camera_make: camera(MAKE),
        camera_model: camera(MODEL),
        focal_length: fields.ratio(FOCAL_LENGTH).and_then(exposure::focal_length),
        f_number: fields.ratio(F_NUMBER).and_then(exposure::f_number),
        exposure_time: fields.ratio(EXPOSURE_TIME).and_then(exposure::exposure_time),
        iso: iso(fields),
        description: fields
            .text(IMAGE_DESCRIPTION)
            .and_then(|text| caption(&utf8_or_latin1(text))),
        keywords: fields.octets(XP_KEYWORDS).map(keywords).unwrap_or_default(),
        rating: fields
            .integer(RATING)
            .and_then(|stars| i8::try_from(stars).ok())
            .filter(|stars| *stars <= 5),
    }
}

/// `2013:05:10 15:21:35`. Other programs than cameras put other signs between the numbers, and fractions or a zone behind
/// them.
pub(super) fn local_date_time(text: &[u8]) -> Option<LocalDateTime> {
    let text = text.trim_ascii_start().first_chunk::<19>()?;
    let [
        y3,
        y2,
        y1,
        y0,
        s1,
        m1,
        m0,
        s2,
        d1,
        d0,
        s3,
        h1,
        h0,
        s4,
        n1,
        n0,
        s5,
        t1,
        t0,
    ] = *text;
    let is_sign = |byte: u8| !byte.is_ascii_alphanumeric();
    if ![s1, s2, s4, s5].into_iter().all(is_sign) || !(is_sign(s3) || s3 == b'T') {
        return None;
    }
    let two = |tens: u8, ones: u8| {
        let number = std::str::from_utf8(&[tens, ones]).ok()?.parse::<u8>().ok();
        number.filter(|_| tens.is_ascii_digit())
    };
    let year = u16::from(two(y3, y2)?) * 100 + u16::from(two(y1, y0)?);
    LocalDateTime::new(
        year,
        two(m1, m0)?,
        two(d1, d0)?,
        two(h1, h0)?,
        two(n1, n0)?,
        two(t1, t0)?,
    )
    .filter(|moment| moment.year() >= FIRST_PHOTOGRAPH)
}

/// The sensitivity; the others of ISO 12232 where it is not told, or above what 16 bits hold.
fn iso(fields: &Fields) -> Option<u32> {
    const MORE_THAN_16_BITS: u32 = 0xFFFF;
    let told = |tag| fields.integer(tag).filter(|&iso| iso > 0);
    let sensitivity = told(PHOTOGRAPHIC_SENSITIVITY);
    sensitivity
        .filter(|&iso| iso < MORE_THAN_16_BITS)
        .or_else(|| told(ISO_SPEED))
        .or_else(|| told(RECOMMENDED_EXPOSURE_INDEX))
        .or_else(|| told(STANDARD_OUTPUT_SENSITIVITY))
        .or(sensitivity)
}

fn keywords(octets: &[u8]) -> Vec<String> {
    let (units, _) = octets.as_chunks::<2>();
    let text: String = decode_utf16(units.iter().copied().map(u16::from_le_bytes))
        .map(|character| character.unwrap_or(REPLACEMENT_CHARACTER))
        .take_while(|&character| character != '\0')
        .collect();
    let mut tags = Tags::default();
    for keyword in text.split(';') {
        tags.add(keyword);
    }
    tags.into_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_cameras_and_of_other_programs() {
        for text in [
            "2013:05:10 15:21:35",
            "2013-05-10 15:21:35",
            "2013/05/10 15:21:35",
            "2013-05-10T15:21:35",
            "2013:05:10 15:21:35.123+02:00",
            " 2013:05:10 15:21:35 ",
        ] {
            let moment = local_date_time(text.as_bytes()).unwrap();
            assert_eq!(moment.to_string(), "2013-05-10T15:21:35", "{text}");
        }
        for text in [
            "",
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "2013:02:30 15:21:35",
            "2013:05:10 24:00:00",
            "2013:05:10 15:21",
            "2013:05:10 15:21:+5",
            "2013:05:10x15:21:35",
            "0001:01:01 00:00:00",
            "1825:01:01 00:00:00",
            "20130510T1521350000000",
        ] {
            assert_eq!(local_date_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn keywords_of_windows() {
        let octets = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        assert_eq!(
            keywords(&octets("Meer;Zürich; 🐚;Meer\0junk")),
            ["Meer", "Zürich", "🐚"]
        );
        assert_eq!(keywords(&[0x00, 0xD8, b'a', 0, b'!']), ["\u{FFFD}a"]);
        assert!(keywords(&[0; 64]).is_empty());
    }
}
