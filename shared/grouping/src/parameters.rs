//! What is asked of a grouping.

use thiserror::Error;

use crate::Metric;

/// The parameters of HDBSCAN that photographers choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    min_cluster_size: usize,
    min_samples: usize,
    metric: Metric,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParametersError {
    /// A group has at least two members.
    #[error("min_cluster_size must be at least 2, not {0}")]
    MinClusterSize(usize),
    /// Density needs at least one neighbour.
    #[error("min_samples must be at least 1, not {0}")]
    MinSamples(usize),
}

impl Parameters {
    /// Groups of at least `min_cluster_size` (2 or more) members; the density at a vector is told by its distance to the
    /// `min_samples`-th (1 or more) nearest other one. Both may exceed the number of vectors.
    ///
    /// # Errors
    ///
    /// See [`ParametersError`].
    pub const fn new(
        min_cluster_size: usize,
        min_samples: usize,
        metric: Metric,
    ) -> Result<Self, ParametersError> {
        if min_cluster_size < 2 {
            return Err(ParametersError::MinClusterSize(min_cluster_size));
        }
        if min_samples < 1 {
            return Err(ParametersError::MinSamples(min_samples));
        }
        Ok(Self {
            min_cluster_size,
            min_samples,
            metric,
        })
    }

    /// The fewest members of a group.
    #[must_use]
    pub const fn min_cluster_size(&self) -> usize {
        self.min_cluster_size
    }

    /// Which nearest other vector tells the density.
    #[must_use]
    pub const fn min_samples(&self) -> usize {
        self.min_samples
    }

    /// The measure of distance.
    #[must_use]
    pub const fn metric(&self) -> Metric {
        self.metric
    }
}

/// Groups of at least five by cosine, as the sorter has always done.
impl Default for Parameters {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: 5,
            metric: Metric::Cosine,
        }
    }
}
