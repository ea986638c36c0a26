//! What is decoded, and what the thumbnails show: held against Pillow's result for every encoding.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use darkroom_domain::{ImageFormat, ThumbnailPreset};
use darkroom_vision::{ColorModel, Picture, Raster, decode, encode, inspect, thumbnails};
use support::{LIMITS, difference, expectations, fixture, psnr, square};

/// Lossy files are shared with the picture that they were made from: their own loss counts as difference.
fn is_lossy(file: &str) -> bool {
    file.ends_with(".jpg") || file.starts_with("lossy")
}

#[test]
fn every_encoding_shows_what_pillow_shows() {
    let expectations = expectations();
    assert!(expectations.len() > 50, "the index is not whole");
    for (file, expected) in expectations {
        let picture = decode(&fixture(&file), &LIMITS).unwrap_or_else(|failure| panic!("{file}: {failure}"));
        let found = difference(&square(picture, 100), &expected);
        let allowed = match file.as_str() {
            // Pillow resamples rows first, this crate columns: between the two steps samples are cut to 8 bits, which
            // nothing feels as much as single pixels of black and white.
            file if file.starts_with("bilevel") => 8.0,
            file if is_lossy(file) => 3.0,
            _ => 1.2,
        };
        assert!(found < allowed, "{file}: mean difference {found:.2}");
    }
}

#[test]
fn thumbnails_are_like_pillows_and_of_the_exact_size() {
    for (file, expected) in expectations() {
        let made = thumbnails(&fixture(&file), &LIMITS).unwrap_or_else(|failure| panic!("{file}: {failure}"));
        for preset in ThumbnailPreset::ALL {
            let inspection = inspect(made.jpeg(preset), &LIMITS).unwrap();
            assert_eq!(inspection.format, ImageFormat::Jpeg);
            assert_eq!(
                (inspection.width, inspection.height),
                preset.dimensions(
                    made.source.upright_dimensions().0,
                    made.source.upright_dimensions().1
                ),
                "{file}"
            );
        }
        let small = decode(made.jpeg(ThumbnailPreset::Small), &LIMITS).unwrap();
        let ratio = psnr(&small, &expected);
        assert!(ratio > 23.0, "{file}: {ratio:.1} dB");
    }
}

#[test]
fn all_eight_orientations_give_the_same_thumbnails() {
    let upright: Vec<Picture> = shown("orientation-1.jpg");
    for value in 2..=8 {
        let file = format!("orientation-{value}.jpg");
        let inspection = inspect(&fixture(&file), &LIMITS).unwrap();
        assert_eq!(inspection.orientation.exif(), value);
        assert_eq!(inspection.upright_dimensions(), (150, 112));
        for (mine, other) in shown(&file).iter().zip(&upright) {
            let found = difference(mine, other);
            // The stored pictures went through JPEG in different positions.
            assert!(found < 2.5, "{file}: {found:.2}");
        }
    }
}

fn shown(file: &str) -> Vec<Picture> {
    let made = thumbnails(&fixture(file), &LIMITS).unwrap();
    made.files
        .iter()
        .map(|thumbnail| decode(&thumbnail.jpeg, &LIMITS).unwrap())
        .collect()
}

#[test]
fn the_sorters_thumbnail_shows_the_whole_picture() {
    for file in ["orientation-1.jpg", "orientation-6.jpg"] {
        let bytes = fixture(file);
        let made = thumbnails(&bytes, &LIMITS).unwrap();
        let shown = decode(made.jpeg(ThumbnailPreset::Sorter), &LIMITS).unwrap();
        let whole = decode(&bytes, &LIMITS).unwrap();
        // No larger than the picture itself: nothing was resampled, hence only the encoder makes a difference.
        assert_eq!((shown.width(), shown.height()), (150, 112), "{file}");
        let found = difference(&shown, &whole);
        assert!(found < 4.0, "{file}: {found:.2}");
    }
}

#[test]
fn orientation_is_read_from_every_container_that_has_it() {
    for file in [
        "orientation-6.jpg",
        "orientation-6.png",
        "orientation-6.webp",
        "orientation-6.tiff",
    ] {
        let inspection = inspect(&fixture(file), &LIMITS).unwrap();
        assert_eq!(inspection.orientation.exif(), 6, "{file}");
        let picture = decode(&fixture(file), &LIMITS).unwrap();
        assert_eq!(
            (picture.width(), picture.height()),
            inspection.upright_dimensions()
        );
        assert!(picture.width() > picture.height(), "{file}");
    }
}

#[test]
fn animations_are_told_and_show_their_first_frame() {
    for file in ["animated-apng.png", "animated-gif.gif", "animated-webp.webp"] {
        let inspection = inspect(&fixture(file), &LIMITS).unwrap();
        assert_eq!(inspection.frames, 3, "{file}");
        assert!(inspection.is_animated());
    }
    assert!(!inspect(&fixture("plain.gif"), &LIMITS).unwrap().is_animated());
}

#[test]
fn any_shape_of_picture_gives_the_exact_sizes() {
    for (width, height) in [
        (1, 1),
        (1, 16_384),
        (16_384, 1),
        (2, 3),
        (601, 400),
        (299, 301),
        (1199, 1201),
    ] {
        let file = grey_png(width, height);
        let made = thumbnails(&file, &LIMITS).unwrap();
        assert_eq!((made.source.width, made.source.height), (width, height));
        for thumbnail in &made.files {
            let picture = decode(&thumbnail.jpeg, &LIMITS).unwrap();
            assert_eq!(
                (picture.width(), picture.height()),
                thumbnail.preset.dimensions(width, height),
                "{width}x{height}"
            );
        }
    }
}

#[test]
fn the_same_bytes_give_the_same_thumbnails_from_any_thread() {
    let file = fixture("baseline.jpg");
    let first = thumbnails(&file, &LIMITS).unwrap();
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| thumbnails(&file, &LIMITS).unwrap()))
            .collect();
        for other in others {
            assert_eq!(other.join().unwrap(), first);
        }
    });
}

#[test]
fn a_picture_with_next_to_no_data_is_whole() {
    // Rows of one colour take less than the decoder reads ahead.
    for (width, height) in [(8, 800), (1, 1), (16, 16), (17, 4000), (2000, 3)] {
        for model in [ColorModel::Luma, ColorModel::Rgb] {
            let data = vec![200; (width * height) as usize * model.channels()];
            let file = encode::jpeg(&Raster::new(width, height, model, data).unwrap()).unwrap();
            let picture = decode(&file, &LIMITS).unwrap();
            assert_eq!((picture.width(), picture.height()), (width, height));
            assert!(
                picture.rgb().iter().all(|sample| sample.abs_diff(200) <= 1),
                "{width}x{height}"
            );
        }
    }
}

/// A gradient, encoded by the decoder's own crate.
fn grey_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| u8::try_from((x + y) % 256).unwrap()))
        .collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}
