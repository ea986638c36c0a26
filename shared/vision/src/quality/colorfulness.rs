//! How colourful a picture is (Hasler, Süsstrunk: Measuring Colourfulness in Natural Images, 2003).
//!
//! With `rg = R - G` and `yb = (R + G) / 2 - B`, and their means m and deviations s over the picture, it is
//! `sqrt(s_rg^2 + s_yb^2) + 0.3 * sqrt(m_rg^2 + m_yb^2)`. A grey picture has 0. The authors' viewers called 15 slightly,
//! 33 moderately, 59 quite, and 109 extremely colourful.

use fearless_simd::{Level, Simd, dispatch};

use crate::picture::Picture;

/// The score of a picture, 0 or more.
pub(super) fn colorfulness(picture: &Picture) -> f64 {
    let sums = dispatch!(Level::new(), simd => sums(simd, picture.pixels()));
    let pixels = picture.pixels().len() as f64;
    // The second opponent colour was added up twice as large.
    let [red_green, yellow_blue] =
        [(sums.red_green, 1.0), (sums.yellow_blue, 2.0)].map(|((sum, squares), scale)| {
            let mean = sum as f64 / pixels / scale;
            (
                mean * mean,
                (squares as f64 / pixels / (scale * scale) - mean * mean).max(0.0),
            )
        });
    (red_green.1 + yellow_blue.1).sqrt() + 0.3 * (red_green.0 + yellow_blue.0).sqrt()
}

/// The sums of the opponent colours and of their squares.
#[derive(Default)]
struct Sums {
    red_green: (i64, i64),
    yellow_blue: (i64, i64),
}

/// Compiled once for each level of vector instructions.
#[inline(always)]
fn sums<S: Simd>(_simd: S, pixels: &[[u8; 3]]) -> Sums {
    /// Pixels whose sums of squares, of up to 510 squared each, have room in 32 bits.
    const ROOM: usize = 8192;
    let mut sums = Sums::default();
    for piece in pixels.chunks(ROOM) {
        let mut part = [0_i32; 4];
        for pixel in piece {
            let [red, green, blue] = pixel.map(i32::from);
            let (red_green, yellow_blue) = (red - green, red + green - 2 * blue);
            let terms = [
                red_green,
                red_green * red_green,
                yellow_blue,
                yellow_blue * yellow_blue,
            ];
            for (sum, term) in part.iter_mut().zip(terms) {
                *sum += term;
            }
        }
        let [red_green, red_green_squares, yellow_blue, yellow_blue_squares] = part.map(i64::from);
        sums.red_green.0 += red_green;
        sums.red_green.1 += red_green_squares;
        sums.yellow_blue.0 += yellow_blue;
        sums.yellow_blue.1 += yellow_blue_squares;
    }
    sums
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers are small")]
mod tests {
    use super::*;

    fn of(pixels: &[[u8; 3]]) -> f64 {
        colorfulness(&Picture::from_rgb(pixels.len() as u32, 1, pixels.as_flattened().to_vec()).unwrap())
    }

    #[test]
    fn the_formula() {
        assert_eq!(of(&[[0; 3], [255; 3], [90; 3]]), 0.0);
        // One colour has no deviation: rg = 255, yb = 127.5.
        assert!((of(&[[255, 0, 0]; 5]) - 0.3 * 255_f64.hypot(127.5)).abs() < 1e-9);
        // Red and green: rg is +-255, yb 127.5.
        assert!((of(&[[255, 0, 0], [0, 255, 0]]) - (255.0 + 0.3 * 127.5)).abs() < 1e-9);
        // The greatest sums of a piece, and more than one piece.
        let blue_yellow = [[0, 0, 255], [255, 255, 0]].repeat(10_000);
        assert!((of(&blue_yellow) - 255.0).abs() < 1e-9);
    }
}
