//! The normalised pixels of NIQE, in double precision and with the whole window at once.
//!
//! As in the normalisation of BRISQUE, rounding decides what a flat part of a picture counts as, and as there the
//! operations are those of the reference, in their order. Here that means that the window is not taken apart into rows and
//! columns, and that no product is fused with a sum.

use crate::quality::parameters::{PARAMETERS, WINDOW};

/// How far the window reaches to each side.
const REACH: usize = WINDOW / 2;
/// Pixels that are worked on side by side.
const LANES: usize = 16;

/// Rows of pixels from 0 to 255.
pub(super) trait Source {
    /// Pixels of a row.
    fn width(&self) -> usize;
    /// Number of rows.
    fn height(&self) -> usize;
    /// Writes a row into a slice of the width.
    fn read(&self, y: usize, out: &mut [f64]);
}

/// The last seven rows, with what is seen beyond their ends, and their squares.
struct Ring {
    stride: usize,
    pixels: Vec<f64>,
    squares: Vec<f64>,
}

/// Normalises a picture, and gives it away in bands of so many rows, each row as long as is said. Beyond the edges the
/// outermost pixels are repeated.
///
/// To be called from a function that is compiled for a level of vector instructions.
#[inline(always)]
pub(super) fn normalized_bands(source: &impl Source, rows: usize, mut take: impl FnMut(&[f32], usize)) {
    let (width, height) = (source.width(), source.height());
    let window = &PARAMETERS.1.window;
    let stride = width.next_multiple_of(LANES);
    let mut ring = Ring {
        stride: stride + 2 * REACH,
        pixels: vec![0.0; WINDOW * (stride + 2 * REACH)],
        squares: vec![0.0; WINDOW * (stride + 2 * REACH)],
    };
    let mut band = vec![0.0; rows * stride];
    let mut read = 0;
    for top in (0..height).step_by(rows) {
        for (y, out) in (top..height).zip(band.chunks_exact_mut(stride)) {
            while read < height.min(y + REACH + 1) {
                ring.read(source, read);
                read += 1;
            }
            ring.normalize(window, y, height, out);
        }
        take(&band, stride);
    }
}

impl Ring {
    /// Where a row is.
    #[inline(always)]
    fn place(&self, y: usize) -> std::ops::Range<usize> {
        let start = y % WINDOW * self.stride;
        start..start + self.stride
    }

    #[inline(always)]
    fn read(&mut self, source: &impl Source, y: usize) {
        let (width, place) = (source.width(), self.place(y));
        let (Some(row), Some(squares)) = (self.pixels.get_mut(place.clone()), self.squares.get_mut(place))
        else {
            return;
        };
        if let Some(inside) = row.get_mut(REACH..REACH + width) {
            source.read(y, inside);
        }
        let [first, last] = [REACH, REACH + width - 1].map(|at| row.get(at).copied().unwrap_or_default());
        if let Some(before) = row.get_mut(..REACH) {
            before.fill(first);
        }
        if let Some(behind) = row.get_mut(REACH + width..) {
            behind.fill(last);
        }
        for (square, pixel) in squares.iter_mut().zip(row) {
            *square = *pixel * *pixel;
        }
    }

    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is enough for what is added up"
    )]
    fn normalize(&self, window: &[[f64; WINDOW]; WINDOW], y: usize, height: usize, out: &mut [f32]) {
        let last = height.saturating_sub(1);
        let places: [_; WINDOW] =
            std::array::from_fn(|tap| self.place((y + tap).saturating_sub(REACH).min(last)));
        let pixels = places
            .clone()
            .map(|place| self.pixels.get(place).unwrap_or_default());
        let squares = places.map(|place| self.squares.get(place).unwrap_or_default());
        let middle = self.pixels.get(self.place(y)).unwrap_or_default();
        for (block, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let start = block * LANES;
            let mean = convolved(window, &pixels, start);
            let square = convolved(window, &squares, start);
            let values = chunk(middle, start + REACH);
            for (((out, value), mean), square) in out.iter_mut().zip(values).zip(&mean).zip(&square) {
                let deviation = (square - mean * mean).abs().sqrt();
                *out = ((value - mean) / (deviation + 1.0)) as f32;
            }
        }
    }
}

#[inline(always)]
fn convolved(window: &[[f64; WINDOW]; WINDOW], rows: &[&[f64]; WINDOW], start: usize) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for (weights, row) in window.iter().zip(rows) {
        for (tap, weight) in weights.iter().enumerate() {
            for (sum, value) in sums.iter_mut().zip(chunk(row, start + tap)) {
                *sum += weight * value;
            }
        }
    }
    sums
}

#[inline(always)]
fn chunk(row: &[f64], start: usize) -> &[f64; LANES] {
    row.get(start..)
        .and_then(<[f64]>::first_chunk)
        .unwrap_or(&[0.0; LANES])
}
