//! Frames round what was detected.

use std::ops::Range;

use super::canvas::Canvas;
use super::label::Ground;
use super::paint;
use super::palette::ClassColors;

/// Draws a frame and, where it begins, its label: [`rectangle`] and [`box_label`].
///
/// Later boxes cover earlier ones: draw those that matter most last.
pub fn labelled_box(
    canvas: &mut impl Canvas,
    corners: [f32; 4],
    line_width: u32,
    colors: ClassColors,
    text: &str,
) {
    rectangle(canvas, corners, line_width, colors.fill);
    box_label(canvas, corners, line_width, colors, text);
}

/// Draws a frame round a box: left, top, right and bottom, in any order of sides.
///
/// The box is rounded to whole pixels and the line lies outside of it, so that nothing is hidden of what is small; at the
/// borders of the picture the line moves inwards and stays as wide. Nothing is drawn for a box that is beyond the
/// picture or has a corner that is not a number.
pub fn rectangle(canvas: &mut impl Canvas, corners: [f32; 4], line_width: u32, color: [u8; 3]) {
    let Some(frame) = Frame::new(corners, line_width, canvas) else {
        return;
    };
    let Frame { columns, rows, line } = frame;
    let [after_left, after_top] = [&columns, &rows].map(|side| side.start.saturating_add(line).min(side.end));
    let [from_right, from_bottom] =
        [&columns, &rows].map(|side| side.end.saturating_sub(line).max(side.start));
    canvas.fill(columns.clone(), rows.start..after_top, color);
    canvas.fill(columns.clone(), from_bottom..rows.end, color);
    canvas.fill(columns.start..after_left, rows.clone(), color);
    canvas.fill(from_right..columns.end, rows, color);
}

/// Draws the label of a frame that [`rectangle`] draws with the same corners and width.
///
/// It stands on the frame's upper edge, flush with its left one; if there is no room above, within the frame from the top.
/// At the right border of the picture it moves to the left; one wider than the picture is cut.
pub fn box_label(
    canvas: &mut impl Canvas,
    corners: [f32; 4],
    line_width: u32,
    colors: ClassColors,
    text: &str,
) {
    let Some(frame) = Frame::new(corners, line_width, canvas) else {
        return;
    };
    let ground = Ground::new(text, line_width, canvas.width());
    let top = frame
        .rows
        .start
        .checked_sub(ground.height)
        .unwrap_or(frame.rows.start);
    ground.paint(canvas, frame.columns.start, top, colors);
}

/// The pixels within the outer edges of a frame.
struct Frame {
    columns: Range<u32>,
    rows: Range<u32>,
    line: u32,
}

impl Frame {
    fn new([left, top, right, bottom]: [f32; 4], line_width: u32, canvas: &impl Canvas) -> Option<Self> {
        let line = line_width.max(1);
        Some(Self {
            columns: outer(left, right, line, canvas.width())?,
            rows: outer(top, bottom, line, canvas.height())?,
            line,
        })
    }
}

/// From one outer edge to the other along an axis, within `0..limit`; none if the box is beyond.
fn outer(a: f32, b: f32, line: u32, limit: u32) -> Option<Range<u32>> {
    if a.is_nan() || b.is_nan() {
        return None;
    }
    let (low, high) = (f64::from(a.min(b)), f64::from(a.max(b)));
    if high < 0.0 || low > f64::from(limit) {
        return None;
    }
    let start = paint::pixels(low.round()).saturating_sub(line);
    let end = paint::pixels(high.round()).saturating_add(line).min(limit);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::label::tests::{COLORS, black, painted};
    use super::*;
    use crate::picture::Picture;

    /// The picture as rows of characters: `#` for the line.
    fn shown(picture: &Picture) -> Vec<String> {
        picture
            .pixels()
            .chunks(picture.width() as usize)
            .map(|row| {
                row.iter()
                    .map(|pixel| if *pixel == [9; 3] { '#' } else { '.' })
                    .collect()
            })
            .collect()
    }

    fn framed(width: u32, height: u32, corners: [f32; 4], line_width: u32) -> Vec<String> {
        let mut picture = black(width, height);
        rectangle(&mut picture, corners, line_width, [9; 3]);
        shown(&picture)
    }

    #[test]
    fn frames_lie_round_their_boxes() {
        let expected = [
            "........", ".######.", ".#....#.", ".#....#.", ".######.", "........",
        ];
        assert_eq!(framed(8, 6, [2.0, 2.0, 6.0, 4.0], 1), expected);
        assert_eq!(framed(8, 6, [1.6, 2.4, 6.4, 3.5], 1), expected);
        // Corners the other way round.
        assert_eq!(framed(8, 6, [6.0, 4.0, 2.0, 2.0], 1), expected);
        assert_eq!(
            framed(8, 6, [2.0, 2.0, 6.0, 4.0], 2),
            [
                "########", "########", "##....##", "##....##", "########", "########"
            ]
        );
    }

    #[test]
    fn frames_stay_whole_at_the_borders() {
        let whole = ["######", "#....#", "#....#", "######"];
        assert_eq!(framed(6, 4, [0.0, 0.0, 6.0, 4.0], 1), whole);
        assert_eq!(
            framed(6, 4, [-1e9, f32::NEG_INFINITY, f32::MAX, f32::INFINITY], 1),
            whole
        );
        assert_eq!(
            framed(6, 4, [4.0, 2.0, 90.0, 90.0], 1),
            ["......", "...###", "...#.#", "...###"]
        );
        assert_eq!(framed(1, 1, [0.0, 0.0, 1.0, 1.0], 2), ["#"]);
    }

    #[test]
    fn boxes_beyond_the_picture_or_without_numbers_are_not_drawn() {
        for corners in [
            [7.0, 0.0, 9.0, 4.0],
            [-9.0, 0.0, -1.0, 4.0],
            [0.0, 5.0, 6.0, 9.0],
            [0.0, -9.0, 6.0, -0.5],
            [f32::NAN, 0.0, 6.0, 4.0],
            [0.0, 0.0, 6.0, f32::NAN],
        ] {
            let mut picture = black(6, 4);
            labelled_box(&mut picture, corners, 1, COLORS, "oil");
            assert_eq!(painted(&picture), None, "{corners:?}");
        }
    }

    /// Where the label is, without its frame.
    fn labelled(corners: [f32; 4], text: &str) -> (Range<u32>, Range<u32>) {
        let mut picture = black(200, 100);
        box_label(&mut picture, corners, 2, COLORS, text);
        painted(&picture).unwrap()
    }

    #[test]
    fn labels_stand_on_the_frame_where_there_is_room() {
        let (columns, rows) = labelled([50.0, 40.0, 150.0, 90.0], "oil 0.87");
        assert_eq!((columns.start, rows), (48, 20..38));
        let width = columns.end - columns.start;
        // Just room, and just none.
        assert_eq!(labelled([50.0, 20.0, 150.0, 90.0], "oil 0.87").1, 0..18);
        assert_eq!(labelled([50.0, 19.0, 150.0, 90.0], "oil 0.87").1, 17..35);
        // The corners of the picture.
        assert_eq!(labelled([0.0, 0.0, 20.0, 20.0], "oil 0.87"), (0..width, 0..18));
        assert_eq!(
            labelled([190.0, 0.0, 200.0, 20.0], "oil 0.87"),
            (200 - width..200, 0..18)
        );
        assert_eq!(
            labelled([190.0, 95.0, 200.0, 100.0], "oil 0.87"),
            (200 - width..200, 75..93)
        );
        assert_eq!(
            labelled([-50.0, -50.0, 500.0, 500.0], "oil 0.87"),
            (0..width, 0..18)
        );
        let long = "oil ".repeat(40);
        assert_eq!(labelled([150.0, 40.0, 160.0, 90.0], &long), (0..200, 20..38));
    }

    #[test]
    fn labels_move_up_where_a_low_frame_has_no_room() {
        let mut picture = black(200, 20);
        box_label(&mut picture, [50.0, 15.0, 90.0, 19.0], 2, COLORS, "oil");
        assert_eq!(painted(&picture).unwrap().1, 2..20);
    }

    proptest! {
        #[test]
        fn no_box_fails(
            wild in [any::<f32>(), any::<f32>(), any::<f32>(), any::<f32>()],
            near in [-50.0_f32..90.0, -50.0_f32..90.0, -50.0_f32..90.0, -50.0_f32..90.0],
            line_width in prop_oneof![0_u32..20, Just(u32::MAX)],
            text in ".{0,8}",
            width in 1_u32..40,
            height in 1_u32..40,
        ) {
            let mut picture = black(width, height);
            labelled_box(&mut picture, wild, line_width.min(20), COLORS, &text);
            rectangle(&mut picture, near, line_width, [255; 3]);
            box_label(&mut picture, near, line_width.min(20), COLORS, &text);
        }
    }
}
