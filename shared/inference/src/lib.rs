//! ONNX models: pixels in, segmentations, detections and vectors out. No I/O.
//!
//! A [`Library`] knows the models of a manifest; [`Model::load`] checks a model's file and makes it ready; then
//! [`Model::segment`], [`Model::detect`] and [`Model::embed`] answer for one picture at a time, from any number of
//! threads.
//!
//! | module | what it does |
//! |---|---|
//! | [`manifest`] | what is known of each model: origin, licence, input, output, labels, thresholds |
//! | [`pixels`] | the picture a model looks at |
//! | [`geometry`] | where a picture lies in a network's input, and the way back |
//! | `taps`, `resample`, [`preprocess`](mod@preprocess) | resampled, arranged and normalised in one pass |
//! | `network` | a graph that is ready to run: the only place that knows tract |
//! | `head` | the manifest's output layout, checked against the graph |
//! | `boxes`, [`detection`] | boxes and scores, non-maximum suppression |
//! | `grid`, [`mask`] | masks of instances: low-resolution fields, seen at the picture's resolution |
//! | `score_grid`, [`class_map`] | the class of every pixel |
//! | [`contour`] | outlines as closed rings |
//! | [`segmentation`], [`embedding`] | the answers |
//! | [`model`], [`options`] | load, segment, detect, embed |
//! | [`error`], [`timing`] | what can be wrong, and how long things took |
//!
//! The same picture, model and options give the same answer, whatever the number of threads.

mod boxes;
pub mod class_map;
pub mod contour;
pub mod detection;
pub mod embedding;
mod enlargement;
pub mod error;
pub mod geometry;
mod grid;
mod head;
pub mod manifest;
pub mod mask;
pub mod model;
mod network;
pub mod options;
pub mod pixels;
pub mod preprocess;
mod resample;
mod rounding;
mod score_grid;
pub mod segmentation;
mod taps;
pub mod timing;

pub use class_map::ClassMap;
pub use contour::Ring;
pub use detection::{Detection, GradedDetections, MAX_UNCERTAIN};
pub use embedding::Embedding;
pub use error::{Fault, ModelError};
pub use geometry::{Bounds, Placement};
pub use manifest::{Description, Labels, Library, ManifestError, OutputLayout, Task, Thresholds};
pub use mask::Mask;
pub use model::{Model, RawOutput};
pub use options::{DetectOptions, SegmentOptions};
pub use pixels::{Pixels, PixelsError};
pub use preprocess::preprocess;
pub use segmentation::{ClassArea, Contour, Instance, Regions, Segmentation, Semantic};
pub use timing::Timing;
