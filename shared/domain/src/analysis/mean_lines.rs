//! Means of the cells of a grid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most cells that a grid may have: what was found must fit into an answer.
pub const MAX_CELLS: usize = 100_000;

/// A grid on a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeanLinesParams {
    /// Where columns of cells begin, and where the last ends: pixels from the left, ascending.
    pub vertical_lines: Vec<u32>,
    /// Where rows of cells begin, and where the last ends: pixels from the top, ascending.
    pub horizontal_lines: Vec<u32>,
    /// Pixels of a row.
    pub image_width: u32,
    /// Number of rows.
    pub image_height: u32,
}

/// The mean lightness of each cell, 0 to 255: rows of cells from the top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeanLines {
    /// One list for each row of cells.
    pub means: Vec<Vec<f64>>,
}
