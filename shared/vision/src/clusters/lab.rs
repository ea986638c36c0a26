//! CIE L\*a\*b\* in 8 bits a channel, the way OpenCV's `COLOR_RGB2Lab` stores it.
//!
//! L is stretched from 100 to 255, a and b are moved by 128; the white is D65, the input is sRGB. All is done in fixed
//! point, as there, by two tables: of linear light in 2040 steps, and of the cube root in 32768. One colour in ten thousand
//! differs from OpenCV's by one step of a or b, where an entry of the tables is halfway between two numbers.

use super::octree::Color;

/// Steps of linear light from black to white.
const LIGHT: f64 = 2040.0;
/// Steps of the cube root from black to white.
const ROOT: f64 = 32_768.0;
/// The bits of the matrix after the point.
const MATRIX_BITS: u32 = 12;
/// The bits of the cube root after the point.
const ROOT_BITS: u32 = 15;
/// Rows X, Y and Z, each over its value for white, for columns red, green and blue; in 4096 parts.
const MATRIX: [[i32; 3]; 3] = [[1777, 1541, 778], [871, 2929, 296], [73, 448, 3575]];

/// The tables of the transform.
#[derive(Debug)]
pub(super) struct Lab {
    light: Vec<i32>,
    root: Vec<i32>,
}

impl Lab {
    pub(super) fn new() -> Self {
        let light = (0..=u8::MAX).map(|value| {
            let value = f64::from(value) / 255.0;
            let linear = if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            };
            rounded(LIGHT * linear)
        });
        // One and a half times as far as white: more than rounding can lead to.
        let root = (0..3072_u16).map(|light| {
            let light = f64::from(light) / LIGHT;
            let root = if light < 216.0 / 24_389.0 {
                light * 841.0 / 108.0 + 16.0 / 116.0
            } else {
                light.cbrt()
            };
            rounded(ROOT * root)
        });
        Self {
            light: light.collect(),
            root: root.collect(),
        }
    }

    /// The colour in L, a and b.
    pub(super) fn of_rgb(&self, rgb: Color) -> Color {
        let light = rgb.map(|channel| at(&self.light, usize::from(channel)));
        let [x, y, z] = MATRIX.map(|row| {
            let sum: i32 = row.iter().zip(light).map(|(part, light)| part * light).sum();
            at(
                &self.root,
                usize::try_from(shifted(sum, MATRIX_BITS)).unwrap_or(0),
            )
        });
        let middle = 128 << ROOT_BITS;
        [
            296 * y - 1_336_934,
            500 * (x - y) + middle,
            200 * (y - z) + middle,
        ]
        .map(|channel| u8::try_from(shifted(channel, ROOT_BITS).clamp(0, 255)).unwrap_or(u8::MAX))
    }
}

fn at(table: &[i32], index: usize) -> i32 {
    table.get(index).copied().unwrap_or(0)
}

/// Without some bits, rounded.
fn shifted(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the tables hold numbers below 2¹⁶"
)]
fn rounded(value: f64) -> i32 {
    value.round_ties_even() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of OpenCV 4.13.
    const GOLDEN: [(Color, Color); 14] = [
        ([255, 0, 0], [136, 208, 195]),
        ([0, 255, 0], [224, 42, 211]),
        ([0, 0, 255], [82, 207, 20]),
        ([255, 255, 0], [248, 106, 223]),
        ([0, 255, 255], [233, 80, 114]),
        ([255, 0, 255], [154, 226, 67]),
        ([0, 0, 0], [0, 128, 128]),
        ([255, 255, 255], [255, 128, 128]),
        ([128, 128, 128], [137, 128, 128]),
        ([10, 20, 30], [15, 128, 120]),
        ([200, 100, 50], [137, 164, 173]),
        ([50, 100, 200], [113, 146, 71]),
        ([1, 254, 3], [223, 42, 211]),
        ([77, 12, 201], [76, 194, 47]),
    ];

    #[test]
    fn known_colours() {
        let lab = Lab::new();
        for (rgb, expected) in GOLDEN {
            assert_eq!(lab.of_rgb(rgb), expected, "{rgb:?}");
        }
    }

    #[test]
    fn greys_have_no_colour() {
        let lab = Lab::new();
        for grey in 0..=255 {
            let [_, a, b] = lab.of_rgb([grey; 3]);
            assert_eq!((a, b), (128, 128), "{grey}");
        }
    }
}
