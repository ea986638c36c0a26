//! The edges of regions.

use std::ops::Range;

use super::paint::{self, cover};
use crate::picture::Picture;

/// Draws the edge of a polygon, centred on its line, with round corners and smoothed.
///
/// The ring is closed by itself: its last point need not be its first. Points that are not finite are passed over; a single
/// point is a dot. No pixel is painted twice, so that the many short edges of a traced mask look like one line.
pub fn outline(picture: &mut Picture, ring: &[[f32; 2]], line_width: u32, color: [u8; 3]) {
    let (width, height) = (picture.width(), picture.height());
    let radius = f64::from(line_width.clamp(1, width.max(height))) / 2.0;
    // Half a pixel of fading, beyond which nothing is painted.
    let reach = radius + 0.5;
    let mut edges = edges(ring, width, height, reach);
    edges.sort_by_key(|edge| edge.rows.start);

    let mut edges = edges.into_iter().peekable();
    let mut crossing: Vec<Edge> = Vec::new();
    let mut stroke = StrokeRow::new(width);
    let mut y = 0;
    while y < height {
        crossing.retain(|edge| edge.rows.end > y);
        if crossing.is_empty() {
            match edges.peek() {
                Some(next) => y = y.max(next.rows.start),
                None => break,
            }
        }
        while let Some(edge) = edges.next_if(|edge| edge.rows.start <= y) {
            crossing.push(edge);
        }
        for edge in &crossing {
            stroke.add(edge, y, reach);
        }
        if let Some(row) = picture.row_mut(y) {
            stroke.paint(row, color);
        }
        y += 1;
    }
}

/// The edges of a ring that come near the picture.
fn edges(ring: &[[f32; 2]], width: u32, height: u32, reach: f64) -> Vec<Edge> {
    let points: Vec<Point> = ring
        .iter()
        .filter(|[x, y]| x.is_finite() && y.is_finite())
        .map(|point| point.map(|coordinate| f64::from(coordinate.clamp(-FARTHEST, FARTHEST))))
        .collect();
    let upper = [f64::from(width) + reach, f64::from(height) + reach];
    points
        .iter()
        .zip(points.iter().cycle().skip(1))
        .filter_map(|(from, to)| clipped(*from, *to, [-reach; 2], upper))
        .map(|(from, to)| Edge::new(from, to, reach))
        .collect()
}

type Point = [f64; 2];

/// Coordinates beyond are drawn as if they were here, where the crossings with the borders are still exact.
const FARTHEST: f32 = 1e9;

/// The part of a line within a rectangle, after Liang and Barsky, "A new concept and method for line clipping" (1984).
///
/// What is cut off is farther from the picture than a line is wide. It would not be seen, but coordinates of any size
/// would cost precision and time.
fn clipped(from: Point, to: Point, lower: Point, upper: Point) -> Option<(Point, Point)> {
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for (((from, to), lower), upper) in from.into_iter().zip(to).zip(lower).zip(upper) {
        let length = to - from;
        if length == 0.0 {
            if from < lower || from > upper {
                return None;
            }
            continue;
        }
        let (at_lower, at_upper) = ((lower - from) / length, (upper - from) / length);
        enters = enters.max(at_lower.min(at_upper));
        leaves = leaves.min(at_lower.max(at_upper));
    }
    let [x, y] = from;
    let [to_x, to_y] = to;
    let at = |share: f64| [x + (to_x - x) * share, y + (to_y - y) * share];
    (enters <= leaves).then(|| (at(enters), at(leaves)))
}

/// An edge as a line of which everything within a radius is painted.
#[derive(Clone, Debug)]
struct Edge {
    from: Point,
    along: Point,
    length_squared: f64,
    /// The rows that it may paint.
    rows: Range<u32>,
}

impl Edge {
    fn new([from_x, from_y]: Point, [to_x, to_y]: Point, reach: f64) -> Self {
        let along = [to_x - from_x, to_y - from_y];
        let [along_x, along_y] = along;
        Self {
            from: [from_x, from_y],
            along,
            length_squared: along_x * along_x + along_y * along_y,
            rows: paint::pixels((from_y.min(to_y) - reach).floor())
                ..paint::pixels((from_y.max(to_y) + reach).ceil()),
        }
    }

    /// The columns that it may paint in the row with a centre at `y`: those of the line's neighbourhood, were it endless,
    /// and within its ends.
    fn columns(&self, y: f64, reach: f64) -> Range<usize> {
        let [from_x, from_y] = self.from;
        let [along_x, along_y] = self.along;
        let middle = from_x + (y - from_y) / along_y * along_x;
        let aside = reach * self.length_squared.sqrt() / along_y.abs();
        // Level edges divide by zero: what is not a number limits nothing.
        let first = (from_x.min(from_x + along_x) - reach).max(middle - aside);
        let last = (from_x.max(from_x + along_x) + reach).min(middle + aside);
        paint::pixels(first.floor()) as usize..paint::pixels(last.ceil()) as usize
    }

    fn distance(&self, x: f64, y: f64) -> f64 {
        let [from_x, from_y] = self.from;
        let [along_x, along_y] = self.along;
        let (x, y) = (x - from_x, y - from_y);
        let share = if self.length_squared > 0.0 {
            ((x * along_x + y * along_y) / self.length_squared).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let (x, y) = (x - along_x * share, y - along_y * share);
        (x * x + y * y).sqrt()
    }
}

/// How much of each pixel of a row the line covers.
struct StrokeRow {
    coverage: Vec<u8>,
    touched: Vec<Range<usize>>,
}

impl StrokeRow {
    fn new(width: u32) -> Self {
        Self {
            coverage: vec![0; width as usize],
            touched: Vec::new(),
        }
    }

    /// Covers at least what the edge does.
    fn add(&mut self, edge: &Edge, row: u32, reach: f64) {
        let y = f64::from(row) + 0.5;
        let mut columns = edge.columns(y, reach);
        columns.end = columns.end.min(self.coverage.len());
        let Some(span) = self.coverage.get_mut(columns.clone()) else {
            return;
        };
        let first = u32::try_from(columns.start).unwrap_or(u32::MAX);
        for (place, column) in span.iter_mut().zip(first..) {
            let share = reach - edge.distance(f64::from(column) + 0.5, y);
            *place = (*place).max(paint::coverage(share.min(1.0)));
        }
        if !columns.is_empty() {
            self.touched.push(columns);
        }
    }

    /// Paints the row, and is empty again.
    fn paint(&mut self, row: &mut [[u8; 3]], color: [u8; 3]) {
        for columns in self.touched.drain(..) {
            let (Some(span), Some(pixels)) = (self.coverage.get_mut(columns.clone()), row.get_mut(columns))
            else {
                continue;
            };
            for (place, pixel) in span.iter_mut().zip(pixels) {
                // Taken: what other edges touched too is painted but once.
                match std::mem::take(place) {
                    0 => {}
                    u8::MAX => *pixel = color,
                    some => cover(pixel, color, some),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn black(width: u32, height: u32) -> Picture {
        Picture::from_rgb(width, height, vec![0; (width * height * 3) as usize]).unwrap()
    }

    /// The red samples after drawing in white on black, as rows.
    fn drawn(width: u32, height: u32, ring: &[[f32; 2]], line_width: u32) -> Vec<Vec<u8>> {
        let mut picture = black(width, height);
        outline(&mut picture, ring, line_width, [255; 3]);
        picture
            .pixels()
            .chunks(width as usize)
            .map(|row| row.iter().map(|[red, _, _]| *red).collect())
            .collect()
    }

    #[test]
    fn squares_have_straight_edges_and_empty_insides() {
        let rows = drawn(12, 12, &[[2.0, 2.0], [10.0, 2.0], [10.0, 10.0], [2.0, 10.0]], 2);
        let edge = [0, 128, 255, 255, 255, 255, 255, 255, 255, 255, 128, 0];
        let side = [0, 255, 255, 0, 0, 0, 0, 0, 0, 255, 255, 0];
        // The corner is round: its outermost pixel is covered in part.
        assert!((1..=254).contains(&edge[1]));
        for (index, row) in rows.iter().enumerate() {
            match index {
                0 | 11 => assert_eq!(row, &[0; 12]),
                1 | 10 => {
                    assert_eq!(row[2..10], edge[2..10]);
                    assert_eq!(row[1], row[10]);
                    assert!((150..255).contains(&row[1]), "{row:?}");
                }
                2 | 9 => assert_eq!(row[..], [0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0]),
                _ => assert_eq!(row[..], side),
            }
        }
    }

    #[test]
    fn slanted_lines_have_no_gaps_and_their_width() {
        for [x, y] in [
            [100.0, 3.0],
            [100.0, 37.0],
            [100.0, 99.0],
            [100.0, 100.0],
            [20.0, 100.0],
        ] {
            let rows = drawn(110, 110, &[[5.0, 5.0], [5.0 + x * 0.95, 5.0 + y * 0.95]], 3);
            let area: f64 = rows.iter().flatten().map(|value| f64::from(*value) / 255.0).sum();
            let length = f64::from(x * x + y * y).sqrt() * 0.95;
            // The ends are half discs.
            let expected = length * 3.0 + std::f64::consts::PI * 2.25;
            // Less than exact where the line meets the pixels in the same way all along, as at 45 degrees.
            assert!(
                (area - expected).abs() < expected * 0.02,
                "{x}/{y}: {area} of {expected}"
            );
            for share in 0..=100_u8 {
                let share = f32::from(share) / 100.0 * 0.95;
                let [column, row] =
                    [x, y].map(|along| paint::pixels(f64::from(5.0 + along * share)) as usize);
                assert_eq!(rows[row][column], 255, "{x}/{y} at {share}");
            }
        }
    }

    #[test]
    fn many_short_edges_look_like_one() {
        let whole = drawn(60, 30, &[[5.0, 5.0], [45.0, 25.0]], 4);
        let points: Vec<[f32; 2]> = (0..=40_u8)
            .map(|step| [5.0 + f32::from(step), 5.0 + f32::from(step) / 2.0])
            .collect();
        let pieces = drawn(60, 30, &points, 4);
        for (a, b) in whole.iter().flatten().zip(pieces.iter().flatten()) {
            assert!(a.abs_diff(*b) <= 1, "{a} {b}");
        }
    }

    #[test]
    fn lines_beyond_the_borders_are_cut_where_they_leave() {
        let near = drawn(20, 20, &[[-100.0, 10.0], [100.0, 10.0]], 2);
        let far = drawn(20, 20, &[[f32::MIN, 10.0], [f32::MAX, 10.0]], 2);
        assert_eq!(near, far);
        assert_eq!(near[9], [255; 20]);
        assert_eq!(near[8], [0; 20]);
        assert!(
            drawn(20, 20, &[[-9.0, -9.0], [40.0, -9.0]], 4)
                .concat()
                .iter()
                .all(|value| *value == 0)
        );
    }

    #[test]
    fn points_that_are_not_finite_are_passed_over() {
        let ring = [
            [f32::NAN, 3.0],
            [2.0, 2.0],
            [f32::INFINITY, 8.0],
            [9.0, 6.0],
            [1.0, f32::NAN],
        ];
        assert_eq!(
            drawn(12, 12, &ring, 2),
            drawn(12, 12, &[[2.0, 2.0], [9.0, 6.0]], 2)
        );
        assert!(drawn(4, 4, &[], 2).concat().iter().all(|value| *value == 0));
        assert_eq!(drawn(4, 4, &[[2.0, 2.0]], 2)[1][1], 202);
    }

    proptest! {
        #[test]
        fn no_polygon_fails(
            ring in proptest::collection::vec([any::<f32>(), any::<f32>()], 0..8),
            near in proptest::collection::vec([-50.0_f32..90.0, -50.0_f32..90.0], 0..8),
            line_width in prop_oneof![0_u32..20, Just(u32::MAX)],
            width in 1_u32..40,
            height in 1_u32..40,
        ) {
            let mut picture = black(width, height);
            outline(&mut picture, &[ring, near].concat(), line_width, [255; 3]);
        }
    }
}
