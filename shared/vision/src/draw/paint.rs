//! Numbers to pixels, and colours onto them.

/// A length as whole pixels, rounded down. Negative lengths and what is not a number are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate, which is what is wanted at the borders"
)]
pub(super) const fn pixels(length: f64) -> u32 {
    length as u32
}

/// A share of a pixel from 0 to 1 on the scale of bytes, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate, which is what is wanted of shares"
)]
pub(super) const fn coverage(share: f64) -> u8 {
    (share * 255.0 + 0.5) as u8
}

/// Lays a colour over a pixel of which it covers `coverage` parts of 255. Samples are rounded.
pub(crate) fn cover(pixel: &mut [u8; 3], color: [u8; 3], coverage: u8) {
    let (over, under) = (u32::from(coverage), u32::from(255 - coverage));
    for (sample, color) in pixel.iter_mut().zip(color) {
        let sum = u32::from(*sample) * under + u32::from(color) * over;
        *sample = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_saturate() {
        for (length, expected) in [
            (2.9, 2),
            (-1.0, 0),
            (f64::NAN, 0),
            (f64::NEG_INFINITY, 0),
            (f64::INFINITY, u32::MAX),
        ] {
            assert_eq!(pixels(length), expected, "{length}");
        }
    }

    #[test]
    fn nothing_and_all_of_a_pixel_are_exact() {
        for sample in 0..=255 {
            let mut pixel = [sample; 3];
            cover(&mut pixel, [0, 128, 255], 0);
            assert_eq!(pixel, [sample; 3]);
            cover(&mut pixel, [0, 128, 255], 255);
            assert_eq!(pixel, [0, 128, 255]);
        }
        let mut pixel = [0, 100, 255];
        cover(&mut pixel, [255, 100, 0], 51);
        assert_eq!(pixel, [51, 100, 204]);
    }
}
