//! Text on a ground of its class's colour.

use super::canvas::Canvas;
use super::font::{CAPITALS, Line};
use super::paint;
use super::palette::ClassColors;

/// How large text is for lines of a width in pixels: seven times as many pixels to the em, from 14 to 1024.
///
/// With [`line_width`](super::line_width) that is 14 pixels in a picture of 300, and 105 in one of 6000 by 4000: about one
/// forty-eighth of the mean side, two thirds of what the Ultralytics annotator takes, whose labels hide a good deal.
#[must_use]
pub fn text_size(line_width: u32) -> f32 {
    // A whole number of at most 10 bits.
    f32::from(u16::try_from(line_width.saturating_mul(7).clamp(14, 1024)).unwrap_or(1024))
}

/// What a label says of something detected: `"<name> <confidence>"`, with two decimals.
#[must_use]
pub fn detection_text(name: &str, confidence: f32) -> String {
    format!("{name} {confidence:.2}")
}

/// Draws a label with its middle at a point, or as near to it as the whole label is within the picture.
///
/// Nothing is drawn if a coordinate is not a number. A label wider than the picture begins at the left border.
pub fn label(canvas: &mut impl Canvas, [x, y]: [f32; 2], line_width: u32, colors: ClassColors, text: &str) {
    if x.is_nan() || y.is_nan() {
        return;
    }
    let ground = Ground::new(text, line_width, canvas.width());
    let left = paint::pixels((f64::from(x) - f64::from(ground.width) / 2.0).round());
    let top = paint::pixels((f64::from(y) - f64::from(ground.height) / 2.0).round());
    ground.paint(canvas, left, top, colors);
}

/// A text and the rectangle round it, the size of which is known before its place.
pub(super) struct Ground {
    line: Line,
    text_size: f32,
    /// Pixels between the text and the left and right edges.
    margin: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Ground {
    /// For lines of the given width, in a picture that is `limit` pixels wide.
    pub(super) fn new(text: &str, line_width: u32, limit: u32) -> Self {
        let text_size = text_size(line_width);
        let line = Line::new(
            text,
            text_size,
            f32::from(u16::try_from(limit).unwrap_or(u16::MAX)),
        );
        let margin = paint::pixels((f64::from(text_size) * 0.3).round());
        let text_width = paint::pixels(f64::from(line.width).ceil());
        Self {
            width: text_width.saturating_add(2 * margin).min(limit),
            // Room above capitals for their accents, and as much below the baseline.
            height: paint::pixels((f64::from(text_size) * 1.3).round()),
            line,
            text_size,
            margin,
        }
    }

    /// Paints ground and text from a corner at the left and top, moved so that all of it is within the picture.
    pub(super) fn paint(&self, canvas: &mut impl Canvas, left: u32, top: u32, colors: ClassColors) {
        let left = left.min(canvas.width().saturating_sub(self.width));
        let top = top.min(canvas.height().saturating_sub(self.height));
        let right = left.saturating_add(self.width);
        canvas.fill(left..right, top..top.saturating_add(self.height), colors.fill);
        // Capitals stand in the middle.
        let capitals = f64::from(self.text_size * CAPITALS);
        let below_top = paint::pixels(((f64::from(self.height) + capitals) / 2.0).round());
        self.line.paint(
            canvas,
            left.saturating_add(self.margin),
            i64::from(top) + i64::from(below_top),
            right,
            colors.text,
        );
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::picture::Picture;

    pub(in crate::draw) const COLORS: ClassColors = ClassColors {
        fill: [200, 0, 0],
        text: [255; 3],
    };

    pub(in crate::draw) fn black(width: u32, height: u32) -> Picture {
        Picture::from_rgb(width, height, vec![0; (width * height * 3) as usize]).unwrap()
    }

    /// The columns and rows of all that is not black.
    pub(in crate::draw) fn painted(picture: &Picture) -> Option<(Range<u32>, Range<u32>)> {
        let places = (0..).zip(picture.pixels()).filter(|(_, pixel)| **pixel != [0; 3]);
        let places: Vec<[u32; 2]> = places
            .map(|(index, _)| [index % picture.width(), index / picture.width()])
            .collect();
        let span = |axis: usize| {
            let values = || places.iter().map(|place| place[axis]);
            Some(values().min()?..values().max()? + 1)
        };
        Some((span(0)?, span(1)?))
    }

    fn placed(width: u32, height: u32, point: [f32; 2], text: &str) -> Option<(Range<u32>, Range<u32>)> {
        let mut picture = black(width, height);
        label(&mut picture, point, 2, COLORS, text);
        painted(&picture)
    }

    #[test]
    fn text_grows_with_lines_within_bounds() {
        let sizes = [0, 1, 2, 3, 11, 15, 146, 147, u32::MAX].map(text_size);
        assert_eq!(
            sizes,
            [14.0, 14.0, 14.0, 21.0, 77.0, 105.0, 1022.0, 1024.0, 1024.0]
        );
    }

    #[test]
    fn confidences_have_two_decimals() {
        assert_eq!(detection_text("oil", 0.876), "oil 0.88");
        assert_eq!(detection_text("oil", 1.0), "oil 1.00");
    }

    #[test]
    fn labels_are_centred_and_kept_within_the_picture() {
        let (columns, rows) = placed(200, 100, [100.0, 50.0], "oil").unwrap();
        let (width, height) = (columns.end - columns.start, rows.end - rows.start);
        assert_eq!(height, 18);
        assert!((20..40).contains(&width), "{width}");
        assert!(columns.start.abs_diff(200 - columns.end) <= 1, "{columns:?}");
        assert_eq!(rows, 41..59);
        for (x, y, left, top) in [
            (0.0, 0.0, 0, 0),
            (-1e30, -1e30, 0, 0),
            (200.0, 100.0, 200 - width, 82),
            (f32::INFINITY, f32::MAX, 200 - width, 82),
            (f32::NEG_INFINITY, 50.0, 0, 41),
        ] {
            let expected = Some((left..left + width, top..top + height));
            assert_eq!(placed(200, 100, [x, y], "oil"), expected, "{x} {y}");
        }
        assert_eq!(placed(200, 100, [f32::NAN, 5.0], "oil"), None);
        assert_eq!(placed(200, 100, [5.0, f32::NAN], "oil"), None);
    }

    #[test]
    fn labels_larger_than_the_picture_are_cut() {
        assert_eq!(
            placed(30, 50, [15.0, 25.0], "a long name of a class"),
            Some((0..30, 16..34))
        );
        assert_eq!(
            placed(30, 10, [15.0, 5.0], "a long name of a class"),
            Some((0..30, 0..10))
        );
        assert_eq!(placed(1, 1, [0.5, 0.5], "oil"), Some((0..1, 0..1)));
    }

    #[test]
    fn text_is_in_the_middle_of_its_ground() {
        let mut picture = black(200, 100);
        label(&mut picture, [100.0, 50.0], 11, COLORS, "HH");
        let (columns, rows) = painted(&picture).unwrap();
        // What is whiter than the ground alone is text.
        let text = (0..)
            .zip(picture.pixels())
            .filter(|(_, [_, green, _])| *green > 127);
        let places: Vec<[u32; 2]> = text.map(|(index, _)| [index % 200, index / 200]).collect();
        for (axis, ground) in [columns, rows].into_iter().enumerate() {
            let values = || places.iter().map(|place| place[axis]);
            let before = values().min().unwrap() - ground.start;
            let after = ground.end - 1 - values().max().unwrap();
            assert!(before > 15 && before.abs_diff(after) <= 2, "{before} {after}");
        }
    }

    proptest! {
        #[test]
        fn no_label_fails(
            point in [any::<f32>(), any::<f32>()],
            near in [-50.0_f32..90.0, -50.0_f32..90.0],
            line_width in prop_oneof![0_u32..30, Just(u32::MAX)],
            text in ".{0,12}",
            width in 1_u32..40,
            height in 1_u32..40,
        ) {
            let mut picture = black(width, height);
            label(&mut picture, point, line_width.min(30), COLORS, &text);
            label(&mut picture, near, line_width, COLORS, &text);
        }
    }
}
