//! What is known of a photograph beside its pixels: a vector, a hash, and scores.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{ImageId, NotAnId},
    quality::QualityMetric,
    tenant::TenantId,
    timestamp::Timestamp,
};

/// Which vectors can be compared with each other: those of one model, fed in one way. 16 hexadecimal digits of a SHA-256
/// over both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "7031b65ab8eee66d")]
pub struct VectorSpace(u64);

impl VectorSpace {
    /// The space with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for VectorSpace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// Takes the canonical form only.
impl FromStr for VectorSpace {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let space = Self(u64::from_str_radix(text, 16).map_err(|_| NotAnId)?);
        if space.to_string() == text {
            Ok(space)
        } else {
            Err(NotAnId)
        }
    }
}

impl TryFrom<String> for VectorSpace {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<VectorSpace> for String {
    fn from(space: VectorSpace) -> Self {
        space.to_string()
    }
}

/// How good a photograph is by one measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityScore {
    /// The score, in the range of its measure; none where the measure says nothing of such a picture.
    pub score: Option<f64>,
    /// The version of the way in which it was measured; of a network, 16 digits that change with its file and its input.
    pub version: String,
    /// When it was measured.
    pub analyzed_at: Timestamp,
}

/// What is known of a photograph beside its pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Whose it is.
    pub tenant: TenantId,
    /// The photograph.
    pub image_id: ImageId,
    /// Which vectors its vector can be compared with; none as long as it has none. The vector itself is a file.
    #[serde(default)]
    pub space: Option<VectorSpace>,
    /// The name of the model that made the vector.
    #[serde(default)]
    pub model: Option<String>,
    /// SHA-256 of that model's file, in lower-case hexadecimal.
    #[serde(default)]
    pub model_sha256: Option<String>,
    /// Numbers of the vector.
    #[serde(default)]
    pub dimensions: u32,
    /// 64 bits that files of the same picture share but for a few, as 16 hexadecimal digits; none where the picture
    /// is so flat that they would say nothing.
    #[serde(default)]
    pub perceptual_hash: Option<String>,
    /// Its scores, by the names of their measures.
    #[serde(default)]
    pub scores: BTreeMap<String, QualityScore>,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Description {
    /// A photograph of which nothing is known.
    #[must_use]
    pub const fn unknown(tenant: TenantId, image_id: ImageId, now: Timestamp) -> Self {
        Self {
            tenant,
            image_id,
            space: None,
            model: None,
            model_sha256: None,
            dimensions: 0,
            perceptual_hash: None,
            scores: BTreeMap::new(),
            updated_at: now,
            version: 0,
        }
    }

    /// Its score by a measure, if it was measured.
    #[must_use]
    pub fn score(&self, metric: QualityMetric) -> Option<&QualityScore> {
        self.scores.get(metric.name())
    }

    /// Its perceptual hash as a number.
    #[must_use]
    pub fn hash(&self) -> Option<u64> {
        self.perceptual_hash
            .as_deref()
            .and_then(|text| u64::from_str_radix(text, 16).ok())
    }
}
