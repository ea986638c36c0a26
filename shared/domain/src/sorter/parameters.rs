//! What a grouping is asked for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure::{Code, Failure};

/// How far two photographs are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupingMetric {
    /// 1 less the cosine of the angle between the vectors.
    #[default]
    Cosine,
    /// The length of the difference.
    Euclidean,
    /// The sum of the differences.
    Manhattan,
    /// The greatest difference.
    Chebyshev,
}

impl GroupingMetric {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cosine, Self::Euclidean, Self::Manhattan, Self::Chebyshev];

    /// Its name in requests and answers.
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

impl fmt::Display for GroupingMetric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A word that names no distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("distances are cosine, euclidean, manhattan and chebyshev")]
pub struct UnknownDistance;

impl FromStr for GroupingMetric {
    type Err = UnknownDistance;

    fn from_str(text: &str) -> Result<Self, UnknownDistance> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == text)
            .ok_or(UnknownDistance)
    }
}

/// What a grouping is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupingParameters {
    /// How many photographs make a group, at the least.
    pub min_cluster_size: u32,
    /// How many neighbours a photograph must have close by to be in the midst of a group.
    pub min_samples: u32,
    /// How far two photographs are from each other.
    pub metric: GroupingMetric,
}

impl Default for GroupingParameters {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: 5,
            metric: GroupingMetric::Cosine,
        }
    }
}

impl GroupingParameters {
    /// The most of either number.
    pub const MAX: u32 = 10_000;

    /// Holds the numbers against their ranges: a group has two photographs at the least.
    ///
    /// # Errors
    /// `validation_failed`.
    pub fn check(&self) -> Result<(), Failure> {
        for (name, value, least) in [
            ("min_cluster_size", self.min_cluster_size, 2),
            ("min_samples", self.min_samples, 1),
        ] {
            if !(least..=Self::MAX).contains(&value) {
                return Err(Failure::permanent(
                    Code::ValidationFailed,
                    format!("{name} must be {least} to {}", Self::MAX),
                ));
            }
        }
        Ok(())
    }
}
