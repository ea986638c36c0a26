//! Files of which the scan is kept, and boxes to draw into them.

use std::fs;
use std::path::PathBuf;

use darkroom_vision::LabelledBox;

use super::fixture;

pub(crate) fn made(name: &str) -> Vec<u8> {
    fixture(&format!("proofs/{name}.jpg"))
}

pub(crate) fn photograph(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/photos");
    fs::read(path.join(name)).unwrap()
}

/// The files whose scan is kept, each with a name.
pub(crate) fn kept() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = [
        "420-restarts",
        "444-restarts",
        "422-optimized-restarts",
        "420-optimized",
        "422-optimized",
        "440-optimized",
        "444-optimized",
        "420-flat-optimized",
        "444-flat-optimized-restarts",
        "420-finest",
        "420-coarsest",
    ]
    .iter()
    .map(|name| ((*name).to_owned(), made(name)))
    .collect();
    for sampling in ["420", "422", "440", "444"] {
        for sides in ["1x1", "7x9", "17x33", "150x112"] {
            let name = format!("{sampling}-{sides}");
            files.push((name.clone(), made(&name)));
        }
    }
    for exif in 1..=8 {
        let name = format!("orientation-{exif}.jpg");
        files.push((name.clone(), fixture(&name)));
    }
    for name in [
        "baseline.jpg",
        "full-chroma.jpg",
        "half-chroma.jpg",
        "restarts.jpg",
    ] {
        files.push((name.to_owned(), fixture(name)));
    }
    for name in ["gps_starfish.jpg", "orientation_landscape_6.jpg", "rocket.jpg"] {
        files.push((name.to_owned(), photograph(name)));
    }
    files
}

pub(crate) fn labelled(bounds: [f32; 4], class: usize, text: &str) -> LabelledBox {
    LabelledBox {
        bounds,
        class,
        text: text.to_owned(),
    }
}

/// Boxes in the middle, at corners and beyond borders.
pub(crate) fn boxes(width: u32, height: u32) -> Vec<LabelledBox> {
    let (width, height) = (width as f32, height as f32);
    vec![
        labelled(
            [width * 0.3, height * 0.4, width * 0.6, height * 0.7],
            0,
            "pliers 0.91",
        ),
        labelled([0.0, 0.0, width * 0.1, height * 0.1], 6, "Ёж"),
        labelled([width * 0.8, height * 0.85, width * 2.0, height * 3.0], 7, "oil"),
        labelled([f32::NAN, 0.0, 1.0, 1.0], 1, "nowhere"),
    ]
}
