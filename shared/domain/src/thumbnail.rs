//! The sizes that thumbnails come in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One size of thumbnail: a square, cut from the centre of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum ThumbnailPreset {
    /// 100 pixels a side.
    #[serde(rename = "100x100")]
    Small,
    /// 300 pixels a side.
    #[serde(rename = "300x300")]
    Medium,
    /// 1200 pixels a side.
    #[serde(rename = "1200x1200")]
    Large,
}

/// A text that names no size of thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("thumbnails come as 100x100, 300x300 and 1200x1200")]
pub struct NotAPreset;

impl ThumbnailPreset {
    /// All sizes, smallest first.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Stands in the key of every thumbnail: raised when the same picture would give other bytes.
    pub const PIPELINE_VERSION: u32 = 1;

    /// Pixels of each side.
    #[must_use]
    pub const fn side(self) -> u32 {
        match self {
            Self::Small => 100,
            Self::Medium => 300,
            Self::Large => 1200,
        }
    }

    /// The size as it stands in answers, routes and keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "100x100",
            Self::Medium => "300x300",
            Self::Large => "1200x1200",
        }
    }
}

impl fmt::Display for ThumbnailPreset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ThumbnailPreset {
    type Err = NotAPreset;

    fn from_str(text: &str) -> Result<Self, NotAPreset> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == text)
            .ok_or(NotAPreset)
    }
}
