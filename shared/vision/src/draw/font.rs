//! Text as coverage of pixels, in the one font that comes along: see `fonts/README.md`.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use super::canvas::Canvas;
use super::paint;

/// Roboto Medium: Latin, Greek and Cyrillic.
static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../../fonts/Roboto-Medium-subset.ttf")).ok());

/// How high capital letters are, as a share of the text size.
pub(super) const CAPITALS: f32 = 0.711;

/// A line of text, set from 0 to the right on a baseline at 0.
pub(super) struct Line {
    glyphs: Vec<Glyph>,
    /// Pixels from the first glyph's origin to the end of the last one.
    pub(super) width: f32,
}

impl Line {
    /// Sets a text at a size in pixels to the em. What begins to the right of the limit is left out.
    ///
    /// Characters that the font does not have become a box; control and other invisible characters are dropped.
    pub(super) fn new(text: &str, size: f32, limit: f32) -> Self {
        let mut line = Self {
            glyphs: Vec::new(),
            width: 0.0,
        };
        let Some(font) = FONT.as_ref() else {
            return line;
        };
        // The crate's scale is from the highest ascender to the lowest descender.
        let em = font.units_per_em().unwrap_or(1.0);
        let scale = PxScale::from(size * font.height_unscaled() / em);
        let scaled = font.as_scaled(scale);
        for character in text.chars().filter(|character| !is_invisible(*character)) {
            if line.width > limit {
                break;
            }
            let glyph = font.glyph_id(character);
            line.glyphs
                .push(glyph.with_scale_and_position(scale, point(line.width, 0.0)));
            line.width += scaled.h_advance(glyph);
        }
        line
    }

    /// Paints the text from the left and a baseline onto the columns before the right one.
    pub(super) fn paint(
        &self,
        canvas: &mut impl Canvas,
        left: u32,
        baseline: i64,
        right: u32,
        color: [u8; 3],
    ) {
        let Some(font) = FONT.as_ref() else {
            return;
        };
        let right = right.min(canvas.width());
        for outlined in self
            .glyphs
            .iter()
            .filter_map(|glyph| font.outline_glyph(glyph.clone()))
        {
            let bounds = outlined.px_bounds();
            let (first, top) = (floor(bounds.min.x), floor(bounds.min.y));
            outlined.draw(|x, y, share| {
                let x = i64::from(left) + first + i64::from(x);
                let y = baseline + top + i64::from(y);
                let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
                    return;
                };
                let coverage = paint::coverage(f64::from(share.min(1.0)));
                if x < right && coverage > 0 {
                    canvas.cover(x, y, color, coverage);
                }
            });
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "casts of floats saturate, and text is never that long"
)]
const fn floor(value: f32) -> i64 {
    value.floor() as i64
}

/// Characters that show nothing or change what others show: controls, joiners, marks of direction, selectors of variants.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{61C}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use ab_glyph::GlyphId;

    use super::*;
    use crate::picture::Picture;

    fn width(text: &str) -> f32 {
        Line::new(text, 100.0, f32::INFINITY).width
    }

    /// The coverage of all pixels together, in whole pixels, at 40 pixels to the em.
    fn ink(text: &str) -> u32 {
        let mut picture = Picture::from_rgb(900, 70, vec![0; 900 * 70 * 3]).unwrap();
        Line::new(text, 40.0, 900.0).paint(&mut picture, 0, 50, 900, [255; 3]);
        picture
            .pixels()
            .iter()
            .map(|[red, _, _]| u32::from(*red))
            .sum::<u32>()
            / 255
    }

    #[test]
    fn the_font_has_the_letters_of_europe() {
        let font = FONT.as_ref().unwrap();
        let text = "AZaz09 .,:;-–—_/()[]%&@#'\"!?«»„“€№°±×ÄÖÜßåéñçÿŁĄŞğŐŽžΑΩαωάςАЯаяЁёЇїЄєҐґЎў≤≥−…";
        for character in text.chars() {
            assert_ne!(font.glyph_id(character), GlyphId(0), "{character:?}");
        }
        for letter in (0xC0..=0x17F_u32).chain(0x391..=0x3A1).chain(0x400..=0x45F) {
            let letter = char::from_u32(letter).unwrap();
            assert_ne!(font.glyph_id(letter), GlyphId(0), "{letter:?}");
        }
    }

    #[test]
    fn capitals_are_as_high_as_stated() {
        let font = FONT.as_ref().unwrap();
        let outline = font.outline(font.glyph_id('H')).unwrap();
        let height = outline.bounds.max.y.abs().max(outline.bounds.min.y.abs());
        assert!((height / font.units_per_em().unwrap() - CAPITALS).abs() < 0.001);
    }

    #[test]
    fn sizes_are_pixels_to_the_em() {
        // A digit of Roboto Medium is 1164 of 2048 units wide.
        assert!((width("0") - 56.84).abs() < 0.01, "{}", width("0"));
        assert_eq!(width("0000"), width("1234"));
        assert_eq!(width(""), 0.0);
    }

    #[test]
    fn unknown_characters_are_boxes_and_invisible_ones_are_dropped() {
        let missing = width("\u{10FFFF}");
        assert!(missing > 20.0);
        assert_eq!(width("猫"), missing);
        assert_eq!(width("🛢\u{FE0F}"), missing);
        assert!(ink("猫") > 50);
        assert_eq!(width("o\0i\u{1b}l\n\u{202E}\u{200D}"), width("oil"));
    }

    #[test]
    fn text_covers_the_pixels_it_always_did() {
        assert_eq!(
            ["oil slick 0.87", "Отвёртка", "猫", " "].map(ink),
            [2242, 1923, 142, 0]
        );
    }

    #[test]
    fn endless_texts_end_at_the_limit() {
        let line = Line::new(&"W".repeat(1_000_000), 10.0, 100.0);
        assert!(line.glyphs.len() < 20);
        assert!(line.width > 100.0);
    }

    #[test]
    fn glyphs_are_clipped_at_every_border() {
        let mut picture = Picture::from_rgb(5, 5, vec![0; 75]).unwrap();
        for baseline in [i64::MIN / 2, -1000, -3, 3, 9, 1000, i64::MAX / 2] {
            for left in [0, 3, 5, 1000, u32::MAX] {
                Line::new("Wg", 14.0, 100.0).paint(&mut picture, left, baseline, 4, [255; 3]);
            }
        }
        assert!(picture.pixels().chunks(5).all(|row| row[4] == [0; 3]));
        assert!(picture.pixels().iter().any(|pixel| *pixel != [0; 3]));
    }
}
