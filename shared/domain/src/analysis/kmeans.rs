//! Clusters of lightness or colour.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure::{Code, Failure};

/// When to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum KmeansCriteria {
    /// When the centres move by less than `epsilon`.
    #[serde(rename = "epsilon")]
    Epsilon,
    /// After `max_iterations`.
    #[serde(rename = "max iterations")]
    MaxIterations,
    /// At whichever comes first.
    #[default]
    #[serde(rename = "all")]
    All,
    /// Not before there is nothing better: the global optimum. For lightness only.
    #[serde(rename = "optimal")]
    Optimal,
}

/// How the first centres are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KmeansFlags {
    /// Far from each other: k-means++.
    #[default]
    Pp,
    /// Anywhere in the range of the data.
    Random,
}

/// What is clustered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KmeansSpace {
    /// The lightness of each pixel, 0 to 255.
    #[default]
    Lightness,
    /// Red, green and blue of each pixel.
    Rgb,
    /// Lightness and the two chromatic axes of CIE Lab, 8 bits each.
    Lab,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct KmeansParams {
    /// How many clusters.
    pub nclusters: u32,
    /// When to stop.
    #[serde(default)]
    pub criteria: KmeansCriteria,
    /// How many iterations at the most; 2 to 100 have an effect.
    pub max_iterations: i64,
    /// Movement of the centres below which it ends.
    pub epsilon: f64,
    /// How the first centres are chosen.
    #[serde(default)]
    pub flags: KmeansFlags,
    /// What each cluster is painted with: red, green, blue. None where each is painted with its own mean colour.
    #[serde(default)]
    pub colors: Vec<[u8; 3]>,
    /// How many beginnings are tried; the best end counts.
    pub attempts: i64,
    /// What is clustered.
    #[serde(default)]
    pub space: KmeansSpace,
}

impl KmeansParams {
    /// The most clusters: lightness has no more values.
    pub const MAX_CLUSTERS: u32 = 256;
    /// The most beginnings that are tried.
    pub const MAX_ATTEMPTS: i64 = 100;
    /// Clusters times beginnings, at the most, where colours are clustered: of 50 megapixels of noise they take a quarter of
    /// the minute that a worker has.
    pub const MAX_COLOR_WORK: i64 = 2560;

    /// Holds the parameters against each other and against the limits.
    ///
    /// # Errors
    /// `validation_failed`, with the name of the field at fault before the text.
    pub fn check(&self) -> Result<(), (&'static str, Failure)> {
        let invalid = |field, text: String| Err((field, Failure::permanent(Code::ValidationFailed, text)));
        if !(1..=Self::MAX_CLUSTERS).contains(&self.nclusters) {
            return invalid("nclusters", format!("must be 1 to {}", Self::MAX_CLUSTERS));
        }
        let own_colors = self.space != KmeansSpace::Lightness && self.colors.is_empty();
        if !own_colors && u32::try_from(self.colors.len()) != Ok(self.nclusters) {
            let text = format!(
                "Value error, Number of colors ({}) must match nclusters ({})",
                self.colors.len(),
                self.nclusters
            );
            return invalid("colors", text);
        }
        if !self.epsilon.is_finite() {
            return invalid("epsilon", "must be a number".to_owned());
        }
        if self.attempts > Self::MAX_ATTEMPTS {
            return invalid("attempts", format!("must be at most {}", Self::MAX_ATTEMPTS));
        }
        let work = i64::from(self.nclusters).saturating_mul(self.attempts);
        if self.space != KmeansSpace::Lightness && work > Self::MAX_COLOR_WORK {
            let most = Self::MAX_COLOR_WORK / i64::from(self.nclusters);
            return invalid(
                "attempts",
                format!("must be at most {most} for so many clusters of colours"),
            );
        }
        if self.criteria == KmeansCriteria::Optimal && self.space != KmeansSpace::Lightness {
            return invalid("criteria", "optimal is for lightness only".to_owned());
        }
        Ok(())
    }
}

/// The values that a cluster spans.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterRange {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// From the least to the greatest.
    pub range: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct KmeansData {
    /// The centres of lightness, ascending. Empty where colours were clustered.
    #[serde(default)]
    pub centers_sorted: Vec<f64>,
    /// The sum over all pixels of the squared distance to their centre.
    // An answer has the fields of what was found beside those of what was asked, once there are any.
    #[schema(required = false)]
    pub compactness: f64,
    /// How many pixels were clustered.
    #[schema(required = false)]
    pub processed_pixels: u64,
    /// What each cluster of lightness spans.
    #[serde(default)]
    pub cluster_ranges: Vec<ClusterRange>,
    /// The root of the mean squared distance of each cluster's pixels to its centre.
    #[serde(default)]
    pub cluster_std_dev: Vec<f64>,
    /// The part of all pixels that each cluster has, 0 to 1.
    #[serde(default)]
    pub shares: Vec<f64>,
    /// The mean colour of each cluster, where colours were clustered: the largest cluster first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<[u8; 3]>,
    /// The centres in the space that was asked for, where colours were clustered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub centers: Vec<[f64; 3]>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn params(nclusters: u32, colors: usize) -> KmeansParams {
        KmeansParams {
            nclusters,
            criteria: KmeansCriteria::All,
            max_iterations: 100,
            epsilon: 0.5,
            flags: KmeansFlags::Pp,
            colors: vec![[0; 3]; colors],
            attempts: 5,
            space: KmeansSpace::Lightness,
        }
    }

    #[test]
    fn numbers_of_clusters_and_colours() {
        assert!(params(3, 3).check().is_ok());
        assert!(params(256, 256).check().is_ok());
        let (field, failure) = params(3, 1).check().unwrap_err();
        assert_eq!(
            (field, failure.detail.as_str()),
            (
                "colors",
                "Value error, Number of colors (1) must match nclusters (3)"
            )
        );
        for clusters in [0, 257, 300] {
            let (field, _) = params(clusters, 3).check().unwrap_err();
            assert_eq!(field, "nclusters");
        }
        let mut own = params(4, 0);
        own.space = KmeansSpace::Rgb;
        assert!(own.check().is_ok());
        own.nclusters = 256;
        own.attempts = 10;
        assert!(own.check().is_ok());
        own.attempts = 11;
        assert_eq!(own.check().unwrap_err().0, "attempts");
        own.attempts = 5;
        own.criteria = KmeansCriteria::Optimal;
        assert_eq!(own.check().unwrap_err().0, "criteria");
    }

    #[test]
    fn results_of_older_archives_are_understood() {
        let old = json!({
            "nclusters": 2, "criteria": "max iterations", "max_iterations": 10, "epsilon": 0.5, "flags": "random",
            "colors": [[0, 0, 0], [255, 255, 255]], "attempts": 3,
        });
        let params: KmeansParams = serde_json::from_value(old).unwrap();
        assert_eq!(
            (params.criteria, params.flags, params.space),
            (
                KmeansCriteria::MaxIterations,
                KmeansFlags::Random,
                KmeansSpace::Lightness
            )
        );
    }
}
