//! Where the content is that stands out from a bright background.

use darkroom_domain::CropBox;
use fearless_simd::{Level, Simd, dispatch};

use crate::lightness::{Lightness, column_sums};

/// A row or column with a greater share of bright pixels is background.
const BACKGROUND: f64 = 0.9;
/// Pixels that are cut from each side of the content, where it blends with the background.
const SHRINK: i64 = 2;

/// Finds the content of a picture that stands out from a bright background.
///
/// Pixels are parted into dark and bright, and from each side rows and columns are left out as long as more than 90 % of
/// them are bright. The box is two pixels narrower on each side than what is left, and its `bottom` and `right` are the last
/// row and column of that, not the ones after them. None if the picture has only one value, or all of it is background.
#[must_use]
pub fn auto_crop(source: &Lightness) -> Option<CropBox> {
    let darkest_bright = split(&source.histogram())?;
    let [rows, columns] = dispatch!(Level::new(), simd => bright_counts(simd, source, darkest_bright));
    let (top, bottom) = content(&rows, source.width())?;
    let (left, right) = content(&columns, source.height())?;
    Some(CropBox {
        top: top + SHRINK,
        bottom: bottom - SHRINK,
        left: left + SHRINK,
        right: right - SHRINK,
    })
}

/// The first value of the brighter of two clusters, chosen so that the squared distances to the clusters' means have the
/// least sum: what k-means with two centres strives for, found by trying all. None for fewer than two values.
fn split(histogram: &[u64; 256]) -> Option<u8> {
    let values = || (0..=u8::MAX).zip(histogram);
    let pixels: u64 = histogram.iter().sum();
    let total: u64 = values().map(|(value, count)| u64::from(value) * count).sum();
    let (mut below, mut sum_below) = (0, 0);
    let mut best = None;
    for (value, count) in values() {
        let above = pixels - below;
        if below > 0 && above > 0 {
            // The sum of squares is fixed: the least distance is where the squared sums over the counts are greatest.
            let share = |sum: u64, count: u64| sum as f64 * (sum as f64 / count as f64);
            let score = share(sum_below, below) + share(total - sum_below, above);
            if best.is_none_or(|(_, best_score)| score > best_score) {
                best = Some((value, score));
            }
        }
        below += count;
        sum_below += u64::from(value) * count;
    }
    best.map(|(value, _)| value)
}

/// The number of bright pixels of each row and of each column. Compiled once for each level of vector instructions.
#[inline(always)]
fn bright_counts<S: Simd>(_level: S, source: &Lightness, darkest_bright: u8) -> [Vec<u64>; 2] {
    let width = source.width() as usize;
    let is_bright = |value: u8| u8::from(value >= darkest_bright);
    let rows = source
        .rows()
        .map(|row| row.iter().map(|value| u64::from(is_bright(*value))).sum())
        .collect();
    [rows, column_sums(width, source.rows(), is_bright)]
}

/// The first and the last line that is not background, of lines of a length.
fn content(bright: &[u64], length: u32) -> Option<(i64, i64)> {
    let is_content = |count: &u64| *count as f64 / f64::from(length) <= BACKGROUND;
    let first = bright.iter().position(is_content)?;
    let last = bright.iter().rposition(is_content)?;
    Some((i64::try_from(first).ok()?, i64::try_from(last).ok()?))
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    /// A white picture with a black rectangle.
    fn with_rectangle(width: u32, height: u32, columns: Range<u32>, rows: Range<u32>) -> Lightness {
        let data = (0..height)
            .flat_map(|y| {
                let (columns, rows) = (columns.clone(), rows.clone());
                (0..width).map(move |x| {
                    if columns.contains(&x) && rows.contains(&y) {
                        0
                    } else {
                        255
                    }
                })
            })
            .collect();
        Lightness::new(width, height, data).unwrap()
    }

    fn sides(picture: &Lightness) -> Option<(i64, i64, i64, i64)> {
        auto_crop(picture).map(|found| (found.top, found.bottom, found.left, found.right))
    }

    #[test]
    fn content_is_found_and_shrunk() {
        let found = |width, height, columns, rows| sides(&with_rectangle(width, height, columns, rows));
        assert_eq!(found(160, 120, 30..130, 20..100), Some((22, 97, 32, 127)));
        assert_eq!(found(50, 50, 20..30, 20..30), Some((22, 27, 22, 27)));
        assert_eq!(found(100, 100, 10..90, 45..57), Some((47, 54, 12, 87)));
        // Thin content leaves nothing; the box says so.
        assert_eq!(found(50, 50, 20..25, 20..25), Some((22, 22, 22, 22)));
    }

    #[test]
    fn a_line_of_exactly_nine_tenths_white_is_content() {
        let found = |columns| sides(&with_rectangle(10, 10, columns, 2..8));
        assert_eq!(found(4..5), Some((4, 5, 6, 2)));
        let wide = with_rectangle(11, 10, 4..5, 2..8);
        // Ten of eleven are more: every row is background.
        assert_eq!(sides(&wide), None);
    }

    #[test]
    fn pictures_of_one_value_have_no_content() {
        for value in [0, 128, 255] {
            assert_eq!(sides(&Lightness::new(50, 40, vec![value; 2000]).unwrap()), None);
            assert_eq!(sides(&Lightness::new(1, 1, vec![value]).unwrap()), None);
        }
        assert_eq!(sides(&with_rectangle(50, 50, 20..21, 20..21)), None);
    }

    #[test]
    fn the_split_is_the_best_of_all() {
        let mut histogram = [0; 256];
        for (value, count) in [(10, 100), (20, 50), (90, 30), (200, 60), (230, 40)] {
            histogram[value] = count;
        }
        let distances = |first: usize| -> f64 {
            [0..first, first..256]
                .into_iter()
                .map(|range| {
                    let count: u64 = histogram[range.clone()].iter().sum();
                    let sum: u64 = range.clone().map(|value| value as u64 * histogram[value]).sum();
                    let mean = sum as f64 / count as f64;
                    range
                        .map(|value| (value as f64 - mean).powi(2) * histogram[value] as f64)
                        .sum::<f64>()
                })
                .sum()
        };
        let found = split(&histogram).unwrap();
        let best = (11..=230).map(distances).fold(f64::INFINITY, f64::min);
        assert!((distances(usize::from(found)) - best).abs() < 1e-6, "{found}");
    }
}
