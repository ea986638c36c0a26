//! The sizes that thumbnails come in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One size of thumbnail: a square, cut from the centre of the picture, or the whole picture made to fit.
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
    /// The photo sorter's: the whole picture, fitted into 266 by 150 pixels if it is wider than high, else into 150 by 266.
    #[serde(rename = "266x150")]
    Sorter,
}

/// A text that names no size of thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("thumbnails come as 100x100, 300x300, 1200x1200 and 266x150")]
pub struct NotAPreset;

impl ThumbnailPreset {
    /// All sizes: the squares, and the photo sorter's.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Sorter];

    /// The squares, smallest first.
    pub const SQUARES: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Stands in the key of every thumbnail: raised when the same picture would give other bytes.
    pub const PIPELINE_VERSION: u32 = 1;

    /// Pixels of the longer side: of each side of a square, and the most that the sorter's has.
    #[must_use]
    pub const fn side(self) -> u32 {
        match self {
            Self::Small => 100,
            Self::Medium => 300,
            Self::Large => 1200,
            Self::Sorter => 266,
        }
    }

    /// Width and height of the thumbnail of an upright picture of this width and height. Squares are filled; the
    /// sorter's thumbnail keeps the picture's proportions, and is never larger than the picture.
    #[must_use]
    pub fn dimensions(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::Small | Self::Medium | Self::Large => (self.side(), self.side()),
            Self::Sorter if width > height => fitted(width, height, 266, 150),
            Self::Sorter => fitted(width, height, 150, 266),
        }
    }

    /// The size as it stands in answers, routes and keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "100x100",
            Self::Medium => "300x300",
            Self::Large => "1200x1200",
            Self::Sorter => "266x150",
        }
    }
}

/// The largest size within a box that has the proportions of a picture and is no larger than it.
fn fitted(width: u32, height: u32, box_width: u32, box_height: u32) -> (u32, u32) {
    // Products of two numbers of 32 bits.
    if u64::from(width) * u64::from(box_height) >= u64::from(height) * u64::from(box_width) {
        let target = width.min(box_width);
        (target, in_proportion(target, height, width))
    } else {
        let target = height.min(box_height);
        (in_proportion(target, width, height), target)
    }
}

/// `length` times `numerator` over `denominator`, rounded; at least one pixel.
fn in_proportion(length: u32, numerator: u32, denominator: u32) -> u32 {
    let doubled = u64::from(length) * u64::from(numerator) * 2 + u64::from(denominator);
    let rounded = doubled.checked_div(u64::from(denominator) * 2).unwrap_or(1);
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sorters_thumbnail_fits_and_keeps_its_proportions() {
        for ((width, height), expected) in [
            ((4000, 3000), (200, 150)),
            ((3000, 4000), (150, 200)),
            ((1920, 1080), (266, 150)),
            ((1080, 1920), (150, 266)),
            ((4000, 1000), (266, 67)),
            ((1000, 4000), (67, 266)),
            ((800, 800), (150, 150)),
            // Never larger than the picture, never nothing.
            ((90, 40), (90, 40)),
            ((1, 1), (1, 1)),
            ((16_384, 1), (266, 1)),
            ((1, 16_384), (1, 266)),
            ((0, 0), (0, 1)),
        ] {
            assert_eq!(ThumbnailPreset::Sorter.dimensions(width, height), expected);
        }
        for width in 1..400 {
            let (w, h) = ThumbnailPreset::Sorter.dimensions(width, 211);
            let within = if width > 211 { (266, 150) } else { (150, 266) };
            assert!(w <= within.0 && h <= within.1 && w <= width && h <= 211 && w > 0 && h > 0);
        }
        assert_eq!(ThumbnailPreset::Medium.dimensions(4000, 10), (300, 300));
    }

    #[test]
    fn every_size_is_found_by_its_name() {
        for preset in ThumbnailPreset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
        }
        assert_eq!("150x266".parse::<ThumbnailPreset>(), Err(NotAPreset));
    }
}
