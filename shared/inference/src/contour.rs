//! Where a field on a grid crosses 0, as closed rings in pixels of the picture: marching squares.
//!
//! Each crossing of an edge of the grid is entered from one cell and left to the other, so following the segments from
//! any crossing leads back to it. Around the nodes lies a frame of nodes outside, at the very same positions as the
//! outermost, which closes rings along the border of the picture. Where a cell is cut twice, the saddle of the bilinear
//! interpolation decides how.

use serde::Serialize;

use crate::geometry::GridAxis;
use crate::grid::{Field, mix};
use crate::rounding::{floor_index, single};

/// A closed line: the last point is the first again. Lines around a region run clockwise on the screen and have a
/// positive area, lines around its holes the other way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ring(Vec<[f32; 2]>);

impl Ring {
    /// Points (x, y) from the top left corner of the picture.
    #[must_use]
    pub fn points(&self) -> &[[f32; 2]] {
        &self.0
    }

    /// Signed area in pixels: positive around a region, negative around a hole.
    #[must_use]
    pub fn area(&self) -> f64 {
        signed_area(&self.0)
    }
}

fn signed_area(points: &[[f32; 2]]) -> f64 {
    points
        .windows(2)
        .map(|pair| match pair {
            &[[x1, y1], [x2, y2]] => f64::from(x1) * f64::from(y2) - f64::from(x2) * f64::from(y1),
            _ => 0.0,
        })
        .sum::<f64>()
        / 2.0
}

/// The places along one axis where a field is looked at: both borders and the nodes between them.
pub(crate) struct Nodes(Vec<Node>);

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Position in the picture.
    position: f64,
    /// Whole node before it and the way to the next.
    before: usize,
    fraction: f32,
}

impl Nodes {
    /// The places from one edge of the picture, or of a box in it, to the other.
    pub(crate) fn new(axis: &GridAxis, cells: usize, from: f32, to: f32) -> Self {
        let (from, to) = (f64::from(from), f64::from(to));
        let between = (0..cells)
            .map(|cell| axis.position_of(cell as f64))
            .filter(|position| *position > from && *position < to);
        let positions = std::iter::once(from).chain(between).chain(std::iter::once(to));
        Self(
            positions
                .map(|position| {
                    let node = axis.node_at(position);
                    let before = node.floor();
                    Node {
                        position,
                        before: floor_index(before),
                        fraction: single(node - before),
                    }
                })
                .collect(),
        )
    }
}

/// The values at all places, framed by nodes outside.
struct Framed {
    columns: usize,
    rows: usize,
    values: Vec<f32>,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Framed {
    fn new(field: &Field, across: &Nodes, down: &Nodes) -> Self {
        let framed = |nodes: &Nodes| -> Vec<f64> {
            let first = nodes.0.first().map(|node| node.position);
            let last = nodes.0.last().map(|node| node.position);
            first
                .into_iter()
                .chain(nodes.0.iter().map(|node| node.position))
                .chain(last)
                .collect()
        };
        let columns = across.0.len() + 2;
        let rows = down.0.len() + 2;
        let mut values = vec![-1.0; columns];
        let mut between = Vec::new();
        for node in &down.0 {
            field.between_rows(node.before, node.fraction, &mut between);
            values.push(-1.0);
            values.extend(across.0.iter().map(|node| {
                let value = |column: usize| between.get(column).or(between.last()).copied().unwrap_or(-1.0);
                mix(value(node.before), value(node.before + 1), node.fraction)
            }));
            values.push(-1.0);
        }
        values.resize(columns * rows, -1.0);
        Self {
            columns,
            rows,
            values,
            x: framed(across),
            y: framed(down),
        }
    }

    fn value(&self, row: usize, column: usize) -> f32 {
        self.values
            .get(row * self.columns + column)
            .copied()
            .unwrap_or(-1.0)
    }

    /// The number of the edge from a node to the right.
    fn rightward(&self, row: usize, column: usize) -> usize {
        2 * (row * self.columns + column)
    }

    /// The number of the edge from a node downward.
    fn downward(&self, row: usize, column: usize) -> usize {
        self.rightward(row, column) + 1
    }

    /// Where the field crosses 0 on an edge.
    fn crossing(&self, edge: usize) -> [f32; 2] {
        let (node, down) = (edge / 2, edge % 2 == 1);
        let (row, column) = (node / self.columns, node % self.columns);
        let (other_row, other_column) = if down {
            (row + 1, column)
        } else {
            (row, column + 1)
        };
        let a = f64::from(self.value(row, column));
        let b = f64::from(self.value(other_row, other_column));
        let way = if a == b {
            0.0
        } else {
            (a / (a - b)).clamp(0.0, 1.0)
        };
        let along = |positions: &[f64], from: usize, to: usize| {
            let from = positions.get(from).copied().unwrap_or_default();
            let to = positions.get(to).copied().unwrap_or_default();
            single(from + (to - from) * way)
        };
        [
            along(&self.x, column, other_column),
            along(&self.y, row, other_row),
        ]
    }

    /// Connects the crossings of one cell: `connect(from, to)`, with the inside on the right.
    fn connect_cell(&self, row: usize, column: usize, mut connect: impl FnMut(usize, usize)) {
        let corners = [
            self.value(row, column),
            self.value(row, column + 1),
            self.value(row + 1, column + 1),
            self.value(row + 1, column),
        ];
        let [top, right, bottom, left] = [
            self.rightward(row, column),
            self.downward(row, column + 1),
            self.rightward(row + 1, column),
            self.downward(row, column),
        ];
        let [top_left, top_right, bottom_right, bottom_left] = corners.map(|value| value > 0.0);
        match (top_left, top_right, bottom_right, bottom_left) {
            (false, false, false, false) | (true, true, true, true) => {}
            (true, false, false, false) => connect(top, left),
            (false, true, false, false) => connect(right, top),
            (false, false, true, false) => connect(bottom, right),
            (false, false, false, true) => connect(left, bottom),
            (true, true, false, false) => connect(right, left),
            (false, true, true, false) => connect(bottom, top),
            (false, false, true, true) => connect(left, right),
            (true, false, false, true) => connect(top, bottom),
            (false, true, true, true) => connect(left, top),
            (true, false, true, true) => connect(top, right),
            (true, true, false, true) => connect(right, bottom),
            (true, true, true, false) => connect(bottom, left),
            (true, false, true, false) => {
                if saddle(corners) > 0.0 {
                    connect(top, right);
                    connect(bottom, left);
                } else {
                    connect(top, left);
                    connect(bottom, right);
                }
            }
            (false, true, false, true) => {
                if saddle(corners) > 0.0 {
                    connect(left, top);
                    connect(right, bottom);
                } else {
                    connect(right, top);
                    connect(left, bottom);
                }
            }
        }
    }
}

/// The value of the bilinear interpolation at its saddle, of corners of which two opposite ones are inside.
fn saddle(corners: [f32; 4]) -> f64 {
    let [a, b, c, d] = corners.map(f64::from);
    (a * c - b * d) / (a + c - b - d)
}

/// The rings around where a field is above 0, without those of less than `min_area` pixels, in the order of their first
/// crossing from the top left.
pub(crate) fn rings(field: &Field, across: &Nodes, down: &Nodes, min_area: f64) -> Vec<Ring> {
    let framed = Framed::new(field, across, down);
    let mut next = vec![None; 2 * framed.columns * framed.rows];
    for row in 0..framed.rows.saturating_sub(1) {
        for column in 0..framed.columns.saturating_sub(1) {
            framed.connect_cell(row, column, |from, to| {
                if let Some(entry) = next.get_mut(from) {
                    *entry = std::num::NonZeroUsize::new(to);
                }
            });
        }
    }
    let mut rings = Vec::new();
    for start in 0..next.len() {
        let mut points = Vec::new();
        let mut edge = start;
        while let Some(following) = next.get_mut(edge).and_then(Option::take) {
            push_point(&mut points, framed.crossing(edge));
            edge = following.get();
        }
        if let Some(ring) = closed(points).map(Ring).filter(|ring| {
            let area = ring.area().abs();
            area > 0.0 && area >= min_area
        }) {
            rings.push(ring);
        }
    }
    rings
}

/// Adds a point; one that lies on a level or upright line between its neighbours says nothing and goes.
fn push_point(points: &mut Vec<[f32; 2]>, point: [f32; 2]) {
    if let [.., before, last] = points.as_slice()
        && straight(*before, *last, point)
    {
        points.pop();
    }
    if points.last() != Some(&point) {
        points.push(point);
    }
}

fn straight([x1, y1]: [f32; 2], [x2, y2]: [f32; 2], [x3, y3]: [f32; 2]) -> bool {
    (x1 == x2 && x2 == x3) || (y1 == y2 && y2 == y3)
}

/// Ends a line at its beginning, which is moved to a corner; nothing if it encloses nothing.
fn closed(mut points: Vec<[f32; 2]>) -> Option<Vec<[f32; 2]>> {
    while let [first, second, .., last] = points.as_slice()
        && straight(*last, *first, *second)
    {
        points.remove(0);
    }
    let first = *points.first()?;
    push_point(&mut points, first);
    (points.len() >= 4).then_some(points)
}

#[cfg(test)]
mod tests;
