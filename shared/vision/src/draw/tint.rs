//! Pixels mixed with the colour of their class.
//!
//! The rule is exact. An alpha from 0 to 1 becomes a weight in 256ths, `w = round(256 alpha)`, and each sample becomes
//! `(sample (256 - w) + color w + 128) >> 8`: at alpha 0.5 that is `(sample + color + 1) >> 1`, their mean rounded up. Alpha
//! 0 changes nothing, 1 leaves the colour alone.

use std::fmt;
use std::ops::Range;

use super::paint;
use super::palette::class_color;
use crate::picture::Picture;

/// Pixels that are mixed together: whole vectors of samples, whatever their width.
const BLOCK: usize = 16;

/// Mixes some pixels of a row with a colour. What is beyond the picture is left out.
///
/// Alpha is the share of the colour: below 0 and what is not a number count as 0, above 1 as 1.
pub fn tint(picture: &mut Picture, y: u32, columns: Range<u32>, color: [u8; 3], alpha: f32) {
    let columns = columns.start as usize..columns.end.min(picture.width()) as usize;
    if let Some(span) = picture.row_mut(y).and_then(|row| row.get_mut(columns)) {
        Mixture::new(color, alpha).apply(span);
    }
}

/// Tints rows by the class of each pixel, as maps of semantic segmentation give them.
#[derive(Clone)]
pub struct ClassTint {
    mixtures: [Mixture; 256],
}

impl ClassTint {
    /// With a colour for each class, or none for classes whose pixels stay. Alpha is as for [`tint`].
    #[must_use]
    pub fn new(color_of: impl Fn(u8) -> Option<[u8; 3]>, alpha: f32) -> Self {
        let mut mixtures = [Mixture::UNCHANGED; 256];
        for (class, mixture) in (0..=u8::MAX).zip(&mut mixtures) {
            if let Some(color) = color_of(class) {
                *mixture = Mixture::new(color, alpha);
            }
        }
        Self { mixtures }
    }

    /// With the [palette](class_color) of classes, all but the background, whose pixels stay.
    #[must_use]
    pub fn with_background(background: u8, alpha: f32) -> Self {
        Self::new(
            |class| (class != background).then(|| class_color(usize::from(class))),
            alpha,
        )
    }

    /// Tints row `y` by the classes of its pixels from the left. Neither need have as many as the other.
    pub fn row(&self, picture: &mut Picture, y: u32, classes: &[u8]) {
        let Some(pixels) = picture.row_mut(y) else {
            return;
        };
        let together = classes.len().min(pixels.len());
        let (class_blocks, last_classes) = classes.get(..together).unwrap_or_default().as_chunks::<BLOCK>();
        let (pixel_blocks, last_pixels) = pixels
            .get_mut(..together)
            .unwrap_or_default()
            .as_chunks_mut::<BLOCK>();
        // What is added to a block, and the class that it is for: mostly that of the block before.
        let mut added = [[0; 3]; BLOCK];
        let mut added_for = None;
        for (pixels, classes) in pixel_blocks.iter_mut().zip(class_blocks) {
            let [first, ..] = *classes;
            // Nearly all blocks are of one class. Looked at as a whole, not up to the first other one, they take one
            // comparison of vectors.
            if classes.iter().fold(0, |others, class| others | (class ^ first)) != 0 {
                self.apply_to_each(pixels, classes);
            } else if let Some(mixture) = self.mixtures.get(usize::from(first))
                && *mixture != Mixture::UNCHANGED
            {
                if added_for != Some(first) {
                    added = [mixture.added; BLOCK];
                    added_for = Some(first);
                }
                mixture.apply_to_block(pixels, &added);
            }
        }
        self.apply_to_each(last_pixels, last_classes);
    }

    fn apply_to_each(&self, pixels: &mut [[u8; 3]], classes: &[u8]) {
        for (pixel, class) in pixels.iter_mut().zip(classes) {
            if let Some(mixture) = self.mixtures.get(usize::from(*class)) {
                mixture.apply_to_pixel(pixel);
            }
        }
    }
}

impl fmt::Debug for ClassTint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tinted = self
            .mixtures
            .iter()
            .filter(|mixture| **mixture != Mixture::UNCHANGED);
        write!(formatter, "ClassTint({} classes)", tinted.count())
    }
}

/// What a sample is multiplied with, and what is added, in 256ths.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mixture {
    kept: u16,
    added: [u16; 3],
}

impl Mixture {
    const UNCHANGED: Self = Self {
        kept: 256,
        added: [128; 3],
    };

    fn new(color: [u8; 3], alpha: f32) -> Self {
        let weight = paint::pixels((f64::from(alpha) * 256.0).round()).min(256);
        let weight = u16::try_from(weight).unwrap_or(256);
        Self {
            kept: 256 - weight,
            added: color.map(|sample| u16::from(sample) * weight + 128),
        }
    }

    fn apply(self, span: &mut [[u8; 3]]) {
        let added = [self.added; BLOCK];
        let (blocks, rest) = span.as_chunks_mut();
        for block in blocks {
            self.apply_to_block(block, &added);
        }
        for pixel in rest {
            self.apply_to_pixel(pixel);
        }
    }

    /// What is added is given once for each pixel: the compiler makes vectors of it.
    fn apply_to_block(self, block: &mut [[u8; 3]; BLOCK], added: &[[u16; 3]; BLOCK]) {
        for (sample, added) in block.as_flattened_mut().iter_mut().zip(added.as_flattened()) {
            *sample = mixed(*sample, self.kept, *added);
        }
    }

    fn apply_to_pixel(self, pixel: &mut [u8; 3]) {
        for (sample, added) in pixel.iter_mut().zip(self.added) {
            *sample = mixed(*sample, self.kept, added);
        }
    }
}

/// The greatest sum is `255 * 256 + 128`, which 16 bits hold.
const fn mixed(sample: u8, kept: u16, added: u16) -> u8 {
    let [_, whole] = (sample as u16 * kept + added).to_le_bytes();
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let samples = width * height * 3;
        Picture::from_rgb(
            width,
            height,
            (0..samples)
                .map(|index| u8::try_from(index * 7 % 256).unwrap())
                .collect(),
        )
        .unwrap()
    }

    #[test]
    fn half_is_the_mean_rounded_up() {
        for sample in 0..=255_u8 {
            for color in 0..=255_u8 {
                let mut picture = Picture::from_rgb(1, 1, vec![sample; 3]).unwrap();
                tint(&mut picture, 0, 0..1, [color; 3], 0.5);
                let expected = u8::try_from((u16::from(sample) + u16::from(color)).div_ceil(2)).unwrap();
                assert_eq!(picture.rgb(), [expected; 3]);
            }
        }
    }

    #[test]
    fn none_and_all_of_a_colour_are_exact() {
        let before = picture(40, 2);
        let mut after = before.clone();
        for alpha in [0.0, -3.0, f32::NAN, f32::NEG_INFINITY, -0.0] {
            tint(&mut after, 0, 0..40, [255; 3], alpha);
        }
        assert!(after == before);
        for alpha in [1.0, 7.5, f32::INFINITY] {
            tint(&mut after, 1, 0..40, [9, 200, 255], alpha);
        }
        assert_eq!(after.pixels()[..40], before.pixels()[..40]);
        assert_eq!(after.pixels()[40..], [[9, 200, 255]; 40]);
    }

    #[test]
    fn only_the_span_is_tinted_wherever_it_lies() {
        for (y, columns) in [
            (0, 0..40),
            (1, 3..37),
            (2, 39..u32::MAX),
            (1, 40..50),
            (1, 20..20),
            (3, 0..40),
            (u32::MAX, 0..u32::MAX),
        ] {
            let before = picture(40, 3);
            let mut after = before.clone();
            tint(&mut after, y, columns.clone(), [10, 20, 30], 0.25);
            for (index, (was, is)) in (0..).zip(before.pixels().iter().zip(after.pixels())) {
                let mut expected = *was;
                if index / 40 == y && columns.contains(&(index % 40)) {
                    for (sample, color) in expected.iter_mut().zip([10, 20, 30]) {
                        *sample = u8::try_from((u16::from(*sample) * 192 + color * 64 + 128) >> 8).unwrap();
                    }
                }
                assert_eq!(*is, expected, "row {y}, columns {columns:?}, pixel {index}");
            }
        }
    }

    #[test]
    fn backwards_spans_are_none() {
        let mut picture = picture(4, 1);
        let before = picture.clone();
        #[expect(clippy::reversed_empty_ranges, reason = "callers may compute such a range")]
        tint(&mut picture, 0, 3..1, [255; 3], 0.5);
        assert!(picture == before);
    }

    proptest! {
        #[test]
        fn rows_of_classes_are_tinted_as_their_pixels_would_be(
            runs in proptest::collection::vec((0_u8..5, 1_usize..40), 0..12),
            width in 1_u32..200,
            alpha in 0.0_f32..1.0,
        ) {
            let classes: Vec<u8> = runs.into_iter().flat_map(|(class, length)| vec![class; length]).collect();
            let mut by_row = picture(width, 2);
            let mut by_pixel = by_row.clone();
            ClassTint::with_background(2, alpha).row(&mut by_row, 1, &classes);
            for (x, class) in (0..).zip(&classes) {
                if *class != 2 {
                    tint(&mut by_pixel, 1, x..x + 1, class_color(usize::from(*class)), alpha);
                }
            }
            prop_assert!(by_row == by_pixel);
        }
    }
}
