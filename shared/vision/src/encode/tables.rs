//! The quantisation tables of T.81, annex K, scaled to a quality, and the order of coefficients.

/// Where the coefficients of a block stand, by rows, in the order of their coding.
pub(crate) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Divisors of luma coefficients at quality 50, in zigzag order (table K.1).
const LUMA: [u8; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103,
    104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/// Divisors of chroma coefficients at quality 50, in zigzag order (table K.2).
const CHROMA: [u8; 64] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// How much of a picture a JPEG keeps, from 1 to 100 on the scale of the Independent JPEG Group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quality(u8);

impl Quality {
    /// What [`jpeg`](super::jpeg()) takes: small, and good to look at.
    pub const DEFAULT: Self = Self(85);
    /// For pictures with drawn lines and text: 95, as `OpenCV` takes it where nothing is said.
    pub const HIGH: Self = Self(95);

    /// None if the quality is not from 1 to 100.
    #[must_use]
    pub const fn new(quality: u8) -> Option<Self> {
        match quality {
            1..=100 => Some(Self(quality)),
            _ => None,
        }
    }

    /// From 1 to 100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The divisors of luma and of chroma, in zigzag order.
    pub(super) fn tables(self) -> [[u8; 64]; 2] {
        [LUMA, CHROMA].map(|table| table.map(|divisor| self.scaled(divisor)))
    }

    /// The Independent JPEG Group's rule: `5000 / quality` per cent below quality 50 and `200 - 2 quality` per cent from
    /// there on, rounded, within what a byte of a baseline file holds.
    fn scaled(self, divisor: u8) -> u8 {
        let quality = u32::from(self.0);
        let percent = if quality < 50 {
            5000 / quality.max(1)
        } else {
            200_u32.saturating_sub(2 * quality)
        };
        let scaled = (u32::from(divisor) * percent + 50) / 100;
        u8::try_from(scaled.clamp(1, 255)).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_visits_every_place_once() {
        let mut places = ZIGZAG.to_vec();
        places.sort_unstable();
        assert_eq!(places, (0..64).collect::<Vec<u8>>());
    }

    #[test]
    fn tables_are_those_that_other_encoders_write() {
        let [luma, chroma] = Quality::DEFAULT.tables();
        assert_eq!(luma[..8], [5, 3, 4, 4, 4, 3, 5, 4]);
        assert_eq!(luma[63], 30);
        assert_eq!(chroma[..8], [5, 5, 5, 7, 6, 7, 14, 8]);
        assert_eq!(chroma[63], 30);
        let tables = |quality| Quality::new(quality).unwrap().tables();
        assert_eq!(tables(50), [LUMA, CHROMA]);
        assert_eq!(tables(100), [[1; 64]; 2]);
        assert_eq!(tables(1), [[255; 64]; 2]);
        assert_eq!(tables(95)[0][..8], [2, 1, 1, 1, 1, 1, 2, 1]);
        assert_eq!(tables(95)[1][..8], [2, 2, 2, 2, 2, 2, 5, 3]);
        assert_eq!(tables(10)[0][..8], [80, 55, 60, 70, 60, 50, 80, 70]);
        assert_eq!(tables(10)[1][63], 255);
    }

    #[test]
    fn qualities_are_from_1_to_100() {
        assert_eq!(Quality::new(0), None);
        assert_eq!(Quality::new(101), None);
        assert_eq!(Quality::new(1).map(Quality::get), Some(1));
        assert_eq!(Quality::new(100).map(Quality::get), Some(100));
    }
}
