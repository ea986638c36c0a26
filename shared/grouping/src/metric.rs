//! How far apart two vectors are.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A measure of distance between vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Metric {
    /// One minus the cosine of the angle, 0 to 2. A zero vector is at distance 1 from everything, as in scikit-learn.
    #[default]
    Cosine,
    /// The square root of the sum of squared differences.
    Euclidean,
    /// The sum of absolute differences.
    Manhattan,
    /// The greatest absolute difference.
    Chebyshev,
}

impl Metric {
    /// Every metric there is.
    pub const ALL: [Self; 4] = [Self::Cosine, Self::Euclidean, Self::Manhattan, Self::Chebyshev];

    /// Its name in lower case, by which it is parsed too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Euclidean => "euclidean",
            Self::Manhattan => "manhattan",
            Self::Chebyshev => "chebyshev",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|metric| metric.name() == name);
        found.ok_or_else(|| UnknownMetric(name.chars().take(50).collect()))
    }
}

/// No metric has this name; at most its first 50 characters are kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown metric {0:?}: cosine, euclidean, manhattan and chebyshev are known")]
pub struct UnknownMetric(pub String);
