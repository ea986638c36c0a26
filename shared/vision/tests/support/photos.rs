//! The photographs, and what may happen to them.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples and sides are made of small numbers"
)]

use std::fs;
use std::path::PathBuf;

use darkroom_vision::encode::{Quality, jpeg_of_quality};
use darkroom_vision::resize::{Region, lanczos3};
use darkroom_vision::{BlurParameters, Lightness, Picture, decode, gaussian_blur};

use super::LIMITS;

/// Those that are measured.
pub(crate) const NAMES: [&str; 4] = ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"];

pub(crate) fn photo(name: &str) -> Picture {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/photos")
        .join(name);
    let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    decode(&file, &LIMITS).unwrap()
}

/// With every sample replaced.
pub(crate) fn changed(picture: &Picture, sample: impl Fn(u8) -> u8) -> Picture {
    with_samples(
        picture,
        picture.rgb().iter().map(|value| sample(*value)).collect(),
    )
}

fn with_samples(picture: &Picture, samples: Vec<u8>) -> Picture {
    Picture::from_rgb(picture.width(), picture.height(), samples).unwrap()
}

/// Blurred with a Gaussian of this deviation, channel by channel.
pub(crate) fn blurred(picture: &Picture, sigma: f64) -> Picture {
    let parameters = BlurParameters {
        kernel_size: 0,
        sigma_x: sigma,
        sigma_y: 0.0,
    };
    let (horizontal, vertical) = parameters.kernels().unwrap();
    let [red, green, blue] = [0, 1, 2].map(|channel| {
        let samples = picture.pixels().iter().map(|pixel| pixel[channel]).collect();
        let plane = Lightness::new(picture.width(), picture.height(), samples).unwrap();
        gaussian_blur(&plane, &horizontal, &vertical)
    });
    let samples = red.data().iter().zip(green.data()).zip(blue.data());
    with_samples(
        picture,
        samples
            .flat_map(|((red, green), blue)| [*red, *green, *blue])
            .collect(),
    )
}

/// `SplitMix64` of a number.
pub(crate) fn random(number: u64) -> u64 {
    let state = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ state >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ state >> 31
}

/// With noise that is nearly normal, of a deviation of 2.3 times the strength.
pub(crate) fn noisy(picture: &Picture, strength: i64) -> Picture {
    let samples = picture.rgb().iter().zip(0..).map(|(value, index)| {
        let random = random(index);
        let total: i64 = [32, 40, 48, 56]
            .map(|shift| ((random >> shift) & 255).cast_signed())
            .iter()
            .sum();
        (i64::from(*value) + (((total - 510) * strength) >> 6)).clamp(0, 255) as u8
    });
    with_samples(picture, samples.collect())
}

/// As a JPEG of this quality shows it.
pub(crate) fn compressed(picture: &Picture, quality: u8) -> Picture {
    let file = jpeg_of_quality(&picture.clone().into_raster(), Quality::new(quality).unwrap()).unwrap();
    decode(&file, &LIMITS).unwrap()
}

/// With so many times two as much light.
pub(crate) fn exposed(picture: &Picture, stops: f64) -> Picture {
    let gain = stops.exp2();
    changed(picture, |value| {
        let light = (f64::from(value) / 255.0).powf(2.2) * gain;
        (255.0 * light.min(1.0).powf(1.0 / 2.2)).round() as u8
    })
}

/// With so much of its colour left.
pub(crate) fn desaturated(picture: &Picture, share: f64) -> Picture {
    let samples = picture.pixels().iter().flat_map(|[red, green, blue]| {
        let grey = (u32::from(*red) + u32::from(*green) + u32::from(*blue)) / 3;
        [*red, *green, *blue].map(|value| {
            let grey = f64::from(grey);
            (grey + (f64::from(value) - grey) * share).round() as u8
        })
    });
    with_samples(picture, samples.collect())
}

/// At another size.
pub(crate) fn scaled(picture: &Picture, scale: f64) -> Picture {
    let [width, height] =
        [picture.width(), picture.height()].map(|side| (f64::from(side) * scale).round() as u32);
    let region = Region {
        left: 0.0,
        top: 0.0,
        width: f64::from(picture.width()),
        height: f64::from(picture.height()),
    };
    lanczos3(&picture.clone().into_raster(), region, width, height)
        .unwrap()
        .into_rgb()
}
