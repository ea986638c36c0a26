//! How a photograph was exposed, as photographers write it.

use super::fields::Ratio;

/// The longest focal length in millimetres that is believed; telescopes have some ten thousand.
const MAX_FOCAL_LENGTH: f64 = 1e6;
/// The highest f-number that is believed; pinholes have some hundred.
const MAX_F_NUMBER: f64 = 10_000.0;

/// Seconds: below 0.3 as a fraction of 1, otherwise to one decimal.
pub(in crate::metadata) fn exposure_time(seconds: Ratio) -> Option<String> {
    let Ratio {
        numerator,
        denominator,
    } = seconds;
    if numerator == 0 {
        return None;
    }
    if numerator * 10 < denominator * 3 {
        return Some(format!("1/{}", rounded_quotient(denominator, numerator)));
    }
    let tenths = rounded_quotient(numerator * 10, denominator);
    let (whole, rest) = (tenths / 10, tenths % 10);
    Some(if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest}")
    })
}

/// Millimetres, to two decimals at most.
pub(in crate::metadata) fn focal_length(millimetres: Ratio) -> Option<String> {
    let millimetres = hundredths(millimetres.to_f64());
    (millimetres > 0.0 && millimetres <= MAX_FOCAL_LENGTH).then(|| format!("{millimetres}mm"))
}

/// To two decimals: some cameras store 1.78 as 1.7799999.
pub(in crate::metadata) fn f_number(number: Ratio) -> Option<f64> {
    let number = hundredths(number.to_f64());
    (number > 0.0 && number <= MAX_F_NUMBER).then_some(number)
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// Both are below 2^36, so that nothing overflows; the divisor is not 0.
fn rounded_quotient(dividend: u64, divisor: u64) -> u64 {
    (dividend + divisor / 2).checked_div(divisor).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: u32, denominator: u32) -> Ratio {
        Ratio::new(numerator, denominator).unwrap()
    }

    #[test]
    fn exposure_times_read_as_on_a_camera() {
        for (numerator, denominator, expected) in [
            (1, 250, "1/250"),
            (10, 2_500, "1/250"),
            (1, 8_000, "1/8000"),
            (3_139, 1_000_000, "1/319"),
            (1, 4, "1/4"),
            (29, 100, "1/3"),
            (3, 10, "0.3"),
            (1, 3, "0.3"),
            (1, 2, "0.5"),
            (10, 16, "0.6"),
            (1, 1, "1"),
            (13, 10, "1.3"),
            (2, 1, "2"),
            (299, 10, "29.9"),
            (1_000, 1, "1000"),
            (1, u32::MAX, "1/4294967295"),
            (u32::MAX, 1, "4294967295"),
            (u32::MAX, u32::MAX, "1"),
        ] {
            assert_eq!(
                exposure_time(ratio(numerator, denominator)).as_deref(),
                Some(expected)
            );
        }
        assert_eq!(exposure_time(ratio(0, 1)), None);
    }

    #[test]
    fn focal_lengths_are_whole_where_they_are_whole() {
        for (numerator, denominator, expected) in [
            (50, 1, Some("50mm")),
            (500, 10, Some("50mm")),
            (425, 100, Some("4.25mm")),
            (42, 10, Some("4.2mm")),
            (4_294_967, 1_000_000, Some("4.29mm")),
            (1, 1_000, None),
            (u32::MAX, 1, None),
        ] {
            assert_eq!(focal_length(ratio(numerator, denominator)).as_deref(), expected);
        }
    }

    #[test]
    fn f_numbers_are_rounded_to_what_they_mean() {
        assert_eq!(f_number(ratio(1_244_236, 699_009)), Some(1.78));
        assert_eq!(f_number(ratio(28, 10)), Some(2.8));
        assert_eq!(f_number(ratio(1, u32::MAX)), None);
        assert_eq!(f_number(ratio(u32::MAX, 1)), None);
    }
}
