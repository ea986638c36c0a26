//! Predictions: what a detector found in one picture.
//!
//! A prediction is known by what it was made of: the picture, the model, and what the model was told. The same again is
//! the same prediction, and is not made twice.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    archive::ModelUse, failure::Failure, file_key::FileKey, ids::PredictionId, tenant::TenantId,
    timestamp::Timestamp,
};

/// How much less sure than it must be a model may be of something that is told as uncertain, 0..1. It must be half as sure
/// in any case.
pub const UNCERTAIN_MARGIN: f32 = 0.1;

/// What a detector is told. What is not said is the tenant's or the model's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DetectionOrder {
    /// The model's name.
    pub model: String,
    /// What a model must be sure of, above 0 and below 1. Where the model asks for more of a class, that holds.
    #[serde(default)]
    pub confidence: Option<f32>,
    /// Above which overlap, 0..1, two things of a class are one.
    #[serde(default)]
    pub iou: Option<f32>,
    /// How many of the strongest are kept.
    #[serde(default)]
    pub max_detections: Option<u32>,
    /// Only these classes, by their labels.
    #[serde(default)]
    pub classes: Option<Vec<String>>,
}

/// Its numbers are checked before they get here.
impl Eq for DetectionOrder {}

/// Something that a detector found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DetectedObject {
    /// The number of its class.
    pub class: u32,
    /// The name of its class.
    pub label: String,
    /// How sure the model is, 0..1.
    pub confidence: f32,
    /// Left, top, right and bottom in pixels of the upright picture.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
}

/// How long each stage of a prediction took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PredictionTimes {
    /// From the file to the pixels that the model looks at.
    pub decode_ms: f64,
    /// From the pixels to the model's input.
    pub preprocess_ms: f64,
    /// The network.
    pub inference_ms: f64,
    /// From its output to boxes.
    pub postprocess_ms: f64,
    /// Drawing the boxes, and writing the picture that shows them.
    pub drawing_ms: f64,
}

/// What a detector found in one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Its id, which follows from the picture, the model, and what the model was told.
    pub id: PredictionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// SHA-256 of the picture's file, in lower-case hexadecimal.
    pub sha256: String,
    /// Pixels of the picture, upright.
    pub width: u32,
    /// Pixels of the picture, upright.
    pub height: u32,
    /// The model, and what it was told.
    pub model: ModelUse,
    /// Only these classes were looked for; all if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// How many of the strongest were kept at most; 0 where that was not written down.
    #[serde(default)]
    pub max_detections: u32,
    /// What was found, the surest first.
    pub detections: Vec<DetectedObject>,
    /// What was nearly found: less sure by at most [`UNCERTAIN_MARGIN`], and not where something was found.
    pub uncertain: Vec<DetectedObject>,
    /// How long it took, the first time.
    pub times: PredictionTimes,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when the picture with the boxes is kept, unless it is evidence. (The table has a meaning of its own for
    /// `expires_at`.)
    pub kept_until: Timestamp,
    /// Whether a transaction rests upon it: then it is kept for good.
    #[serde(default)]
    pub is_evidence: bool,
}

impl Prediction {
    /// The media type of the picture with the boxes.
    pub const MEDIA_TYPE: &str = "image/jpeg";
    /// How long a prediction and its picture are kept where nothing rests upon them. The bucket forgets the picture a
    /// little later.
    pub const KEEP: Duration = Duration::from_secs(14 * 24 * 60 * 60);
    /// How much of that must be left for it to be the answer to a repetition.
    pub const FRESH: Duration = Duration::from_secs(8 * 24 * 60 * 60);

    /// Whether it answers a repetition at `now`: its picture will be there for some time yet.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.is_evidence || now.after(Self::FRESH) <= self.kept_until
    }

    /// Whether it is still there at `now`.
    #[must_use]
    pub fn is_kept(&self, now: Timestamp) -> bool {
        self.is_evidence || now < self.kept_until
    }

    /// The name of the picture with the boxes.
    #[must_use]
    pub fn filename(&self) -> String {
        media_filename(self.id)
    }

    /// The path of the API under which the picture with the boxes is shown.
    #[must_use]
    pub fn picture_url(&self) -> String {
        format!("/media/{}", self.filename())
    }

    /// Where the picture with the boxes lies.
    #[must_use]
    pub fn picture_key(&self) -> FileKey {
        let (tenant, prediction) = (self.tenant.clone(), self.id);
        if self.is_evidence {
            FileKey::Evidence { tenant, prediction }
        } else {
            FileKey::Media { tenant, prediction }
        }
    }
}

/// The name of the picture that shows a prediction.
#[must_use]
pub fn media_filename(id: PredictionId) -> String {
    format!("processed_{id}.jpg")
}

/// The prediction that a picture of this name shows, if it can be one of ours.
///
/// # Errors
/// `not_found` for any other name.
pub fn of_media_filename(filename: &str) -> Result<PredictionId, Failure> {
    filename
        .strip_prefix("processed_")
        .and_then(|rest| rest.strip_suffix(".jpg"))
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Failure::not_found("Image not found"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_prediction_answers_repetitions_then_is_only_kept_then_is_gone() {
        let made = Timestamp::UNIX_EPOCH;
        let prediction: Prediction = serde_json::from_value(serde_json::json!({
            "id": PredictionId::from_uuid(Uuid::from_u128(7)), "tenant": TenantId::single(), "sha256": "", "width": 1,
            "height": 1, "detections": [], "uncertain": [], "times": PredictionTimes::default(), "created_at": made,
            "model": { "name": "m", "version": "1", "sha256": "", "confidence": 0.5, "iou": 0.5 },
            "kept_until": made.after(Prediction::KEEP),
        }))
        .unwrap();
        let last_fresh = made.after(Prediction::KEEP - Prediction::FRESH);
        let moment = Duration::from_millis(1);
        let told = |prediction: &Prediction, now| (prediction.is_fresh(now), prediction.is_kept(now));
        assert_eq!(told(&prediction, last_fresh), (true, true));
        assert_eq!(told(&prediction, last_fresh.after(moment)), (false, true));
        assert_eq!(
            told(&prediction, made.after(Prediction::KEEP - moment)),
            (false, true)
        );
        assert_eq!(told(&prediction, made.after(Prediction::KEEP)), (false, false));
        assert!(matches!(prediction.picture_key(), FileKey::Media { .. }));
        let evidence = Prediction {
            is_evidence: true,
            ..prediction
        };
        assert_eq!(told(&evidence, made.after(Prediction::KEEP)), (true, true));
        assert!(matches!(evidence.picture_key(), FileKey::Evidence { .. }));
    }

    #[test]
    fn only_names_of_ours_lead_to_pictures() {
        let id = PredictionId::from_uuid(Uuid::from_u128(7));
        assert_eq!(of_media_filename(&media_filename(id)).unwrap(), id);
        for other in [
            "",
            "processed_.jpg",
            "../processed_1.jpg",
            "processed_x.png",
            "temp_1.jpg",
        ] {
            assert!(of_media_filename(other).is_err(), "{other}");
        }
    }
}
