//! Where a picture lies in a network's input, and the way back.

use crate::manifest::{Anchor, Fit};
use crate::rounding::{floor_index, saturating_u32};

/// A rectangle in pixels of a picture: edges, not indices, so that the whole picture is `0, 0, width, height`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Bounds {
    /// Left edge.
    pub x1: f32,
    /// Top edge.
    pub y1: f32,
    /// Right edge.
    pub x2: f32,
    /// Bottom edge.
    pub y2: f32,
}

impl Bounds {
    /// Width times height; 0 if the edges are crossed or not numbers.
    #[must_use]
    pub fn area(&self) -> f32 {
        (self.x2 - self.x1).max(0.0) * (self.y2 - self.y1).max(0.0)
    }

    /// Intersection over union with another; 0 if either has no area.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let common = Self {
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
            x2: self.x2.min(other.x2),
            y2: self.y2.min(other.y2),
        }
        .area();
        let union = self.area() + other.area() - common;
        if union > 0.0 { common / union } else { 0.0 }
    }
}

/// One axis of a placement: a stretch of the picture lies at `filled` samples from `target` on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AxisPlacement {
    /// Pixels of the picture along this axis; at least 1.
    pub(crate) pixels: u32,
    /// Where the stretch that is seen begins.
    pub(crate) source: f64,
    /// How long it is; above 0.
    pub(crate) length: f64,
    /// First sample of the input that is filled from the picture.
    pub(crate) target: u32,
    /// How many samples are; at least 1.
    pub(crate) filled: u32,
}

impl AxisPlacement {
    fn forward(&self, position: f64) -> f64 {
        (position - self.source) * f64::from(self.filled) / self.length + f64::from(self.target)
    }

    fn back(&self, position: f64) -> f64 {
        (position - f64::from(self.target)) * self.length / f64::from(self.filled) + self.source
    }
}

/// Where a picture lies in a network's input. Positions count from the top left corner; the middle of the first pixel
/// is at (0.5, 0.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    pub(crate) horizontal: AxisPlacement,
    pub(crate) vertical: AxisPlacement,
    width: u32,
    height: u32,
}

impl Placement {
    /// Places a picture of `picture` (width, height) in an input of `input` (width, height). A side of 0 counts as 1.
    #[must_use]
    pub fn new(fit: Fit, picture: (u32, u32), input: (u32, u32)) -> Self {
        let (width, height) = (picture.0.max(1), picture.1.max(1));
        let (columns, rows) = (input.0.max(1), input.1.max(1));
        let (horizontal, vertical) = match fit {
            Fit::Stretch => (whole(width, 0, columns), whole(height, 0, rows)),
            Fit::Letterbox { anchor, .. } => {
                let scale = (f64::from(columns) / f64::from(width)).min(f64::from(rows) / f64::from(height));
                let letterboxed = |length: u32, samples: u32| {
                    let filled = (f64::from(length) * scale).round_ties_even();
                    let filled = saturating_u32(floor_index(filled)).clamp(1, samples);
                    let target = match anchor {
                        Anchor::Centre => (samples - filled) / 2,
                        Anchor::TopLeft => 0,
                    };
                    whole(length, target, filled)
                };
                (letterboxed(width, columns), letterboxed(height, rows))
            }
            Fit::CenterCrop { fraction } => {
                let scale = (f64::from(width) / f64::from(columns)).min(f64::from(height) / f64::from(rows));
                let cropped = |pixels: u32, samples: u32| {
                    let length = f64::from(samples) * scale * fraction.clamp(f64::EPSILON, 1.0);
                    let source = (f64::from(pixels) - length) / 2.0;
                    AxisPlacement {
                        pixels,
                        source,
                        length,
                        target: 0,
                        filled: samples,
                    }
                };
                (cropped(width, columns), cropped(height, rows))
            }
        };
        Self {
            horizontal,
            vertical,
            width,
            height,
        }
    }

    /// From a position in the picture to the one in the input.
    #[must_use]
    pub fn forward(&self, x: f64, y: f64) -> (f64, f64) {
        (self.horizontal.forward(x), self.vertical.forward(y))
    }

    /// From a position in the input to the one in the picture, which may lie outside it.
    #[must_use]
    pub fn back(&self, x: f64, y: f64) -> (f64, f64) {
        (self.horizontal.back(x), self.vertical.back(y))
    }

    /// From a rectangle in the input to the part of it that lies in the picture; nothing if a number is not finite or
    /// no area is left.
    #[must_use]
    pub fn bounds_in_picture(&self, [x1, y1, x2, y2]: [f32; 4]) -> Option<Bounds> {
        if ![x1, y1, x2, y2].iter().all(|edge| edge.is_finite()) {
            return None;
        }
        let corner = |x: f32, y: f32| {
            let (x, y) = self.back(f64::from(x), f64::from(y));
            (
                crate::rounding::single(x.clamp(0.0, f64::from(self.width))),
                crate::rounding::single(y.clamp(0.0, f64::from(self.height))),
            )
        };
        let (left, top) = corner(x1, y1);
        let (right, bottom) = corner(x2, y2);
        (left < right && top < bottom).then_some(Bounds {
            x1: left,
            y1: top,
            x2: right,
            y2: bottom,
        })
    }

    /// Picture columns to cells of a grid that covers the input's `input` columns with `cells`.
    pub(crate) fn columns(&self, cells: usize, input: u32) -> GridAxis {
        GridAxis::new(&self.horizontal, cells, input)
    }

    /// Picture rows to cells of a grid that covers the input's `input` rows with `cells`.
    pub(crate) fn rows(&self, cells: usize, input: u32) -> GridAxis {
        GridAxis::new(&self.vertical, cells, input)
    }
}

fn whole(pixels: u32, target: u32, filled: u32) -> AxisPlacement {
    AxisPlacement {
        pixels,
        source: 0.0,
        length: f64::from(pixels),
        target,
        filled,
    }
}

/// One axis of a low-resolution grid that covers a network's input: node `n` stands at the middle of cell `n`. Beyond
/// the outer nodes their value holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GridAxis {
    scale: f64,
    offset: f64,
    last: f64,
}

impl GridAxis {
    fn new(axis: &AxisPlacement, cells: usize, input: u32) -> Self {
        let ratio = cells as f64 / f64::from(input.max(1));
        Self {
            scale: axis.forward(1.0) * ratio - axis.forward(0.0) * ratio,
            offset: axis.forward(0.0) * ratio - 0.5,
            last: cells.saturating_sub(1) as f64,
        }
    }

    /// The place on the grid, between the first and the last node, of a position in the picture.
    pub(crate) fn node_at(&self, position: f64) -> f64 {
        (position * self.scale + self.offset).clamp(0.0, self.last)
    }

    /// The position in the picture of a place on the grid.
    pub(crate) fn position_of(&self, node: f64) -> f64 {
        (node - self.offset) / self.scale
    }

    /// The same axis seen from a part of the grid of `cells` nodes that begins at `first`.
    pub(crate) fn part(&self, first: usize, cells: usize) -> Self {
        Self {
            scale: self.scale,
            offset: self.offset - first as f64,
            last: cells.saturating_sub(1) as f64,
        }
    }

    /// The node before a position, and how far it is to the next, from 0 to 1.
    pub(crate) fn split(&self, position: f64) -> (usize, f32) {
        let node = self.node_at(position);
        let before = node.floor().min((self.last - 1.0).max(0.0));
        (floor_index(before), crate::rounding::single(node - before))
    }
}
