//! From computed coordinates to whole numbers, without a cast that could wrap.

/// The largest whole number not above `value`; 0 for negative numbers and NaN, the type's greatest for infinity.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from a float saturates, and that is what is promised"
)]
pub(crate) fn floor_index(value: f64) -> usize {
    value.floor() as usize
}

/// The smallest whole number not below `value`; saturates as [`floor_index`] does.
pub(crate) fn ceil_index(value: f64) -> usize {
    floor_index(value.ceil())
}

/// A number as `u32`, saturating at both ends.
pub(crate) fn saturating_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A coordinate in single precision, as results carry them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest single-precision number is what is promised"
)]
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_saturate() {
        assert_eq!(floor_index(2.99), 2);
        assert_eq!(floor_index(-0.5), 0);
        assert_eq!(floor_index(f64::NAN), 0);
        assert_eq!(floor_index(f64::INFINITY), usize::MAX);
        assert_eq!(ceil_index(2.01), 3);
        assert_eq!(ceil_index(-3.0), 0);
        assert_eq!(saturating_u32(usize::MAX), u32::MAX);
    }
}
