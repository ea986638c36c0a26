//! The discrete cosine transform of a block, and its quantisation.

use super::tables::ZIGZAG;

/// One number for each of eight columns.
type Lanes = [f32; 8];

/// Factors by which the outputs of the transform are too large, one for each frequency: `sqrt(2) cos(k pi / 16)`, and 1
/// for frequency 0.
const SCALES: [f32; 8] = [
    1.0,
    1.387_039_9,
    1.306_563,
    1.175_875_6,
    1.0,
    0.785_694_96,
    0.541_196_1,
    0.275_899_38,
];

/// Divides transformed blocks by a table.
pub(crate) struct Quantizer {
    /// Reciprocals of divisor times scale, transposed as the transform leaves its output.
    factors: [Lanes; 8],
}

impl Quantizer {
    /// For a table of divisors in zigzag order.
    pub(crate) fn new(divisors: &[u8; 64]) -> Self {
        let mut natural = [0_u8; 64];
        for (divisor, position) in divisors.iter().zip(ZIGZAG) {
            if let Some(place) = natural.get_mut(usize::from(position)) {
                *place = *divisor;
            }
        }
        let mut factors = [[0.0; 8]; 8];
        for (row, (divisors, row_scale)) in natural.as_chunks::<8>().0.iter().zip(SCALES).enumerate() {
            for ((divisor, column_scale), lanes) in divisors.iter().zip(SCALES).zip(&mut factors) {
                if let Some(factor) = lanes.get_mut(row) {
                    *factor = 1.0 / (f32::from(*divisor) * row_scale * column_scale * 8.0);
                }
            }
        }
        Self { factors }
    }

    /// The quantised coefficients of a block of samples, in zigzag order.
    pub(crate) fn coefficients(&self, mut block: [Lanes; 8]) -> [i16; 64] {
        transform_columns(&mut block);
        block = transposed(&block);
        transform_columns(&mut block);
        let mut quantized = [[0_i16; 8]; 8];
        for ((out, lanes), factors) in quantized.iter_mut().zip(&block).zip(&self.factors) {
            for ((out, value), factor) in out.iter_mut().zip(lanes).zip(factors) {
                *out = rounded(value * factor);
            }
        }
        let transposed = quantized.as_flattened();
        let mut zigzag = [0; 64];
        for (out, position) in zigzag.iter_mut().zip(ZIGZAG) {
            let position = usize::from(position);
            *out = transposed
                .get(position % 8 * 8 + position / 8)
                .copied()
                .unwrap_or(0);
        }
        zigzag
    }
}

/// The nearest integer, ties to the even one, for numbers of less than 22 bits. Adding this constant leaves no bits for a
/// fraction, and the integer in the lowest ones; unlike a call of `round` it takes one instruction on every processor.
fn rounded(value: f32) -> i16 {
    const ONE_AND_A_HALF_TIMES_2_TO_23: f32 = 12_582_912.0;
    let [low, high, ..] = (value + ONE_AND_A_HALF_TIMES_2_TO_23).to_bits().to_le_bytes();
    i16::from_le_bytes([low, high])
}

fn transposed(block: &[Lanes; 8]) -> [Lanes; 8] {
    let mut out = [[0.0; 8]; 8];
    for (x, row) in block.iter().enumerate() {
        for (lanes, value) in out.iter_mut().zip(row) {
            if let Some(place) = lanes.get_mut(x) {
                *place = *value;
            }
        }
    }
    out
}

/// The one-dimensional transform of every column at once, after Arai, Agui and Nakajima, "A fast DCT-SQ scheme for images"
/// (1988): five multiplications, the rest of them being left to the quantisation.
fn transform_columns(block: &mut [Lanes; 8]) {
    const COS_4: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const COS_6: f32 = 0.382_683_43;
    const COS_2_LESS_COS_6: f32 = 0.541_196_1;
    const COS_2_PLUS_COS_6: f32 = 1.306_563;

    let [a0, a1, a2, a3, a4, a5, a6, a7] = *block;
    let (b0, b7) = (add(a0, a7), subtract(a0, a7));
    let (b1, b6) = (add(a1, a6), subtract(a1, a6));
    let (b2, b5) = (add(a2, a5), subtract(a2, a5));
    let (b3, b4) = (add(a3, a4), subtract(a3, a4));

    let (c0, c3) = (add(b0, b3), subtract(b0, b3));
    let (c1, c2) = (add(b1, b2), subtract(b1, b2));
    let even = scale(add(c2, c3), COS_4);

    let (d4, d5, d6) = (add(b4, b5), add(b5, b6), add(b6, b7));
    let turn = scale(subtract(d4, d6), COS_6);
    let low = add(scale(d4, COS_2_LESS_COS_6), turn);
    let high = add(scale(d6, COS_2_PLUS_COS_6), turn);
    let middle = scale(d5, COS_4);
    let (sum, difference) = (add(b7, middle), subtract(b7, middle));

    *block = [
        add(c0, c1),
        add(sum, high),
        add(c3, even),
        subtract(difference, low),
        subtract(c0, c1),
        add(difference, low),
        subtract(c3, even),
        subtract(sum, high),
    ];
}

fn add(a: Lanes, b: Lanes) -> Lanes {
    combine(a, b, |a, b| a + b)
}

fn subtract(a: Lanes, b: Lanes) -> Lanes {
    combine(a, b, |a, b| a - b)
}

fn scale(a: Lanes, factor: f32) -> Lanes {
    a.map(|value| value * factor)
}

fn combine(mut a: Lanes, b: Lanes, operation: impl Fn(f32, f32) -> f32) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = operation(*a, b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition in T.81, A.3.3.
    fn by_definition(block: &[Lanes; 8], u: usize, v: usize) -> f64 {
        let factor = |k: usize| {
            if k == 0 {
                std::f64::consts::FRAC_1_SQRT_2
            } else {
                1.0
            }
        };
        let cosine = |x: usize, k: usize| ((2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos();
        let mut sum = 0.0;
        for (y, row) in block.iter().enumerate() {
            for (x, value) in row.iter().enumerate() {
                sum += f64::from(*value) * cosine(x, u) * cosine(y, v);
            }
        }
        sum * factor(u) * factor(v) / 4.0
    }

    #[test]
    fn coefficients_are_those_of_the_definition() {
        let mut block = [[0.0; 8]; 8];
        for (y, row) in block.iter_mut().enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = ((x * 37 + y * 91 + x * y * 13) % 256) as f32 - 128.0;
            }
        }
        let found = Quantizer::new(&[1; 64]).coefficients(block);
        for (value, position) in found.iter().zip(ZIGZAG) {
            let (v, u) = (usize::from(position) / 8, usize::from(position) % 8);
            let exact = by_definition(&block, u, v);
            assert!(
                (f64::from(*value) - exact).abs() < 0.51,
                "({u}, {v}): {value} for {exact}"
            );
        }
    }

    #[test]
    fn rounding_goes_to_the_nearest() {
        for (value, expected) in [
            (0.0, 0),
            (0.4, 0),
            (0.6, 1),
            (-0.4, 0),
            (-0.6, -1),
            (1023.7, 1024),
            (-1016.2, -1016),
        ] {
            assert_eq!(rounded(value), expected);
        }
    }
}
