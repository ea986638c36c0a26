//! Blocks of coefficients back to samples, at full size or to the means of neighbouring samples.
//!
//! A mean of samples is a sum of coefficients as a sample is: the basis functions are averaged beforehand. The mean of all
//! is the first coefficient alone; a quarter of the rows and columns takes five coefficients along each side, a half seven.

use crate::encode::tables::ZIGZAG;

/// Coefficients by rows, from the lowest frequencies on.
pub(super) type Block = [[f32; 8]; 8];

// `cos(k pi / 16) / 2`, for each k.
const A1: f32 = 0.490_392_64;
const A2: f32 = 0.461_939_77;
const A3: f32 = 0.415_734_8;
const A4: f32 = 0.353_553_39;
const A5: f32 = 0.277_785_12;
const A6: f32 = 0.191_341_72;
const A7: f32 = 0.097_545_16;

/// Where quantised coefficients go, and what they are multiplied with, in zigzag order.
#[derive(Debug)]
pub(super) struct Dequantizer {
    places: [(u8, f32); 64],
}

impl Dequantizer {
    /// For a table of divisors in zigzag order.
    pub(super) fn new(divisors: &[u8; 64]) -> Self {
        let mut places = [(0, 0.0); 64];
        for ((place, position), divisor) in places.iter_mut().zip(ZIGZAG).zip(divisors) {
            *place = (position, f32::from(*divisor));
        }
        Self { places }
    }

    /// Puts a coefficient where it belongs.
    #[inline]
    pub(super) fn place(&self, block: &mut Block, index: usize, value: i16) {
        if let Some((position, divisor)) = self.places.get(index)
            && let Some(place) = block.as_flattened_mut().get_mut(usize::from(*position & 63))
        {
            *place = f32::from(value) * divisor;
        }
    }

    /// A whole block.
    pub(super) fn block(&self, coefficients: &[i16; 64]) -> Block {
        let mut block = [[0.0; 8]; 8];
        for (index, value) in coefficients.iter().enumerate() {
            self.place(&mut block, index, *value);
        }
        block
    }
}

/// Writes the samples of a block into rows that are `stride` apart.
pub(super) type Inverse = fn(&Block, &mut [u8], usize);

/// The inverse transform to so many columns and rows: 1, 2, 4 or 8 of each.
pub(super) fn inverse_to(columns: usize, rows: usize) -> Option<Inverse> {
    Some(match (columns, rows) {
        (1, 1) => |block, out, stride| write(&means(block, one, one), out, stride),
        (1, 2) => |block, out, stride| write(&means(block, two, one), out, stride),
        (2, 1) => |block, out, stride| write(&means(block, one, two), out, stride),
        (2, 2) => |block, out, stride| write(&means(block, two, two), out, stride),
        (2, 4) => |block, out, stride| write(&means(block, four, two), out, stride),
        (4, 2) => |block, out, stride| write(&means(block, two, four), out, stride),
        (4, 4) => |block, out, stride| write(&means(block, four, four), out, stride),
        (4, 8) => |block, out, stride| write(&means(block, eight, four), out, stride),
        (8, 4) => |block, out, stride| write(&means(block, four, eight), out, stride),
        (8, 8) => |block, out, stride| write(&means(block, eight, eight), out, stride),
        _ => return None,
    })
}

/// Samples by columns, not yet rounded, less the middle of their range.
#[inline]
fn means<const WIDTH: usize, const HEIGHT: usize>(
    block: &Block,
    vertical: impl Fn(&[[f32; 8]; 8]) -> [[f32; 8]; HEIGHT],
    horizontal: impl Fn(&[[f32; HEIGHT]; 8]) -> [[f32; HEIGHT]; WIDTH],
) -> [[f32; HEIGHT]; WIDTH] {
    horizontal(&transposed(&vertical(block)))
}

#[inline]
fn write<const WIDTH: usize, const HEIGHT: usize>(
    columns: &[[f32; HEIGHT]; WIDTH],
    out: &mut [u8],
    stride: usize,
) {
    let rows: [[f32; WIDTH]; HEIGHT] = transposed(columns);
    for (row, out) in rows.iter().zip(out.chunks_mut(stride.max(1))) {
        if let Some(out) = out.first_chunk_mut::<WIDTH>() {
            *out = row.map(sample);
        }
    }
}

/// The nearest sample. Adding the constant leaves no bits for a fraction, and the integer in the lowest ones.
#[inline]
fn sample(value: f32) -> u8 {
    const ONE_AND_A_HALF_TIMES_2_TO_23: f32 = 12_582_912.0;
    let [lowest, ..] = ((value + 128.0).clamp(0.0, 255.0) + ONE_AND_A_HALF_TIMES_2_TO_23)
        .to_bits()
        .to_le_bytes();
    lowest
}

#[inline]
fn transposed<const WIDTH: usize, const HEIGHT: usize>(
    rows: &[[f32; WIDTH]; HEIGHT],
) -> [[f32; HEIGHT]; WIDTH] {
    let mut columns = [[0.0; HEIGHT]; WIDTH];
    for (y, row) in rows.iter().enumerate() {
        for (column, value) in columns.iter_mut().zip(row) {
            if let Some(place) = column.get_mut(y) {
                *place = *value;
            }
        }
    }
    columns
}

/// Sums of products, lane by lane.
#[inline]
fn sum<const LANES: usize, const TERMS: usize>(terms: [(&[f32; LANES], f32); TERMS]) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (values, factor) in terms {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value * factor;
        }
    }
    sums
}

/// `a + b` and `a - b`.
#[inline]
fn both<const LANES: usize>(a: [f32; LANES], b: [f32; LANES]) -> ([f32; LANES], [f32; LANES]) {
    let (mut plus, mut minus) = (a, a);
    for ((plus, minus), b) in plus.iter_mut().zip(&mut minus).zip(b) {
        *plus += b;
        *minus -= b;
    }
    (plus, minus)
}

/// The inverse transform of eight coefficients (T.81, A.3.3), in lanes.
#[inline]
fn eight<const LANES: usize>([c0, c1, c2, c3, c4, c5, c6, c7]: &[[f32; LANES]; 8]) -> [[f32; LANES]; 8] {
    let (low, high) = both(sum([(c0, A4)]), sum([(c4, A4)]));
    let (e0, e3) = both(low, sum([(c2, A2), (c6, A6)]));
    let (e1, e2) = both(high, sum([(c2, A6), (c6, -A2)]));
    let (s0, s7) = both(e0, sum([(c1, A1), (c3, A3), (c5, A5), (c7, A7)]));
    let (s1, s6) = both(e1, sum([(c1, A3), (c3, -A7), (c5, -A1), (c7, -A5)]));
    let (s2, s5) = both(e2, sum([(c1, A5), (c3, -A1), (c5, A7), (c7, A3)]));
    let (s3, s4) = both(e3, sum([(c1, A7), (c3, -A5), (c5, A3), (c7, -A1)]));
    [s0, s1, s2, s3, s4, s5, s6, s7]
}

/// The means of pairs of what [`eight`] answers.
#[inline]
fn four<const LANES: usize>([c0, c1, c2, c3, _, c5, c6, c7]: &[[f32; LANES]; 8]) -> [[f32; LANES]; 4] {
    let (outer, inner) = both(
        sum([(c0, A4)]),
        sum([(c2, (A2 + A6) / 2.0), (c6, (A6 - A2) / 2.0)]),
    );
    let (s0, s3) = both(
        outer,
        sum([
            (c1, (A1 + A3) / 2.0),
            (c3, (A3 - A7) / 2.0),
            (c5, (A5 - A1) / 2.0),
            (c7, (A7 - A5) / 2.0),
        ]),
    );
    let (s1, s2) = both(
        inner,
        sum([
            (c1, (A5 + A7) / 2.0),
            (c3, -(A1 + A5) / 2.0),
            (c5, (A3 + A7) / 2.0),
            (c7, (A3 - A1) / 2.0),
        ]),
    );
    [s0, s1, s2, s3]
}

/// The means of halves of what [`eight`] answers.
#[inline]
fn two<const LANES: usize>([c0, c1, _, c3, _, c5, _, c7]: &[[f32; LANES]; 8]) -> [[f32; LANES]; 2] {
    let (first, second) = both(
        sum([(c0, A4)]),
        sum([
            (c1, (A1 + A3 + A5 + A7) / 4.0),
            (c3, (A3 - A7 - A1 - A5) / 4.0),
            (c5, (A5 - A1 + A7 + A3) / 4.0),
            (c7, (A7 - A5 + A3 - A1) / 4.0),
        ]),
    );
    [first, second]
}

/// The mean of what [`eight`] answers.
#[inline]
fn one<const LANES: usize>([c0, ..]: &[[f32; LANES]; 8]) -> [[f32; LANES]; 1] {
    [sum([(c0, A4)])]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition in T.81, A.3.3, averaged over cells.
    fn by_definition(block: &Block, columns: usize, rows: usize) -> Vec<f64> {
        let cosine = |x: usize, k: usize| {
            let scale = if k == 0 {
                std::f64::consts::FRAC_1_SQRT_2
            } else {
                1.0
            };
            scale * ((2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos() / 2.0
        };
        let (width, height) = (8 / columns, 8 / rows);
        let mut samples = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let mut sum = 0.0;
                for y in row * height..(row + 1) * height {
                    for x in column * width..(column + 1) * width {
                        for (v, coefficients) in block.iter().enumerate() {
                            for (u, coefficient) in coefficients.iter().enumerate() {
                                sum += f64::from(*coefficient) * cosine(x, u) * cosine(y, v);
                            }
                        }
                    }
                }
                samples.push(sum / (width * height) as f64 + 128.0);
            }
        }
        samples
    }

    #[test]
    fn samples_and_means_are_those_of_the_definition() {
        let mut block = [[0.0; 8]; 8];
        for (v, row) in block.iter_mut().enumerate() {
            for (u, value) in row.iter_mut().enumerate() {
                *value = ((u * 37 + v * 91 + u * v * 13) % 101) as f32 / (1 + u + v) as f32 - 7.0;
            }
        }
        let mut sizes = 0;
        for columns in [1, 2, 4, 8] {
            for rows in [1, 2, 4, 8] {
                let Some(inverse) = inverse_to(columns, rows) else {
                    continue;
                };
                sizes += 1;
                let mut out = [7; 8 * 9];
                inverse(&block, &mut out, 9);
                let exact = by_definition(&block, columns, rows);
                for (index, exact) in exact.iter().enumerate() {
                    let found = out[index / columns * 9 + index % columns];
                    assert!(
                        (f64::from(found) - exact.clamp(0.0, 255.0)).abs() < 0.501,
                        "{columns}x{rows}, {index}: {found} for {exact}"
                    );
                }
                assert_eq!(out[columns], 7, "nothing is written beside the block");
            }
        }
        assert_eq!(sizes, 10);
    }

    #[test]
    fn samples_stay_within_their_range() {
        for (value, expected) in [
            (-1e9, 0),
            (-128.6, 0),
            (-0.4, 128),
            (0.6, 129),
            (126.9, 255),
            (1e9, 255),
        ] {
            assert_eq!(sample(value), expected, "{value}");
        }
    }

    #[test]
    fn coefficients_go_to_their_places() {
        let mut divisors = [1; 64];
        divisors[2] = 5;
        let mut coefficients = [0; 64];
        (coefficients[0], coefficients[2], coefficients[63]) = (-3, 7, 9);
        let block = Dequantizer::new(&divisors).block(&coefficients);
        assert_eq!((block[0][0], block[1][0], block[7][7]), (-3.0, 35.0, 9.0));
        assert_eq!(
            block.as_flattened().iter().filter(|value| **value != 0.0).count(),
            3
        );
    }
}
