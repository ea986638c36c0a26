//! The mask of one instance: a field at the resolution of the network's prototypes, seen at that of the picture.
//!
//! A pixel belongs to the mask if its middle lies within the box and the field, interpolated there, is above 0. Along a
//! row the field is linear between nodes, so where it changes sign is known without looking at every pixel.

use std::ops::Range;

use crate::contour::{self, Ring};
use crate::geometry::{Bounds, GridAxis, Placement};
use crate::grid::Field;
use crate::head::Prototypes;
use crate::rounding::{ceil_index, floor_index, saturating_u32};

/// Which pixels of a picture belong to an instance. It holds the part of the low-resolution field that lies under the
/// box, never a bitmap of the picture's size.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    field: Field,
    horizontal: GridAxis,
    vertical: GridAxis,
    bounds: Bounds,
    columns: Range<u32>,
    rows: Range<u32>,
}

/// What all masks of one picture are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaskSource<'a> {
    pub(crate) prototypes: &'a Prototypes,
    pub(crate) values: &'a [f32],
    pub(crate) placement: &'a Placement,
    pub(crate) input: (u32, u32),
}

impl Mask {
    /// The mask of an instance from its coefficients, or nothing if no pixel belongs to it.
    pub(crate) fn new(source: &MaskSource<'_>, coefficients: &[f32], bounds: Bounds) -> Option<Self> {
        let prototypes = source.prototypes;
        let columns = pixels_within(bounds.x1, bounds.x2);
        let rows = pixels_within(bounds.y1, bounds.y2);
        if columns.is_empty() || rows.is_empty() {
            return None;
        }
        let horizontal = source.placement.columns(prototypes.columns, source.input.0);
        let vertical = source.placement.rows(prototypes.rows, source.input.1);
        let across = nodes_under(&horizontal, bounds.x1, bounds.x2, prototypes.columns);
        let down = nodes_under(&vertical, bounds.y1, bounds.y2, prototypes.rows);
        let mut values = Vec::with_capacity(across.len() * down.len());
        let plane = prototypes.rows * prototypes.columns;
        let mut sums = vec![0.0f32; across.len()];
        for row in down.clone() {
            sums.fill(0.0);
            let start = row * prototypes.columns;
            for (coefficient, plane) in coefficients.iter().zip(source.values.chunks_exact(plane.max(1))) {
                let nodes = plane
                    .get(start + across.start..start + across.end)
                    .unwrap_or_default();
                sums.iter_mut()
                    .zip(nodes)
                    .for_each(|(sum, node)| *sum += coefficient * node);
            }
            // What is not a number is not in the mask.
            values.extend(sums.iter().map(|sum| if sum.is_finite() { *sum } else { -1.0 }));
        }
        let mask = Self {
            field: Field::new(across.len(), values)?,
            horizontal: horizontal.part(across.start, across.len()),
            vertical: vertical.part(down.start, down.len()),
            bounds,
            columns,
            rows,
        };
        let mut scratch = Scratch::default();
        let found = mask.rows.clone().any(|y| {
            mask.fill_spans(y, &mut scratch);
            !scratch.spans.is_empty()
        });
        found.then_some(mask)
    }

    /// The columns of row `y` that belong to the mask, from left to right, without overlap; none outside the box.
    /// What `spans` held before is gone.
    pub fn spans(&self, y: u32, spans: &mut Vec<Range<u32>>) {
        let mut scratch = Scratch {
            spans: std::mem::take(spans),
            ..Scratch::default()
        };
        self.fill_spans(y, &mut scratch);
        *spans = scratch.spans;
    }

    /// The rows that can have pixels of the mask.
    #[must_use]
    pub fn rows(&self) -> Range<u32> {
        self.rows.clone()
    }

    /// How many pixels belong to the mask.
    #[must_use]
    pub fn area(&self) -> u64 {
        let mut scratch = Scratch::default();
        self.rows
            .clone()
            .map(|y| {
                self.fill_spans(y, &mut scratch);
                scratch
                    .spans
                    .iter()
                    .map(|span| u64::from(span.end - span.start))
                    .sum::<u64>()
            })
            .sum()
    }

    /// The outline in pixels of the picture, without rings of less than `min_area` pixels.
    pub(crate) fn rings(&self, min_area: f64) -> Vec<Ring> {
        let across = contour::Nodes::new(
            &self.horizontal,
            self.field.columns(),
            self.bounds.x1,
            self.bounds.x2,
        );
        let down = contour::Nodes::new(&self.vertical, self.field.rows(), self.bounds.y1, self.bounds.y2);
        contour::rings(&self.field, &across, &down, min_area)
    }

    fn fill_spans(&self, y: u32, scratch: &mut Scratch) {
        scratch.spans.clear();
        if !self.rows.contains(&y) {
            return;
        }
        let (row, fraction) = self.vertical.split(f64::from(y) + 0.5);
        self.field.between_rows(row, fraction, &mut scratch.row);
        let last = scratch.row.len().saturating_sub(1);
        let pixel_after = |node: f64, round: fn(f64) -> usize| {
            let position = self.horizontal.position_of(node) - 0.5;
            saturating_u32(round(position)).clamp(self.columns.start, self.columns.end)
        };
        let mut start = self.columns.start;
        if let [only] = scratch.row.as_slice() {
            if *only > 0.0 {
                push(&mut scratch.spans, self.columns.clone());
            }
            return;
        }
        // Before the first node its value holds.
        if scratch.row.first().is_some_and(|value| *value > 0.0) {
            let end = pixel_after(0.0, ceil_index);
            push(&mut scratch.spans, start..end);
        }
        start = start.max(pixel_after(0.0, ceil_index));
        for (node, pair) in scratch.row.windows(2).enumerate() {
            let &[before, after] = pair else { continue };
            let node = node as f64;
            let end = pixel_after(node + 1.0, ceil_index);
            match (before > 0.0, after > 0.0) {
                (false, false) => {}
                (true, true) => push(&mut scratch.spans, start..end),
                (true, false) => {
                    let change = node + f64::from(before) / (f64::from(before) - f64::from(after));
                    push(
                        &mut scratch.spans,
                        start..pixel_after(change, ceil_index).min(end),
                    );
                }
                (false, true) => {
                    let change = node + f64::from(before) / (f64::from(before) - f64::from(after));
                    push(
                        &mut scratch.spans,
                        pixel_after(change, |at| floor_index(at + 1.0)).max(start)..end,
                    );
                }
            }
            start = start.max(end);
        }
        // And beyond the last.
        if scratch.row.get(last).is_some_and(|value| *value > 0.0) {
            push(&mut scratch.spans, start..self.columns.end);
        }
    }
}

#[derive(Debug, Default)]
struct Scratch {
    row: Vec<f32>,
    spans: Vec<Range<u32>>,
}

/// Adds a span, or lengthens the last if they touch.
fn push(spans: &mut Vec<Range<u32>>, span: Range<u32>) {
    if span.is_empty() {
        return;
    }
    match spans.last_mut() {
        Some(last) if last.end >= span.start => last.end = last.end.max(span.end),
        _ => spans.push(span),
    }
}

/// The pixels whose middles lie from one edge to before the other.
fn pixels_within(from: f32, to: f32) -> Range<u32> {
    let first = |edge: f32| saturating_u32(ceil_index(f64::from(edge) - 0.5));
    first(from)..first(to)
}

/// The nodes that can be needed between two edges.
fn nodes_under(axis: &GridAxis, from: f32, to: f32, cells: usize) -> Range<usize> {
    let first = floor_index(axis.node_at(f64::from(from)));
    let last = ceil_index(axis.node_at(f64::from(to)));
    first..last.saturating_add(1).min(cells)
}

#[cfg(test)]
mod tests;
