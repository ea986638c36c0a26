//! The two passes of a separable convolution over a picture.
//!
//! All is exact until the one rounding at the end, and 16 bits are enough for it, which is what vector units are fastest
//! with: as the weights have a sum of 256, a column of bytes adds up to at most 65,280; and a row of such sums is added up
//! twice, once their high bytes alone and once modulo 65,536. Columns come first, so that a picture's rows are read as they
//! are and nothing but one row has to be kept.

use std::borrow::Cow;

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x64, u16x32};

use super::kernel::GaussianKernel;
use crate::lightness::Lightness;

/// Pixels that are worked on side by side.
const LANES: usize = 64;
/// Their 16-bit sums that fit into a vector.
const HALF: usize = LANES / 2;

/// Blurs a picture. Beyond its edges it is mirrored, the outermost pixels not repeated, as often as the kernels need.
#[must_use]
pub fn gaussian_blur(
    source: &Lightness,
    horizontal: &GaussianKernel,
    vertical: &GaussianKernel,
) -> Lightness {
    let source_rows = Rows::of(source);
    let mut blurred = dispatch!(Level::new(), simd => convolved(simd, &source_rows, horizontal, vertical));
    if source_rows.stride > source_rows.width {
        blurred = blurred
            .chunks_exact(source_rows.stride)
            .flat_map(|row| row.iter().take(source_rows.width))
            .copied()
            .collect();
    }
    source.with_data(blurred)
}

/// The rows of a picture, none shorter than the lanes.
struct Rows<'a> {
    data: Cow<'a, [u8]>,
    width: usize,
    height: usize,
    /// From the start of a row to that of the next one. Beyond the width nothing is seen.
    stride: usize,
}

impl<'a> Rows<'a> {
    fn of(source: &'a Lightness) -> Self {
        let (width, height) = (source.width() as usize, source.height() as usize);
        let stride = width.max(LANES);
        let data = if stride == width {
            Cow::Borrowed(source.data())
        } else {
            let mut padded = Vec::with_capacity(stride * height);
            for row in source.rows() {
                padded.extend_from_slice(row);
                padded.resize(padded.len().next_multiple_of(stride), 0);
            }
            Cow::Owned(padded)
        };
        Self {
            data,
            width,
            height,
            stride,
        }
    }

    /// The row that is seen at an offset from a row within the picture.
    fn at(&self, row: usize, offset: isize) -> &[u8] {
        let start = mirrored(row, offset, self.height) * self.stride;
        self.data.get(start..start + self.stride).unwrap_or_default()
    }

    /// Where blocks of lanes begin. The last one may lie over the one before it.
    fn blocks(&self) -> impl Iterator<Item = usize> + use<> {
        let last = self.stride - LANES;
        (0..self.stride.div_ceil(LANES)).map(move |block| (block * LANES).min(last))
    }
}

/// A weight, and what stands at its distance on both sides.
struct Tap<'a> {
    weight: u16,
    sides: [&'a [u8]; 2],
}

/// Compiled once for each level of vector instructions; hence everything in it has to be inlined.
#[inline(always)]
fn convolved<S: Simd>(
    simd: S,
    source: &Rows<'_>,
    horizontal: &GaussianKernel,
    vertical: &GaussianKernel,
) -> Vec<u8> {
    let mut out = vec![0; source.stride * source.height];
    let mut columns = Line::new(source, horizontal.reach());
    for (y, out) in out.chunks_exact_mut(source.stride).enumerate() {
        let middle = source.at(y, 0);
        let taps: Vec<Tap<'_>> = vertical
            .pairs()
            .iter()
            .map(|pair| Tap {
                weight: pair.weight,
                sides: [-1, 1].map(|side| source.at(y, side * signed(pair.distance))),
            })
            .collect();
        for start in source.blocks() {
            let (left, right) = sums_of_columns(simd, start, middle, vertical.middle(), &taps);
            columns.store(start, left);
            columns.store(start + HALF, right);
        }
        columns.mirror();
        for start in source.blocks() {
            let rounded = sums_of_row(simd, start, &columns, horizontal);
            if let Some(out) = out.get_mut(start..start + LANES) {
                rounded.store_slice(out);
            }
        }
    }
    out
}

/// The weighted sums of a block of columns, from the left.
#[inline(always)]
fn sums_of_columns<S: Simd>(
    simd: S,
    start: usize,
    middle: &[u8],
    weight: u16,
    taps: &[Tap<'_>],
) -> (u16x32<S>, u16x32<S>) {
    let middle = Parted::load(simd, middle, start);
    let mut even = middle.even * weight;
    let mut odd = middle.odd * weight;
    for tap in taps {
        let [before, after] = tap.sides;
        let before = Parted::load(simd, before, start);
        let after = Parted::load(simd, after, start);
        even += (before.even + after.even) * tap.weight;
        odd += (before.odd + after.odd) * tap.weight;
    }
    simd.interleave_u16x32(even, odd)
}

/// Bytes in even and in odd places. Two of them are a 16-bit lane: it takes no move to part them.
struct Parted<S: Simd> {
    even: u16x32<S>,
    odd: u16x32<S>,
}

impl<S: Simd> Parted<S> {
    #[inline(always)]
    fn load(simd: S, bytes: &[u8], start: usize) -> Self {
        let block = bytes.get(start..).and_then(<[u8]>::first_chunk::<LANES>);
        let pairs: u16x32<S> = u8x64::load_array_ref(simd, block.unwrap_or(&[0; LANES])).bitcast();
        if cfg!(target_endian = "little") {
            Self {
                even: pairs & 0xFF,
                odd: pairs >> 8,
            }
        } else {
            Self {
                even: pairs >> 8,
                odd: pairs & 0xFF,
            }
        }
    }
}

/// The weighted sums of a block of a row of such sums, divided by 65,536 and rounded.
#[inline(always)]
fn sums_of_row<S: Simd>(simd: S, start: usize, line: &Line, kernel: &GaussianKernel) -> u8x64<S> {
    let start = line.reach + start;
    let (mut high_left, mut high_right) = load(simd, &line.high, start);
    let (mut left, mut right) = load(simd, &line.sums, start);
    let weight = kernel.middle();
    high_left *= weight;
    high_right *= weight;
    left *= weight;
    right *= weight;
    for pair in kernel.pairs() {
        let (before, after) = (start.saturating_sub(pair.distance), start + pair.distance);
        let (left_before, right_before) = load(simd, &line.high, before);
        let (left_after, right_after) = load(simd, &line.high, after);
        high_left += (left_before + left_after) * pair.weight;
        high_right += (right_before + right_after) * pair.weight;
        let (left_before, right_before) = load(simd, &line.sums, before);
        let (left_after, right_after) = load(simd, &line.sums, after);
        left += (left_before + left_after) * pair.weight;
        right += (right_before + right_after) * pair.weight;
    }
    simd.narrow_u16x32(rounded(high_left, left), rounded(high_right, right))
}

/// Sums of up to 24 bits divided by 65,536, from the sums of their high bytes, and from themselves modulo 65,536.
#[inline(always)]
fn rounded<S: Simd>(high: u16x32<S>, whole: u16x32<S>) -> u16x32<S> {
    // The sum is 256 * high + low, of which `whole` has the lower 16 bits; neither part is above 65,280. The greatest sum
    // has no low part, so that what follows is below 65,536 too.
    let low = whole - (high << 8);
    (high + (low >> 8) + 128) >> 8
}

/// Both halves of a block.
#[inline(always)]
fn load<S: Simd>(simd: S, sums: &[u16], start: usize) -> (u16x32<S>, u16x32<S>) {
    let block = sums.get(start..).and_then(<[u16]>::first_chunk::<LANES>);
    let (left, right) = block.unwrap_or(&[0; LANES]).split_at(HALF);
    (u16x32::from_slice(simd, left), u16x32::from_slice(simd, right))
}

/// A row of sums and their high bytes, with what the mirror shows on both sides of it.
struct Line {
    sums: Vec<u16>,
    high: Vec<u16>,
    width: usize,
    reach: usize,
    /// Places to which sums are copied, and from where.
    reflections: Vec<[usize; 2]>,
}

impl Line {
    fn new(source: &Rows<'_>, reach: usize) -> Self {
        let width = source.width;
        let reflections = (1..=reach)
            .flat_map(|distance| {
                let before = mirrored(0, -signed(distance), width);
                let after = mirrored(width - 1, signed(distance), width);
                [
                    [reach - distance, reach + before],
                    [reach + width - 1 + distance, reach + after],
                ]
            })
            .collect();
        Self {
            sums: vec![0; source.stride + 2 * reach],
            high: vec![0; source.stride + 2 * reach],
            width,
            reach,
            reflections,
        }
    }

    #[inline(always)]
    fn store<S: Simd>(&mut self, start: usize, sums: u16x32<S>) {
        let block = self.reach + start..self.reach + start + HALF;
        if let Some(out) = self.sums.get_mut(block.clone()) {
            sums.store_slice(out);
        }
        if let Some(out) = self.high.get_mut(block) {
            (sums >> 8).store_slice(out);
        }
    }

    fn mirror(&mut self) {
        debug_assert!(self.width > 0, "a picture has pixels");
        for sums in [&mut self.sums, &mut self.high] {
            for [to, from] in &self.reflections {
                let seen = sums.get(*from).copied().unwrap_or_default();
                if let Some(place) = sums.get_mut(*to) {
                    *place = seen;
                }
            }
        }
    }
}

/// The place of a line of `length` that is seen at an offset from a place within it, where both ends are mirrors.
fn mirrored(place: usize, offset: isize, length: usize) -> usize {
    let last = signed(length) - 1;
    if last <= 0 {
        return 0;
    }
    let phase = (signed(place) + offset).rem_euclid(2 * last);
    phase.min(2 * last - phase).unsigned_abs()
}

/// Sides of pictures and kernels are far below the limit.
fn signed(length: usize) -> isize {
    isize::try_from(length).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_mirrors() {
        let seen =
            |length: usize| -> Vec<usize> { (-5..8).map(|offset| mirrored(0, offset, length)).collect() };
        assert_eq!(seen(4), [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(seen(2), [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
        assert_eq!(seen(1), [0; 13]);
    }
}
