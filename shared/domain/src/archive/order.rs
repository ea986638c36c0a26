//! What is asked to be done with pictures.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What comes back of each picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveOutput {
    /// The picture with what was found painted over it, in its own format.
    #[default]
    Overlay,
    /// An indexed PNG: the number of its class for each pixel.
    Mask,
    /// JSON: areas, boxes, and outlines as polygons.
    Json,
}

/// How pictures are segmented, and what comes back of them. What is not said is the model's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentationOrder {
    /// The model's name.
    pub model: String,
    /// What a model must be sure of, 0..1.
    #[serde(default)]
    pub confidence: Option<f32>,
    /// Only these classes, by their labels.
    #[serde(default)]
    pub classes: Option<Vec<String>>,
    /// What comes back.
    #[serde(default)]
    pub output: ArchiveOutput,
}

/// Confidence is checked to be a number before it gets here.
impl Eq for SegmentationOrder {}
