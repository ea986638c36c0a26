//! A picture to a prediction: what a detector finds in it, and the picture that shows it.
//!
//! | module | what it does |
//! |---|---|
//! | [`order`] | what a request asks of a detector, checked |
//! | [`parameters`] | what a detector is told, nothing left open |
//! | [`picture`] | a file to what was found in it and a picture that shows it; no I/O |
//! | [`identity`] | the id that follows from picture, model and parameters |
//! | [`pixel_work`] | how much work on pixels is done at once |
//! | [`predictor`] | a file to a prediction that is kept, or to the one that is kept already |
//! | [`answer`] | a prediction held against a kit of tools, as answers tell it |

pub mod answer;
pub mod identity;
pub mod order;
pub mod parameters;
pub mod picture;
pub mod pixel_work;
pub mod predictor;

use darkroom_model_store::ShippedWeights;

pub use self::{
    answer::{BatchAnswer, BatchItem, Kit, PredictionAnswer},
    identity::prediction_id,
    order::{MAX_DETECTIONS, OrderRequest},
    parameters::Parameters,
    picture::{DetectedPicture, detected},
    pixel_work::PixelWork,
    predictor::{Predicted, PredictionFault, Predictor},
};

/// The models that detect. Those of other tasks are not in this package.
pub const WEIGHTS: &[ShippedWeights] = &[
    ShippedWeights {
        file: "efficientdet_lite0_fp16.onnx",
        bytes: include_bytes!("../../../models/efficientdet_lite0_fp16.onnx"),
    },
    ShippedWeights {
        file: "yolov4_tiny_fp16.onnx",
        bytes: include_bytes!("../../../models/yolov4_tiny_fp16.onnx"),
    },
];
