//! Numbers that look random and are the same everywhere.

/// The generator `SplitMix64` of Steele, Lea and Flood (2014).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of one attempt; those of different attempts have nothing in common.
    pub(super) fn of_attempt(seed: u64, attempt: u32) -> Self {
        let mut seeds = Self(seed ^ u64::from(attempt).wrapping_mul(0xD1B5_4A32_D192_ED03));
        Self(seeds.bits())
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of at least 0 and below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An index, with a chance in proportion to its weight; `None` if there are no weights. `total` is their sum, more
    /// or less: should rounding lead past the end, the last weight that is not 0 is taken.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64>, total: f64) -> Option<usize> {
        let mut left = self.unit() * total;
        let mut taken = None;
        for (index, weight) in weights.enumerate() {
            if weight > 0.0 || taken.is_none() {
                taken = Some(index);
                left -= weight;
                if left < 0.0 {
                    break;
                }
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_over_the_unit_interval() {
        let mut random = Random::of_attempt(3, 0);
        let numbers: Vec<f64> = (0..10_000).map(|_| random.unit()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }

    #[test]
    fn attempts_and_seeds_differ() {
        let first = |seed, attempt| Random::of_attempt(seed, attempt).bits();
        assert_ne!(first(0, 0), first(0, 1));
        assert_ne!(first(0, 0), first(1, 0));
        assert_eq!(first(7, 2), first(7, 2));
    }

    #[test]
    fn draws_follow_the_weights() {
        let weights = [0.0, 1.0, 0.0, 3.0, 0.0];
        let mut random = Random::of_attempt(0, 0);
        let mut drawn = [0_u32; 5];
        for _ in 0..4000 {
            drawn[random.weighted(weights.into_iter(), 4.0).unwrap()] += 1;
        }
        assert_eq!((drawn[0], drawn[2], drawn[4]), (0, 0, 0));
        assert!((900..1100).contains(&drawn[1]), "{drawn:?}");
        // A total that is too large ends at the last weight, none at nothing.
        assert_eq!(random.weighted([2.0, 0.0].into_iter(), 1e9), Some(0));
        assert_eq!(random.weighted([].into_iter(), 1.0), None);
    }
}
