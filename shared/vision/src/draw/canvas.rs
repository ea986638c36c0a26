//! What can be drawn on.

use std::ops::Range;

use super::paint;
use crate::picture::Picture;

/// Something with pixels in red, green and blue that boxes and labels are drawn on: a picture, or one of which only the
/// parts that are drawn on are in memory.
///
/// Coordinates are those of the whole picture, and what is beyond its borders is left out.
pub trait Canvas {
    /// Pixels of a row.
    fn width(&self) -> u32;

    /// Number of rows.
    fn height(&self) -> u32;

    /// Fills a rectangle.
    fn fill(&mut self, columns: Range<u32>, rows: Range<u32>, color: [u8; 3]);

    /// Lays a colour over a pixel of which it covers `coverage` parts of 255.
    fn cover(&mut self, x: u32, y: u32, color: [u8; 3], coverage: u8);
}

impl Canvas for Picture {
    fn width(&self) -> u32 {
        self.width()
    }

    fn height(&self) -> u32 {
        self.height()
    }

    fn fill(&mut self, columns: Range<u32>, rows: Range<u32>, color: [u8; 3]) {
        let columns = columns.start as usize..columns.end.min(self.width()) as usize;
        for y in rows.start..rows.end.min(self.height()) {
            if let Some(span) = self.row_mut(y).and_then(|row| row.get_mut(columns.clone())) {
                span.fill(color);
            }
        }
    }

    fn cover(&mut self, x: u32, y: u32, color: [u8; 3], coverage: u8) {
        if let Some(pixel) = self.row_mut(y).and_then(|row| row.get_mut(x as usize)) {
            paint::cover(pixel, color, coverage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_clipped() {
        let mut picture = Picture::from_rgb(3, 2, vec![0; 18]).unwrap();
        picture.fill(2..u32::MAX, 1..9, [7; 3]);
        picture.fill(3..5, 0..1, [8; 3]);
        picture.fill(9..u32::MAX, 0..1, [8; 3]);
        assert_eq!(picture.pixels()[..5], [[0; 3]; 5]);
        assert_eq!(picture.pixels()[5], [7; 3]);
    }

    #[test]
    fn pixels_beyond_the_borders_are_left_out() {
        let mut picture = Picture::from_rgb(3, 2, vec![0; 18]).unwrap();
        for (x, y) in [(3, 0), (0, 2), (u32::MAX, u32::MAX)] {
            picture.cover(x, y, [9; 3], 255);
        }
        assert_eq!(picture.pixels(), [[0; 3]; 6]);
        picture.cover(1, 1, [9; 3], 255);
        assert_eq!(picture.pixels()[4], [9; 3]);
    }
}
