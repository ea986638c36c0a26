//! A picture's colours, each once, in nested cubes that know their sums.

use std::ops::{AddAssign, Range, SubAssign};

/// A point of the colour space: three channels of 8 bits.
pub(super) type Color = [u8; 3];

/// The levels of cubes, with sides of 4, 8, 16 and 32.
pub(super) const LEVELS: usize = 4;

/// How many pixels some colours have, and the sums of their channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moments {
    /// Pixels.
    pub(super) pixels: u64,
    /// The sum of each channel over the pixels.
    pub(super) sums: [u64; 3],
}

impl Moments {
    /// Those of one colour.
    #[inline]
    pub(super) fn of(color: Color, pixels: u64) -> Self {
        Self {
            pixels,
            sums: color.map(|channel| u64::from(channel) * pixels),
        }
    }

    /// The mean colour; `None` of no pixels.
    pub(super) fn mean(&self) -> Option<[f64; 3]> {
        (self.pixels > 0).then(|| self.sums.map(|sum| sum as f64 / self.pixels as f64))
    }
}

impl AddAssign for Moments {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        let [a, b, c] = &mut self.sums;
        let [d, e, f] = other.sums;
        self.pixels += other.pixels;
        (*a, *b, *c) = (*a + d, *b + e, *c + f);
    }
}

impl SubAssign for Moments {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        let [a, b, c] = &mut self.sums;
        let [d, e, f] = other.sums;
        self.pixels -= other.pixels;
        (*a, *b, *c) = (*a - d, *b - e, *c - f);
    }
}

/// A cube in which there is at least one colour.
#[derive(Clone, Debug)]
pub(super) struct Cube {
    /// The least value of each channel that occurs in it.
    pub(super) low: Color,
    /// The greatest.
    pub(super) high: Color,
    /// Its pixels.
    pub(super) moments: Moments,
    /// Where its parts begin and end: cubes of the level below, or colours.
    parts: (u32, u32),
}

impl Cube {
    /// Its parts: cubes of the level below, or colours if it is of the lowest level.
    #[inline]
    pub(super) fn parts(&self) -> Range<usize> {
        self.parts.0 as usize..self.parts.1 as usize
    }

    fn empty(begin: u32) -> Self {
        Self {
            low: [u8::MAX; 3],
            high: [0; 3],
            moments: Moments::default(),
            parts: (begin, begin),
        }
    }

    fn widen(&mut self, low: Color, high: Color, moments: Moments) {
        for (least, channel) in self.low.iter_mut().zip(low) {
            *least = channel.min(*least);
        }
        for (most, channel) in self.high.iter_mut().zip(high) {
            *most = channel.max(*most);
        }
        self.moments += moments;
        self.parts.1 += 1;
    }
}

/// All colours in Morton order, and the cubes over them.
#[derive(Debug)]
pub(super) struct Octree {
    colors: Vec<Color>,
    weights: Vec<u32>,
    levels: [Vec<Cube>; LEVELS],
    /// The sum over all pixels of the squares of all channels.
    squares: u64,
}

impl Octree {
    /// The colours of a range, each with its number of pixels.
    #[inline]
    pub(super) fn colors(&self, range: Range<usize>) -> impl Iterator<Item = (Color, u32)> {
        let colors = self.colors.get(range.clone()).unwrap_or_default();
        let weights = self.weights.get(range).unwrap_or_default();
        colors.iter().copied().zip(weights.iter().copied())
    }

    /// How many colours there are.
    pub(super) fn distinct(&self) -> usize {
        self.colors.len()
    }

    /// The cubes of a level: 0 has those with sides of 4.
    #[inline]
    pub(super) fn level(&self, level: usize) -> &[Cube] {
        self.levels.get(level).map_or(&[], Vec::as_slice)
    }

    /// Some cubes of a level.
    #[inline]
    pub(super) fn cubes(&self, level: usize, range: Range<usize>) -> &[Cube] {
        self.level(level).get(range).unwrap_or_default()
    }

    /// The cubes of the lowest level in a cube of the given one.
    pub(super) fn lowest_cubes<'a>(&'a self, level: usize, cube: &'a Cube) -> &'a [Cube] {
        let mut range = cube.parts();
        for below in (0..level).rev() {
            let cubes = self.cubes(below, range.clone());
            if below == 0 {
                return cubes;
            }
            let (Some(first), Some(last)) = (cubes.first(), cubes.last()) else {
                break;
            };
            range = first.parts().start..last.parts().end;
        }
        std::slice::from_ref(cube)
    }

    /// The sum over all pixels of the squares of all channels.
    pub(super) fn squares(&self) -> u64 {
        self.squares
    }

    /// The whole picture as one cube.
    pub(super) fn whole(&self) -> Cube {
        let mut whole = Cube::empty(0);
        for cube in self.level(LEVELS - 1) {
            whole.widen(cube.low, cube.high, cube.moments);
        }
        whole
    }
}

/// The Morton code of a colour: the bits of its channels, interleaved from the highest. Codes of the same cube follow
/// one another.
#[derive(Debug)]
pub(super) struct Morton {
    spread: [u32; 256],
    gathered: Vec<Color>,
}

impl Morton {
    pub(super) fn new() -> Self {
        let spread = std::array::from_fn(|value| {
            (0..8_u32).fold(0, |code, bit| {
                code | ((u32::try_from(value).unwrap_or(0) >> bit) & 1) << (3 * bit)
            })
        });
        let channel = |code: u32, shift: u32| {
            (0..4_u32).fold(0, |value, bit| {
                let set = (code >> (3 * bit + shift)) & 1 == 1;
                value | u8::from(set) << bit
            })
        };
        let gathered = (0..1 << 12)
            .map(|code| [channel(code, 2), channel(code, 1), channel(code, 0)])
            .collect();
        Self { spread, gathered }
    }

    /// A code of 24 bits.
    #[inline]
    pub(super) fn code(&self, [red, green, blue]: Color) -> u32 {
        let of = |channel: u8| self.spread.get(usize::from(channel)).copied().unwrap_or(0);
        of(red) << 2 | of(green) << 1 | of(blue)
    }

    /// The colour of a code.
    #[inline]
    pub(super) fn color(&self, code: u32) -> Color {
        let half = |code: u32| {
            self.gathered
                .get((code & 0xFFF) as usize)
                .copied()
                .unwrap_or_default()
        };
        let ([a, b, c], [d, e, f]) = (half(code >> 12), half(code));
        [a << 4 | d, b << 4 | e, c << 4 | f]
    }
}

/// Takes colours in Morton order, and makes the tree of them.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    morton: &'a Morton,
    tree: Octree,
    /// The codes of the lowest cubes, without the bits of what is in them.
    cubes: Vec<u32>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(morton: &'a Morton) -> Self {
        Self {
            morton,
            tree: Octree {
                colors: Vec::new(),
                weights: Vec::new(),
                levels: [const { Vec::new() }; LEVELS],
                squares: 0,
            },
            cubes: Vec::new(),
        }
    }

    /// Adds a colour. Its code is above all that came before.
    #[inline]
    pub(super) fn add(&mut self, code: u32, weight: u32) {
        let color = self.morton.color(code);
        let moments = Moments::of(color, u64::from(weight));
        let [lowest, ..] = &mut self.tree.levels;
        let cube = code >> 6;
        if self.cubes.last() != Some(&cube) {
            self.cubes.push(cube);
            // There are 2²⁴ colours at most.
            lowest.push(Cube::empty(
                u32::try_from(self.tree.colors.len()).unwrap_or(u32::MAX),
            ));
        }
        if let Some(last) = lowest.last_mut() {
            last.widen(color, color, moments);
        }
        for (sum, channel) in moments.sums.iter().zip(color) {
            self.tree.squares += sum * u64::from(channel);
        }
        self.tree.colors.push(color);
        self.tree.weights.push(weight);
    }

    /// The tree of all that was added.
    pub(super) fn finish(mut self) -> Octree {
        let mut cubes = self.cubes;
        let mut rest = self.tree.levels.as_mut_slice();
        while let Some((below, above)) = rest.split_first_mut() {
            let Some(level) = above.first_mut() else { break };
            let mut wider = Vec::new();
            for (part, (cube, code)) in (0..).zip(below.iter().zip(&cubes)) {
                if wider.last() != Some(&(code >> 3)) {
                    wider.push(code >> 3);
                    level.push(Cube::empty(part));
                }
                if let Some(last) = level.last_mut() {
                    last.widen(cube.low, cube.high, cube.moments);
                }
            }
            cubes = wider;
            rest = above;
        }
        self.tree
    }
}

/// A number in the precision of the search.
#[expect(
    clippy::cast_possible_truncation,
    reason = "24 bits are enough to tell which centre is nearest"
)]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_interleaved_and_come_back() {
        let morton = Morton::new();
        assert_eq!(morton.code([1, 0, 0]), 4);
        assert_eq!(morton.code([0, 1, 0]), 2);
        assert_eq!(morton.code([0, 0, 1]), 1);
        assert_eq!(morton.code([255; 3]), (1 << 24) - 1);
        for color in [[0, 128, 255], [17, 34, 51], [200, 3, 99]] {
            assert_eq!(morton.color(morton.code(color)), color);
        }
    }

    #[test]
    fn every_level_has_all_pixels() {
        let morton = Morton::new();
        let mut builder = Builder::new(&morton);
        let mut codes: Vec<(u32, u32)> = (0..5000_u32)
            .map(|index| (index.wrapping_mul(0x9E37_79B9) >> 8, index % 5 + 1))
            .collect();
        codes.sort_unstable();
        let mut whole = Moments::default();
        let mut squares = 0;
        for (code, weight) in &codes {
            let color = morton.color(*code);
            whole += Moments::of(color, u64::from(*weight));
            squares +=
                color.map(|channel| u64::from(channel).pow(2)).iter().sum::<u64>() * u64::from(*weight);
            builder.add(*code, *weight);
        }
        let tree = builder.finish();
        assert_eq!((tree.distinct(), tree.squares()), (5000, squares));
        for level in 0..LEVELS {
            let side = 4 << level;
            let mut sum = Moments::default();
            let mut next = 0;
            for cube in tree.level(level) {
                sum += cube.moments;
                assert_eq!(cube.parts().start, next);
                next = cube.parts().end;
                for (low, high) in cube.low.iter().zip(cube.high) {
                    assert!(*low <= high && low / side == high / side);
                }
                let lowest = tree.lowest_cubes(level, cube);
                let colors = lowest[0].parts().start..lowest[lowest.len() - 1].parts().end;
                let pixels: u64 = tree.colors(colors).map(|(_, weight)| u64::from(weight)).sum();
                assert_eq!(pixels, cube.moments.pixels);
            }
            assert_eq!(sum, whole);
            let below = if level == 0 {
                tree.distinct()
            } else {
                tree.level(level - 1).len()
            };
            assert_eq!(next, below);
        }
        assert_eq!(tree.whole().moments, whole);
    }
}
