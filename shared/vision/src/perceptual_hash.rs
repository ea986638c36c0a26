//! A number of 64 bits that tells whether two files show the same photograph, however it was encoded or resized.
//!
//! It is the hash by discrete cosine transform of C. Zauner (Implementation and Benchmarking of Perceptual Image Hash
//! Functions, 2010): the luma is averaged to 32 by 32 values, transformed, and of the 8 by 8 lowest frequencies each gives a
//! bit, set if its coefficient is above the median of them all. Two photographs are alike if few bits differ; what is
//! rotated, mirrored or cropped is another photograph to it.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::picture::Picture;
use crate::quality::Luma;
use crate::quality::reduction::reduced;

/// The side of the reduced picture.
const SIDE: usize = 32;
/// Frequencies that are looked at in each direction.
const FREQUENCIES: usize = 8;
/// The median of the absolute coefficients, in steps of 255, below which a hash says little.
const TELLING: f64 = 0.5;
/// What a coefficient has to be above the median by: more than rounding, so that a flat picture has no bit but the first.
const ROUNDING: f64 = 1e-3;

/// The cosines of each frequency, scaled so that the transform keeps lengths.
static COSINES: LazyLock<[[f64; SIDE]; FREQUENCIES]> = LazyLock::new(|| {
    let side = SIDE as f64;
    std::array::from_fn(|frequency| {
        let scale = if frequency == 0 { 1.0 / side } else { 2.0 / side }.sqrt();
        std::array::from_fn(|place| scale * (PI / side * (place as f64 + 0.5) * frequency as f64).cos())
    })
});

/// The hash of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PerceptualHash {
    bits: u64,
    telling: bool,
}

impl PerceptualHash {
    /// That of a picture.
    #[must_use]
    pub fn of(picture: &Picture) -> Self {
        let coefficients = coefficients(picture);
        let telling = median(coefficients.map(f64::abs)) >= TELLING;
        let median = median(coefficients);
        let bits = coefficients.iter().fold(0, |bits, coefficient| {
            bits << 1 | u64::from(*coefficient > median + ROUNDING)
        });
        Self { bits, telling }
    }

    /// The 64 bits, that of the lowest frequency first.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.bits
    }

    /// Whether the picture has enough of a structure for its hash to say something. That of a flat picture, or of a smooth
    /// ramp, hangs on rounding: it is not to be compared.
    #[must_use]
    pub const fn is_telling(self) -> bool {
        self.telling
    }

    /// How many bits differ, from 0 to 64.
    #[must_use]
    pub const fn distance(self, other: Self) -> u32 {
        (self.bits ^ other.bits).count_ones()
    }
}

/// The bits of [`PerceptualHash::of`] a picture.
#[must_use]
pub fn perceptual_hash(picture: &Picture) -> u64 {
    PerceptualHash::of(picture).bits()
}

/// Those of the lowest frequencies, by rows.
fn coefficients(picture: &Picture) -> [f64; FREQUENCIES * FREQUENCIES] {
    let reduced = reduced(&Luma::full_range(picture), SIDE, SIDE);
    // First along the rows, then down the columns.
    let mut rows = [[0.0; SIDE]; FREQUENCIES];
    for (y, row) in reduced.chunks_exact(SIDE).enumerate() {
        for (column, cosines) in rows.iter_mut().zip(&*COSINES) {
            if let Some(to) = column.get_mut(y) {
                *to = row
                    .iter()
                    .zip(cosines)
                    .map(|(value, cosine)| f64::from(*value) * cosine)
                    .sum();
            }
        }
    }
    let mut coefficients = [0.0; FREQUENCIES * FREQUENCIES];
    let all = COSINES
        .iter()
        .flat_map(|cosines| rows.iter().map(move |column| (cosines, column)));
    for (coefficient, (cosines, column)) in coefficients.iter_mut().zip(all) {
        *coefficient = column
            .iter()
            .zip(cosines)
            .map(|(value, cosine)| value * cosine)
            .sum();
    }
    coefficients
}

/// The mean of the two in the middle.
fn median(mut values: [f64; FREQUENCIES * FREQUENCIES]) -> f64 {
    const UPPER: usize = FREQUENCIES * FREQUENCIES / 2;
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[UPPER - 1], values[UPPER])
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers are small"
)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, grey: impl Fn(u32, u32) -> f64) -> Picture {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let data = pixels.flat_map(|(x, y)| [grey(x, y) as u8; 3]).collect();
        Picture::from_rgb(width, height, data).unwrap()
    }

    #[test]
    fn the_transform_keeps_lengths() {
        for (index, one) in COSINES.iter().enumerate() {
            for (other_index, other) in COSINES.iter().enumerate() {
                let product: f64 = one.iter().zip(other).map(|(one, other)| one * other).sum();
                let expected = if index == other_index { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_wave_is_one_frequency() {
        // The third frequency from left to right.
        let wave = picture(320, 64, |x, _| {
            128.0 + 100.0 * (PI * 3.0 * (f64::from(x) + 0.5) / 320.0).cos()
        });
        let found = coefficients(&wave);
        let strongest = (1..64).max_by(|one, other| found[*one].abs().total_cmp(&found[*other].abs()));
        assert_eq!(strongest, Some(3));
    }

    #[test]
    fn flat_pictures_have_one_hash_that_says_nothing() {
        for grey in [1, 60, 128, 255] {
            for side in [1, 7, 32, 100] {
                let hash = PerceptualHash::of(&picture(side, side, |_, _| f64::from(grey)));
                assert_eq!(hash.bits(), 1 << 63, "{grey} {side}");
                assert!(!hash.is_telling());
            }
        }
        let black = PerceptualHash::of(&picture(9, 9, |_, _| 0.0));
        assert!(!black.is_telling() && black.bits() == 0);
    }

    #[test]
    fn the_distance_counts_bits() {
        let [one, other] = [0b1011, 0b1_0000].map(|bits| PerceptualHash { bits, telling: true });
        assert_eq!(one.distance(other), 4);
        assert_eq!(one.distance(one), 0);
    }
}
