//! How sharp the sharpest part of a picture is.
//!
//! After Crété, Dolmiere, Ladret, Nicolas (The Blur Effect: Perception and Estimation with a New No-Reference Perceptual
//! Blur Metric, 2007): a low-pass takes much from the differences between neighbours in a sharp picture, and little where
//! there was blur before. With D the difference of a pixel from the one before it, and B that difference after a mean of
//! nine pixels in the same direction, `sum of max(0, |D| - |B|) / sum of |D|` is near 1 where edges are one pixel wide, and
//! falls as they get wider. As it is a ratio, contrast and exposure hardly matter.
//!
//! Photographers blur what is behind their subject: only the tenth of the tiles of 32 by 32 pixels counts from which the
//! low-pass takes most. Tiles are of the picture reduced to at most 1024 pixels a side, so that cameras of more megapixels
//! are not judged by finer detail; and noise, which reads as detail, is halved at least in pictures of four megapixels.
//! Differences up to two steps of 255 are taken for noise and for rounding.
//!
//! 0 is a picture without an edge, and 1 is never reached. Blur across one direction only (a moving camera) counts by the
//! direction that it is worst in.

use darkroom_domain::quality::QualityMetric;
use fearless_simd::{Level, Simd, dispatch};

use super::luma::Luma;
use super::reduction::reduced;
use super::{NotMeasured, at_least};

/// The longest side that is looked at.
const WORKING_SIDE: usize = 1024;
const TILE: usize = 32;
/// One of so many tiles counts.
const COUNTED: usize = 10;
/// How far the low-pass reaches to each side.
const REACH: usize = 4;
const TAPS: f32 = 9.0;
/// The difference that is taken for noise.
const NOISE: f32 = 2.0;

/// The score of a picture, from 0 to 1.
pub(super) fn sharpness(luma: &Luma) -> Result<f64, NotMeasured> {
    at_least(luma, QualityMetric::Sharpness, 16, 16)?;
    let longest = luma.width().max(luma.height());
    let [width, height] = [luma.width(), luma.height()].map(|side| {
        if longest > WORKING_SIDE {
            ((side * WORKING_SIDE + longest / 2) / longest).max(1)
        } else {
            side
        }
    });
    let pixels = reduced(luma, width, height);
    Ok(dispatch!(Level::new(), simd => of_pixels(simd, &pixels, width)))
}

/// The differences within a tile: all, and what the low-pass takes from them.
#[derive(Clone, Copy, Default)]
struct Variation {
    all: f64,
    taken: f64,
}

/// Compiled once for each level of vector instructions.
#[inline(always)]
fn of_pixels<S: Simd>(_simd: S, pixels: &[f32], width: usize) -> f64 {
    let turned = transposed(pixels, width);
    let height = pixels.len() / width.max(1);
    let across = variations(pixels, width);
    let down = variations(&turned, height);
    score(across).min(score(down))
}

/// That of the tiles from which most is taken.
fn score(mut tiles: Vec<Variation>) -> f64 {
    tiles.sort_by(|one, other| other.taken.total_cmp(&one.taken));
    let counted = tiles.len().div_ceil(COUNTED);
    let (mut all, mut taken) = (0.0, 0.0);
    for tile in tiles.iter().take(counted) {
        all += tile.all;
        taken += tile.taken;
    }
    if all > 0.0 { taken / all } else { 0.0 }
}

/// The variation along the rows of every tile.
#[inline(always)]
fn variations(pixels: &[f32], width: usize) -> Vec<Variation> {
    let columns = width.div_ceil(TILE);
    let mut tiles = Vec::new();
    let mut smooth = vec![0.0; width];
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        if y.is_multiple_of(TILE) {
            tiles.resize(tiles.len() + columns, Variation::default());
        }
        let start = tiles.len() - columns;
        let band = tiles.get_mut(start..).unwrap_or_default();
        low_pass(row, &mut smooth);
        for ((tile, row), smooth) in band.iter_mut().zip(pieces(row)).zip(pieces(&smooth)) {
            let (mut all, mut taken) = (0.0, 0.0);
            for (pair, smooth) in row.windows(2).zip(smooth.windows(2)) {
                let ([before, here], [smooth_before, smooth_here]) = (pair, smooth) else {
                    continue;
                };
                let difference = (here - before).abs() - NOISE;
                let left = (smooth_here - smooth_before).abs();
                all += difference.max(0.0);
                taken += (difference - left).max(0.0);
            }
            tile.all += f64::from(all);
            tile.taken += f64::from(taken);
        }
    }
    tiles
}

/// A row in pieces of a tile each, with the pixel before.
fn pieces(row: &[f32]) -> impl Iterator<Item = &[f32]> {
    (0..row.len()).step_by(TILE).map(|start| {
        let end = row.len().min(start + TILE);
        row.get(start.saturating_sub(1)..end).unwrap_or_default()
    })
}

/// The mean of nine pixels. Beyond the ends the outermost are repeated.
#[inline(always)]
fn low_pass(row: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    let last = row.len().saturating_sub(1);
    for (x, out) in out.iter_mut().enumerate() {
        if let Some(values) = x.checked_sub(REACH).and_then(|start| row.get(start..=x + REACH)) {
            *out = values.iter().sum::<f32>() / TAPS;
        } else {
            let seen = (x..=x + 2 * REACH).map(|place| place.saturating_sub(REACH).min(last));
            *out = seen.filter_map(|place| row.get(place)).sum::<f32>() / TAPS;
        }
    }
}

fn transposed(pixels: &[f32], width: usize) -> Vec<f32> {
    (0..width)
        .flat_map(|column| pixels.iter().skip(column).step_by(width))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_edges_are_less_sharp() {
        let edge = |width: f32| -> f64 {
            let pixels: Vec<f32> = (0..64 * 64)
                .map(|index| 100.0 + 50.0 * ((((index % 64) as f32 - 32.0) / width).clamp(-1.0, 1.0)))
                .collect();
            score(variations(&pixels, 64))
        };
        let scores = [0.1, 2.0, 4.0, 8.0].map(edge);
        assert!(scores.is_sorted_by(|one, other| one > other), "{scores:?}");
        assert!(scores[0] > 0.7 && scores[3] < 0.1, "{scores:?}");
    }

    #[test]
    fn the_low_pass_repeats_the_ends() {
        let mut out = [0.0; 3];
        low_pass(&[9.0, 0.0, 18.0], &mut out);
        // Five, four and three times the first; three, four and five times the last.
        assert_eq!(
            out,
            [
                (5.0 * 9.0 + 3.0 * 18.0) / 9.0,
                (4.0 * 9.0 + 4.0 * 18.0) / 9.0,
                (3.0 * 9.0 + 5.0 * 18.0) / 9.0
            ]
        );
    }

    #[test]
    fn rows_become_columns() {
        assert_eq!(
            transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3),
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
    }
}
