//! Half of a picture's size by cubic interpolation without a low-pass.
//!
//! The order of the operations is that of OpenCV's builds for x86 (Intel's IPP): in pictures with large flat parts, the last
//! bit of a pixel here is seen in the score.

use fearless_simd::{Level, Simd, dispatch};

use crate::quality::luma::Luma;
use crate::quality::normalization::Source;

/// Pixels that one is interpolated from, in each direction.
const TAPS: usize = 4;

/// A picture of half the width and height, rounded down, with pixels from 0 to 1.
pub(super) struct Half {
    width: usize,
    height: usize,
    pixels: Vec<f32>,
}

/// What a pixel is interpolated from.
struct Taps {
    places: [usize; TAPS],
    weights: [f32; TAPS],
}

impl Half {
    pub(super) fn of(luma: &Luma) -> Self {
        Self {
            width: luma.width() / 2,
            height: luma.height() / 2,
            pixels: dispatch!(Level::new(), simd => halved(simd, luma)),
        }
    }
}

/// Rows first, then columns.
///
/// Compiled once for each level of vector instructions.
#[inline(always)]
fn halved<S: Simd>(_simd: S, luma: &Luma) -> Vec<f32> {
    let width = luma.width() / 2;
    let columns = halving(luma.width());
    let mut pixels = Vec::with_capacity(width * (luma.height() / 2));
    // The last rows, already narrowed, by the number of the row they come from.
    let mut narrowed: [(usize, Vec<f32>); TAPS] = std::array::from_fn(|_| (usize::MAX, vec![0.0; width]));
    let mut row = vec![0.0; luma.width()];
    for taps in halving(luma.height()) {
        for place in taps.places {
            let Some((number, out)) = narrowed.get_mut(place % TAPS) else {
                continue;
            };
            if *number != place {
                luma.read(place, &mut row);
                narrow(&row, &columns, out);
                *number = place;
            }
        }
        let [one, two, three, four] = taps
            .places
            .map(|place| narrowed.get(place % TAPS).map_or(&[][..], |(_, row)| row));
        let [of_one, of_two, of_three, of_four] = taps.weights;
        pixels.extend(
            one.iter()
                .zip(two)
                .zip(three)
                .zip(four)
                .map(|(((one, two), three), four)| {
                    one.mul_add(of_one, two * of_two) + three.mul_add(of_three, four * of_four)
                }),
        );
    }
    pixels
}

impl Source for Half {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    #[inline(always)]
    fn read(&self, y: usize, out: &mut [f32]) {
        if let Some(row) = self.pixels.get(y * self.width..(y + 1) * self.width) {
            out.copy_from_slice(row);
        }
    }
}

/// From what each of half as many pixels is interpolated. What is beyond the ends is as at the ends.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides have at most 32 bits, and places are not below 0"
)]
fn halving(length: usize) -> Vec<Taps> {
    let half = length / 2;
    let last = length.saturating_sub(1);
    let scale = length as f64 / half as f64;
    (0..half)
        .map(|index| {
            let center = (index as f64 + 0.5) * scale - 0.5;
            let before = center.floor();
            let place = before as usize;
            Taps {
                places: [0, 1, 2, 3].map(|tap| (place + tap).saturating_sub(1).min(last)),
                weights: cubic(center - before),
            }
        })
        .collect()
}

/// The cubic convolution kernel of R. Keys (1981) with a = -0.75, at so far behind the second of four pixels.
#[expect(clippy::cast_possible_truncation, reason = "pixels have no more digits")]
fn cubic(x: f64) -> [f32; TAPS] {
    const A: f64 = -0.75;
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| A * x * (1.0 - x) * (1.0 - x);
    [far(x), near(x), near(1.0 - x), far(1.0 - x)].map(|weight| weight as f32)
}

#[inline(always)]
fn narrow(row: &[f32], columns: &[Taps], out: &mut [f32]) {
    for (out, taps) in out.iter_mut().zip(columns) {
        let [one, two, three, four] = taps
            .places
            .map(|place| row.get(place).copied().unwrap_or_default());
        let [of_one, of_two, of_three, of_four] = taps.weights;
        *out = (one * of_one + two * of_two) + (three * of_three + four * of_four);
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers are small")]
mod tests {
    use super::*;
    use crate::picture::Picture;

    fn half(width: u32, height: u32, grey: impl Fn(u32, u32) -> u8) -> Half {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let data = pixels.flat_map(|(x, y)| [grey(x, y); 3]).collect();
        Half::of(&Luma::full_range(
            &Picture::from_rgb(width, height, data).unwrap(),
        ))
    }

    #[test]
    fn exact_halves_have_one_set_of_weights() {
        for taps in halving(10) {
            assert_eq!(taps.weights, [-0.093_75, 0.593_75, 0.593_75, -0.093_75]);
        }
        assert_eq!(halving(10)[2].places, [3, 4, 5, 6]);
        assert_eq!(halving(10)[0].places, [0, 0, 1, 2]);
        assert_eq!(halving(10)[4].places, [7, 8, 9, 9]);
    }

    #[test]
    fn odd_sides_are_rounded_down_and_ramps_stay_near_ramps() {
        let half = half(41, 23, |x, y| (x * 3 + y * 5) as u8);
        assert_eq!((half.width, half.height, half.pixels.len()), (20, 11, 220));
        for (y, row) in half.pixels.chunks(20).enumerate().skip(1).take(9) {
            for (x, value) in row.iter().enumerate().skip(1).take(18) {
                let left = (x as f32 + 0.5) * 41.0 / 20.0 - 0.5;
                let top = (y as f32 + 0.5) * 23.0 / 11.0 - 0.5;
                let expected = (left * 3.0 + top * 5.0) / 255.0;
                // This kernel bends ramps a little.
                assert!((value - expected).abs() < 2e-3, "{x} {y}: {value} {expected}");
            }
        }
    }
}
