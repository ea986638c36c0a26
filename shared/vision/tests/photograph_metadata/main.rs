//! What is read of what cameras and editors wrote into files. The expected values of files that others wrote were compared
//! with what `ExifTool` 12.57 and Pillow 13.0 read of them.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod broken_values;
mod files;
mod hostile;
mod packets;
mod tagged;

use std::fs;
use std::path::Path;

use darkroom_domain::{ImageLimits, PhotographMetadata};
use darkroom_vision::{inspect, metadata};

fn read(file: &[u8]) -> PhotographMetadata {
    let inspection = inspect(file, &ImageLimits::DEFAULT).unwrap();
    metadata(file, &inspection)
}

/// A photograph of the whole workspace.
fn photograph(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/photos");
    fs::read(folder.join(name)).unwrap()
}

/// A picture of this crate.
fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(folder.join(name)).unwrap()
}
