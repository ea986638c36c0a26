//! What the tests share: photographs and the shipped models.

#![allow(dead_code, unreachable_pub, reason = "each test uses the part it needs")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "what breaks here breaks a test"
)]

pub mod graph;

use std::path::{Path, PathBuf};

use darkroom_inference::{Description, Library, Model, Pixels, Task};

/// A picture in memory.
pub struct Photo {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<[u8; 3]>,
}

impl Photo {
    pub fn pixels(&self) -> Pixels<'_> {
        Pixels::new(self.width, self.height, &self.rgb).unwrap()
    }

    /// Without a margin on all sides.
    pub fn inner(&self, margin: u32) -> Self {
        let (width, height) = (self.width - 2 * margin, self.height - 2 * margin);
        let rows = self
            .rgb
            .chunks_exact(self.width as usize)
            .skip(margin as usize)
            .take(height as usize);
        let rgb = rows
            .flat_map(|row| row[margin as usize..][..width as usize].to_vec())
            .collect();
        Self { width, height, rgb }
    }
}

/// A photograph of the workspace's fixtures.
pub fn photo(name: &str) -> Photo {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/photos")
        .join(name);
    let picture = image::ImageReader::open(path)
        .unwrap()
        .decode()
        .unwrap()
        .to_rgb8();
    let (width, height) = picture.dimensions();
    let rgb = picture.into_raw().as_chunks::<3>().0.to_vec();
    Photo { width, height, rgb }
}

pub fn models_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

pub fn library() -> Library {
    Library::parse(&std::fs::read_to_string(models_folder().join("manifest.toml")).unwrap()).unwrap()
}

pub fn bytes(description: &Description) -> Vec<u8> {
    std::fs::read(models_folder().join(&description.file)).unwrap()
}

pub fn default_model(task: Task) -> Model {
    let library = library();
    let description = library.default_for(task).unwrap();
    Model::load(description, &bytes(description), 1).unwrap()
}

pub fn shipped(name: &str) -> Model {
    let library = library();
    let description = library
        .iter()
        .find(|description| description.name == name)
        .unwrap();
    Model::load(description, &bytes(description), 1).unwrap()
}

/// The one model of a manifest in the text.
pub fn description(entry: &str) -> Description {
    let library = Library::parse(&format!("[[models]]\n{entry}")).unwrap();
    library.iter().next().unwrap().clone()
}
