//! Pairs of perceptual hashes that differ in few bits.
//!
//! Hashes are cut into bands. Of two that differ in few bits some band differs in still fewer, so it is enough to look up each
//! band and its near variants in a table of that band: multi-index hashing (Norouzi, Punjani and Fleet 2012), which is exact.
//! Where that would look at more than all pairs, all pairs are looked at.

use thiserror::Error;

use crate::strongest::Least;

/// Two hashes that are near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NearPair {
    /// In how many bits they differ, 0 to 64.
    pub distance: u32,
    /// The position of the one among the hashes given.
    pub first: usize,
    /// The position of the other, greater than `first`.
    pub second: usize,
}

/// Pairs of hashes that are near.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NearPairs {
    /// The nearest first, then by their positions.
    pub pairs: Vec<NearPair>,
    /// Whether there are more than were asked for: the farthest are left out.
    pub cut: bool,
}

/// Hashes of 64 bits differ in no more bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("hashes of 64 bits differ in 0 to 64 of them, not {0}")]
pub struct DistanceError(pub u32);

/// All pairs of hashes that differ in at most `max_distance` bits (0 to 64), but no more than the `limit` nearest.
///
/// # Errors
///
/// [`DistanceError`] if `max_distance` exceeds 64.
pub fn near_hashes(hashes: &[u64], max_distance: u32, limit: usize) -> Result<NearPairs, DistanceError> {
    if max_distance > 64 {
        return Err(DistanceError(max_distance));
    }
    let groups = Groups::new(hashes);
    let mut found = Least::new(limit);
    for members in groups.iter() {
        for (at, first) in members.iter().enumerate() {
            for second in members.iter().skip(at + 1) {
                if !found.take(pair(0, *first, *second)) {
                    break;
                }
            }
        }
    }
    let mut take = |a: usize, b: usize, distance: u32| {
        for first in groups.members(a) {
            for second in groups.members(b) {
                if !found.take(pair(distance, *first, *second)) {
                    break;
                }
            }
        }
    };
    match Bands::cheapest(groups.values.len(), max_distance) {
        Some(bands) => bands.pairs(&groups.values, max_distance, &mut take),
        None => all_pairs(&groups.values, max_distance, &mut take),
    }
    let (pairs, cut) = Least::join(limit, vec![found]);
    Ok(NearPairs { pairs, cut })
}

fn pair(distance: u32, a: usize, b: usize) -> NearPair {
    NearPair {
        distance,
        first: a.min(b),
        second: a.max(b),
    }
}

fn all_pairs(values: &[u64], max_distance: u32, take: &mut impl FnMut(usize, usize, u32)) {
    for (a, one) in values.iter().enumerate() {
        for (b, other) in values.iter().enumerate().skip(a + 1) {
            let distance = (one ^ other).count_ones();
            if distance <= max_distance {
                take(a, b, distance);
            }
        }
    }
}

/// The distinct hashes, and where each occurs.
struct Groups {
    values: Vec<u64>,
    begins: Vec<usize>,
    positions: Vec<usize>,
}

impl Groups {
    fn new(hashes: &[u64]) -> Self {
        let mut sorted: Vec<(u64, usize)> = hashes.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut groups = Self {
            values: Vec::new(),
            begins: Vec::new(),
            positions: Vec::with_capacity(sorted.len()),
        };
        for (value, position) in sorted {
            if groups.values.last() != Some(&value) {
                groups.values.push(value);
                groups.begins.push(groups.positions.len());
            }
            groups.positions.push(position);
        }
        groups.begins.push(groups.positions.len());
        groups
    }

    fn members(&self, group: usize) -> &[usize] {
        let bound = |at: usize| self.begins.get(at).copied().unwrap_or_default();
        self.positions
            .get(bound(group)..bound(group + 1))
            .unwrap_or_default()
    }

    fn iter(&self) -> impl Iterator<Item = &[usize]> {
        (0..self.values.len()).map(|group| self.members(group))
    }
}

/// Bits that are looked up together.
#[derive(Clone, Copy, Debug)]
struct Band {
    shift: u32,
    bits: u32,
}

impl Band {
    fn of(self, hash: u64) -> usize {
        // At most 16 bits.
        usize::try_from((hash >> self.shift) & ((1 << self.bits) - 1)).unwrap_or_default()
    }
}

struct Bands {
    bands: Vec<Band>,
    /// Some band of two near hashes differs in at most so many bits.
    radius: u32,
}

impl Bands {
    /// Tables with more entries than this cost more than they save.
    const MOST_BITS: u32 = 16;

    fn new(count: u32, max_distance: u32) -> Self {
        let bound = |band: u32| 64 * band / count;
        let bands = (0..count).map(|band| Band {
            shift: bound(band),
            bits: bound(band + 1) - bound(band),
        });
        Self {
            bands: bands.collect(),
            radius: max_distance / count,
        }
    }

    /// The number of bands that needs the fewest comparisons; `None` if comparing all pairs needs fewer.
    fn cheapest(hashes: usize, max_distance: u32) -> Option<Self> {
        let hashes = hashes as f64;
        let cost = |bands: &Self| -> f64 {
            let each = bands.bands.iter().map(|band| {
                let variants: f64 = (0..=bands.radius.min(band.bits))
                    .map(|flips| choose(band.bits, flips))
                    .sum();
                // A look-up costs about as much as a few comparisons, and so does a comparison that is found in disorder.
                hashes * variants * (4.0 + 3.0 * hashes / f64::from(1_u32 << band.bits))
                    + f64::from(1_u32 << band.bits)
            });
            each.sum()
        };
        let candidates = (64_u32.div_ceil(Self::MOST_BITS)..=32).map(|count| Self::new(count, max_distance));
        let cheapest = candidates
            .map(|bands| (cost(&bands), bands))
            .min_by(|(a, _), (b, _)| a.total_cmp(b));
        cheapest
            .filter(|(cost, _)| *cost < hashes * hashes / 2.0)
            .map(|(_, bands)| bands)
    }

    fn pairs(&self, values: &[u64], max_distance: u32, take: &mut impl FnMut(usize, usize, u32)) {
        for (number, band) in self.bands.iter().enumerate() {
            let table = Table::new(values, *band);
            for (a, one) in values.iter().enumerate() {
                variants(band.of(*one), band.bits, self.radius, &mut |key| {
                    for b in table.of(key) {
                        let Some(other) = values.get(*b).filter(|_| *b > a) else {
                            continue;
                        };
                        let difference = one ^ other;
                        let distance = difference.count_ones();
                        if distance <= max_distance && self.first(difference) == Some(number) {
                            take(a, *b, distance);
                        }
                    }
                });
            }
        }
    }

    /// The first band that differs in few enough bits: a pair that several bands find counts there.
    fn first(&self, difference: u64) -> Option<usize> {
        self.bands
            .iter()
            .position(|band| band.of(difference).count_ones() <= self.radius)
    }
}

/// Hashes by the value of one band.
struct Table {
    begins: Vec<usize>,
    hashes: Vec<usize>,
}

impl Table {
    fn new(values: &[u64], band: Band) -> Self {
        let mut hashes: Vec<usize> = (0..values.len()).collect();
        let key = |hash: &usize| values.get(*hash).map_or(0, |value| band.of(*value));
        hashes.sort_by_key(key);
        let mut begins = Vec::with_capacity((1 << band.bits) + 1);
        for (position, hash) in hashes.iter().enumerate() {
            while begins.len() <= key(hash) {
                begins.push(position);
            }
        }
        begins.resize((1 << band.bits) + 1, hashes.len());
        Self { begins, hashes }
    }

    fn of(&self, key: usize) -> &[usize] {
        let bound = |at: usize| self.begins.get(at).copied().unwrap_or_default();
        self.hashes.get(bound(key)..bound(key + 1)).unwrap_or_default()
    }
}

/// Calls `visit` with every value that differs from `key` in at most `flips` of its `bits` lowest bits, each once.
fn variants(key: usize, bits: u32, flips: u32, visit: &mut dyn FnMut(usize)) {
    visit(key);
    if flips > 0 {
        for bit in 0..bits {
            variants(key ^ (1 << bit), bit, flips - 1, visit);
        }
    }
}

fn choose(of: u32, take: u32) -> f64 {
    (0..take)
        .map(|step| f64::from(of - step) / f64::from(step + 1))
        .product()
}
