//! The L channel stretched to full scale, and in the false colours of the map viridis.

mod colors;

use self::colors::VIRIDIS;
use crate::lightness::{Lightness, look_up};
use crate::picture::Raster;

/// Stretches the values so that the darkest is 0 and the brightest 255, with the rounding of `OpenCV` 4. A picture of one
/// value becomes black.
#[must_use]
pub fn stretched(source: &Lightness) -> Lightness {
    let darkest = source.data().iter().copied().min().unwrap_or_default();
    let brightest = source.data().iter().copied().max().unwrap_or_default();
    source.mapped(&stretching(darkest, brightest))
}

/// Gives each value its colour of the map, from violet for 0 to yellow for 255.
#[must_use]
pub fn viridis(source: &Lightness) -> Raster {
    let mut data = vec![[0; 3]; source.data().len()];
    for (pixel, value) in data.iter_mut().zip(source.data()) {
        *pixel = look_up(&VIRIDIS, *value);
    }
    Raster::rgb(source.width(), source.height(), data.into_flattened())
}

/// What becomes of each value: scaled in single precision, with factors that were computed in double.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounding to single precision is meant, and a cast of a float saturates"
)]
fn stretching(darkest: u8, brightest: u8) -> [u8; 256] {
    let mut table = [0; 256];
    if brightest <= darkest {
        return table;
    }
    let factor = 255.0 * (1.0 / f64::from(brightest - darkest));
    let (scale, shift) = (factor as f32, (-f64::from(darkest) * factor) as f32);
    for (value, entry) in (0..=u8::MAX).zip(&mut table) {
        *entry = f32::from(value).mul_add(scale, shift).round_ties_even() as u8;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(data: &[u8]) -> Lightness {
        Lightness::new(u32::try_from(data.len()).unwrap(), 1, data.to_vec()).unwrap()
    }

    #[test]
    fn values_are_stretched_to_full_scale() {
        assert_eq!(stretched(&picture(&[10, 20, 30, 50])).data(), [0, 64, 128, 255]);
        assert_eq!(stretched(&picture(&[7, 7])).data(), [0, 0]);
        assert_eq!(stretched(&picture(&[255, 254])).data(), [255, 0]);
        let full: Vec<u8> = (0..=255).collect();
        assert_eq!(stretched(&picture(&full)).data(), full);
    }

    #[test]
    fn every_stretch_keeps_the_order_and_both_ends() {
        for darkest in 0..=255_u8 {
            for brightest in darkest + u8::from(darkest < 255)..=255 {
                let table = stretching(darkest, brightest);
                let used = &table[usize::from(darkest)..=usize::from(brightest)];
                assert!(used.is_sorted(), "{darkest} {brightest}");
                if darkest < brightest {
                    assert_eq!((used.first(), used.last()), (Some(&0), Some(&255)));
                }
            }
        }
    }

    #[test]
    fn the_map_goes_from_violet_to_yellow() {
        let colors = viridis(&picture(&[0, 1, 128, 255]));
        assert_eq!(colors.data()[..6], [0x44, 0x01, 0x54, 0x44, 0x02, 0x56]);
        assert_eq!(colors.data()[6..], [0x21, 0x91, 0x8C, 0xFD, 0xE7, 0x25]);
    }
}
