//! The pictures of `fixtures/`, and how alike two pictures are.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod photos;
pub(crate) mod proofs;

use std::fs;
use std::path::PathBuf;

use darkroom_domain::ImageLimits;
use darkroom_vision::resize::{Region, lanczos3};
use darkroom_vision::{Picture, decode};

pub(crate) const LIMITS: ImageLimits = ImageLimits::DEFAULT;

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file with the picture that it is to show as a square of 100 pixels.
pub(crate) fn expectations() -> Vec<(String, Picture)> {
    String::from_utf8(fixture("expected/index.txt"))
        .unwrap()
        .lines()
        .map(|line| {
            let (file, expected) = line.split_once(' ').unwrap();
            (
                file.to_owned(),
                decode(&fixture(&format!("expected/{expected}")), &LIMITS).unwrap(),
            )
        })
        .collect()
}

/// The square in the middle of a picture, without an encoder in between.
pub(crate) fn square(picture: Picture, side: u32) -> Picture {
    let region = Region::central_square(picture.width(), picture.height());
    lanczos3(&picture.into_raster(), region, side, side)
        .unwrap()
        .into_rgb()
}

/// The mean of the absolute differences of all samples.
pub(crate) fn difference(a: &Picture, b: &Picture) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let sum: u64 = a
        .rgb()
        .iter()
        .zip(b.rgb())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.rgb().len() as f64
}

/// Peak signal to noise ratio over all samples, in dB.
pub(crate) fn psnr(a: &Picture, b: &Picture) -> f64 {
    let sum: u64 = a
        .rgb()
        .iter()
        .zip(b.rgb())
        .map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2))
        .sum();
    10.0 * (255.0 * 255.0 / (sum as f64 / a.rgb().len() as f64).max(1e-9)).log10()
}
