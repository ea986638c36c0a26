//! Vectors as files, and which of them can be compared with each other.
//!
//! A file holds the numbers of one vector as half-precision floats (IEEE 754 binary16), little-endian, one after another: of
//! numbers between -1 and 1 that keeps eleven binary digits, which moves the cosine of two vectors in the fourth decimal at
//! most, and takes half of the room.

use std::{sync::Arc, time::Duration};

use darkroom_domain::{Failure, VectorSpace};
use darkroom_inference::{
    Task,
    manifest::{Anchor, ChannelOrder, Fit, InputContract, InputLayout, Resampling},
};
use darkroom_model_store::ModelStore;
use half::f16;
use sha2::{Digest, Sha256};

/// The media type of a vector's file.
pub const MEDIA_TYPE: &str = "application/octet-stream";

/// Bytes of one number in a file.
pub const NUMBER_BYTES: usize = 2;

/// How a file becomes what the network sees, beside what the manifest says of it: decoded as it should look, upright, on
/// white, every pixel. A change of that makes new spaces.
const PIPELINE: &str = "darkroom photograph 1";

/// The bytes of a vector's file.
#[must_use]
pub fn encode(vector: &[f32]) -> Vec<u8> {
    vector
        .iter()
        .flat_map(|number| f16::from_f32(*number).to_le_bytes())
        .collect()
}

/// The vector of `dimensions` numbers in the bytes of a file; none if the bytes are more or fewer, or one of the numbers is
/// not finite.
#[must_use]
pub fn decode(bytes: &[u8], dimensions: usize) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<NUMBER_BYTES>();
    if numbers.len() != dimensions || !rest.is_empty() {
        return None;
    }
    numbers
        .iter()
        .map(|number| Some(f16::from_le_bytes(*number).to_f32()).filter(|number| number.is_finite()))
        .collect()
}

/// The space of the vectors that a network makes: the first 64 bits of a SHA-256 over its file's SHA-256, what the manifest
/// says of its input, and the way of a file to pixels.
#[must_use]
pub fn space_of(model_sha256: &str, input: &InputContract) -> VectorSpace {
    let digest = Sha256::digest(format!("{PIPELINE}\n{model_sha256}\n{}", contract_text(input)));
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(digest) {
        *to = from;
    }
    VectorSpace::new(u64::from_be_bytes(first))
}

/// The space of the vectors that are made now: that of the model which embeds where none is named. It is loaded, within the
/// time that is `left`, only where the manifest does not state its digest.
///
/// # Errors
/// Those of [`ModelStore::described`] and [`ModelStore::model_within`].
pub async fn current_space(models: &Arc<ModelStore>, left: Duration) -> Result<VectorSpace, Failure> {
    let described = models.described(Task::Embed, None).await?;
    if let Some(digest) = &described.sha256 {
        return Ok(space_of(digest, &described.input));
    }
    let model = models.model_within(Task::Embed, &described.name, left).await?;
    Ok(space_of(model.digest(), &model.description().input))
}

/// Everything that stands in a contract, in words that stay when names in the code do not.
fn contract_text(input: &InputContract) -> String {
    let layout = match input.layout {
        InputLayout::Nchw => "nchw",
        InputLayout::Nhwc => "nhwc",
    };
    let channels = match input.channels {
        ChannelOrder::Rgb => "rgb",
        ChannelOrder::Bgr => "bgr",
    };
    let resampling = match input.resampling {
        Resampling::Linear => "linear",
        Resampling::Triangle => "triangle",
        Resampling::Cubic => "cubic",
    };
    let fit = match input.fit {
        Fit::Stretch => "stretch".to_owned(),
        Fit::Letterbox { pad, anchor } => {
            let anchor = match anchor {
                Anchor::Centre => "centre",
                Anchor::TopLeft => "top_left",
            };
            format!("letterbox {pad} {anchor}")
        }
        Fit::CenterCrop { fraction } => format!("center_crop {fraction}"),
    };
    let three = |[first, second, third]: [f32; 3]| format!("{first} {second} {third}");
    format!(
        "{}x{} {layout} {channels} scale {} mean {} std {} {fit} {resampling}",
        input.width,
        input.height,
        input.scale,
        three(input.mean),
        three(input.std),
    )
}

#[cfg(test)]
mod tests {
    use darkroom_inference::Library;
    use proptest::prelude::*;

    use super::*;

    fn shipped() -> InputContract {
        let library = Library::parse(include_str!("../../../models/manifest.toml")).unwrap();
        library.default_for(Task::Embed).unwrap().input
    }

    #[test]
    fn whatever_changes_the_numbers_changes_the_space() {
        let input = shipped();
        let space = space_of("a", &input);
        assert_eq!(space, space_of("a", &shipped()));
        let mut spaces = vec![space, space_of("b", &input)];
        let changed = [
            InputContract { width: 225, ..input },
            InputContract { height: 225, ..input },
            InputContract {
                layout: InputLayout::Nhwc,
                ..input
            },
            InputContract {
                channels: ChannelOrder::Bgr,
                ..input
            },
            InputContract { scale: 0.5, ..input },
            InputContract {
                mean: [127.0, 127.0, 126.0],
                ..input
            },
            InputContract {
                std: [127.0, 128.0, 128.0],
                ..input
            },
            InputContract {
                fit: Fit::Stretch,
                ..input
            },
            InputContract {
                fit: Fit::CenterCrop { fraction: 0.9 },
                ..input
            },
            InputContract {
                resampling: Resampling::Linear,
                ..input
            },
        ];
        spaces.extend(changed.iter().map(|input| space_of("a", input)));
        let count = spaces.len();
        spaces.sort();
        spaces.dedup();
        assert_eq!(spaces.len(), count);
    }

    #[test]
    fn the_space_of_the_shipped_model_stays() {
        // Vectors lie in files under it: a change loses them all.
        let digest = "7031b65ab8eee66dfd289559572498010bd9bbd186b39a4bd918606c821b46c5";
        assert_eq!(space_of(digest, &shipped()).to_string(), "f5b939910734a634");
    }

    #[test]
    fn what_is_no_vector_is_told() {
        for bytes in [&[][..], &[0; 3], &[0; 5], &[0; 6]] {
            assert_eq!(decode(bytes, 2), None);
        }
        let mut bytes = encode(&[0.5, 0.25]);
        assert_eq!(decode(&bytes, 2), Some(vec![0.5, 0.25]));
        bytes[2..].copy_from_slice(&f16::NAN.to_le_bytes());
        assert_eq!(decode(&bytes, 2), None);
    }

    proptest! {
        #[test]
        fn vectors_come_back_to_eleven_digits(vector in prop::collection::vec(-1.0_f32..=1.0, 0..50)) {
            let bytes = encode(&vector);
            prop_assert_eq!(bytes.len(), vector.len() * NUMBER_BYTES);
            let back = decode(&bytes, vector.len()).unwrap();
            for (back, number) in back.iter().zip(&vector) {
                prop_assert!((back - number).abs() <= number.abs() / 2048.0 + 1e-7);
            }
        }

        #[test]
        fn any_bytes_are_a_vector_or_none(bytes: Vec<u8>, dimensions in 0..40_usize) {
            if let Some(vector) = decode(&bytes, dimensions) {
                prop_assert_eq!(encode(&vector), bytes);
            }
        }
    }
}
