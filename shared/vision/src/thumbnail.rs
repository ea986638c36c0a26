//! The three square thumbnails, and the photo sorter's, which shows the whole picture.
//!
//! The file is decoded once. The largest square in its middle is resampled, and turned upright when it is small already:
//! a centred square stays itself under all eight orientations, hence the pixels are the same as if the whole picture had
//! been turned first. Each smaller thumbnail is made from the next larger one where that one was a reduction; from
//! the picture itself where it was an enlargement, which has nothing to offer. The sorter's is made from the picture
//! itself: no square holds the whole of it.

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
    pub files: [Thumbnail; 4],
}

impl Thumbnails {
    /// The JPEG file of one preset.
    #[must_use]
    pub fn jpeg(&self, preset: ThumbnailPreset) -> &[u8] {
        let [small, medium, large, sorter] = &self.files;
        match preset {
            ThumbnailPreset::Small => &small.jpeg,
            ThumbnailPreset::Medium => &medium.jpeg,
            ThumbnailPreset::Large => &large.jpeg,
            ThumbnailPreset::Sorter => &sorter.jpeg,
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
        let sorter = whole(&stored, &source, ThumbnailPreset::Sorter)?;
        drop(stored);
        Ok(Thumbnails {
            source,
            files: [
                encoded(ThumbnailPreset::Small, &small)?,
                encoded(ThumbnailPreset::Medium, &medium)?,
                encoded(ThumbnailPreset::Large, &large)?,
                encoded(ThumbnailPreset::Sorter, &sorter)?,
            ],
        })
    })
}

/// The upright squares, in the order of [`ThumbnailPreset::SQUARES`].
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

/// The whole picture, upright, in the size that it has as this preset.
fn whole(stored: &Raster, source: &Inspection, preset: ThumbnailPreset) -> Result<Raster, Failure> {
    let (upright_width, upright_height) = source.upright_dimensions();
    let (width, height) = preset.dimensions(upright_width, upright_height);
    let (width, height) = if source.orientation.swaps_sides() {
        (height, width)
    } else {
        (width, height)
    };
    let region = Region {
        left: 0.0,
        top: 0.0,
        width: f64::from(stored.width()),
        height: f64::from(stored.height()),
    };
    let fitted = lanczos3(stored, region, width, height)?;
    Ok(source.orientation.apply(fitted))
}

fn encoded(preset: ThumbnailPreset, square: &Raster) -> Result<Thumbnail, Failure> {
    Ok(Thumbnail {
        preset,
        jpeg: encode::jpeg(square)?,
    })
}
