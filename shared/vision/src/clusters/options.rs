//! What a caller may ask of k-means, and what becomes of it.

use darkroom_domain::{Code, Failure};

/// The most clusters there can be: a label is a byte.
pub const MOST_CLUSTERS: u32 = 256;

/// The most attempts that are made; more count as this many.
pub const MOST_ATTEMPTS: u32 = 100;

/// The most iterations of one attempt.
const MOST_ITERATIONS: u32 = 100;

/// When an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criteria {
    /// When no centre moves farther than `epsilon`, after 100 iterations at the latest: `max_iterations` is ignored.
    Epsilon,
    /// After `max_iterations`, or when the centres stand still: `epsilon` is ignored.
    MaxIterations,
    /// At whichever of the two comes first.
    All,
    /// There is no iteration: the partition of least compactness is computed. For lightness only.
    Optimal,
}

/// Where the centres of an attempt begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// K-means++: at pixels drawn with a chance in proportion to the squared distance from the centres so far, the best
    /// of three draws each.
    PlusPlus,
    /// Anywhere in the range of the values, widened on both sides by its length over the number of dimensions.
    Random,
}

/// The parameters of k-means, with the meanings and clamps that OpenCV gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How many clusters: 1 to 256, and not more than there are pixels.
    pub clusters: u32,
    /// When an attempt ends.
    pub criteria: Criteria,
    /// The most iterations, taken as at least 2 and at most 100.
    pub max_iterations: i64,
    /// The distance that the centres may still move at the end; below 0 is taken as 0.
    pub epsilon: f64,
    /// How many times to begin anew, of which the best counts; taken as at least 1 and at most 100.
    pub attempts: i64,
    /// Where the centres begin.
    pub init: Init,
    /// The same seed gives the same answer.
    pub seed: u64,
}

impl Default for Options {
    /// Three clusters, five attempts from k-means++, at most 100 iterations to an epsilon of 0.5.
    fn default() -> Self {
        Self {
            clusters: 3,
            criteria: Criteria::All,
            max_iterations: 100,
            epsilon: 0.5,
            attempts: 5,
            init: Init::PlusPlus,
            seed: 0,
        }
    }
}

/// The rule that ends attempts, after all clamps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    /// Iterations of an attempt, the placing of the first centres included.
    pub(super) iterations: u32,
    /// The square of the distance that a centre may still move.
    pub(super) squared_shift: f64,
    /// How many attempts.
    pub(super) attempts: u32,
}

impl Options {
    /// Refuses numbers of clusters that no picture of so many pixels can have.
    pub(super) fn check(&self, pixels: u64) -> Result<(), Failure> {
        let refused = |detail: String| Err(Failure::permanent(Code::ValidationFailed, detail));
        if self.clusters == 0 {
            return refused("There must be at least one cluster.".to_owned());
        }
        if self.clusters > MOST_CLUSTERS {
            return refused(format!("There can be at most {MOST_CLUSTERS} clusters."));
        }
        if u64::from(self.clusters) > pixels {
            return refused("There can't be more clusters than elements.".to_owned());
        }
        Ok(())
    }

    /// The rule that ends attempts. That of [`Criteria::Optimal`] is never used.
    pub(super) fn stop(&self) -> Stop {
        let counts = matches!(self.criteria, Criteria::MaxIterations | Criteria::All);
        let measures = matches!(self.criteria, Criteria::Epsilon | Criteria::All);
        let epsilon = if measures {
            self.epsilon.max(0.0)
        } else {
            f64::from(f32::EPSILON)
        };
        let asked = |value: i64, least: u32, most: u32| {
            u32::try_from(value.clamp(i64::from(least), i64::from(most))).unwrap_or(most)
        };
        // With one cluster, the first mean is the answer.
        let single = self.clusters == 1;
        Stop {
            iterations: match (single, counts) {
                (true, _) => 2,
                (false, true) => asked(self.max_iterations, 2, MOST_ITERATIONS),
                (false, false) => MOST_ITERATIONS,
            },
            squared_shift: epsilon * epsilon,
            attempts: if single {
                1
            } else {
                asked(self.attempts, 1, MOST_ATTEMPTS)
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(criteria: Criteria, max_iterations: i64, epsilon: f64, attempts: i64) -> (u32, f64, u32) {
        let options = Options {
            criteria,
            max_iterations,
            epsilon,
            attempts,
            ..Options::default()
        };
        let stop = options.stop();
        (stop.iterations, stop.squared_shift, stop.attempts)
    }

    #[test]
    fn clamps_are_opencvs() {
        let tiny = f64::from(f32::EPSILON).powi(2);
        assert_eq!(stop(Criteria::All, 100, 0.5, 5), (100, 0.25, 5));
        assert_eq!(stop(Criteria::All, 1, -3.0, 0), (2, 0.0, 1));
        assert_eq!(stop(Criteria::All, i64::MAX, f64::NAN, i64::MIN), (100, 0.0, 1));
        assert_eq!(stop(Criteria::Epsilon, 3, 2.0, 7), (100, 4.0, 7));
        assert_eq!(stop(Criteria::MaxIterations, 3, 2.0, 7), (3, tiny, 7));
        assert_eq!(stop(Criteria::All, 10, 0.1, i64::MAX).2, MOST_ATTEMPTS);
    }

    #[test]
    fn one_cluster_needs_one_attempt() {
        let options = Options {
            clusters: 1,
            ..Options::default()
        };
        let stop = options.stop();
        assert_eq!((stop.iterations, stop.attempts), (2, 1));
    }

    #[test]
    fn impossible_numbers_of_clusters_are_refused() {
        let refusal = |clusters, pixels| {
            let options = Options {
                clusters,
                ..Options::default()
            };
            options.check(pixels).map_err(|failure| {
                assert_eq!(failure.code, Code::ValidationFailed);
                assert!(!failure.is_retryable());
                failure.detail
            })
        };
        assert!(refusal(0, 5).unwrap_err().contains("at least one"));
        assert!(refusal(257, 5000).unwrap_err().contains("at most 256"));
        assert!(
            refusal(6, 5)
                .unwrap_err()
                .contains("can't be more clusters than elements")
        );
        assert_eq!(refusal(5, 5), Ok(()));
        assert_eq!(refusal(256, 256), Ok(()));
    }
}
