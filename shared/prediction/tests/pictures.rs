//! What is found in pictures, where it is told to be, and what is drawn.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "pictures and answers of the tests' own"
)]

mod support;

use darkroom_domain::{Code, DetectionOrder, ImageLimits};
use darkroom_inference::{DetectOptions, Labels, Pixels};
use darkroom_prediction::{Parameters, detected};
use darkroom_vision::{Picture, draw};
use support::{decoded, everyday, found, jpeg, model_of, order, painted, photograph, squares};

#[test]
fn photographs_show_what_is_known_to_be_in_them() {
    let model = everyday();
    let in_photograph = |name: &str| {
        let picture = found(&model, &photograph(name), &order(&model));
        let found = picture.detections.iter();
        found
            .map(|object| (object.label.clone(), object.confidence, object.bounds))
            .collect::<Vec<_>>()
    };
    let astronaut = in_photograph("astronaut.png");
    let (label, confidence, [left, top, right, bottom]) = &astronaut[0];
    assert_eq!(label, "person");
    assert!((confidence - 0.87).abs() < 0.02, "{astronaut:?}");
    assert!(
        *left < 30.0 && *top < 30.0 && (330.0..400.0).contains(right) && *bottom > 490.0,
        "{astronaut:?}"
    );
    let coffee = in_photograph("coffee.png");
    let cup = coffee.iter().find(|(label, ..)| label == "cup").unwrap();
    assert!((cup.1 - 0.54).abs() < 0.03, "{coffee:?}");
    // The cup stands in the middle of a picture of 600 by 400.
    let [left, top, right, bottom] = cup.2;
    assert!(
        (100.0..260.0).contains(&left) && (350.0..470.0).contains(&right),
        "{cup:?}"
    );
    assert!(
        (20.0..160.0).contains(&top) && (240.0..400.0).contains(&bottom),
        "{cup:?}"
    );
}

#[test]
fn boxes_are_in_pixels_of_a_large_original() {
    let model = squares();
    // 4000 by 3000 lie in rows 20 to 140 of an input of 160 by 160: a cell is 400 pixels wide.
    let picture = painted(
        4000,
        3000,
        &[([400, 300, 400], [0, 255, 0]), ([3600, 2300, 400], [255, 255, 0])],
    );
    let found = found(&model, &jpeg(picture), &order(&model));
    assert_eq!((found.width, found.height), (4000, 3000));
    let seen: Vec<_> = found
        .detections
        .iter()
        .map(|object| (object.label.as_str(), object.bounds))
        .collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
    for (label, bounds) in [
        ("11", [400.0, 300.0, 800.0, 700.0]),
        ("5", [3600.0, 2300.0, 4000.0, 2700.0]),
    ] {
        assert!(seen.contains(&(label, bounds)), "{label}: {seen:?}");
    }
    // The lines lie round the boxes, in the colour of the class.
    let shown = decoded(&found.annotated);
    assert_eq!((shown.width(), shown.height()), (4000, 3000));
    let object = found
        .detections
        .iter()
        .find(|object| object.label == "11")
        .unwrap();
    let color = draw::class_color(object.class as usize);
    let line = draw::line_width(4000, 3000);
    let at = |x: u32, y: u32| shown.pixels()[y as usize * 4000 + x as usize];
    let near = |pixel: [u8; 3]| {
        pixel
            .iter()
            .zip(color)
            .all(|(one, other)| one.abs_diff(other) < 40)
    };
    assert!(near(at(600, 700 + line / 2)), "{:?}", at(600, 700 + line / 2));
    assert!(!near(at(600, 500)) && !near(at(600, 1500)));
}

#[test]
fn a_large_photograph_is_looked_at_small_and_the_same_is_found() {
    let model = everyday();
    let small = decoded(&photograph("astronaut.png"));
    let (width, height) = (small.width() * 7, small.height() * 7);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        let row = small
            .pixels()
            .chunks(small.width() as usize)
            .nth(y as usize / 7)
            .unwrap();
        pixels.extend(row.iter().flat_map(|pixel| [*pixel; 7]).flatten());
    }
    let large = jpeg(Picture::from_rgb(width, height, pixels).unwrap());
    let whole = decoded(&large);
    let whole = Pixels::new(width, height, whole.pixels()).unwrap();
    let (in_whole, _) = model.detect(&whole, &DetectOptions::default()).unwrap();
    let found = found(&model, &large, &order(&model)).detections;
    assert_eq!(found.len(), in_whole.len(), "{found:?} {in_whole:?}");
    for (one, other) in found.iter().zip(&in_whole) {
        assert_eq!(one.label, other.label);
        assert!((one.confidence - other.score).abs() < 0.03, "{one:?} {other:?}");
        let other = other.bounds;
        for (one, other) in one.bounds.iter().zip([other.x1, other.y1, other.x2, other.y2]) {
            // A hundredth of the side.
            assert!((one - other).abs() < 36.0, "{found:?} {in_whole:?}");
        }
    }
}

#[test]
fn boxes_are_in_pixels_of_the_upright_picture() {
    let model = everyday();
    let upright = decoded(&photograph("astronaut.png"));
    let plain = found(&model, &jpeg(upright.clone()), &order(&model));
    let turned = found(&model, &turned_by_exif(&upright), &order(&model));
    assert_eq!((turned.width, turned.height), (upright.width(), upright.height()));
    let (plain, turned) = (&plain.detections[0], &turned.detections[0]);
    assert_eq!(turned.label, "person");
    for (one, other) in plain.bounds.iter().zip(turned.bounds) {
        assert!((one - other).abs() < 12.0, "{plain:?} {turned:?}");
    }
}

/// A JPEG file whose pixels lie on their side, and whose EXIF says how to put them upright (orientation 6).
fn turned_by_exif(upright: &Picture) -> Vec<u8> {
    let (width, height) = (upright.width(), upright.height());
    let mut pixels = Vec::new();
    for y in 0..width {
        for x in 0..height {
            pixels.extend(upright.pixels()[x as usize * width as usize + (width - 1 - y) as usize]);
        }
    }
    let plain = jpeg(Picture::from_rgb(height, width, pixels).unwrap());
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0");
    let mut file = plain[..2].to_vec();
    file.extend([0xff, 0xe1, 0, 8 + u8::try_from(tiff.len()).unwrap()]);
    file.extend(b"Exif\0\0");
    file.extend(tiff);
    file.extend(&plain[2..]);
    file
}

#[test]
fn a_picture_in_which_nothing_is_found_is_shown_too() {
    let model = everyday();
    let empty = painted(301, 200, &[]);
    let found = found(&model, &jpeg(empty.clone()), &order(&model));
    assert_eq!(found.detections, []);
    let shown = decoded(&found.annotated);
    assert_eq!((shown.width(), shown.height()), (301, 200));
    let is_as_it_was = |(one, other): (&[u8; 3], &[u8; 3])| one[0].abs_diff(other[0]) < 3;
    assert!(shown.pixels().iter().zip(empty.pixels()).all(is_as_it_was));
}

#[test]
fn what_is_not_quite_sure_is_told_apart() {
    let model = everyday();
    let coffee = photograph("coffee.png");
    let labels = |confidence| {
        let order = DetectionOrder {
            confidence: Some(confidence),
            ..order(&model)
        };
        let found = found(&model, &coffee, &order);
        let labels = |objects: &[darkroom_domain::DetectedObject]| {
            objects
                .iter()
                .map(|object| object.label.clone())
                .collect::<Vec<_>>()
        };
        (labels(&found.detections), labels(&found.uncertain))
    };
    let (sure, uncertain) = labels(0.5);
    assert_eq!(sure, ["dining table", "cup"]);
    assert!(!uncertain.contains(&"cup".to_owned()), "{uncertain:?}");
    let (sure, uncertain) = labels(0.59);
    assert_eq!(sure, ["dining table"]);
    assert!(uncertain.contains(&"cup".to_owned()), "{uncertain:?}");
    let (sure, uncertain) = labels(0.9);
    assert!(sure.is_empty() && uncertain.is_empty(), "{sure:?} {uncertain:?}");
}

#[test]
fn a_class_may_ask_for_more_than_the_others() {
    let stricter = |manifest: String| {
        manifest.replace(
            "confidence = 0.5, iou = 0.6, max_detections = 150",
            "confidence = 0.5, iou = 0.6, max_detections = 150, per_class = { \"11\" = 0.95 }",
        )
    };
    let model = model_of("tests/fixtures/models", "tray", stricter);
    assert_eq!(model.thresholds().per_class.len(), 1, "the manifest was changed");
    // A little off its colour, a square scores 1 - 8 (18 / 255)², which is 0.96; a little more, 0.92.
    for (green, is_sure) in [(255 - 15, true), (255 - 26, false)] {
        let picture = painted(
            160,
            160,
            &[([16, 16, 16], [0, green, 0]), ([64, 64, 16], [green, 0, 0])],
        );
        let png = darkroom_vision::encode::png(&picture.into_raster()).unwrap();
        let found = found(&model, &png, &order(&model));
        let has = |objects: &[darkroom_domain::DetectedObject], label: &str| {
            objects.iter().any(|object| object.label == label)
        };
        assert_eq!(has(&found.detections, "11"), is_sure, "{found:?}");
        assert_eq!(has(&found.uncertain, "11"), !is_sure);
        assert!(
            has(&found.detections, "3"),
            "other classes ask for no more than before"
        );
    }
}

#[test]
fn an_order_says_what_is_looked_for() {
    let model = squares();
    let picture = painted(
        160,
        160,
        &[([16, 16, 16], [0, 255, 0]), ([64, 64, 16], [255, 0, 0])],
    );
    let file = jpeg(picture);
    let only = DetectionOrder {
        classes: Some(vec!["3".to_owned()]),
        ..order(&model)
    };
    let labels = |order: &DetectionOrder| {
        let found = found(&model, &file, order);
        found
            .detections
            .into_iter()
            .map(|object| object.label)
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(&only), ["3"]);
    let one = DetectionOrder {
        max_detections: Some(1),
        ..order(&model)
    };
    assert_eq!(labels(&one).len(), 1);
    let gone = DetectionOrder {
        classes: Some(vec!["12".to_owned()]),
        ..order(&model)
    };
    let failure = Parameters::of(&gone, model.description()).unwrap_err();
    assert_eq!(failure.code, Code::ModelFailed);
}

#[test]
fn what_an_order_leaves_open_is_the_models() {
    let model = everyday();
    let parameters = Parameters::of(&order(&model), model.description()).unwrap();
    assert_eq!(
        (parameters.confidence, parameters.iou, parameters.max_detections),
        (0.35, 0.5, 100)
    );
    let mut greedy = model.description().clone();
    greedy.thresholds.max_detections = 10_000;
    greedy.labels = Labels::Unnamed;
    assert_eq!(
        Parameters::of(&order(&model), &greedy).unwrap().max_detections,
        300
    );
}

#[test]
fn files_that_are_no_pictures_are_refused() {
    let model = squares();
    let parameters = Parameters::of(&order(&model), model.description()).unwrap();
    let refused = |file: &[u8], limits: &ImageLimits| {
        detected(file, limits, &model, &parameters)
            .map(|found| found.detections)
            .unwrap_err()
            .code
    };
    let limits = ImageLimits::DEFAULT;
    assert_eq!(
        refused(b"PK\x03\x04 is no picture", &limits),
        Code::UnsupportedFormat
    );
    assert_eq!(refused(b"", &limits), Code::EmptyFile);
    let file = jpeg(painted(300, 300, &[]));
    for length in [3, 100, file.len() / 2] {
        let code = refused(&file[..length], &limits);
        assert!(
            matches!(code, Code::CorruptImage | Code::UnsupportedFormat),
            "{length}: {code}"
        );
    }
    let narrow = ImageLimits {
        pixels: 300 * 299,
        ..limits
    };
    assert_eq!(refused(&file, &narrow), Code::ImageTooLarge);
}
