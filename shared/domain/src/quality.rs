//! Quality measures of photographs: their names, ranges and directions. How those without a network are computed is
//! `darkroom-vision`'s; those with one need a model of that name in the manifest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};

/// One way to put a number on how good a photograph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum QualityMetric {
    /// CLIP-IQA+ (Wang et al., 2023), by a network.
    #[serde(rename = "clipiqa+")]
    ClipIqaPlus,
    /// BRISQUE (Mittal et al., 2012): natural scene statistics, support vectors trained on LIVE.
    #[serde(rename = "brisque")]
    Brisque,
    /// NIQE (Mittal et al., 2013): distance from the statistics of pristine photographs.
    #[serde(rename = "niqe")]
    Niqe,
    /// MUSIQ (Ke et al., 2021), by a network.
    #[serde(rename = "musiq")]
    Musiq,
    /// CNNIQA (Kang et al., 2014), by a network.
    #[serde(rename = "cnniqa")]
    Cnniqa,
    /// LIQE (Zhang et al., 2023), by a network.
    #[serde(rename = "liqe")]
    Liqe,
    /// PIQE (Venkatanath et al., 2015): distortion of the blocks that the eye looks at.
    #[serde(rename = "piqe")]
    Piqe,
    /// How sharp the sharpest part is.
    #[serde(rename = "sharpness")]
    Sharpness,
    /// How well the tones are placed between black and white.
    #[serde(rename = "exposure")]
    Exposure,
    /// Colourfulness (Hasler and Süsstrunk, 2003).
    #[serde(rename = "colorfulness")]
    Colorfulness,
}

/// Which end of a measure's range is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// A word that names no quality measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownMetric;

impl QualityMetric {
    /// All of them; first those that the former service named, in its order.
    pub const ALL: [Self; 10] = [
        Self::ClipIqaPlus,
        Self::Brisque,
        Self::Niqe,
        Self::Musiq,
        Self::Cnniqa,
        Self::Liqe,
        Self::Piqe,
        Self::Sharpness,
        Self::Exposure,
        Self::Colorfulness,
    ];

    /// Those that need no network, and that every photograph is scored by when it arrives.
    pub const WITHOUT_NETWORK: [Self; 6] = [
        Self::Brisque,
        Self::Niqe,
        Self::Piqe,
        Self::Sharpness,
        Self::Exposure,
        Self::Colorfulness,
    ];

    /// Its name in requests and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClipIqaPlus => "clipiqa+",
            Self::Brisque => "brisque",
            Self::Niqe => "niqe",
            Self::Musiq => "musiq",
            Self::Cnniqa => "cnniqa",
            Self::Liqe => "liqe",
            Self::Piqe => "piqe",
            Self::Sharpness => "sharpness",
            Self::Exposure => "exposure",
            Self::Colorfulness => "colorfulness",
        }
    }

    /// Whether more or less of it is better.
    #[must_use]
    pub const fn better(self) -> Better {
        match self {
            Self::Brisque | Self::Niqe | Self::Piqe => Better::Lower,
            _ => Better::Higher,
        }
    }

    /// Lowest and highest value; `None` where the definition has no such end. BRISQUE and PIQE are cut off at theirs.
    #[must_use]
    pub const fn range(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::ClipIqaPlus | Self::Cnniqa | Self::Sharpness | Self::Exposure => (Some(0.0), Some(1.0)),
            Self::Brisque | Self::Musiq | Self::Piqe => (Some(0.0), Some(100.0)),
            Self::Niqe | Self::Colorfulness => (Some(0.0), None),
            Self::Liqe => (Some(1.0), Some(5.0)),
        }
    }

    /// Whether it is computed by a network, which a deployment must have a model for.
    #[must_use]
    pub const fn needs_network(self) -> bool {
        matches!(self, Self::ClipIqaPlus | Self::Musiq | Self::Cnniqa | Self::Liqe)
    }

    /// The measure that a request names. In a query a plus is a space, and clients write that of `clipiqa+` unescaped.
    ///
    /// # Errors
    /// `invalid_request`, with the names there are.
    pub fn named(name: &str) -> Result<Self, Failure> {
        let name = name.replace(' ', "+");
        name.parse().map_err(|UnknownMetric| {
            let known: Vec<String> = Self::ALL.iter().map(|metric| format!("'{metric}'")).collect();
            Failure::permanent(
                Code::InvalidRequest,
                format!(
                    "Unsupported metric: {name}. Supported metrics: [{}]",
                    known.join(", ")
                ),
            )
        })
    }

    /// A score turned so that more is always better, for ranking.
    #[must_use]
    pub const fn merit(self, score: f64) -> f64 {
        match self.better() {
            Better::Higher => score,
            Better::Lower => -score,
        }
    }
}

impl fmt::Display for QualityMetric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for QualityMetric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == text)
            .ok_or(UnknownMetric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_named_as_the_recorded_service_named_them() {
        for name in ["clipiqa+", "clipiqa "] {
            assert_eq!(QualityMetric::named(name), Ok(QualityMetric::ClipIqaPlus));
        }
        assert_eq!(
            QualityMetric::named("BRISQUE").unwrap_err().detail,
            "Unsupported metric: BRISQUE. Supported metrics: ['clipiqa+', 'brisque', 'niqe', 'musiq', 'cnniqa', \
             'liqe', 'piqe', 'sharpness', 'exposure', 'colorfulness']"
        );
    }
}
