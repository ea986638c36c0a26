//! How good a photograph is, measured without a network.
//!
//! | metric | what it looks at | better | source |
//! |---|---|---|---|
//! | BRISQUE | statistics of neighbouring pixels, judged by support vectors that people's opinions trained | lower | Mittal, Moorthy, Bovik: No-Reference Image Quality Assessment in the Spatial Domain, 2012 |
//! | NIQE | how far such statistics are from those of pristine photographs | lower | Mittal, Soundararajan, Bovik: Making a "Completely Blind" Image Quality Analyzer, 2013 |
//! | PIQE | distortion of the blocks that the eye looks at | lower | Venkatanath et al.: Blind Image Quality Evaluation Using Perception Based Features, 2015 |
//! | sharpness | how much of the detail of the sharpest part a low-pass takes away | higher | after Crété et al.: The Blur Effect, 2007 |
//! | exposure | where the tones lie, and how many are lost at the ends | higher | after Mertens et al.: Exposure Fusion, 2007 |
//! | colourfulness | how far colours are from grey, and from each other | higher | Hasler, Süsstrunk: Measuring Colourfulness in Natural Images, 2003 |
//!
//! Each is computed on the picture as it should be seen: upright, opaque, 8-bit sRGB. Sums have a fixed order and fused
//! operations are fused on every machine, so that the same pixels give the same numbers everywhere.

mod brisque;
mod colorfulness;
mod exposure;
mod gamma;
mod generalized_gaussian;
mod luma;
mod niqe;
mod normalization;
mod parameters;
mod piqe;
pub(crate) mod reduction;
mod sharpness;

use std::cell::OnceCell;

use darkroom_domain::quality::QualityMetric;
use thiserror::Error;

pub(crate) use self::luma::Luma;
use crate::picture::Picture;

/// Why a picture has no value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotMeasured {
    /// The definition needs more pixels. For NIQE, which needs two blocks, the sides may also be the other way round.
    #[error("{metric} is not defined for pictures smaller than {width}x{height} pixels")]
    TooSmall {
        /// The metric that was asked for.
        metric: QualityMetric,
        /// The least number of pixels of a row.
        width: u32,
        /// The least number of rows.
        height: u32,
    },
    /// Too much of the picture is of one tone: there is nothing to take statistics of.
    #[error("{0} is not defined for a picture without detail")]
    Featureless(QualityMetric),
    /// The metric is computed by a network, which this crate has none of.
    #[error("{0} needs a network")]
    NeedsNetwork(QualityMetric),
}

/// What is measured of a picture: the metrics in the order in which they were asked for, each with its value or with the
/// reason why there is none. What several of them work on is computed once.
#[must_use]
pub fn quality(
    picture: &Picture,
    metrics: &[QualityMetric],
) -> Vec<(QualityMetric, Result<f64, NotMeasured>)> {
    let luma = OnceCell::new();
    let luma = || luma.get_or_init(|| Luma::full_range(picture));
    metrics
        .iter()
        .map(|metric| {
            let measured = match metric {
                QualityMetric::Brisque => brisque::brisque(luma()),
                QualityMetric::Niqe => niqe::niqe(&Luma::studio_range(picture)),
                QualityMetric::Piqe => piqe::piqe(luma()),
                QualityMetric::Sharpness => sharpness::sharpness(luma()),
                QualityMetric::Exposure => Ok(exposure::exposure(luma())),
                QualityMetric::Colorfulness => Ok(colorfulness::colorfulness(picture)),
                other => Err(NotMeasured::NeedsNetwork(*other)),
            };
            (*metric, measured)
        })
        .collect()
}

/// The version of the way in which a metric is computed here, or `None` of those that need a network. Values of different
/// versions are not to be compared: a change of the numbers raises it.
#[must_use]
pub const fn version(metric: QualityMetric) -> Option<u32> {
    match metric {
        QualityMetric::Brisque
        | QualityMetric::Niqe
        | QualityMetric::Piqe
        | QualityMetric::Sharpness
        | QualityMetric::Exposure
        | QualityMetric::Colorfulness => Some(1),
        _ => None,
    }
}

/// An error unless the luma has at least these sides.
fn at_least(luma: &Luma, metric: QualityMetric, width: u32, height: u32) -> Result<(), NotMeasured> {
    if luma.width() < width as usize || luma.height() < height as usize {
        return Err(NotMeasured::TooSmall {
            metric,
            width,
            height,
        });
    }
    Ok(())
}
