//! A picture of which only those units are decoded that are drawn on.

use std::ops::Range;

use super::coded::{Coded, Coefficients};
use super::tile::Tile;
use crate::draw::{Canvas, paint};
use crate::encode::cosine::Quantizer;
use crate::orientation::Orientation;
use crate::picture::ycbcr_from_rgb;

/// A picture in the state of its file, and what is drawn on it.
#[derive(Debug)]
pub(super) struct Sheet<'coded> {
    coded: &'coded Coded,
    orientation: Orientation,
    /// For each unit its place among the tiles and 1, or 0.
    places: Vec<u32>,
    tiles: Vec<Tile>,
}

/// The units that are not what they are in the file.
#[derive(Debug)]
pub(super) struct DrawnUnits {
    /// For each unit its place below and 1, or 0.
    places: Vec<u32>,
    blocks: Vec<Vec<Coefficients>>,
}

impl DrawnUnits {
    /// The blocks of a unit in the order of the scan; none if they are those of the file.
    pub(super) fn get(&self, unit: usize) -> Option<&[Coefficients]> {
        let place = self.places.get(unit)?.checked_sub(1)?;
        self.blocks.get(place as usize).map(Vec::as_slice)
    }
}

impl<'coded> Sheet<'coded> {
    pub(super) fn new(coded: &'coded Coded, orientation: Orientation) -> Self {
        Self {
            coded,
            orientation,
            places: vec![0; coded.layout.units()],
            tiles: Vec::new(),
        }
    }

    /// Transforms and quantises what is drawn.
    pub(super) fn into_units(self) -> Option<DrawnUnits> {
        let layout = &self.coded.layout;
        let quantizers = layout
            .components
            .each_ref()
            .map(|component| layout.divisors_of(component).map(Quantizer::new));
        let [Some(luma), Some(blue), Some(red)] = &quantizers else {
            return None;
        };
        let blocks = self
            .tiles
            .into_iter()
            .map(|tile| tile.into_coefficients(layout, [luma, blue, red]))
            .collect();
        Some(DrawnUnits {
            places: self.places,
            blocks,
        })
    }

    /// A unit to draw on. It is there, since the whole scan has been read before.
    fn tile(&mut self, unit: usize) -> Option<&mut Tile> {
        let place = self.places.get_mut(unit)?;
        if *place == 0 {
            self.tiles.push(Tile::read(self.coded, unit)?);
            *place = u32::try_from(self.tiles.len()).ok()?;
        }
        self.tiles.get_mut((*place as usize).checked_sub(1)?)
    }

    /// Width and height as stored.
    fn stored_sides(&self) -> (u32, u32) {
        (
            u32::from(self.coded.layout.width),
            u32::from(self.coded.layout.height),
        )
    }
}

impl Canvas for Sheet<'_> {
    fn width(&self) -> u32 {
        let (width, height) = self.stored_sides();
        if self.orientation.swaps_sides() {
            height
        } else {
            width
        }
    }

    fn height(&self) -> u32 {
        let (width, height) = self.stored_sides();
        if self.orientation.swaps_sides() {
            width
        } else {
            height
        }
    }

    fn fill(&mut self, columns: Range<u32>, rows: Range<u32>, color: [u8; 3]) {
        let columns = columns.start..columns.end.min(self.width());
        let rows = rows.start..rows.end.min(self.height());
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let (width, height) = self.stored_sides();
        let corner = |x, y| self.orientation.stored_position(x, y, width, height);
        let one = corner(columns.start, rows.start);
        let other = corner(columns.end - 1, rows.end - 1);
        let between = |a: u32, b: u32| a.min(b) as usize..a.max(b) as usize + 1;
        let (columns, rows) = (between(one.0, other.0), between(one.1, other.1));

        let color = ycbcr_from_rgb(color);
        let layout = &self.coded.layout;
        let (width, height, per_row) = (layout.unit_width(), layout.unit_height(), layout.unit_columns());
        for row in rows.start / height..rows.end.div_ceil(height) {
            for column in columns.start / width..columns.end.div_ceil(width) {
                if let Some(tile) = self.tile(row * per_row + column) {
                    let columns = within(&columns, column * width, width);
                    let rows = within(&rows, row * height, height);
                    tile.paint(&columns, &rows, |sample| *sample = color);
                }
            }
        }
    }

    fn cover(&mut self, x: u32, y: u32, color: [u8; 3], coverage: u8) {
        if x >= self.width() || y >= self.height() {
            return;
        }
        let (width, height) = self.stored_sides();
        let (x, y) = self.orientation.stored_position(x, y, width, height);
        let (x, y) = (x as usize, y as usize);
        let layout = &self.coded.layout;
        let (width, height) = (layout.unit_width(), layout.unit_height());
        let unit = y / height * layout.unit_columns() + x / width;
        if let Some(tile) = self.tile(unit) {
            let (x, y) = (x % width, y % height);
            let color = ycbcr_from_rgb(color);
            tile.paint(&(x..x + 1), &(y..y + 1), |sample| {
                paint::cover(sample, color, coverage);
            });
        }
    }
}

/// The part of a range that is within `length` from a start, counted from there.
fn within(range: &Range<usize>, start: usize, length: usize) -> Range<usize> {
    range.start.saturating_sub(start)..range.end.saturating_sub(start).min(length)
}
