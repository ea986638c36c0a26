//! From a picture to the tensor a network wants, in one pass.
//!
//! Each row of the input is resampled from the source rows that it needs and normalised into its place; nothing of the
//! picture's size is allocated.

use crate::geometry::Placement;
use crate::manifest::{ChannelOrder, Fit, InputContract, InputLayout};
use crate::pixels::Pixels;
use crate::resample::Resampler;

/// A network's input: `3 * width * height` normalised samples in the order of the contract, and where the picture lies
/// in it.
#[derive(Clone, Debug)]
pub struct Input {
    /// The samples.
    pub values: Vec<f32>,
    /// Where the picture lies.
    pub placement: Placement,
}

/// Per-channel factor and summand that take a sample of 0 to 255 to what the network sees.
#[derive(Clone, Copy, Debug)]
struct Normalisation {
    factor: [f32; 3],
    summand: [f32; 3],
}

impl Normalisation {
    fn new(contract: &InputContract) -> Self {
        let mut factor = [0.0; 3];
        let mut summand = [0.0; 3];
        let channels = factor
            .iter_mut()
            .zip(summand.iter_mut())
            .zip(contract.mean.iter().zip(&contract.std));
        for ((factor, summand), (mean, std)) in channels {
            *factor = contract.scale / std;
            *summand = -mean / std;
        }
        Self { factor, summand }
    }
}

/// Resamples, arranges and normalises a picture for a network.
#[must_use]
pub fn preprocess(pixels: &Pixels<'_>, contract: &InputContract) -> Input {
    let (columns, rows) = (contract.width as usize, contract.height as usize);
    let placement = Placement::new(
        contract.fit,
        (pixels.width(), pixels.height()),
        (contract.width, contract.height),
    );
    let normalisation = Normalisation::new(contract);
    let mut values = filling(contract, &normalisation);
    let mut resampler = Resampler::new(*pixels, &placement, contract.resampling);
    let filled = resampler.columns();
    let left = placement.horizontal.target as usize;
    let top = placement.vertical.target as usize;
    for index in 0..resampler.rows() {
        let sums = resampler.row(index);
        let y = top + index;
        for (channel, plane) in sums.chunks_exact(filled.max(1)).enumerate() {
            let channel = match contract.channels {
                ChannelOrder::Rgb => channel,
                ChannelOrder::Bgr => 2 - channel,
            };
            let factor = normalisation.factor.get(channel).copied().unwrap_or_default();
            let summand = normalisation.summand.get(channel).copied().unwrap_or_default();
            let normalised = plane.iter().map(|sample| sample * factor + summand);
            match contract.layout {
                InputLayout::Nchw => {
                    let start = (channel * rows + y) * columns + left;
                    let row = values.get_mut(start..start + filled).unwrap_or_default();
                    row.iter_mut()
                        .zip(normalised)
                        .for_each(|(target, value)| *target = value);
                }
                InputLayout::Nhwc => {
                    let start = (y * columns + left) * 3;
                    let row = values.get_mut(start..start + 3 * filled).unwrap_or_default();
                    let targets = row.iter_mut().skip(channel).step_by(3);
                    targets
                        .zip(normalised)
                        .for_each(|(target, value)| *target = value);
                }
            }
        }
    }
    Input { values, placement }
}

/// An input that holds the padding alone.
fn filling(contract: &InputContract, normalisation: &Normalisation) -> Vec<f32> {
    let cells = contract.width as usize * contract.height as usize;
    let Fit::Letterbox { pad, .. } = contract.fit else {
        return vec![0.0; 3 * cells];
    };
    let mut colour = normalisation.summand;
    colour
        .iter_mut()
        .zip(normalisation.factor)
        .for_each(|(value, factor)| *value += pad * factor);
    match contract.layout {
        InputLayout::Nchw => colour
            .iter()
            .flat_map(|value| std::iter::repeat_n(*value, cells))
            .collect(),
        InputLayout::Nhwc => colour.repeat(cells),
    }
}
