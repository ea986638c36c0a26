//! What analyses found, drawn into the picture itself at its full resolution.
//!
//! | function | draws |
//! |---|---|
//! | [`tint`], [`ClassTint`] | pixels mixed with the colour of their class |
//! | [`outline`] | the edge of a region, from its polygon |
//! | [`labelled_box`], [`rectangle`], [`box_label`] | a frame round what was detected, and what it is |
//! | [`label`] | what a region is, in its middle |
//!
//! Coordinates are those of a plane: x to the right and y down from the corner of the picture, so that the pixel in column
//! `x` and row `y` covers `x..x + 1` and `y..y + 1`, and its centre is at `(x + 0.5, y + 0.5)`. Nothing is drawn beyond the
//! borders, and what has a coordinate that is not a number is left out: no coordinates fail.
//!
//! Boxes and labels are drawn on any [`Canvas`], tints and outlines on a picture in memory.
//!
//! Lines and text grow with the picture: see [`line_width`] and [`text_size`].

mod boxes;
mod canvas;
mod font;
mod label;
mod outline;
pub(crate) mod paint;
mod palette;
mod tint;

pub use self::boxes::{box_label, labelled_box, rectangle};
pub use self::canvas::Canvas;
pub use self::label::{detection_text, label, text_size};
pub use self::outline::outline;
pub use self::palette::{CLASS_COLORS, ClassColors, class_color, label_text_color};
pub use self::tint::{ClassTint, tint};

/// How wide lines are in a picture of the given sides, in pixels: 0.3 % of the mean side, at least 2.
///
/// This is the rule of the Ultralytics annotator, `max(round((height + width + 3) / 2 * 0.003), 2)`, whose 3 are the
/// channels of the picture.
#[must_use]
pub fn line_width(width: u32, height: u32) -> u32 {
    let sides = f64::from(height) + f64::from(width) + 3.0;
    paint::pixels((sides / 2.0 * 0.003).round_ties_even()).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_the_annotators() {
        for (width, height, expected) in [
            (1, 1, 2),
            (640, 480, 2),
            (1280, 720, 3),
            // Exactly between two widths: the even one.
            (1497, 1500, 4),
            (2497, 2500, 8),
            (4000, 3000, 11),
            (6000, 4000, 15),
            (u32::MAX, u32::MAX, 12_884_902),
        ] {
            assert_eq!(line_width(width, height), expected, "{width}x{height}");
        }
    }
}
