//! From sRGB samples to L in fixed point: three look-ups that are added, and one more.
//!
//! The scales and the order of rounding are those of `OpenCV` 4, so that every colour gets the very value it has there.

use std::sync::LazyLock;

use super::look_up;

/// Full scale of linear light.
const LINEAR: u16 = 2040;
/// Parts of red, green and blue in luminance, of 4096 in all (sRGB primaries, D65).
const LUMINANCE: [u32; 3] = [871, 2929, 296];

/// The tables, made when they are first used.
pub(super) static LIGHTNESS: LazyLock<Tables> = LazyLock::new(Tables::new);

/// What is looked up for a colour.
pub(super) struct Tables {
    /// Luminance of each sample, times 4096; half of 4096 is in the first, so that the sum is rounded.
    red: [u32; 256],
    green: [u32; 256],
    blue: [u32; 256],
    /// L by luminance. As long as the next power of two: no index is beyond it.
    by_luminance: [u8; 4096],
    /// L of greys.
    by_grey: [u8; 256],
}

impl Tables {
    fn new() -> Self {
        let [red, green, blue] = LUMINANCE;
        let linear = |part: u32, offset: u32| {
            let mut table = [0; 256];
            for (sample, entry) in (0..=u8::MAX).zip(&mut table) {
                *entry = part * u32::from(linear_light(sample)) + offset;
            }
            table
        };
        let mut by_luminance = [u8::MAX; 4096];
        for (luminance, entry) in (0..=LINEAR).zip(&mut by_luminance) {
            *entry = lightness_of_luminance(luminance);
        }
        let mut tables = Self {
            red: linear(red, 1 << 11),
            green: linear(green, 0),
            blue: linear(blue, 0),
            by_luminance,
            by_grey: [0; 256],
        };
        for grey in 0..=u8::MAX {
            let value = tables.lightness([grey; 3]);
            if let Some(entry) = tables.by_grey.get_mut(usize::from(grey)) {
                *entry = value;
            }
        }
        tables
    }

    /// L of red, green and blue.
    pub(super) fn lightness(&self, [red, green, blue]: [u8; 3]) -> u8 {
        let sum = look_up(&self.red, red) + look_up(&self.green, green) + look_up(&self.blue, blue);
        let luminance = (sum >> 12) & 0xFFF;
        self.by_luminance
            .get(luminance as usize)
            .copied()
            .unwrap_or_default()
    }

    /// L of RGB pixels.
    pub(super) fn convert(&self, colors: &[u8], values: &mut [u8]) {
        // Four at a time, so that as many look-ups are under way.
        let (colors, last_colors) = colors.as_chunks::<12>();
        let (values, last_values) = values.as_chunks_mut::<4>();
        for (values, colors) in values.iter_mut().zip(colors) {
            let [r0, g0, b0, r1, g1, b1, r2, g2, b2, r3, g3, b3] = *colors;
            *values = [
                self.lightness([r0, g0, b0]),
                self.lightness([r1, g1, b1]),
                self.lightness([r2, g2, b2]),
                self.lightness([r3, g3, b3]),
            ];
        }
        for (value, color) in last_values.iter_mut().zip(last_colors.as_chunks::<3>().0) {
            *value = self.lightness(*color);
        }
    }

    /// Puts L in place of grey samples.
    pub(super) fn replace_greys(&self, data: &mut [u8]) {
        for sample in data {
            *sample = look_up(&self.by_grey, *sample);
        }
    }
}

/// Linear light of an sRGB sample, of [`LINEAR`] (IEC 61966-2-1).
fn linear_light(sample: u8) -> u16 {
    nearest(f64::from(LINEAR) * exact_linear_light(sample))
}

fn exact_linear_light(sample: u8) -> f64 {
    let encoded = f64::from(sample) / 255.0;
    if encoded <= 0.04045 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

/// The function f of CIE 15, times 32768, of a luminance of [`LINEAR`].
fn lightness_function(luminance: u16) -> u16 {
    nearest(32768.0 * exact_lightness_function(luminance))
}

fn exact_lightness_function(luminance: u16) -> f64 {
    let relative = f64::from(luminance) / f64::from(LINEAR);
    if relative < 216.0 / 24389.0 {
        relative * 841.0 / 108.0 + 16.0 / 116.0
    } else {
        relative.cbrt()
    }
}

/// `(116 f - 16) * 255 / 100` in fixed point of 15 bits; the factor 295.8 is rounded to 296, and the offset made up for it.
fn lightness_of_luminance(luminance: u16) -> u8 {
    const FACTOR: i32 = 296;
    const OFFSET: i32 = 1_336_934;
    let value = (FACTOR * i32::from(lightness_function(luminance)) - OFFSET + (1 << 14)) >> 15;
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// The nearest whole number; of two, the even one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 32768, and a cast of a float saturates"
)]
fn nearest(value: f64) -> u16 {
    value.round_ties_even() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_entries() {
        let light = [0, 1, 10, 11, 50, 128, 200, 254, 255].map(linear_light);
        assert_eq!(light, [0, 1, 6, 7, 65, 440, 1178, 2022, 2040]);
        let function = [0, 1, 18, 19, 100, 1000, 2040].map(lightness_function);
        assert_eq!(function, [4520, 4645, 6771, 6894, 11992, 25837, 32768]);
    }

    #[test]
    fn no_entry_is_so_near_a_half_that_machines_could_differ() {
        let fraction = |value: f64| (value.fract() - 0.5).abs();
        for sample in 0..=u8::MAX {
            assert!(
                fraction(f64::from(LINEAR) * exact_linear_light(sample)) > 1e-6,
                "{sample}"
            );
        }
        for luminance in 0..=LINEAR {
            assert!(
                fraction(32768.0 * exact_lightness_function(luminance)) > 1e-6,
                "{luminance}"
            );
        }
    }

    #[test]
    fn lightness_rises_with_luminance_over_the_full_range() {
        let table = &Tables::new().by_luminance[..=usize::from(LINEAR)];
        assert!(table.is_sorted());
        assert_eq!((table.first(), table.last()), (Some(&0), Some(&255)));
    }
}
