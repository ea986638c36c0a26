//! Pixels less the mean of their neighbourhood, divided by its deviation: what all of these metrics take statistics of
//! (mean-subtracted contrast-normalised coefficients).
//!
//! The neighbourhood is a Gaussian window of 7 by 7 pixels with a deviation of 7/6. Where a picture is flat, the difference
//! from the mean is nothing but rounding, and still its sign is counted: the agreement with OpenCV's BRISQUE on pictures
//! with large flat parts depends on the last bit. Hence the operations here are its operations, in their order, with
//! products that are rounded only once they are added (which is exact on machines without such an instruction, too, and
//! slow there).

/// How far the window reaches to each side.
pub(super) const REACH: usize = 3;
const TAPS: usize = 2 * REACH + 1;
/// Pixels that are worked on side by side.
const LANES: usize = 16;
/// The middle of the window's profile, and what stands beside it, from the inside.
const MIDDLE: f32 = 0.342_631_52;
const SIDES: [f32; REACH] = [0.237_296_07, 0.078_827_96, 0.012_560_201];
const PROFILE: [f32; TAPS] = [SIDES[2], SIDES[1], SIDES[0], MIDDLE, SIDES[0], SIDES[1], SIDES[2]];
/// Keeps the quotient finite: one step of 255.
const LEAST_DEVIATION: f32 = 1.0 / 255.0;

/// Rows of pixels from 0 to 1.
pub(super) trait Source {
    /// Pixels of a row.
    fn width(&self) -> usize;
    /// Number of rows.
    fn height(&self) -> usize;
    /// Writes a row into a slice of the width.
    fn read(&self, y: usize, out: &mut [f32]);
}

/// Takes the normalised rows, from the top. Behind each of them stand zeros, at least one.
pub(super) trait Visitor {
    /// Takes a row.
    fn row(&mut self, row: &[f32]);
}

/// The rows that one row of the result is computed from.
struct Ring {
    /// From the start of a row to that of the next.
    stride: usize,
    /// A row with what is seen beyond its ends.
    padded: Vec<f32>,
    squares: Vec<f32>,
    /// The last seven rows: pixels, blurred pixels, blurred squares.
    pixels: Vec<f32>,
    blurred: Vec<f32>,
    blurred_squares: Vec<f32>,
}

/// Normalises a picture row by row. Beyond its edges the outermost pixels are repeated.
///
/// To be called from a function that is compiled for a level of vector instructions.
#[inline(always)]
pub(super) fn normalized(source: &impl Source, visitor: &mut impl Visitor) {
    let (width, height) = (source.width(), source.height());
    let stride = width.next_multiple_of(LANES);
    let mut ring = Ring {
        stride,
        padded: vec![0.0; stride + 2 * REACH],
        squares: vec![0.0; stride + 2 * REACH],
        pixels: vec![0.0; TAPS * stride],
        blurred: vec![0.0; TAPS * stride],
        blurred_squares: vec![0.0; TAPS * stride],
    };
    let mut out = vec![0.0; stride + LANES];
    let mut read = 0;
    for y in 0..height {
        while read < height.min(y + REACH + 1) {
            ring.read(source, read);
            read += 1;
        }
        ring.normalize(y, height, &mut out);
        if let Some(beyond) = out.get_mut(width..) {
            beyond.fill(0.0);
        }
        visitor.row(&out);
    }
}

impl Ring {
    /// Where a row is.
    #[inline(always)]
    fn place(&self, y: usize) -> std::ops::Range<usize> {
        let start = y % TAPS * self.stride;
        start..start + self.stride
    }

    #[inline(always)]
    fn read(&mut self, source: &impl Source, y: usize) {
        let width = source.width();
        let place = self.place(y);
        if let Some(row) = self.padded.get_mut(REACH..REACH + width) {
            source.read(y, row);
        }
        extend_edges(&mut self.padded, width);
        for (square, pixel) in self.squares.iter_mut().zip(&self.padded) {
            *square = pixel * pixel;
        }
        if let (Some(to), Some(from)) = (
            self.pixels.get_mut(place.clone()),
            self.padded.get(REACH..REACH + self.stride),
        ) {
            to.copy_from_slice(from);
        }
        for (padded, to) in [
            (&self.padded, &mut self.blurred),
            (&self.squares, &mut self.blurred_squares),
        ] {
            if let Some(to) = to.get_mut(place.clone()) {
                blur_row(padded, to);
            }
        }
    }

    #[inline(always)]
    fn normalize(&self, y: usize, height: usize, out: &mut [f32]) {
        let last = height.saturating_sub(1);
        let places: [_; TAPS] =
            std::array::from_fn(|tap| self.place((y + tap).saturating_sub(REACH).min(last)));
        let pixels = self.pixels.get(self.place(y)).unwrap_or_default();
        let means = places
            .clone()
            .map(|place| self.blurred.get(place).unwrap_or_default());
        let squares = places.map(|place| self.blurred_squares.get(place).unwrap_or_default());
        let (blocks, _) = out.as_chunks_mut::<LANES>();
        let (pixel_blocks, _) = pixels.as_chunks::<LANES>();
        for (block, (out, pixels)) in blocks.iter_mut().zip(pixel_blocks).enumerate() {
            let mean = blur_column(&means, block * LANES);
            let square = blur_column(&squares, block * LANES);
            for (((out, pixel), mean), square) in out.iter_mut().zip(pixels).zip(&mean).zip(&square) {
                let variance = square - mean * mean;
                let value = (pixel - mean) / (variance.sqrt() + LEAST_DEVIATION);
                // Rounding may make a variance of nothing negative. Such pixels do not count.
                *out = if variance >= 0.0 { value } else { 0.0 };
            }
        }
    }
}

/// Repeats the outermost of the pixels that stand behind [`REACH`] places.
#[inline(always)]
fn extend_edges(padded: &mut [f32], width: usize) {
    let first = padded.get(REACH).copied().unwrap_or_default();
    if let Some(before) = padded.get_mut(..REACH) {
        before.fill(first);
    }
    let last = padded.get(REACH + width - 1).copied().unwrap_or_default();
    if let Some(behind) = padded.get_mut(REACH + width..) {
        behind.fill(last);
    }
}

#[inline(always)]
fn blur_row(padded: &[f32], out: &mut [f32]) {
    for (block, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sum = [0.0; LANES];
        for (tap, weight) in PROFILE.iter().enumerate() {
            let start = block * LANES + tap;
            let values = padded.get(start..).and_then(<[f32]>::first_chunk::<LANES>);
            for (sum, value) in sum.iter_mut().zip(values.unwrap_or(&[0.0; LANES])) {
                *sum = value.mul_add(*weight, *sum);
            }
        }
        *out = sum;
    }
}

#[inline(always)]
fn blur_column(rows: &[&[f32]; TAPS], start: usize) -> [f32; LANES] {
    let block = |row: &[f32]| -> [f32; LANES] {
        row.get(start..)
            .and_then(<[f32]>::first_chunk::<LANES>)
            .copied()
            .unwrap_or_default()
    };
    let [above3, above2, above1, middle, below1, below2, below3] = rows;
    let mut sum = block(middle).map(|value| value * MIDDLE);
    for (weight, above, below) in [
        (SIDES[0], above1, below1),
        (SIDES[1], above2, below2),
        (SIDES[2], above3, below3),
    ] {
        let (above, below) = (block(above), block(below));
        for ((sum, above), below) in sum.iter_mut().zip(&above).zip(&below) {
            *sum = (above + below).mul_add(weight, *sum);
        }
    }
    sum
}
