//! How well the tones are placed between black and white.
//!
//! `exp(-(m - 0.5)^2 / (2 * 0.2^2)) * (1 - c)^2`, where m is the mean luma from 0 to 1, and c the share of pixels of which
//! the ends of the scale have cut the tone off: the bell is the "well-exposedness" of Mertens, Kautz, Van Reeth (Exposure
//! Fusion, 2007) with their width of 0.2, of the whole picture and not of each pixel, so that contrast is no fault. 1 is a
//! picture around middle grey without a lost tone, 0 is all black or all white. A night scene that is meant to be dark is
//! scored as dark.

use super::luma::Luma;

/// The darkest and the brightest luma that still tell something.
const TELLING: std::ops::RangeInclusive<u8> = 3..=252;
const WIDTH: f64 = 0.2;

/// The score of a picture, from 0 to 1.
pub(super) fn exposure(luma: &Luma) -> f64 {
    let (mut sum, mut lost, mut pixels) = (0_u64, 0_u64, 0_u64);
    for y in 0..luma.height() {
        // Pieces whose sums have room in 32 bits.
        for piece in luma.row(y).chunks(1 << 16) {
            sum += u64::from(piece.iter().map(|value| u32::from(*value)).sum::<u32>());
            let cut_off = |value: &u8| u32::from(!TELLING.contains(value));
            lost += u64::from(piece.iter().map(cut_off).sum::<u32>());
            pixels += piece.len() as u64;
        }
    }
    let mean = sum as f64 / (255.0 * pixels as f64);
    let offset = (mean - 0.5) / WIDTH;
    (-0.5 * offset * offset).exp() * (1.0 - lost as f64 / pixels as f64).powi(2)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers are small")]
mod tests {
    use super::*;
    use crate::picture::Picture;

    fn of(greys: &[u8]) -> f64 {
        let data = greys.iter().flat_map(|grey| [*grey; 3]).collect();
        exposure(&Luma::full_range(
            &Picture::from_rgb(greys.len() as u32, 1, data).unwrap(),
        ))
    }

    #[test]
    fn the_formula() {
        assert_eq!(of(&[0, 0]), 0.0);
        assert_eq!(of(&[255]), 0.0);
        assert!((of(&[127, 128]) - 1.0).abs() < 1e-12);
        assert!((of(&[100, 155]) - 1.0).abs() < 1e-12, "contrast is no fault");
        assert!(
            (of(&[0, 255, 100, 155]) - 0.25).abs() < 1e-12,
            "half of the tones are lost"
        );
        let dark = (76.5_f64 / 255.0 - 0.5) / 0.2;
        assert!((of(&[76, 77]) - (-0.5 * dark * dark).exp()).abs() < 1e-12);
    }
}
