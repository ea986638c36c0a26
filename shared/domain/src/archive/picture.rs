//! The pictures of an archive, and what was found in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::FailureReport,
    ids::{ArchiveId, JobId},
    prediction::Prediction,
    tenant::TenantId,
    timestamp::Timestamp,
};

/// A picture of an archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchivedPicture {
    /// The archive.
    pub archive_id: ArchiveId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its number, in the order of the archive, from 0 on.
    pub number: u32,
    /// The job that works on it; none where it cannot be read.
    pub job_id: Option<JobId>,
    /// Its name in the archive that came in; of a picture in which tools are looked for without the path, or as the client
    /// said where it came by itself.
    pub name: String,
    /// The name of what is made of it, in the archive that goes out; empty where no file is made of it.
    pub result_name: String,
    /// Where it lies in the upload, as the crate that reads it there writes it.
    pub place: Option<String>,
    /// What became of it.
    pub outcome: PictureOutcome,
    /// When it may be forgotten.
    pub forgotten_at: Timestamp,
}

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PictureOutcome {
    /// Nothing yet.
    Awaited,
    /// It was segmented.
    Segmented {
        /// The file that goes into the result.
        file: SegmentedFile,
        /// What was found.
        findings: PictureFindings,
    },
    /// It was looked for tools.
    Predicted {
        /// What was found.
        prediction: Box<Prediction>,
        /// Whether that was known already.
        is_cached: bool,
    },
    /// It could not be worked on.
    Failed {
        /// Why.
        failure: FailureReport,
    },
}

/// What a list says of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureSummary {
    /// Its name in the archive that came in.
    pub name: String,
    /// The name of what is made of it.
    pub result_name: String,
    /// Why nothing was made of it, if nothing was.
    pub failure: Option<FailureReport>,
}

/// The file that was made of a picture. Size and CRC stand before the content in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentedFile {
    /// Bytes.
    pub bytes: u64,
    /// CRC-32 of the bytes, as archives have it.
    pub crc32: u32,
}

/// What a model found in a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PictureFindings {
    /// Pixels of the picture, upright.
    pub width: u32,
    /// Pixels of the picture, upright.
    pub height: u32,
    /// The model, and what it was told.
    pub model: ModelUse,
    /// How much of the picture each class covers, the background left out.
    pub areas: Vec<ClassArea>,
    /// Single things, where the model tells them apart.
    pub instances: Vec<InstanceFinding>,
    /// Milliseconds that it took: reading, decoding, the model, painting, writing. Left out where it is not known yet.
    #[serde(default, skip_serializing_if = "is_unknown")]
    pub milliseconds: u64,
}

fn is_unknown(milliseconds: &u64) -> bool {
    *milliseconds == 0
}

/// The model that was used, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelUse {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// What it had to be sure of, 0..1.
    pub confidence: f32,
    /// Above which overlap, 0..1, two things of a class are one. None where single things are not told apart.
    pub iou: Option<f32>,
}

/// How much of a picture a class covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassArea {
    /// The number of the class.
    pub class: u32,
    /// Its name.
    pub label: String,
    /// Pixels of the picture.
    pub pixels: u64,
    /// Percent of the picture, 0..100.
    pub percent: f64,
}

/// A single thing in a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InstanceFinding {
    /// The number of its class.
    pub class: u32,
    /// The name of its class.
    pub label: String,
    /// How sure the model is, 0..1.
    pub confidence: f32,
    /// Left, top, right and bottom in pixels of the picture.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// Pixels that it covers.
    pub pixels: u64,
}
