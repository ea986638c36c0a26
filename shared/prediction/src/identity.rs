//! The id of a prediction follows from what it is made of.

use darkroom_domain::{PredictionId, prediction::UNCERTAIN_MARGIN};
use darkroom_inference::Description;
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::parameters::Parameters;

/// Counts the ways in which the same model, told the same, came to other boxes or to another picture of them: how files
/// are decoded and made smaller, how boxes are chosen and drawn. Whoever changes that counts on.
const PIPELINE: u32 = 1;

/// The id of what `model` finds in a picture: a UUID of version 8 made of the first bits of a SHA-256.
///
/// What is hashed are the digests of the picture and of the model's file, all of the manifest that has a part in it, and
/// the parameters.
#[must_use]
pub fn prediction_id(
    picture_sha256: &str,
    model: &Description,
    model_sha256: &str,
    parameters: &Parameters,
) -> PredictionId {
    let Parameters {
        confidence,
        iou,
        max_detections,
        classes,
    } = parameters;
    // The manifest is written as the program shows it: should that ever change, pictures are looked at once more.
    let text = format!(
        "prediction {PIPELINE}\n\
         picture {picture_sha256}\n\
         model {model_sha256} {name} {version} {input:?} {output:?} {labels:?} {per_class:?}\n\
         confidence {confidence:08x} margin {margin:08x} iou {iou:08x} most {max_detections} classes {classes:?}\n",
        name = model.name,
        version = model.version,
        input = model.input,
        output = model.output,
        labels = model.labels,
        per_class = model.thresholds.per_class,
        confidence = confidence.to_bits(),
        margin = UNCERTAIN_MARGIN.to_bits(),
        iou = iou.to_bits(),
    );
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut bits = [0; 16];
    bits.iter_mut().zip(digest).for_each(|(bit, byte)| *bit = byte);
    PredictionId::from_uuid(Builder::from_custom_bytes(bits).into_uuid())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use darkroom_inference::{Library, Task};

    use super::*;

    const MANIFEST: &str = include_str!("../../../models/manifest.toml");

    fn parameters() -> Parameters {
        Parameters {
            confidence: 0.35,
            iou: 0.5,
            max_detections: 100,
            classes: None,
        }
    }

    #[test]
    fn whatever_has_a_part_in_it_makes_another_prediction() {
        let library = Library::parse(MANIFEST).unwrap();
        let model = library.default_for(Task::Detect).unwrap();
        let of = |parameters: &Parameters| prediction_id("aa", model, "bb", parameters);
        let original = of(&parameters());
        assert_eq!(of(&parameters()), original, "the same again is the same");
        assert_eq!(original.as_uuid().get_version_num(), 8);
        let mut stricter = model.clone();
        stricter.thresholds.per_class.insert(47, 0.9);
        let mut renamed = model.clone();
        renamed.labels = darkroom_inference::Labels::Map([(47, "mug".to_owned())].into());
        let mut scaled = model.clone();
        scaled.input.scale = 0.5;
        let all = [
            original,
            prediction_id("ab", model, "bb", &parameters()),
            prediction_id("aa", model, "bc", &parameters()),
            prediction_id("aa", &stricter, "bb", &parameters()),
            prediction_id("aa", &renamed, "bb", &parameters()),
            prediction_id("aa", &scaled, "bb", &parameters()),
            of(&Parameters {
                confidence: 0.350_000_1,
                ..parameters()
            }),
            of(&Parameters {
                iou: 0.51,
                ..parameters()
            }),
            of(&Parameters {
                max_detections: 99,
                ..parameters()
            }),
            of(&Parameters {
                classes: Some([1].into()),
                ..parameters()
            }),
            of(&Parameters {
                classes: Some([1, 2].into()),
                ..parameters()
            }),
        ];
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
    }
}
