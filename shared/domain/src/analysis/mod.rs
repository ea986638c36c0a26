//! Analyses of pictures: what was asked, and what was found.
//!
//! The field names of parameters and data are those that clients, and archives of datasets, know: they are part of the
//! contract, and therefore not of one style.

pub mod categorized_mean;
pub mod crop;
pub mod kmeans;
pub mod mean_lines;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use self::{
    categorized_mean::CategorizedMean,
    crop::CropBox,
    kmeans::{KmeansData, KmeansParams},
    mean_lines::MeanLines,
};
use crate::{
    ids::{AnalysisId, ImageId, JobId},
    tenant::TenantId,
    timestamp::Timestamp,
};

/// How a picture is analysed. It has one result of each: a new one replaces the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Which part of the picture counts.
    Crop,
    /// Means of the cells of a grid.
    CalculateMeanLines,
    /// Means of cells in categories.
    CalculateCategorizedMean,
    /// Clusters of lightness or colour.
    Kmeans,
}

/// A text that names no method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a method of analysis")]
pub struct NotAMethod;

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Crop,
        Self::CalculateMeanLines,
        Self::CalculateCategorizedMean,
        Self::Kmeans,
    ];

    /// The name as it stands in answers, archives and keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::CalculateMeanLines => "calculate_mean_lines",
            Self::CalculateCategorizedMean => "calculate_categorized_mean",
            Self::Kmeans => "kmeans",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = NotAMethod;

    fn from_str(text: &str) -> Result<Self, NotAMethod> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or(NotAMethod)
    }
}

/// What was asked of a method, and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Findings {
    /// A crop is its own finding.
    Crop {
        /// The part that counts.
        params: CropBox,
    },
    /// Means of the cells of a grid.
    CalculateMeanLines {
        /// The grid.
        params: mean_lines::MeanLinesParams,
        /// The means.
        data: MeanLines,
    },
    /// Means of cells in categories.
    CalculateCategorizedMean {
        /// The grid, the cells and the categories.
        params: categorized_mean::CategorizedMeanParams,
        /// The means.
        data: CategorizedMean,
    },
    /// Clusters of lightness or colour.
    Kmeans {
        /// What was asked.
        params: KmeansParams,
        /// What was found; nothing as long as the job is not done.
        data: Option<KmeansData>,
    },
}

impl Findings {
    /// By which method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Crop { .. } => Method::Crop,
            Self::CalculateMeanLines { .. } => Method::CalculateMeanLines,
            Self::CalculateCategorizedMean { .. } => Method::CalculateCategorizedMean,
            Self::Kmeans { .. } => Method::Kmeans,
        }
    }

    /// What was asked, as JSON.
    ///
    /// # Errors
    /// When a number is none that JSON knows.
    pub fn params(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::Crop { params } => serde_json::to_value(params),
            Self::CalculateMeanLines { params, .. } => serde_json::to_value(params),
            Self::CalculateCategorizedMean { params, .. } => serde_json::to_value(params),
            Self::Kmeans { params, .. } => serde_json::to_value(params),
        }
    }

    /// What was found, as JSON; null where there is nothing beside the parameters.
    ///
    /// # Errors
    /// When a number is none that JSON knows.
    pub fn data(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::Crop { .. } => Ok(Value::Null),
            Self::CalculateMeanLines { data, .. } => serde_json::to_value(data),
            Self::CalculateCategorizedMean { data, .. } => serde_json::to_value(data),
            Self::Kmeans { data, .. } => serde_json::to_value(data),
        }
    }

    /// The findings that a method's parameters and data stand for, each the text of a JSON value, as archives of datasets
    /// have them. The text is read straight into its type: what a stranger wrote takes no more room than that.
    ///
    /// # Errors
    /// When they are not of the method's shape.
    pub fn from_parts(method: Method, params: &str, data: &str) -> Result<Self, serde_json::Error> {
        Ok(match method {
            Method::Crop => Self::Crop {
                params: serde_json::from_str(params)?,
            },
            Method::CalculateMeanLines => Self::CalculateMeanLines {
                params: serde_json::from_str(params)?,
                data: serde_json::from_str(data)?,
            },
            Method::CalculateCategorizedMean => Self::CalculateCategorizedMean {
                params: serde_json::from_str(params)?,
                data: serde_json::from_str(data)?,
            },
            Method::Kmeans => Self::Kmeans {
                params: serde_json::from_str(params)?,
                data: serde_json::from_str(data)?,
            },
        })
    }
}

/// The latest result of a method on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Its id.
    pub id: AnalysisId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The picture.
    pub image_id: ImageId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The job that finds it, where that takes one: how far it has come stands there.
    pub job_id: Option<JobId>,
    /// Whether there is a painted picture, as PNG and as JPEG.
    pub is_painted: bool,
    /// What was asked and found.
    pub findings: Findings,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn methods_are_written_as_they_serialize() {
        for method in Method::ALL {
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
            assert_eq!(method.name().parse(), Ok(method));
        }
        assert!("magic".parse::<Method>().is_err());
    }

    #[test]
    fn findings_come_back_from_their_parts() {
        let crop = Findings::Crop {
            params: CropBox {
                top: 5,
                bottom: 25,
                left: 10,
                right: 50,
            },
        };
        let parts = (crop.params().unwrap(), crop.data().unwrap());
        assert_eq!(
            parts,
            (
                json!({ "top": 5, "bottom": 25, "left": 10, "right": 50 }),
                Value::Null
            )
        );
        let (params, data) = (parts.0.to_string(), parts.1.to_string());
        assert_eq!(Findings::from_parts(Method::Crop, &params, &data).unwrap(), crop);
        assert!(Findings::from_parts(Method::Crop, r#"{"top":1}"#, "null").is_err());
        assert!(Findings::from_parts(Method::Kmeans, "{}", "null").is_err());
    }
}
