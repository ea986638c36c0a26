//! A model's entry as it is written: strict about fields it does not know, silent about those it can do without.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Anchor, ChannelOrder, ClassAxis, InputLayout, Resampling, Task};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) file: String,
    pub(super) sha256: Option<String>,
    pub(super) bytes: Option<u64>,
    pub(super) licence: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) title: Option<String>,
    pub(super) task: Task,
    #[serde(default)]
    pub(super) default: bool,
    #[serde(default)]
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) labels: Option<LabelEntry>,
    #[serde(default)]
    pub(super) thresholds: ThresholdEntry,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum LabelEntry {
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) layout: Option<InputLayout>,
    pub(super) channels: Option<ChannelOrder>,
    pub(super) scale: Option<f32>,
    pub(super) mean: Option<[f32; 3]>,
    pub(super) std: Option<[f32; 3]>,
    pub(super) fit: Option<FitName>,
    pub(super) pad: Option<f32>,
    pub(super) anchor: Option<Anchor>,
    pub(super) fraction: Option<f64>,
    pub(super) resampling: Option<Resampling>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FitName {
    Stretch,
    Letterbox,
    CenterCrop,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "layout", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Output {
    SemanticLogits {
        output: Option<String>,
        #[serde(default)]
        background: usize,
        classes: Option<ClassAxis>,
    },
    Yolo {
        output: Option<String>,
        prototypes: Option<String>,
    },
    BoxesScores {
        boxes: String,
        scores: String,
        #[serde(default)]
        class_offset: usize,
    },
    Embedding {
        output: Option<String>,
        logits: Option<String>,
    },
    Scalar {
        output: Option<String>,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThresholdEntry {
    pub(super) confidence: Option<f32>,
    pub(super) iou: Option<f32>,
    pub(super) max_detections: Option<usize>,
    #[serde(default)]
    pub(super) per_class: BTreeMap<String, f32>,
}
