//! The analyses of pixels: held against what OpenCV finds (`fixtures/analysis.json`), and against what must be true of any
//! picture.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use darkroom_domain::Code;
use darkroom_vision::{
    BlurParameters, Grid, Lightness, Orientation, auto_crop, decode_for_analysis, gaussian_blur, grid_means,
    lightness, stretched, viridis,
};
use proptest::prelude::*;
use serde_json::Value;
use support::{LIMITS, fixture};

fn expectations() -> Value {
    serde_json::from_slice(&fixture("analysis.json")).unwrap()
}

/// 64-bit FNV-1a.
fn digest(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{hash:016x}")
}

fn blur(source: &Lightness, kernel_size: i64, sigma_x: f64, sigma_y: f64) -> Lightness {
    let parameters = BlurParameters {
        kernel_size,
        sigma_x,
        sigma_y,
    };
    let (horizontal, vertical) = parameters.kernels().unwrap();
    gaussian_blur(source, &horizontal, &vertical)
}

#[test]
fn every_lossless_file_has_the_very_samples_that_opencv_reads() {
    let expectations = expectations();
    let files = expectations["files"].as_object().unwrap();
    assert!(files.len() > 30, "the list is not whole");
    for (file, expected) in files {
        let bytes = fixture(file);
        let picture = decode_for_analysis(&bytes, &LIMITS).unwrap();
        let found = lightness(&bytes, &LIMITS).unwrap();
        for size in [
            [picture.width(), picture.height()],
            [found.width(), found.height()],
        ] {
            assert_eq!(Value::from(size.to_vec()), expected["size"], "{file}");
        }
        assert_eq!(digest(picture.rgb()), expected["rgb"], "{file}");
        assert_eq!(digest(found.data()), expected["lightness"], "{file}");
    }
}

#[test]
fn blurs_and_their_colours_are_opencvs() {
    let source = lightness(&fixture("rgb.png"), &LIMITS).unwrap();
    for expected in expectations()["blurs"].as_array().unwrap() {
        let blurred = blur(
            &source,
            expected["kernel_size"].as_i64().unwrap(),
            expected["sigma_x"].as_f64().unwrap(),
            expected["sigma_y"].as_f64().unwrap(),
        );
        let stretched = stretched(&blurred);
        assert_eq!(digest(blurred.data()), expected["blurred"], "{expected}");
        assert_eq!(digest(stretched.data()), expected["stretched"], "{expected}");
        assert_eq!(
            digest(viridis(&stretched).data()),
            expected["viridis"],
            "{expected}"
        );
    }
}

#[test]
fn blurs_of_a_small_ramp() {
    let ramp = Lightness::new(7, 7, (0..49).map(|value| value * 5).collect()).unwrap();
    let first_rows: [(i64, f64, f64, [u8; 7]); 7] = [
        (3, 0.0, 0.0, [20, 23, 28, 33, 38, 43, 45]),
        (5, 0.0, 0.0, [30, 32, 36, 41, 46, 51, 53]),
        (5, 1.5, 0.0, [38, 40, 43, 48, 53, 57, 59]),
        (7, 0.0, 0.0, [43, 44, 48, 52, 57, 60, 62]),
        (9, 0.0, 0.0, [52, 53, 56, 60, 65, 68, 69]),
        (11, 0.0, 0.0, [61, 62, 65, 69, 72, 75, 76]),
        (3, 1.0, 2.0, [25, 27, 32, 37, 42, 47, 50]),
    ];
    for (size, sigma_x, sigma_y, row) in first_rows {
        assert_eq!(blur(&ramp, size, sigma_x, sigma_y).data()[..7], row, "{size}");
    }
}

#[test]
fn crops_are_those_of_opencvs_k_means() {
    let expectations = expectations();
    for (file, expected) in expectations["crops"].as_object().unwrap() {
        let source = lightness(&fixture(file), &LIMITS).unwrap();
        let found = auto_crop(&source).map(|found| vec![found.top, found.bottom, found.left, found.right]);
        assert_eq!(
            serde_json::to_value(found).unwrap(),
            *expected,
            "{file}: top, bottom, left, right"
        );
    }
}

#[test]
fn means_are_numpys_to_the_last_bit() {
    let source = lightness(&fixture("rgb.png"), &LIMITS).unwrap();
    let expected = &expectations()["means"];
    let lines = |name: &str| -> Vec<f64> { serde_json::from_value(expected[name].clone()).unwrap() };
    let grid = Grid::new(
        source.width(),
        source.height(),
        &lines("vertical"),
        &lines("horizontal"),
    )
    .unwrap();
    let means: Vec<Vec<String>> = serde_json::from_value(expected["means"].clone()).unwrap();
    let means: Vec<Vec<f64>> = means
        .iter()
        .map(|row| row.iter().map(|mean| mean.parse().unwrap()).collect())
        .collect();
    assert_eq!(grid_means(&source, &grid), means);
}

#[test]
fn alpha_is_dropped_and_orientation_applied() {
    // On white, as for display, the right half would be bright.
    let shown = darkroom_vision::decode(&fixture("rgba.png"), &LIMITS).unwrap();
    let analysed = decode_for_analysis(&fixture("rgba.png"), &LIMITS).unwrap();
    assert_ne!(shown, analysed);
    let opaque = decode_for_analysis(&fixture("rgb.png"), &LIMITS).unwrap();
    let part = analysed.width().min(opaque.width()) as usize;
    assert_eq!(analysed.pixels()[..part], opaque.pixels()[..part]);

    for value in 1..=8 {
        let bytes = fixture(&format!("orientation-{value}.jpg"));
        let upright = lightness(&bytes, &LIMITS).unwrap();
        assert_eq!((upright.width(), upright.height()), (150, 112), "{value}");
        let of_colours = Lightness::from(decode_for_analysis(&bytes, &LIMITS).unwrap());
        assert_eq!(upright, of_colours, "{value}");
    }
    let turned = lightness(&fixture("orientation-6.tiff"), &LIMITS).unwrap();
    assert!(turned.width() > turned.height());
}

#[test]
fn damaged_files_are_failures() {
    let whole = fixture("baseline.jpg");
    for length in [0, 3, 100, whole.len() / 2] {
        let failure = lightness(&whole[..length], &LIMITS).unwrap_err();
        assert!(
            matches!(
                failure.code,
                Code::EmptyFile | Code::UnsupportedFormat | Code::CorruptImage
            ),
            "{failure}"
        );
    }
    assert_eq!(
        lightness(&fixture("bomb.png"), &LIMITS).map_err(|failure| failure.code),
        decode_for_analysis(&fixture("bomb.png"), &LIMITS)
            .map(Lightness::from)
            .map_err(|failure| failure.code)
    );
}

#[test]
fn the_thinnest_pictures_with_the_largest_kernels() {
    let shapes = [
        (1, 1),
        (1, 2),
        (2, 1),
        (1, 700),
        (700, 1),
        (2, 65),
        (63, 2),
        (64, 1),
        (65, 3),
    ];
    for (width, height) in shapes {
        let data: Vec<u8> = (0..width * height)
            .map(|index: u32| u8::try_from(index * 37 % 256).unwrap())
            .collect();
        let source = Lightness::new(width, height, data).unwrap();
        let (darkest, brightest) = (source.data().iter().min(), source.data().iter().max());
        for size in [1, 3, 31, 1023, 4095] {
            for sigma in [0.0, 0.01, 700.0, 1e9] {
                let blurred = blur(&source, size, sigma, 0.0);
                assert_eq!((blurred.width(), blurred.height()), (width, height));
                assert!(blurred.data().iter().min() >= darkest && blurred.data().iter().max() <= brightest);
            }
        }
        if let Some((columns, rows)) = auto_crop(&source).and_then(|found| found.within(width, height)) {
            assert!(source.region(columns, rows).is_ok(), "{width}x{height}");
        }
        let every: Vec<f64> = (0..=width).map(f64::from).collect();
        let grid = Grid::new(width, height, &every, &[]).unwrap();
        assert_eq!(grid_means(&source, &grid)[0].len(), width as usize);
    }
}

prop_compose! {
    fn picture()(width in 1..90_u32, height in 1..40_u32)(
        data in proptest::collection::vec(any::<u8>(), (width * height) as usize),
        width in Just(width),
        height in Just(height),
    ) -> Lightness {
        Lightness::new(width, height, data).unwrap()
    }
}

fn turned(source: &Lightness, orientation: Orientation) -> Lightness {
    let raster = orientation.apply(source.clone().into_raster());
    Lightness::new(raster.width(), raster.height(), raster.data().to_vec()).unwrap()
}

/// The convolution as it is defined, in 64 bits.
fn blurred_by_definition(source: &Lightness, horizontal: &[u16], vertical: &[u16]) -> Vec<u8> {
    let seen = |place: i64, length: u32| -> usize {
        let last = i64::from(length) - 1;
        if last == 0 {
            return 0;
        }
        let phase = place.rem_euclid(2 * last);
        usize::try_from(phase.min(2 * last - phase)).unwrap()
    };
    let reach = |kernel: &[u16]| i64::try_from(kernel.len() / 2).unwrap();
    let mut out = Vec::new();
    for y in 0..i64::from(source.height()) {
        for x in 0..i64::from(source.width()) {
            let mut sum = 0_u64;
            for (row, weight) in (y - reach(vertical)..).zip(vertical) {
                for (column, other) in (x - reach(horizontal)..).zip(horizontal) {
                    let place =
                        seen(row, source.height()) * source.width() as usize + seen(column, source.width());
                    sum += u64::from(*weight) * u64::from(*other) * u64::from(source.data()[place]);
                }
            }
            out.push(u8::try_from((sum + 32_768) >> 16).unwrap());
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blur_is_its_definition(source in picture(), half_size in 0..8_i64, sigma in 0.1..4.0_f64) {
        let parameters = BlurParameters { kernel_size: 2 * half_size + 1, sigma_x: sigma, sigma_y: 0.7 };
        let (horizontal, vertical) = parameters.kernels().unwrap();
        let expected = blurred_by_definition(&source, &horizontal.weights(), &vertical.weights());
        let blurred = gaussian_blur(&source, &horizontal, &vertical);
        prop_assert_eq!(blurred.data(), expected);
    }

    #[test]
    fn blur_of_one_value_is_that_value(value: u8, width in 1..200_u32, height in 1..20_u32, half_size in 0..70_i64) {
        let source = Lightness::new(width, height, vec![value; (width * height) as usize]).unwrap();
        prop_assert_eq!(blur(&source, 2 * half_size + 1, 0.0, 0.0), source);
    }

    #[test]
    fn blur_and_mirrors_may_change_places(source in picture(), half_size in 0..20_i64) {
        for orientation in Orientation::ALL {
            // The same kernel both ways: turns change places with it too.
            let blurred = |picture: &Lightness| blur(picture, 2 * half_size + 1, 0.0, 0.0);
            prop_assert_eq!(turned(&blurred(&source), orientation), blurred(&turned(&source, orientation)));
        }
    }

    #[test]
    fn weighted_means_add_up_to_the_whole(
        source in picture(),
        vertical in proptest::collection::vec(0.0..1.0_f64, 0..6),
        horizontal in proptest::collection::vec(0.0..1.0_f64, 0..6),
    ) {
        let scaled = |lines: Vec<f64>, size: u32| -> Vec<f64> {
            lines.into_iter().map(|line| line * f64::from(size)).collect()
        };
        let (width, height) = (source.width(), source.height());
        let grid = Grid::new(width, height, &scaled(vertical, width), &scaled(horizontal, height)).unwrap();
        let means = grid_means(&source, &grid);
        prop_assert_eq!(means.len(), grid.rows());
        let mut total = 0.0;
        for (row, rows) in means.iter().zip(grid.horizontal().windows(2)) {
            prop_assert_eq!(row.len(), grid.columns());
            for (mean, columns) in row.iter().zip(grid.vertical().windows(2)) {
                let part = source.region(columns[0]..columns[1], rows[0]..rows[1]).unwrap();
                let sum: u64 = part.data().iter().map(|value| u64::from(*value)).sum();
                prop_assert_eq!(*mean, sum as f64 / part.data().len() as f64);
                total += mean * part.data().len() as f64;
            }
        }
        let sum: u64 = source.data().iter().map(|value| u64::from(*value)).sum();
        prop_assert!((total - sum as f64).abs() < 1e-6 * (sum as f64 + 1.0));
    }

    #[test]
    fn crops_that_are_used_are_within_the_picture(source in picture()) {
        if let Some((columns, rows)) = auto_crop(&source).and_then(|found| found.within(source.width(), source.height())) {
            let part = source.region(columns, rows).unwrap();
            prop_assert!(part.width() + 4 <= source.width() && part.height() + 4 <= source.height());
        }
    }

    #[test]
    fn the_histogram_is_the_same_however_a_picture_is_turned(source in picture()) {
        let expected = source.histogram();
        prop_assert_eq!(expected.iter().sum::<u64>(), source.data().len() as u64);
        for orientation in Orientation::ALL {
            prop_assert_eq!(turned(&source, orientation).histogram(), expected);
        }
    }

    #[test]
    fn stretching_is_done_once(source in picture()) {
        let once = stretched(&source);
        prop_assert_eq!(stretched(&once), once);
    }
}
