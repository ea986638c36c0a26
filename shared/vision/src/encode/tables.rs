//! The quantisation tables of T.81, annex K, at quality 85, and the order of coefficients.

/// Where the coefficients of a block stand, by rows, in the order of their coding.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Divisors of luma coefficients, in zigzag order (table K.1).
pub(super) const LUMA: [u8; 64] = at_quality_85([
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103,
    104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
]);

/// Divisors of chroma coefficients, in zigzag order (table K.2).
pub(super) const CHROMA: [u8; 64] = at_quality_85([
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
]);

/// The Independent JPEG Group's rule: above quality 50, `200 - 2 * quality` per cent, rounded.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which checks the bounds"
)]
#[expect(clippy::cast_possible_truncation, reason = "30 % of a byte is a byte")]
const fn at_quality_85(mut table: [u8; 64]) -> [u8; 64] {
    const PERCENT: u16 = 200 - 2 * 85;
    let mut index = 0;
    while index < table.len() {
        table[index] = ((table[index] as u16 * PERCENT + 50) / 100) as u8;
        index += 1;
    }
    table
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
        assert_eq!(LUMA[..8], [5, 3, 4, 4, 4, 3, 5, 4]);
        assert_eq!(LUMA[63], 30);
        assert_eq!(CHROMA[..8], [5, 5, 5, 7, 6, 7, 14, 8]);
        assert_eq!(CHROMA[63], 30);
    }
}
