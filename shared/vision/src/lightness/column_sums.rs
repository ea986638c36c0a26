//! Sums down the columns of a picture.

/// Adds up what is counted for every pixel, down each of `width` columns.
///
/// To be called from a function that is compiled for a level of vector instructions.
#[inline(always)]
pub(crate) fn column_sums<'a>(
    width: usize,
    rows: impl Iterator<Item = &'a [u8]>,
    counted: impl Fn(u8) -> u8,
) -> Vec<u64> {
    /// Rows of the largest values that 16 bits hold the sum of.
    const ROWS: u16 = u16::MAX / 255;
    let mut totals = vec![0_u64; width];
    let mut sums = vec![0_u16; width];
    let mut held = 0;
    let mut empty = |sums: &mut [u16]| {
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total += u64::from(std::mem::take(sum));
        }
    };
    for row in rows {
        if held == ROWS {
            empty(&mut sums);
            held = 0;
        }
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += u16::from(counted(*value));
        }
        held += 1;
    }
    empty(&mut sums);
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_more_rows_than_sixteen_bits_hold() {
        for rows in [0, 1, 256, 257, 258, 1000] {
            let data = [255, 1, 0].repeat(rows);
            let sums = column_sums(3, data.chunks(3), |value| value);
            assert_eq!(sums, [255 * rows as u64, rows as u64, 0]);
        }
        let counts = column_sums(2, [3, 9, 4, 2].chunks(2), |value| u8::from(value > 2));
        assert_eq!(counts, [2, 1]);
    }
}
