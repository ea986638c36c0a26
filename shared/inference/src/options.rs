//! What a caller may ask for beside the picture.

use std::collections::BTreeSet;

use crate::error::Fault;

/// What counts as found. What is absent is taken from the model's thresholds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentOptions {
    /// Scores must be above this, 0 to 1. In a semantic model, probabilities (softmax over the classes at each node of
    /// the grid) are then interpolated in place of logits, and pixels whose greatest is below it become background.
    pub confidence: Option<f32>,
    /// Overlap above which the weaker of two boxes of a class is dropped, 0 to 1. Semantic models do without.
    pub iou: Option<f32>,
    /// How many of the strongest are kept, 1 to 10000. Semantic models do without.
    pub max_detections: Option<usize>,
    /// Only these classes are found; in a semantic model, all others become background.
    pub classes: Option<BTreeSet<usize>>,
}

/// Detecting takes the same options as segmenting.
pub type DetectOptions = SegmentOptions;

impl SegmentOptions {
    /// Says which option is out of its range.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        for (option, value) in [("confidence", self.confidence), ("iou", self.iou)] {
            value.map_or(Ok(()), |value| check_share(option, value))?;
        }
        match self.max_detections {
            Some(value) if !(1..=10_000).contains(&value) => Err(Fault::Option {
                option: "max_detections",
                value: value.to_string(),
                expected: "from 1 to 10000",
            }),
            _ => Ok(()),
        }
    }
}

/// Says where an option is not a share of something.
pub(crate) fn check_share(option: &'static str, value: f32) -> Result<(), Fault> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Fault::Option {
        option,
        value: value.to_string(),
        expected: "from 0 to 1",
    })
}
