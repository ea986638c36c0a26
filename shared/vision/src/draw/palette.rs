//! The colours of classes.

/// Text on dark colours.
const WHITE: [u8; 3] = [0xFF; 3];
/// Text on light colours.
const NAVY: [u8; 3] = [0x11, 0x1F, 0x68];

/// The colours of classes by their index, as red, green and blue: the Ultralytics palette.
pub const CLASS_COLORS: [[u8; 3]; 20] = [
    [0x04, 0x2A, 0xFF],
    [0x0B, 0xDB, 0xEB],
    [0xF3, 0xF3, 0xF3],
    [0x00, 0xDF, 0xB7],
    [0x11, 0x1F, 0x68],
    [0xFF, 0x6F, 0xDD],
    [0xFF, 0x44, 0x4F],
    [0xCC, 0xED, 0x00],
    [0x00, 0xF3, 0x44],
    [0xBD, 0x00, 0xFF],
    [0x00, 0xB4, 0xFF],
    [0xDD, 0x00, 0xBA],
    [0x00, 0xFF, 0xFF],
    [0x26, 0xC0, 0x00],
    [0x01, 0xFF, 0xB3],
    [0x7D, 0x24, 0xFF],
    [0x7B, 0x00, 0x68],
    [0xFF, 0x1B, 0x6C],
    [0xFC, 0x6D, 0x2F],
    [0xA2, 0xFF, 0x0B],
];

/// The colour of a class. There are 20; class 20 has that of class 0 again.
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "the remainder is within the length it was divided by"
)]
pub const fn class_color(class: usize) -> [u8; 3] {
    CLASS_COLORS[class % CLASS_COLORS.len()]
}

/// The colour of text on the colour of a class: navy on the light ones, white on the others.
#[must_use]
pub const fn label_text_color(class: usize) -> [u8; 3] {
    match class % CLASS_COLORS.len() {
        1 | 2 | 3 | 5 | 7 | 8 | 12 | 14 | 19 => NAVY,
        _ => WHITE,
    }
}

/// What a box and its label are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassColors {
    /// Of lines, and of the ground that text stands on.
    pub fill: [u8; 3],
    /// Of text.
    pub text: [u8; 3],
}

impl ClassColors {
    /// Those of a class by its index.
    #[must_use]
    pub const fn of(class: usize) -> Self {
        Self {
            fill: class_color(class),
            text: label_text_color(class),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_repeat_after_twenty_classes() {
        assert_eq!(class_color(0), [4, 42, 255]);
        assert_eq!(class_color(19), [162, 255, 11]);
        assert_eq!(class_color(20), class_color(0));
        assert_eq!(class_color(usize::MAX), class_color(usize::MAX % 20));
    }

    #[test]
    fn text_is_dark_on_the_nine_light_colours() {
        const LIGHT: [u32; 9] = [
            0x0B_DBEB, 0xF3_F3F3, 0x00_DFB7, 0xFF_6FDD, 0xCC_ED00, 0x00_F344, 0x00_FFFF, 0x01_FFB3, 0xA2_FF0B,
        ];
        for class in 0..60 {
            let [red, green, blue] = class_color(class);
            let light = LIGHT.contains(&u32::from_be_bytes([0, red, green, blue]));
            let expected = if light { [17, 31, 104] } else { [255; 3] };
            assert_eq!(ClassColors::of(class).text, expected, "{class}");
        }
    }
}
