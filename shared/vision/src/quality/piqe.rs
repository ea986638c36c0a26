//! PIQE (Venkatanath N, Praneeth D, Maruthi Chandrasekhar Bh, Channappayya, Medasani: Blind Image Quality Evaluation Using
//! Perception Based Features, 2015): 0 for the best, 100 for the worst.
//!
//! Blocks of 16 by 16 normalised pixels are judged if something happens in them. One counts as distorted where a part of
//! its edge is flat, as in compressed pictures, and as noisy where its middle differs little from what surrounds it.
//! Details that the paper leaves open are as in the authors' program, which MATLAB's `piqe` follows: sides are filled up to
//! whole blocks by mirroring, and what surrounds the two middle columns is all but the first of them and the one behind the
//! second. Two things are different: luma is not stretched to full scale first, and a score below 0 is 0.

use darkroom_domain::quality::QualityMetric;
use fearless_simd::{Level, Simd, dispatch};

use super::luma::Luma;
use super::normalization::{Source, Visitor, normalized};
use super::{NotMeasured, at_least};

/// The side of a block.
const SIDE: usize = 16;
/// The variance above which something happens in a block.
const ACTIVE: f64 = 0.1;
/// The pixels of a part of an edge, and the deviation below which it is flat.
const PART: usize = 6;
const FLAT: f64 = 0.1;

/// A block, by rows.
type Block = [[f32; SIDE]; SIDE];

/// The score of a picture. A flat one has the worst.
pub(super) fn piqe(luma: &Luma) -> Result<f64, NotMeasured> {
    at_least(luma, QualityMetric::Piqe, 16, 16)?;
    let padded = Padded {
        luma,
        width: luma.width().next_multiple_of(SIDE),
        height: luma.height().next_multiple_of(SIDE),
    };
    let mut tally = Tally::default();
    dispatch!(Level::new(), simd => count(simd, &padded, &mut tally));
    let score = (tally.distortion + 1.0) / (tally.active + 1.0);
    Ok((100.0 * score).clamp(0.0, 100.0))
}

/// Compiled once for each level of vector instructions.
#[inline(always)]
fn count<S: Simd>(_simd: S, source: &Padded<'_>, tally: &mut Tally) {
    normalized(source, tally);
}

/// A picture with its right and lower edge as mirrors, up to whole blocks.
struct Padded<'a> {
    luma: &'a Luma,
    width: usize,
    height: usize,
}

impl Source for Padded<'_> {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    #[inline(always)]
    fn read(&self, y: usize, out: &mut [f32]) {
        // Fewer pixels are missing than there are.
        let height = self.luma.height();
        let seen = if y < height { y } else { 2 * height - 1 - y };
        self.luma.read(seen, out);
        let (inside, beyond) = out.split_at_mut(self.luma.width().min(out.len()));
        for (out, value) in beyond.iter_mut().zip(inside.iter().rev()) {
            *out = *value;
        }
    }
}

/// What was found in the blocks so far.
#[derive(Default)]
struct Tally {
    /// The rows of the blocks that are not complete yet.
    blocks: Vec<Block>,
    rows: usize,
    active: f64,
    distortion: f64,
}

impl Visitor for Tally {
    #[inline(always)]
    fn row(&mut self, row: &[f32]) {
        // Behind the blocks stand zeros, which fill one more block.
        let (parts, _) = row.as_chunks::<SIDE>();
        self.blocks
            .resize(parts.len().saturating_sub(1), [[0.0; SIDE]; SIDE]);
        for (block, part) in self.blocks.iter_mut().zip(parts) {
            if let Some(row) = block.get_mut(self.rows) {
                *row = *part;
            }
        }
        self.rows += 1;
        if self.rows == SIDE {
            self.rows = 0;
            for block in &self.blocks {
                if let Some(distortion) = distortion(block) {
                    self.active += 1.0;
                    self.distortion += distortion;
                }
            }
        }
    }
}

/// How distorted a block is, if something happens in it.
#[inline(always)]
fn distortion(block: &Block) -> Option<f64> {
    let columns = Columns::of(block);
    let variance = columns.variance(|_| true);
    if variance <= ACTIVE {
        return None;
    }
    let compressed = if has_flat_edge(block) { 1.0 - variance } else { 0.0 };
    let noisy = if columns.are_noisy(variance.sqrt()) {
        variance
    } else {
        0.0
    };
    Some(compressed + noisy)
}

/// The sums of the columns of a block, and those of their squares.
struct Columns {
    sums: [f64; SIDE],
    squares: [f64; SIDE],
}

impl Columns {
    #[inline(always)]
    fn of(block: &Block) -> Self {
        let (mut sums, mut squares) = ([0.0; SIDE], [0.0; SIDE]);
        for row in block {
            for ((sum, square), value) in sums.iter_mut().zip(&mut squares).zip(row) {
                let value = f64::from(*value);
                *sum += value;
                *square += value * value;
            }
        }
        Self { sums, squares }
    }

    /// The variance of a sample, that of the wanted columns.
    fn variance(&self, wanted: impl Fn(usize) -> bool) -> f64 {
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for (column, (of_column, squares_of_column)) in self.sums.iter().zip(&self.squares).enumerate() {
            if wanted(column) {
                sum += of_column;
                squares += squares_of_column;
                count += 16.0;
            }
        }
        ((squares - sum * sum / count) / (count - 1.0)).max(0.0)
    }

    fn are_noisy(&self, deviation: f64) -> bool {
        let middle = self.variance(|column| column == 7 || column == 8).sqrt();
        let surround = self.variance(|column| column != 7 && column != 9).sqrt();
        let ratio = if surround > 0.0 { middle / surround } else { 0.0 };
        deviation > 2.0 * (deviation - ratio).abs() / deviation.max(ratio)
    }
}

fn has_flat_edge(block: &Block) -> bool {
    let [top, .., bottom] = block;
    let [left, right] =
        [0, SIDE - 1].map(|column| block.map(|row| row.get(column).copied().unwrap_or_default()));
    [top, bottom, &left, &right]
        .into_iter()
        .flat_map(|edge| edge.windows(PART))
        .any(|part| variance(part.iter()) < FLAT * FLAT)
}

/// The variance of a sample.
fn variance<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values.clone() {
        sum += f64::from(*value);
        count += 1.0;
    }
    let mean = sum / count;
    values
        .map(|value| (f64::from(*value) - mean).powi(2))
        .sum::<f64>()
        / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(value: impl Fn(usize, usize) -> f32) -> Block {
        std::array::from_fn(|row| std::array::from_fn(|column| value(row, column)))
    }

    #[test]
    fn the_variance_is_that_of_a_sample() {
        assert!((variance([1.0_f32, 2.0, 3.0, 4.0].iter()) - 5.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_happens_in_a_flat_block() {
        assert_eq!(distortion(&block(|_, _| 0.3)), None);
        assert_eq!(
            distortion(&block(|row, _| if row == 5 { 0.5 } else { 0.0 })),
            None
        );
    }

    #[test]
    fn six_equal_pixels_of_an_edge_are_flat() {
        let checks = |row: usize, column: usize| {
            if (row + column).is_multiple_of(2) {
                0.6
            } else {
                -0.6
            }
        };
        assert!(!has_flat_edge(&block(checks)));
        assert!(has_flat_edge(&block(|row, column| if row == 15 && column > 9 {
            0.0
        } else {
            checks(row, column)
        })));
        assert!(!has_flat_edge(&block(
            |row, column| if row == 15 && column > 10 {
                0.0
            } else {
                checks(row, column)
            }
        )));
        assert!(has_flat_edge(&block(|row, column| if column == 0 && row < 6 {
            0.0
        } else {
            checks(row, column)
        })));
        // What is flat inside does not count.
        assert!(!has_flat_edge(&block(|row, column| if row == 8 {
            0.0
        } else {
            checks(row, column)
        })));
    }

    #[test]
    fn a_block_is_noisy_if_its_middle_is_like_the_rest() {
        let is_noisy = |block: &Block| {
            let columns = Columns::of(block);
            columns.are_noisy(columns.variance(|_| true).sqrt())
        };
        assert!(is_noisy(&block(|row, column| {
            if (row + column).is_multiple_of(2) {
                0.9
            } else {
                -0.9
            }
        })));
        assert!(!is_noisy(&block(|_, column| if column < 6 { 0.9 } else { -0.1 })));
    }

    #[test]
    fn columns_have_the_variance_of_their_values() {
        let block = block(|row, column| ((row * 7 + column * 5) % 11) as f32 / 9.0);
        let expected = variance(block.as_flattened().iter());
        assert!((Columns::of(&block).variance(|_| true) - expected).abs() < 1e-12);
        let third: Vec<f32> = block.iter().map(|row| row[3]).collect();
        let expected = variance(third.iter());
        assert!((Columns::of(&block).variance(|column| column == 3) - expected).abs() < 1e-12);
    }
}
