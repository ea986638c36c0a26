//! What a detector is told, nothing left open.

use std::collections::BTreeSet;

use darkroom_domain::{DetectionOrder, Failure, archive::ModelUse};
use darkroom_inference::{Description, DetectOptions, Model};
use darkroom_model_store::ordered_classes;

use crate::order::MAX_DETECTIONS;

/// What counts as found: an order, and the model's own where it does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// What the model must be sure of, above 0 and below 1. Where the model asks for more of a class, that holds.
    pub confidence: f32,
    /// Above which overlap, 0..1, two things of a class are one.
    pub iou: f32,
    /// How many of the strongest are kept, from 1 on.
    pub max_detections: u32,
    /// Only these classes, as the model counts.
    pub classes: Option<BTreeSet<usize>>,
}

impl Parameters {
    /// What a model is told on an order.
    ///
    /// # Errors
    /// `model_failed` where the model has not the classes any more that were asked for.
    pub fn of(order: &DetectionOrder, model: &Description) -> Result<Self, Failure> {
        let thresholds = &model.thresholds;
        let own_most = u32::try_from(thresholds.max_detections).unwrap_or(u32::MAX);
        Ok(Self {
            // A model that detects always has one.
            confidence: order.confidence.or(thresholds.confidence).unwrap_or(0.25),
            iou: order.iou.unwrap_or(thresholds.iou),
            max_detections: order.max_detections.unwrap_or(own_most).clamp(1, MAX_DETECTIONS),
            classes: ordered_classes(model, order.classes.as_deref())?,
        })
    }

    /// The same in the words of the model.
    pub(crate) fn options(&self) -> DetectOptions {
        DetectOptions {
            confidence: Some(self.confidence),
            iou: Some(self.iou),
            max_detections: usize::try_from(self.max_detections).ok(),
            classes: self.classes.clone(),
        }
    }

    /// The model, and what it was told, in the words of records.
    pub(crate) fn model_use(&self, model: &Model) -> ModelUse {
        ModelUse {
            name: model.name().to_owned(),
            version: model.version().to_owned(),
            sha256: model.digest().to_owned(),
            confidence: self.confidence,
            iou: Some(self.iou),
        }
    }
}
