//! Half of a picture's size by cubic interpolation with a low-pass, as Pillow resizes floating-point pixels.

use fearless_simd::{Level, Simd, dispatch};

use super::normalization::Source;
use crate::quality::luma::Luma;

/// Pixels that one is made of, in each direction.
const TAPS: usize = 8;
/// How many of them stand before the first pixel of the two that it takes the place of.
const BEFORE: usize = 3;

/// A picture of half the width and height, with pixels from 0 to 1.
pub(super) struct Half {
    width: usize,
    height: usize,
    pixels: Vec<f32>,
}

impl Half {
    /// Of the top left part of a picture, whose sides are even.
    pub(super) fn of(luma: &Luma, width: usize, height: usize) -> Self {
        let pixels = dispatch!(Level::new(), simd => halved(simd, luma, width, height));
        Self {
            width: width / 2,
            height: height / 2,
            pixels,
        }
    }
}

impl Source for Half {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    #[inline(always)]
    fn read(&self, y: usize, out: &mut [f64]) {
        let row = self
            .pixels
            .get(y * self.width..(y + 1) * self.width)
            .unwrap_or_default();
        for (out, value) in out.iter_mut().zip(row) {
            *out = f64::from(*value) * 255.0;
        }
    }
}

/// The kernel of R. Keys (1981) with a = -0.5, widened to two pixels a step; what is beyond a line of `length` pixels has no
/// weight.
fn weights(index: usize, length: usize) -> [f64; TAPS] {
    const A: f64 = -0.5;
    let first = 2 * index;
    let mut weights = [3.5_f64, 2.5, 1.5, 0.5, 0.5, 1.5, 2.5, 3.5].map(|distance| {
        let x = distance * 0.5;
        if x < 1.0 {
            ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
        } else {
            (((x - 5.0) * x + 8.0) * x - 4.0) * A
        }
    });
    for (tap, weight) in weights.iter_mut().enumerate() {
        if first + tap < BEFORE || first + tap >= length + BEFORE {
            *weight = 0.0;
        }
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight * (1.0 / sum))
}

/// Rows first, then columns, with single precision in between.
///
/// Compiled once for each level of vector instructions.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is what Pillow keeps pixels in"
)]
fn halved<S: Simd>(_simd: S, luma: &Luma, width: usize, height: usize) -> Vec<f32> {
    let columns: Vec<[f64; TAPS]> = (0..width / 2).map(|index| weights(index, width)).collect();
    let mut pixels = Vec::with_capacity(width / 2 * (height / 2));
    // The last rows, already narrowed.
    let mut narrowed: [Vec<f32>; TAPS] = std::array::from_fn(|_| vec![0.0; width / 2]);
    let mut read = 0;
    let mut sums = vec![0.0; width / 2];
    // The even and the odd pixels of a row, from the second of what is before its beginning.
    let (mut even, mut odd) = (vec![0.0; width / 2 + TAPS], vec![0.0; width / 2 + TAPS]);
    for index in 0..height / 2 {
        while read < height.min(2 * index + TAPS - BEFORE) {
            let (pairs, _) = luma.row(read).as_chunks::<2>();
            for (pair, place) in pairs.iter().take(width / 2).zip(2..) {
                let [first, second] = pair.map(|value| f64::from((f64::from(value) / 255.0) as f32));
                if let Some(to) = even.get_mut(place) {
                    *to = first;
                }
                if let Some(to) = odd.get_mut(place) {
                    *to = second;
                }
            }
            if let Some(out) = narrowed.get_mut(read % TAPS) {
                narrow(&even, &odd, &columns, out);
            }
            read += 1;
        }
        sums.fill(0.0);
        for (tap, weight) in weights(index, height).iter().enumerate() {
            if *weight != 0.0
                && let Some(row) = narrowed.get((2 * index + tap).wrapping_sub(BEFORE) % TAPS)
            {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += f64::from(*value) * weight;
                }
            }
        }
        pixels.extend(sums.iter().map(|sum| *sum as f32));
    }
    pixels
}

#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is what Pillow keeps pixels in"
)]
fn narrow(even: &[f64], odd: &[f64], columns: &[[f64; TAPS]], out: &mut [f32]) {
    // The taps of a pixel are odd, even, odd, even, ... from the one that stands three before its first.
    for (((out, weights), even), odd) in out
        .iter_mut()
        .zip(columns)
        .zip(even.windows(TAPS / 2 + 1))
        .zip(odd.windows(TAPS / 2))
    {
        let [one, three, five, seven] = odd else { continue };
        let [_, two, four, six, eight] = even else {
            continue;
        };
        let mut sum = 0.0;
        for (value, weight) in [one, two, three, four, five, six, seven, eight]
            .into_iter()
            .zip(weights)
        {
            sum += value * weight;
        }
        *out = sum as f32;
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers are small")]
mod tests {
    use super::*;
    use crate::picture::Picture;

    #[test]
    fn weights_within_a_line_are_symmetric_and_those_at_its_ends_are_cut() {
        let inside = weights(5, 96);
        assert!((inside.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(inside[0], inside[7]);
        let first = weights(0, 96);
        assert_eq!(first[..3], [0.0; 3]);
        assert!((first.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let last = weights(47, 96);
        assert_eq!(last[5..], [0.0; 3]);
        assert_eq!(last[4], first[3]);
    }

    #[test]
    fn ramps_stay_ramps() {
        let data = (0..96_u32)
            .flat_map(|y| (0..96_u32).flat_map(move |x| [(x + y) as u8; 3]))
            .collect();
        let luma = Luma::full_range(&Picture::from_rgb(96, 96, data).unwrap());
        let half = Half::of(&luma, 96, 96);
        let mut row = vec![0.0; 48];
        for y in 2..46 {
            half.read(y, &mut row);
            for (x, value) in row.iter().enumerate().skip(2).take(44) {
                let expected = (2 * x + 2 * y + 1) as f64;
                assert!((value - expected).abs() < 1e-4, "{x} {y}: {value}");
            }
        }
    }
}
