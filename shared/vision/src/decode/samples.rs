//! From the sample layouts that files use to 8-bit grey or RGB.
//!
//! Transparent samples are laid on a ground in the 8-bit samples themselves (not in linear light), with the rounding that
//! image editors and Pillow's `paste` use.

use super::Rendition;

/// A sample as a decoder hands it out.
pub(super) trait Sample: Copy {
    /// The nearest 8-bit value: full scale stays full scale.
    fn to_u8(self) -> u8;

    /// The eight highest bits.
    fn high_byte(self) -> u8;
}

impl Sample for u8 {
    fn to_u8(self) -> u8 {
        self
    }

    fn high_byte(self) -> u8 {
        self
    }
}

impl Sample for u16 {
    fn to_u8(self) -> u8 {
        // 65535 / 255 = 257.
        u8::try_from((u32::from(self) + 128) / 257).unwrap_or(u8::MAX)
    }

    fn high_byte(self) -> u8 {
        self.to_be_bytes()[0]
    }
}

/// A 16-bit sample in the byte order of PNG files.
impl Sample for [u8; 2] {
    fn to_u8(self) -> u8 {
        u16::from_be_bytes(self).to_u8()
    }

    fn high_byte(self) -> u8 {
        self[0]
    }
}

/// The ground for display.
pub(super) const WHITE: [u8; 3] = [255; 3];
/// A ground that multiplies colours by alpha.
pub(super) const BLACK: [u8; 3] = [0; 3];

/// What becomes of alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blend {
    /// Straight colours are laid on a colour.
    Over([u8; 3]),
    /// Colours that have been multiplied by alpha already are laid on white.
    PremultipliedOverWhite,
    /// Alpha is dropped, colours stay.
    Opaque,
}

impl Blend {
    /// What a rendition does with alpha that the colours are not multiplied by.
    pub(super) const fn of_straight_alpha(rendition: Rendition) -> Self {
        match rendition {
            Rendition::Display => Self::Over(WHITE),
            Rendition::Analysis => Self::Opaque,
        }
    }

    fn apply<const CHANNELS: usize>(self, samples: [u8; CHANNELS], alpha: u8) -> [u8; CHANNELS] {
        match self {
            Self::Over(color) => {
                let mut blended = samples;
                for (sample, ground) in blended.iter_mut().zip(color) {
                    *sample = blend(*sample, alpha, ground);
                }
                blended
            }
            Self::PremultipliedOverWhite => samples.map(|sample| sample.saturating_add(255 - alpha)),
            Self::Opaque => samples,
        }
    }
}

/// `sample * alpha + ground * (255 - alpha)`, divided by 255 and rounded.
fn blend(sample: u8, alpha: u8, ground: u8) -> u8 {
    let sum = u32::from(sample) * u32::from(alpha) + u32::from(ground) * u32::from(255 - alpha) + 128;
    u8::try_from((sum + (sum >> 8)) >> 8).unwrap_or(u8::MAX)
}

/// Grey samples.
pub(super) fn luma<S: Sample>(samples: &[S]) -> Vec<u8> {
    samples.iter().map(|sample| sample.to_u8()).collect()
}

/// Grey samples, the high byte of each.
pub(super) fn luma_high<S: Sample>(samples: &[S]) -> Vec<u8> {
    samples.iter().map(|sample| sample.high_byte()).collect()
}

/// Grey samples, each followed by its alpha. Where alpha is dropped, so is the low byte.
pub(super) fn luma_alpha<S: Sample>(samples: &[S], blend: Blend) -> Vec<u8> {
    let (pixels, _) = samples.as_chunks::<2>();
    pixels
        .iter()
        .map(|[grey, alpha]| match blend {
            Blend::Opaque => grey.high_byte(),
            blend => {
                let [blended] = blend.apply([grey.to_u8()], alpha.to_u8());
                blended
            }
        })
        .collect()
}

/// Red, green and blue samples.
pub(super) fn rgb<S: Sample>(samples: &[S]) -> Vec<u8> {
    luma(samples)
}

/// Red, green, blue and alpha samples.
pub(super) fn rgba<S: Sample>(samples: &[S], blend: Blend) -> Vec<u8> {
    let (pixels, _) = samples.as_chunks::<4>();
    let mut rgb = vec![[0; 3]; pixels.len()];
    for (out, [red, green, blue, alpha]) in rgb.iter_mut().zip(pixels) {
        *out = blend.apply([red.to_u8(), green.to_u8(), blue.to_u8()], alpha.to_u8());
    }
    rgb.into_flattened()
}

/// Cyan, magenta, yellow and black samples, 0 meaning no ink: `(255 - ink) * (255 - black) / 255`, rounded for display
/// and cut for analysis.
pub(super) fn cmyk<S: Sample>(samples: &[S], rendition: Rendition) -> Vec<u8> {
    let bias = match rendition {
        Rendition::Display => 127,
        Rendition::Analysis => 0,
    };
    let (pixels, _) = samples.as_chunks::<4>();
    let mut rgb = vec![[0; 3]; pixels.len()];
    for (out, [cyan, magenta, yellow, black]) in rgb.iter_mut().zip(pixels) {
        let light = u32::from(255 - black.to_u8());
        *out = [cyan, magenta, yellow].map(|ink| {
            let product = u32::from(255 - ink.to_u8()) * light;
            u8::try_from((product + bias) / 255).unwrap_or(u8::MAX)
        });
    }
    rgb.into_flattened()
}

/// Rows of samples of 1, 2, 4 or 8 bits, packed from the high bit on and padded to whole bytes, one byte each.
pub(super) fn unpacked(packed: &[u8], bits: u8, width: u32, row_bytes: usize) -> Vec<u8> {
    let width = width as usize;
    if bits == 8 {
        return packed
            .chunks_exact(row_bytes.max(1))
            .flat_map(|row| row.iter().take(width))
            .copied()
            .collect();
    }
    let mask = (1_u8 << bits) - 1;
    packed
        .chunks_exact(row_bytes.max(1))
        .flat_map(|row| {
            row.iter()
                .flat_map(move |byte| {
                    (0..8 / bits)
                        .rev()
                        .map(move |place| byte >> (place * bits) & mask)
                })
                .take(width)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_round_to_the_nearest_eight() {
        for value in 0..=u16::MAX {
            let exact = f64::from(value) * 255.0 / 65535.0;
            assert!((f64::from(value.to_u8()) - exact).abs() <= 0.5, "{value}");
        }
        assert_eq!([0x12, 0x34].to_u8(), 0x1234_u16.to_u8());
    }

    #[test]
    fn alpha_over_white_is_the_rounded_quotient() {
        for sample in 0..=u8::MAX {
            for alpha in 0..=u8::MAX {
                let exact = (f64::from(sample) * f64::from(alpha) + 255.0 * f64::from(255 - alpha)) / 255.0;
                assert!((f64::from(blend(sample, alpha, 255)) - exact).abs() <= 0.5);
                let exact = f64::from(sample) * f64::from(alpha) / 255.0;
                assert!((f64::from(blend(sample, alpha, 0)) - exact).abs() <= 0.5);
            }
        }
        assert_eq!(luma_alpha(&[10_u8, 0, 10, 255], Blend::Over(WHITE)), [255, 10]);
        assert_eq!(luma_alpha(&[10_u8, 0, 10, 255], Blend::Opaque), [10, 10]);
        assert_eq!(
            rgba(&[0_u8, 100, 50, 128], Blend::PremultipliedOverWhite),
            [127, 227, 177]
        );
        assert_eq!(rgba(&[0_u8, 100, 50, 128], Blend::Over(BLACK)), [0, 50, 25]);
    }

    #[test]
    fn packed_rows_are_unpacked_without_their_padding() {
        assert_eq!(unpacked(&[0b1010_0000, 0b0110_0000], 1, 3, 1), [1, 0, 1, 0, 1, 1]);
        assert_eq!(unpacked(&[0b1101_1000], 2, 3, 1), [3, 1, 2]);
        assert_eq!(unpacked(&[0xAB, 0xC0], 4, 3, 2), [0xA, 0xB, 0xC]);
    }

    #[test]
    fn ink_takes_light_away() {
        assert_eq!(
            cmyk(
                &[0_u8, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 255, 255, 0],
                Rendition::Display
            ),
            [255, 255, 255, 0, 255, 255, 0, 0, 0, 255, 0, 0]
        );
        // 200 * 100 / 255 = 78.4; 100 * 100 / 255 = 39.2; 150 * 100 / 255 = 58.8.
        assert_eq!(cmyk(&[55_u8, 155, 105, 155], Rendition::Display), [78, 39, 59]);
        assert_eq!(cmyk(&[55_u8, 155, 105, 155], Rendition::Analysis), [78, 39, 58]);
    }
}
