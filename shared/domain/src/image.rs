//! Pictures that were accepted, and the formats they come in.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{DatasetId, ImageId, JobId},
    photograph_metadata::PhotographMetadata,
    tenant::TenantId,
    timestamp::Timestamp,
};

/// The formats that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG, its animated form too.
    Png,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
}

impl ImageFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Gif,
        Self::Bmp,
        Self::Tiff,
    ];

    /// The registered media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
        }
    }

    /// The file name extensions it goes by, the usual one first.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::WebP => &["webp"],
            Self::Gif => &["gif"],
            Self::Bmp => &["bmp"],
            Self::Tiff => &["tif", "tiff"],
        }
    }

    /// The extension it usually has.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Tiff => "tif",
        }
    }

    /// The format that a media type names, with or without parameters, in any case; also under common older names.
    #[must_use]
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match essence.as_str() {
            "image/jpg" | "image/pjpeg" => Some(Self::Jpeg),
            "image/x-png" | "image/apng" => Some(Self::Png),
            "image/x-ms-bmp" | "image/x-bmp" => Some(Self::Bmp),
            other => Self::ALL.into_iter().find(|format| format.media_type() == other),
        }
    }

    /// The format that an extension, without its dot and in any case, stands for.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// The format that the extension of a file name stands for, in any case.
    #[must_use]
    pub fn from_filename(filename: &str) -> Option<Self> {
        filename
            .rsplit_once('.')
            .and_then(|(_, extension)| Self::from_extension(extension))
    }

    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A picture that was accepted. It never changes: how far the work on it has come stands in its jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The client's name for the file: shown, never used as a path.
    pub filename: String,
    /// What the bytes are.
    pub format: ImageFormat,
    /// Bytes.
    pub size: u64,
    /// Pixels, as shown upright.
    pub width: u32,
    /// Pixels, as shown upright.
    pub height: u32,
    /// The EXIF orientation that the file has, 1 to 8.
    pub orientation: u8,
    /// Lower-case hexadecimal SHA-256 of the file.
    pub sha256: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The job that makes its thumbnails.
    pub thumbnail_job: JobId,
    /// The dataset it is in. Pictures of datasets stand in their dataset's list and not in the tenant's.
    #[serde(default)]
    pub dataset_id: Option<DatasetId>,
    /// What the camera and an editor wrote into the file; none of pictures that were accepted before this was read.
    #[serde(default)]
    pub metadata: Option<PhotographMetadata>,
}

impl Image {
    /// What is known of the photograph beside its pixels; of pictures whose file was never asked, how large they are.
    #[must_use]
    pub fn photograph_metadata(&self) -> PhotographMetadata {
        // From the fifth on, EXIF's orientations swap the sides.
        let (width, height) = if self.orientation >= 5 {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        };
        self.metadata
            .clone()
            .unwrap_or_else(|| PhotographMetadata::of_pixels(width, height, self.orientation))
    }

    /// The name that the file has in archives: its id, with the extension of the client's name where that is one of
    /// its format's, the usual one otherwise.
    #[must_use]
    pub fn stored_filename(&self) -> String {
        let extension = self
            .filename
            .rsplit_once('.')
            .map(|(_, extension)| extension)
            .filter(|extension| ImageFormat::from_extension(extension) == Some(self.format))
            .unwrap_or_else(|| self.format.extension());
        format!("{}.{extension}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_of_formats() {
        assert_eq!(
            ImageFormat::from_filename("Holiday.JPEG"),
            Some(ImageFormat::Jpeg)
        );
        assert_eq!(ImageFormat::from_filename("a.b.tif"), Some(ImageFormat::Tiff));
        assert_eq!(ImageFormat::from_filename("notes.txt"), None);
        assert_eq!(ImageFormat::from_filename("jpg"), None);
        assert_eq!(
            ImageFormat::from_media_type("Image/PNG; charset=x"),
            Some(ImageFormat::Png)
        );
        assert_eq!(ImageFormat::from_media_type("image/svg+xml"), None);
        for format in ImageFormat::ALL {
            assert_eq!(ImageFormat::from_media_type(format.media_type()), Some(format));
        }
    }
}
