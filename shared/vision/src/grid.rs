//! Mean L of the cells between vertical and horizontal lines.

use fearless_simd::{Level, Simd, dispatch};

use crate::lightness::{Lightness, column_sums};

/// Lines that part a picture into cells. The picture's own edges are always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    vertical: Vec<u32>,
    horizontal: Vec<u32>,
}

/// A line is not within the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// A vertical line is left or right of the picture, or nowhere.
    #[error("Vertical lines must be within image width (0-{width})")]
    Vertical {
        /// Of the picture, in pixels.
        width: u32,
    },
    /// A horizontal line is above or below the picture, or nowhere.
    #[error("Horizontal lines must be within image height (0-{height})")]
    Horizontal {
        /// Of the picture, in pixels.
        height: u32,
    },
}

impl Grid {
    /// The grid of the given lines, in pixels from the left and from the top. Each is rounded to a whole number, from a
    /// half to the even one. Their order does not matter, nor do repetitions.
    ///
    /// # Errors
    /// See [`GridError`]; lines that are not a number are refused too.
    pub fn new(width: u32, height: u32, vertical: &[f64], horizontal: &[f64]) -> Result<Self, GridError> {
        Ok(Self {
            vertical: lines(width, vertical).ok_or(GridError::Vertical { width })?,
            horizontal: lines(height, horizontal).ok_or(GridError::Horizontal { height })?,
        })
    }

    /// The vertical lines from the left, both edges included.
    #[must_use]
    pub fn vertical(&self) -> &[u32] {
        &self.vertical
    }

    /// The horizontal lines from the top, both edges included.
    #[must_use]
    pub fn horizontal(&self) -> &[u32] {
        &self.horizontal
    }

    /// Rows of cells.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.horizontal.len().saturating_sub(1)
    }

    /// Columns of cells. With many lines [`grid_means`] answers with as many numbers as the picture has pixels: whoever
    /// takes lines from others should hold `rows() * columns()` against a limit.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.vertical.len().saturating_sub(1)
    }
}

fn lines(size: u32, wanted: &[f64]) -> Option<Vec<u32>> {
    let mut lines = vec![0, size];
    for line in wanted {
        let line = line.round_ties_even();
        if !(0.0..=f64::from(size)).contains(&line) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number of 0 to the size"
        )]
        lines.push(line as u32);
    }
    lines.sort_unstable();
    lines.dedup();
    Some(lines)
}

/// The arithmetic mean of each cell, by rows of the grid: the exact sum, divided once.
///
/// The grid is to be one of this picture; cells beyond it have a mean of 0.
#[must_use]
pub fn grid_means(source: &Lightness, grid: &Grid) -> Vec<Vec<f64>> {
    dispatch!(Level::new(), simd => means(simd, source, grid))
}

/// Compiled once for each level of vector instructions.
#[inline(always)]
fn means<S: Simd>(_level: S, source: &Lightness, grid: &Grid) -> Vec<Vec<f64>> {
    let mut rows = source.rows();
    spans(grid.horizontal())
        .map(|(_, height)| {
            let band = rows.by_ref().take(height);
            let sums = column_sums(source.width() as usize, band, |value| value);
            spans(grid.vertical())
                .map(|(left, width)| {
                    let sum: u64 = sums.iter().skip(left).take(width).sum();
                    sum as f64 / (width * height) as f64
                })
                .collect()
        })
        .collect()
}

/// From each line to the next: where it begins, and how many pixels it has.
fn spans(lines: &[u32]) -> impl Iterator<Item = (usize, usize)> {
    lines.windows(2).filter_map(|pair| match *pair {
        [from, to] => Some((from as usize, (to - from) as usize)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_rounded_sorted_and_joined_by_the_edges() {
        let grid = Grid::new(10, 8, &[7.0, 2.5, 3.5, 2.0, 7.4], &[]).unwrap();
        assert_eq!(grid.vertical(), [0, 2, 4, 7, 10]);
        assert_eq!(grid.horizontal(), [0, 8]);
        assert_eq!((grid.rows(), grid.columns()), (1, 4));
        let edges = Grid::new(10, 8, &[-0.5, 10.4, 0.0], &[8.5]).unwrap();
        assert_eq!(
            (edges.vertical(), edges.horizontal()),
            (&[0, 10][..], &[0, 8][..])
        );
    }

    #[test]
    fn lines_outside_are_refused_by_name() {
        for line in [
            -0.6,
            10.6,
            -1.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
        ] {
            let error = Grid::new(10, 8, &[1.0, line], &[9.0]).unwrap_err();
            assert_eq!(
                error.to_string(),
                "Vertical lines must be within image width (0-10)",
                "{line}"
            );
        }
        let error = Grid::new(10, 8, &[], &[9.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Horizontal lines must be within image height (0-8)"
        );
    }

    #[test]
    fn means_of_small_cells() {
        let picture = Lightness::new(3, 3, vec![1, 2, 4, 5, 6, 9, 255, 255, 254]).unwrap();
        let grid = Grid::new(3, 3, &[1.0], &[2.0]).unwrap();
        assert_eq!(grid_means(&picture, &grid), [[3.0, 5.25], [255.0, 254.5]]);
    }

    #[test]
    fn sums_do_not_overflow() {
        let picture = Lightness::new(300, 2000, vec![255; 600_000]).unwrap();
        let grid = Grid::new(300, 2000, &[100.0], &[1999.0]).unwrap();
        assert_eq!(grid_means(&picture, &grid), [[255.0; 2]; 2]);
    }
}
