//! A prediction held against a kit of tools, as answers tell it.

use darkroom_domain::{
    Code, DetectedObject, PredictionId, PredictionTimes, Timestamp, ToolId, ToolkitId,
    archive::ModelUse,
    crib::{Comparison, Expected, Surplus, Tool, ToolCount, Toolkit, compare, recognize},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::predictor::Predicted;

/// A kit of tools, and all the tools that there are.
#[derive(Clone, Debug)]
pub struct Kit {
    id: ToolkitId,
    expected: Vec<Expected>,
    tools: Vec<Tool>,
}

/// A tool, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolInfo {
    /// The tool.
    pub id: ToolId,
    /// What it is called.
    pub name: String,
    /// Its serial number.
    pub serial_number: String,
    /// What kind of tool it is.
    pub category: String,
}

/// A tool of which some are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingTool {
    /// The tool.
    #[serde(flatten)]
    pub tool: ToolInfo,
    /// How many are missing.
    pub missing_quantity: u32,
}

/// How there can be too much of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtraKind {
    /// It belongs into the kit, but not so often.
    Excess,
    /// It does not belong into the kit.
    Unexpected,
}

/// A tool of which there are too many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExtraTool {
    /// The tool.
    #[serde(flatten)]
    pub tool: ToolInfo,
    /// How many are too many.
    pub extra_quantity: u32,
    /// Why.
    #[serde(rename = "type")]
    pub kind: ExtraKind,
}

/// A thing that was found, and which tool it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DetectedTool {
    /// The thing.
    #[serde(flatten)]
    pub object: DetectedObject,
    /// The tool; null where none is called that.
    pub tool_id: Option<ToolId>,
}

/// Which tools of a kit are in a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PredictionAnswer {
    /// Tools of the kit that are there, each once.
    pub found_tools: Vec<ToolInfo>,
    /// Whether somebody should look: something is missing, too much, or uncertain.
    pub hand_check: bool,
    /// The picture with boxes round what was found.
    #[schema(example = "/media/processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg")]
    pub processed_image_url: String,
    /// The tools that were found, the surest first, each as often as it was found.
    pub ml_predictions: Vec<ToolId>,
    /// How long the network took, the first time, in milliseconds.
    pub inference_time_ms: f64,
    /// What lies underneath.
    #[serde(flatten)]
    pub details: PredictionDetails,
}

/// What a prediction says in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PredictionDetails {
    /// Names the prediction: kits are issued and taken back by it.
    pub prediction_id: PredictionId,
    /// The kit that it is held against.
    pub toolkit_id: ToolkitId,
    /// Whether the same picture had been looked at in the same way before.
    pub cached: bool,
    /// Until when it is kept, with its picture; null where a transaction rests upon it, and it is kept for good.
    pub kept_until: Option<Timestamp>,
    /// Pixels of the picture, upright.
    pub width: u32,
    /// Pixels of the picture, upright.
    pub height: u32,
    /// Everything that was found, the surest first.
    pub detections: Vec<DetectedTool>,
    /// What was nearly found: the model is a little less sure of it than it must be.
    pub uncertain: Vec<DetectedTool>,
    /// Tools of the kit of which not all are there.
    pub missing_tools: Vec<MissingTool>,
    /// Tools of which there are too many, or any at all.
    pub extra_tools: Vec<ExtraTool>,
    /// The model, and what it was told.
    pub model: ModelUse,
    /// Only these classes were looked for; null if all were.
    #[schema(example = json!(["cup", "fork"]))]
    pub classes: Option<Vec<String>>,
    /// How many of the strongest were kept at most.
    pub max_det: u32,
    /// How long it took, the first time.
    pub times: PredictionTimes,
}

/// What became of one picture of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchItem {
    /// The client's name for it.
    pub filename: String,
    /// Whether it could be looked at.
    pub success: bool,
    /// Tools of the kit that are there, each once.
    pub found_tools: Vec<ToolInfo>,
    /// Whether somebody should look.
    pub hand_check: bool,
    /// The picture with boxes round what was found.
    pub processed_image_url: Option<String>,
    /// The tools that were found, the surest first, each as often as it was found.
    pub ml_predictions: Option<Vec<ToolId>>,
    /// How long the network took, the first time, in milliseconds.
    pub inference_time_ms: Option<f64>,
    /// Why it could not be looked at, for a person.
    pub error_message: Option<String>,
    /// The same for a program.
    pub code: Option<Code>,
    /// What lies underneath, where it could be looked at.
    #[serde(flatten)]
    pub details: Option<PredictionDetails>,
}

/// What became of several pictures, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchAnswer {
    /// How many could be looked at.
    pub successful_images: usize,
    /// How many could not.
    pub failed_images: usize,
    /// What became of each.
    pub results: Vec<BatchItem>,
}

impl Kit {
    /// The kit, and all the tools of its crib.
    #[must_use]
    pub fn new(toolkit: &Toolkit, tools: Vec<Tool>) -> Self {
        Self {
            id: toolkit.id,
            expected: Expected::of_kit(toolkit, &tools),
            tools,
        }
    }

    /// What a prediction says of the kit.
    #[must_use]
    pub fn answer(&self, predicted: Predicted) -> PredictionAnswer {
        let Predicted {
            prediction,
            is_cached,
        } = predicted;
        let recognized = recognize(
            &prediction.detections,
            &prediction.uncertain,
            &self.expected,
            &self.tools,
        );
        let comparison = compare(&self.expected, &recognized.counts(), &self.tools);
        let found = comparison
            .tools
            .iter()
            .filter(|count| count.expected > 0 && count.actual > 0);
        PredictionAnswer {
            found_tools: found.map(|count| self.info(count)).collect(),
            hand_check: !comparison.is_exact() || recognized.is_uncertain(),
            processed_image_url: prediction.picture_url(),
            ml_predictions: recognized.sure.iter().copied().flatten().collect(),
            inference_time_ms: prediction.times.inference_ms,
            details: PredictionDetails {
                missing_tools: self.missing(&comparison),
                extra_tools: self.extra(&comparison),
                prediction_id: prediction.id,
                toolkit_id: self.id,
                kept_until: (!prediction.is_evidence).then_some(prediction.kept_until),
                cached: is_cached,
                width: prediction.width,
                height: prediction.height,
                detections: named(prediction.detections, recognized.sure),
                uncertain: named(prediction.uncertain, recognized.uncertain),
                model: prediction.model,
                classes: prediction.classes,
                max_det: prediction.max_detections,
                times: prediction.times,
            },
        }
    }

    fn info(&self, count: &ToolCount) -> ToolInfo {
        let known = self.tools.iter().find(|tool| tool.id == count.tool_id);
        ToolInfo {
            id: count.tool_id,
            name: count.name.clone(),
            serial_number: count.serial_number.clone(),
            category: known.map(|tool| tool.category.clone()).unwrap_or_default(),
        }
    }

    fn missing(&self, comparison: &Comparison) -> Vec<MissingTool> {
        let missing = comparison.missing().map(|count| MissingTool {
            tool: self.info(count),
            missing_quantity: count.missing(),
        });
        missing.collect()
    }

    fn extra(&self, comparison: &Comparison) -> Vec<ExtraTool> {
        let extra = comparison.surplus().map(|(count, quantity, why)| ExtraTool {
            tool: self.info(count),
            extra_quantity: quantity,
            kind: match why {
                Surplus::Excess => ExtraKind::Excess,
                Surplus::Unexpected => ExtraKind::Unexpected,
            },
        });
        extra.collect()
    }
}

fn named(objects: Vec<DetectedObject>, tools: Vec<Option<ToolId>>) -> Vec<DetectedTool> {
    objects
        .into_iter()
        .zip(tools)
        .map(|(object, tool_id)| DetectedTool { object, tool_id })
        .collect()
}

impl BatchItem {
    /// A picture that was looked at.
    #[must_use]
    pub fn of(filename: String, answer: PredictionAnswer) -> Self {
        Self {
            filename,
            success: true,
            found_tools: answer.found_tools,
            hand_check: answer.hand_check,
            processed_image_url: Some(answer.processed_image_url),
            ml_predictions: Some(answer.ml_predictions),
            inference_time_ms: Some(answer.inference_time_ms),
            error_message: None,
            code: None,
            details: Some(answer.details),
        }
    }

    /// A picture that could not be looked at: somebody should.
    #[must_use]
    pub fn failed(filename: String, code: Code, error_message: String) -> Self {
        Self {
            filename,
            success: false,
            found_tools: Vec::new(),
            hand_check: true,
            processed_image_url: None,
            ml_predictions: None,
            inference_time_ms: None,
            error_message: Some(error_message),
            code: Some(code),
            details: None,
        }
    }
}

impl FromIterator<BatchItem> for BatchAnswer {
    fn from_iter<I: IntoIterator<Item = BatchItem>>(items: I) -> Self {
        let results: Vec<BatchItem> = items.into_iter().collect();
        let successful_images = results.iter().filter(|item| item.success).count();
        Self {
            successful_images,
            failed_images: results.len() - successful_images,
            results,
        }
    }
}
