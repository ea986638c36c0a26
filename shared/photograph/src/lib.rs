//! What several functions share about photographs: what is known of each beside its pixels, and the groups they fall into.

pub mod describing;
pub mod groups;
pub mod scores;
pub mod vector;

use darkroom_model_store::ShippedWeights;

pub use self::{
    describing::{Described, describe},
    groups::Groups,
    scores::Scoring,
};

/// The models that embed. Those of other tasks are not in this package.
pub const WEIGHTS: &[ShippedWeights] = &[ShippedWeights {
    file: "efficientnet_lite0_fp16.onnx",
    bytes: include_bytes!("../../../models/efficientnet_lite0_fp16.onnx"),
}];
