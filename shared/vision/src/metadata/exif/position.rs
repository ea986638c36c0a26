//! Where a photograph was taken.

use super::fields::{Fields, Ratio};

const LATITUDE_REFERENCE: u16 = 1;
const LATITUDE: u16 = 2;
const LONGITUDE_REFERENCE: u16 = 3;
const LONGITUDE: u16 = 4;

/// Latitude and longitude in decimal degrees, north and east positive. Both or none: a half of a place is no place, and
/// without its hemisphere there would be four of them.
pub(super) fn position(fields: &Fields) -> Option<(f64, f64)> {
    let coordinate = |axis: &Axis, reference, angle| {
        let parts: Option<Vec<f64>> = fields
            .gps_ratios(angle)?
            .into_iter()
            .map(|ratio| ratio.map(Ratio::to_f64))
            .collect();
        axis.coordinate(fields.gps_text(reference)?, &parts?)
    };
    Some((
        coordinate(&LATITUDES, LATITUDE_REFERENCE, LATITUDE)?,
        coordinate(&LONGITUDES, LONGITUDE_REFERENCE, LONGITUDE)?,
    ))
}

/// A latitude as XMP writes it: `55,2,19N` or `55,2.32535N`.
pub(in crate::metadata) fn latitude(text: &str) -> Option<f64> {
    LATITUDES.coordinate_of_text(text)
}

/// A longitude as XMP writes it: `8,27,25E` or `8,27.4314E`.
pub(in crate::metadata) fn longitude(text: &str) -> Option<f64> {
    LONGITUDES.coordinate_of_text(text)
}

/// What angles go up to, and the letters of the two halves.
struct Axis {
    limit: f64,
    positive: u8,
    negative: u8,
}

const LATITUDES: Axis = Axis {
    limit: 90.0,
    positive: b'N',
    negative: b'S',
};
const LONGITUDES: Axis = Axis {
    limit: 180.0,
    positive: b'E',
    negative: b'W',
};

impl Axis {
    fn coordinate(&self, reference: &[u8], parts: &[f64]) -> Option<f64> {
        let degrees = degrees(parts).filter(|&degrees| degrees <= self.limit)?;
        Some(seven_decimals(self.sign(reference)? * degrees))
    }

    fn coordinate_of_text(&self, text: &str) -> Option<f64> {
        let text = text.trim();
        let (angle, reference) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let parts: Result<Vec<f64>, _> = angle.split(',').take(4).map(str::parse).collect();
        self.coordinate(reference.as_bytes(), &parts.ok()?)
    }

    fn sign(&self, reference: &[u8]) -> Option<f64> {
        match reference.trim_ascii().first()?.to_ascii_uppercase() {
            letter if letter == self.positive => Some(1.0),
            letter if letter == self.negative => Some(-1.0),
            _ => None,
        }
    }
}

/// Degrees of degrees, minutes and seconds. Minutes and seconds that are not there are 0; those that are broken make the
/// whole unknown, as it might be off by a hundred kilometres.
fn degrees(parts: &[f64]) -> Option<f64> {
    let within = |part: f64, limit: f64| (0.0..=limit).contains(&part).then_some(part);
    let (degrees, minutes, seconds) = match *parts {
        [degrees] => (degrees, 0.0, 0.0),
        [degrees, minutes] => (degrees, minutes, 0.0),
        [degrees, minutes, seconds] => (degrees, minutes, seconds),
        _ => return None,
    };
    // 60 itself comes from rounding.
    Some(within(degrees, 180.0)? + within(minutes, 60.0)? / 60.0 + within(seconds, 60.0)? / 3_600.0)
}

/// A centimetre; more than any camera measures. Never a negative zero.
fn seven_decimals(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_come_in_several_forms() {
        for parts in [
            &[55.0, 2.0, 19.521][..],
            &[55.0, 2.325_35, 0.0],
            &[55.0, 2.325_35],
            &[55.038_755_833_333],
        ] {
            assert_eq!(LATITUDES.coordinate(b"N", parts), Some(55.038_755_8), "{parts:?}");
            assert_eq!(
                LATITUDES.coordinate(b"S", parts),
                Some(-55.038_755_8),
                "{parts:?}"
            );
        }
        assert_eq!(LONGITUDES.coordinate(b"w", &[179.0, 59.0, 60.0]), Some(-180.0));
        assert_eq!(latitude("55,2.32535N"), Some(55.038_755_8));
        assert_eq!(longitude(" 8,27,25.886W "), Some(-8.457_190_6));
    }

    #[test]
    fn broken_angles_are_none() {
        for parts in [
            &[][..],
            &[-1.0],
            &[90.000_01],
            &[f64::NAN],
            &[f64::INFINITY],
            &[55.0, 61.0, 0.0],
            &[55.0, 0.0, 61.0],
            &[55.0, -1.0, 0.0],
            &[1.0, 2.0, 3.0, 4.0],
        ] {
            assert_eq!(LATITUDES.coordinate(b"N", parts), None, "{parts:?}");
        }
        for text in [
            "",
            "N",
            "55,2.3",
            "55,2.3E",
            "55,2.3ß",
            "a,b,cN",
            "1,2,3,4,5,6N",
            "91,0N",
        ] {
            assert_eq!(latitude(text), None, "{text}");
        }
    }

    #[test]
    fn the_hemisphere_is_needed() {
        for reference in [&b""[..], b" ", b"E", b"\0"] {
            assert_eq!(LATITUDES.coordinate(reference, &[55.0]), None);
        }
        let equator = LATITUDES.coordinate(b"S", &[0.0]).unwrap();
        assert!(equator.is_sign_positive());
    }
}
