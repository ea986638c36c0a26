//! Placing a picture in a network's input, and the way back.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

mod support;

use darkroom_inference::manifest::{Anchor, Fit};
use darkroom_inference::{Pixels, Placement, preprocess};
use proptest::prelude::*;
use support::description;

fn fits() -> impl Strategy<Value = Fit> {
    let anchors = prop::sample::select(vec![Anchor::Centre, Anchor::TopLeft]);
    prop_oneof![
        Just(Fit::Stretch),
        anchors.prop_map(|anchor| Fit::Letterbox { pad: 114.0, anchor }),
        (0.05f64..=1.0).prop_map(|fraction| Fit::CenterCrop { fraction }),
    ]
}

/// Sides from a single pixel to a hundred thousand: ordinary, and as unequal as can be.
fn side() -> impl Strategy<Value = u32> {
    prop_oneof![1u32..20, 1u32..5000, 5000u32..100_000]
}

proptest! {
    #[test]
    fn there_and_back_is_the_same_place(
        fit in fits(), width in side(), height in side(), columns in 1u32..1300, rows in 1u32..1300,
        x in 0.0f64..1.0, y in 0.0f64..1.0,
    ) {
        let placement = Placement::new(fit, (width, height), (columns, rows));
        let (x, y) = (x * f64::from(width), y * f64::from(height));
        let (u, v) = placement.forward(x, y);
        let (back_x, back_y) = placement.back(u, v);
        prop_assert!((back_x - x).abs() < 1e-3 && (back_y - y).abs() < 1e-3, "{x} {y} -> {back_x} {back_y}");
        if !matches!(fit, Fit::CenterCrop { .. }) {
            prop_assert!((-1e-6..=f64::from(columns) + 1e-6).contains(&u), "{u} outside the input");
            prop_assert!((-1e-6..=f64::from(rows) + 1e-6).contains(&v), "{v} outside the input");
        }
    }

    #[test]
    fn boxes_come_back_inside_the_picture_or_not_at_all(
        fit in fits(), width in side(), height in side(), edges in prop_oneof![
            prop::array::uniform4(-100.0f32..800.0),
            any::<[f32; 4]>(),
        ],
    ) {
        let placement = Placement::new(fit, (width, height), (640, 640));
        if let Some(bounds) = placement.bounds_in_picture(edges) {
            prop_assert!(bounds.x1 >= 0.0 && bounds.x1 < bounds.x2 && bounds.x2 <= width as f32);
            prop_assert!(bounds.y1 >= 0.0 && bounds.y1 < bounds.y2 && bounds.y2 <= height as f32);
        } else if edges.iter().all(|edge| edge.is_finite()) {
            // Only what has no area in the picture is nothing.
            let (x1, y1) = placement.back(f64::from(edges[0]), f64::from(edges[1]));
            let (x2, y2) = placement.back(f64::from(edges[2]), f64::from(edges[3]));
            let across = x2.min(f64::from(width)) - x1.max(0.0);
            let down = y2.min(f64::from(height)) - y1.max(0.0);
            prop_assert!(across < 0.02 || down < 0.02, "{across} x {down} of a box was lost");
        }
    }
}

#[test]
fn the_margins_of_a_letterbox_are_those_of_ultralytics() {
    // 1280 x 721 at half size: 640 x 360 (720.5 / 2 rounds to even), margins of 140.
    let centred = Fit::Letterbox {
        pad: 114.0,
        anchor: Anchor::Centre,
    };
    let placement = Placement::new(centred, (1280, 721), (640, 640));
    assert_eq!(placement.forward(0.0, 0.0), (0.0, 140.0));
    assert_eq!(placement.forward(1280.0, 721.0), (640.0, 500.0));
    // An odd remainder leaves the greater margin below.
    let placement = Placement::new(centred, (640, 481), (640, 640));
    assert_eq!(placement.forward(0.0, 0.0).1, 79.0);
    let corner = Fit::Letterbox {
        pad: 128.0,
        anchor: Anchor::TopLeft,
    };
    assert_eq!(
        Placement::new(corner, (600, 400), (416, 416)).forward(600.0, 400.0),
        (416.0, 277.0)
    );
}

#[test]
fn a_line_of_pixels_is_still_a_picture() {
    let entry = "name = \"it\"\nfile = \"it\"\ntask = \"detect\"\noutput = { layout = \"yolo\" }";
    let contract = description(entry).input;
    let memory = vec![[255, 0, 0]; 10_000];
    for (width, height) in [(1, 10_000), (10_000, 1), (1, 1)] {
        let pixels = Pixels::new(width, height, &memory[..(width * height) as usize]).unwrap();
        let input = preprocess(&pixels, &contract);
        assert_eq!(input.values.len(), 3 * 640 * 640);
        let red = input.values[..640 * 640]
            .iter()
            .filter(|value| **value == 1.0)
            .count();
        assert_eq!(
            red,
            if width == height { 640 * 640 } else { 640 },
            "{width} x {height}"
        );
        let bounds = input
            .placement
            .bounds_in_picture([0.0, 0.0, 640.0, 640.0])
            .unwrap();
        assert_eq!([bounds.x2, bounds.y2], [width as f32, height as f32]);
    }
}

#[test]
fn samples_are_scaled_and_shifted_in_the_networks_order() {
    let entry = "name = \"it\"\nfile = \"it\"\ntask = \"embed\"\noutput = { layout = \"embedding\" }\n\
        input = { width = 2, height = 1, scale = 0.5, mean = [1.0, 2.0, 3.0], std = [1.0, 2.0, 4.0]";
    let memory = [[10, 20, 30], [40, 50, 60]];
    let pixels = Pixels::new(2, 1, &memory).unwrap();
    let values = |rest: &str| preprocess(&pixels, &description(&format!("{entry}{rest} }}")).input).values;
    assert_eq!(values(""), [4.0, 19.0, 4.0, 11.5, 3.0, 6.75]);
    assert_eq!(values(", layout = \"nhwc\""), [4.0, 4.0, 3.0, 19.0, 11.5, 6.75]);
    assert_eq!(values(", channels = \"bgr\""), [14.0, 29.0, 4.0, 11.5, 0.5, 4.25]);
}
