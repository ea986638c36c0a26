//! What is asked to be done with pictures.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::naming::{PREDICTED_EXTENSIONS, SEGMENTED_EXTENSIONS};
use crate::{
    failure::{Code, Failure},
    ids::ToolkitId,
    prediction::DetectionOrder,
};

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

/// What is to be done with the pictures of an archive. A record tells which by the kit: only predictions have one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ArchiveOrder {
    /// In each it is looked for the tools of a kit, and a list comes back.
    Prediction(PredictionOrder),
    /// Each is segmented, and a zip comes back.
    Segmentation(SegmentationOrder),
}

impl ArchiveOrder {
    /// How the pictures are segmented.
    ///
    /// # Errors
    /// `invalid_request` when they are not.
    pub fn segmentation(&self) -> Result<&SegmentationOrder, Failure> {
        match self {
            Self::Segmentation(order) => Ok(order),
            Self::Prediction(_) => Err(something_else()),
        }
    }

    /// What is looked for in the pictures.
    ///
    /// # Errors
    /// `invalid_request` when nothing is.
    pub fn prediction(&self) -> Result<&PredictionOrder, Failure> {
        match self {
            Self::Prediction(order) => Ok(order),
            Self::Segmentation(_) => Err(something_else()),
        }
    }

    /// The extensions by which the entries of a zip are told to be pictures.
    #[must_use]
    pub const fn picture_extensions(&self) -> &'static [&'static str] {
        match self {
            Self::Segmentation(_) => &SEGMENTED_EXTENSIONS,
            Self::Prediction(_) => &PREDICTED_EXTENSIONS,
        }
    }
}

fn something_else() -> Failure {
    Failure::permanent(
        Code::InvalidRequest,
        "Something else is done with the pictures of this archive.",
    )
}

/// Which tools are looked for, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredictionOrder {
    /// The kit whose tools should be there.
    pub toolkit_id: ToolkitId,
    /// What the detector is told.
    pub detection: DetectionOrder,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_tells_what_was_ordered() {
        let order = PredictionOrder {
            toolkit_id: ToolkitId::new(2),
            detection: DetectionOrder {
                model: "m".to_owned(),
                confidence: Some(0.25),
                ..DetectionOrder::default()
            },
        };
        let prediction = ArchiveOrder::Prediction(order.clone());
        let record = serde_json::to_value(&prediction).unwrap();
        assert_eq!(record["toolkit_id"], 2);
        assert_eq!(
            serde_json::from_value::<ArchiveOrder>(record)
                .unwrap()
                .prediction(),
            Ok(&order)
        );
        assert!(prediction.segmentation().is_err());
        let record = json!({"model": "m", "confidence": null, "classes": null, "output": "mask"});
        let segmentation: ArchiveOrder = serde_json::from_value(record.clone()).unwrap();
        assert_eq!(segmentation.segmentation().unwrap().output, ArchiveOutput::Mask);
        assert!(segmentation.prediction().is_err());
        assert_eq!(serde_json::to_value(segmentation).unwrap(), record);
    }
}
