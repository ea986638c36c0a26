//! Which colours a picture has, and how many pixels of each.

use super::octree::{Builder, Color, Morton, Octree};

/// From this many pixels on they are counted in a table of all 2²⁴ colours (64 MB, of which only what is used takes
/// memory); fewer are sorted.
const COUNTED_FROM: usize = 1_500_000;

/// The colours that the pixels have after `convert`. There are fewer than 2³² pixels.
pub(super) fn census(pixels: &[Color], convert: impl Fn(Color) -> Color) -> Octree {
    let morton = Morton::new();
    let code = |pixel: &Color| morton.code(convert(*pixel));
    let mut builder = Builder::new(&morton);
    if pixels.len() >= COUNTED_FROM {
        count(pixels.iter().map(code), &mut builder);
    } else {
        sort(pixels.iter().map(code).collect(), &mut builder);
    }
    builder.finish()
}

fn count(codes: impl Iterator<Item = u32>, builder: &mut Builder<'_>) {
    /// Codes of a cube of the lowest level: most cubes are empty, and told so by one look.
    const CUBE: usize = 64;
    let mut table = vec![0_u32; 1 << 24];
    for code in codes {
        if let Some(count) = table.get_mut(code as usize) {
            *count += 1;
        }
    }
    for (cube, counts) in (0_u32..).zip(table.as_chunks::<CUBE>().0) {
        if counts.iter().fold(0, |any, count| any | count) == 0 {
            continue;
        }
        for (code, count) in (cube << 6..).zip(counts) {
            if *count > 0 {
                builder.add(code, *count);
            }
        }
    }
}

fn sort(codes: Vec<u32>, builder: &mut Builder<'_>) {
    const BUCKETS: usize = 1 << 12;
    let mut from = codes;
    let mut to = vec![0_u32; from.len()];
    // Two passes, each of which keeps the order of the one before, by 12 bits each.
    for shift in [0, 12] {
        let bucket = |code: u32| (code >> shift) as usize % BUCKETS;
        let mut places = vec![0_usize; BUCKETS];
        for code in &from {
            if let Some(count) = places.get_mut(bucket(*code)) {
                *count += 1;
            }
        }
        let mut before = 0;
        for place in &mut places {
            (before, *place) = (before + *place, before);
        }
        for code in &from {
            if let Some(place) = places.get_mut(bucket(*code)) {
                if let Some(slot) = to.get_mut(*place) {
                    *slot = *code;
                }
                *place += 1;
            }
        }
        std::mem::swap(&mut from, &mut to);
    }
    drop(to);
    for same in from.chunk_by(|one, other| one == other) {
        if let (Some(code), Ok(count)) = (same.first(), u32::try_from(same.len())) {
            builder.add(*code, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_and_sorting_find_the_same() {
        let codes: Vec<u32> = (0..20_000_u32)
            .map(|index| index.wrapping_mul(0x9E37_79B9) >> 8 & 0x00FF_F0F0)
            .collect();
        let morton = Morton::new();
        let (mut counted, mut sorted) = (Builder::new(&morton), Builder::new(&morton));
        count(codes.iter().copied(), &mut counted);
        sort(codes.clone(), &mut sorted);
        let (counted, sorted) = (counted.finish(), sorted.finish());
        let mut distinct = codes;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(counted.distinct(), distinct.len());
        assert_eq!(sorted.distinct(), distinct.len());
        assert!(
            counted
                .colors(0..distinct.len())
                .eq(sorted.colors(0..distinct.len()))
        );
        let expected = distinct.iter().map(|code| morton.color(*code));
        assert!(
            counted
                .colors(0..distinct.len())
                .map(|(color, _)| color)
                .eq(expected)
        );
        assert_eq!(counted.squares(), sorted.squares());
    }

    #[test]
    fn colours_that_convert_alike_are_one() {
        let tree = census(&[[1, 2, 3], [4, 5, 6], [9, 9, 9]], |[red, ..]| [red / 5, 0, 0]);
        let colors: Vec<(Color, u32)> = tree.colors(0..2).collect();
        assert_eq!(colors, [([0, 0, 0], 2), ([1, 0, 0], 1)]);
    }
}
