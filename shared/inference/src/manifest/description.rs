//! One model, as the rest of the crate knows it: complete and checked.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Labels;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A picture to a vector.
    Embed,
    /// A picture to boxes.
    Detect,
    /// A picture to regions: of classes, or of instances.
    Segment,
    /// A picture to one number that says how good it is.
    Quality,
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Embed => "embed",
            Self::Detect => "detect",
            Self::Segment => "segment",
            Self::Quality => "quality",
        })
    }
}

/// A model's entry in the manifest, complete and checked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// Name by which the model is asked for: lower-case letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Version of the weights, as results record it.
    pub version: String,
    /// The file, relative to the manifest's folder.
    pub file: String,
    /// SHA-256 of the file in lower-case hex. A user's own model need not state it.
    pub sha256: Option<String>,
    /// Length of the file in bytes. A user's own model need not state it.
    pub bytes: Option<u64>,
    /// Licence of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub origin: String,
    /// One line for people.
    pub title: String,
    /// What the model is for.
    pub task: Task,
    /// Whether it answers when no model is named.
    pub default: bool,
    /// What goes in.
    pub input: InputContract,
    /// What comes out.
    pub output: OutputLayout,
    /// Names of the classes.
    pub labels: Labels,
    /// What counts as found when the caller does not say.
    pub thresholds: Thresholds,
}

/// What a network wants to see.
///
/// Each sample becomes `(sample * scale - mean) / std`, with mean and std in the order of the network's channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputContract {
    /// Columns of the input.
    pub width: u32,
    /// Rows of the input.
    pub height: u32,
    /// Order of the axes.
    pub layout: InputLayout,
    /// Order of the channels.
    pub channels: ChannelOrder,
    /// Factor on samples of 0 to 255.
    pub scale: f32,
    /// Subtracted after scaling.
    pub mean: [f32; 3],
    /// Divides last.
    pub std: [f32; 3],
    /// How a picture of other sides gets in.
    pub fit: Fit,
    /// How pixels are interpolated.
    pub resampling: Resampling,
}

/// Order of the axes of an input of one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputLayout {
    /// `[1, 3, height, width]`.
    Nchw,
    /// `[1, height, width, 3]`.
    Nhwc,
}

/// Order of the colour channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelOrder {
    /// Red first.
    Rgb,
    /// Blue first, as OpenCV keeps pictures.
    Bgr,
}

/// How a picture of any sides gets into a network's fixed input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    /// Both sides are scaled by themselves.
    Stretch,
    /// Both sides are scaled alike until one fills the input; the rest is filled with `pad`.
    Letterbox {
        /// Sample of the filling in every channel, 0 to 255.
        pad: f32,
        /// Where the picture lies.
        anchor: Anchor,
    },
    /// The middle of the picture, in the shape of the input and this part of the greatest that fits, fills the input.
    CenterCrop {
        /// Above 0, at most 1.
        fraction: f64,
    },
}

/// Where a letterboxed picture lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// In the middle; of an odd remainder the greater part is right or below.
    Centre,
    /// At the top left.
    TopLeft,
}

/// How pixels are interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resampling {
    /// Two taps at any scale, as `INTER_LINEAR` of OpenCV: fast, aliased where the picture becomes smaller.
    Linear,
    /// A triangle as wide as the scale asks, as `BILINEAR` of Pillow.
    Triangle,
    /// A cubic (a = -0.5) as wide as the scale asks, as `BICUBIC` of Pillow.
    Cubic,
}

/// Which axis of a semantic output counts the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassAxis {
    /// `[1, classes, height, width]`.
    First,
    /// `[1, height, width, classes]`.
    Last,
}

/// What the outputs of a network mean.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputLayout {
    /// One logit per class and cell of a grid over the input. A single class means: itself where its logit is above 0,
    /// background elsewhere, and the map then has the classes 0 (background) and 1.
    SemanticLogits {
        /// Name of the output; the first if absent.
        output: Option<String>,
        /// The class that stands for nothing in particular.
        background: usize,
        /// Which axis counts the classes.
        classes: ClassAxis,
    },
    /// The head of YOLO v8 and v11: `[1, 4 + classes, anchors]` with centre, size and scores, boxes in pixels of the
    /// input. To segment, each anchor adds one coefficient for each of the prototypes `[1, prototypes, height, width]`.
    Yolo {
        /// Name of the output; the first if absent.
        output: Option<String>,
        /// Name of the prototypes; the second output if absent. Only to segment.
        prototypes: Option<String>,
    },
    /// Decoded boxes `[1, anchors, 4]` (x1, y1, x2, y2 in 0 to 1 of the input) and scores `[1, anchors, classes]`.
    BoxesScores {
        /// Name of the boxes.
        boxes: String,
        /// Name of the scores.
        scores: String,
        /// Class of the first column of the scores.
        class_offset: usize,
    },
    /// A vector, and perhaps the logits of a classifier upon it.
    Embedding {
        /// Name of the vector; the first output if absent.
        output: Option<String>,
        /// Name of the logits.
        logits: Option<String>,
    },
    /// One number, whatever axes of length 1 stand about it.
    Scalar {
        /// Name of the output; the first if absent.
        output: Option<String>,
    },
}

/// What counts as found when the caller does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// Scores must be above this. To detect it is always there; in a semantic model, absent means that the greatest
    /// logit wins however small.
    pub confidence: Option<f32>,
    /// Overlap (intersection over union) above which the weaker of two boxes of one class is dropped.
    pub iou: f32,
    /// How many of the strongest are kept.
    pub max_detections: usize,
    /// Stricter confidence for single classes.
    pub per_class: BTreeMap<usize, f32>,
}
