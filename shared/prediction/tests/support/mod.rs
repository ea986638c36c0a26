//! Models and pictures of the tests.

#![allow(dead_code, reason = "not every test takes everything")]

use std::{fs, path::PathBuf};

use darkroom_domain::{DetectionOrder, ImageLimits};
use darkroom_inference::{Library, Model};
use darkroom_prediction::{DetectedPicture, Parameters, detected};
use darkroom_vision::{
    Picture,
    encode::{Quality, jpeg_of_quality},
};

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The model of a name, of a manifest in a folder; the manifest may be changed before.
pub(crate) fn model_of(folder: &str, name: &str, change: impl FnOnce(String) -> String) -> Model {
    let manifest = fs::read_to_string(repository(folder).join("manifest.toml")).unwrap();
    let library = Library::parse(&change(manifest)).unwrap();
    let description = library.get(name).unwrap();
    let file = fs::read(repository(folder).join(&description.file)).unwrap();
    Model::load(description, &file, 1).unwrap()
}

/// The detector that answers where none is named.
pub(crate) fn everyday() -> Model {
    model_of("models", "efficientdet_lite0", |manifest| manifest)
}

/// The detector of coloured squares: its input has 10 cells along each side, each of 16 samples, and where a cell has the colour
/// of a class, it is found there.
pub(crate) fn squares() -> Model {
    model_of("tests/fixtures/models", "tray", |manifest| manifest)
}

pub(crate) fn photograph(name: &str) -> Vec<u8> {
    fs::read(repository("tests/fixtures/photos").join(name)).unwrap()
}

pub(crate) fn order(model: &Model) -> DetectionOrder {
    DetectionOrder {
        model: model.name().to_owned(),
        ..DetectionOrder::default()
    }
}

/// What a model finds, told `order`.
pub(crate) fn found(model: &Model, file: &[u8], order: &DetectionOrder) -> DetectedPicture {
    let parameters = Parameters::of(order, model.description()).unwrap();
    detected(file, &ImageLimits::DEFAULT, model, &parameters).unwrap()
}

/// The pixels of a file.
pub(crate) fn decoded(file: &[u8]) -> Picture {
    darkroom_vision::decode(file, &ImageLimits::DEFAULT).unwrap()
}

/// A grey picture with squares of a colour: left, top, side.
pub(crate) fn painted(width: u32, height: u32, squares: &[([u32; 3], [u8; 3])]) -> Picture {
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let square = squares.iter().rev().find(|([left, top, side], _)| {
                (*left..left + side).contains(&x) && (*top..top + side).contains(&y)
            });
            pixels.extend(square.map_or([114; 3], |(_, color)| *color));
        }
    }
    Picture::from_rgb(width, height, pixels).unwrap()
}

/// A picture as a JPEG file.
pub(crate) fn jpeg(picture: Picture) -> Vec<u8> {
    jpeg_of_quality(&picture.into_raster(), Quality::HIGH).unwrap()
}
