//! The three square thumbnails.
//!
//! The file is decoded once. The largest square in its middle is resampled, and turned upright when it is small already:
//! a centred square stays itself under all eight orientations, hence the pixels are the same as if the whole picture had
//! been turned first. Each smaller thumbnail is made from the next larger one where that one was a reduction; from
//! the picture itself where it was an enlargement, which has nothing to offer.

use darkroom_domain::{Failure, ImageLimits, ThumbnailPreset};

use crate::decode::{JpegColors, Rendition, decode_stored};
use crate::encode;
use crate::guard::guarded;
use crate::header::Inspection;
use crate::orientation::Orientation;
use crate::picture::Raster;
use crate::resize::{Region, lanczos3};

/// One thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Which one it is.
    pub preset: ThumbnailPreset,
    /// The JPEG file, without metadata.
    pub jpeg: Vec<u8>,
}

/// The thumbnails of one picture, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnails {
    /// What the file declared of itself.
    pub source: Inspection,
    /// One for each of [`ThumbnailPreset::ALL`], in that order.
    pub files: [Thumbnail; 3],
}

impl Thumbnails {
    /// The JPEG file of one preset.
    #[must_use]
    pub fn jpeg(&self, preset: ThumbnailPreset) -> &[u8] {
        let [small, medium, large] = &self.files;
        match preset {
            ThumbnailPreset::Small => &small.jpeg,
            ThumbnailPreset::Medium => &medium.jpeg,
            ThumbnailPreset::Large => &large.jpeg,
        }
    }
}

/// Makes all thumbnails of a file.
///
/// # Errors
/// Those of [`decode`](crate::decode()).
pub fn thumbnails(bytes: &[u8], limits: &ImageLimits) -> Result<Thumbnails, Failure> {
    guarded(|| {
        let (source, stored) = decode_stored(bytes, limits, JpegColors::YCbCr, Rendition::Display)?;
        let [small, medium, large] = squares(&stored, source.orientation)?;
        drop(stored);
        Ok(Thumbnails {
            source,
            files: [
                encoded(ThumbnailPreset::Small, &small)?,
                encoded(ThumbnailPreset::Medium, &medium)?,
                encoded(ThumbnailPreset::Large, &large)?,
            ],
        })
    })
}

/// The upright squares of all presets, in the order of [`ThumbnailPreset::ALL`].
fn squares(stored: &Raster, orientation: Orientation) -> Result<[Raster; 3], Failure> {
    let side = stored.width().min(stored.height());
    let from_picture = |preset: ThumbnailPreset| {
        let region = Region::central_square(stored.width(), stored.height());
        let square = lanczos3(stored, region, preset.side(), preset.side())?;
        Ok(orientation.apply(square))
    };
    let below = |larger: &Raster, preset: ThumbnailPreset| {
        if larger.width() <= side {
            let region = Region::central_square(larger.width(), larger.height());
            lanczos3(larger, region, preset.side(), preset.side())
        } else {
            from_picture(preset)
        }
    };
    let large = from_picture(ThumbnailPreset::Large)?;
    let medium = below(&large, ThumbnailPreset::Medium)?;
    let small = below(&medium, ThumbnailPreset::Small)?;
    Ok([small, medium, large])
}

fn encoded(preset: ThumbnailPreset, square: &Raster) -> Result<Thumbnail, Failure> {
    Ok(Thumbnail {
        preset,
        jpeg: encode::jpeg(square)?,
    })
}
