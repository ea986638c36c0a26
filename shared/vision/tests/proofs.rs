//! Pictures looked at small and drawn into at full resolution: what is not drawn on stays as it is, to the bit.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test fails by panicking"
)]

mod support;

use darkroom_vision::draw::{self, ClassColors};
use darkroom_vision::{LabelledBox, Orientation, Picture, Proof, decode, inspect};
use support::proofs::{boxes, kept, labelled, made, photograph};
use support::{LIMITS, difference, expectations, fixture};

/// Sides that no rendition has, so that it is the picture itself.
const WHOLE: (u32, u32) = (u32::MAX, u32::MAX);

fn drawn(mut picture: Picture, boxes: &[LabelledBox]) -> Picture {
    let line_width = draw::line_width(picture.width(), picture.height());
    for found in boxes {
        let colors = ClassColors::of(found.class);
        draw::labelled_box(&mut picture, found.bounds, line_width, colors, &found.text);
    }
    picture
}

fn annotated(file: &[u8], boxes: &[LabelledBox]) -> Vec<u8> {
    let proof = Proof::open(file, &LIMITS, (16, 16)).unwrap();
    proof.annotated(boxes).unwrap()
}

/// Which pixels of the upright picture may change: those of units with something drawn in them, and those beside, into
/// which decoders let chroma run.
fn may_change(file: &[u8], boxes: &[LabelledBox]) -> Vec<bool> {
    let found = inspect(file, &LIMITS).unwrap();
    let (width, height) = found.upright_dimensions();
    let ground =
        |value| Picture::from_rgb(width, height, vec![value; (width * height * 3) as usize]).unwrap();
    let on_black = drawn(ground(0), boxes);
    let on_white = drawn(ground(255), boxes);
    let mut map = vec![false; (width * height) as usize];
    let (columns, rows) = (found.width.div_ceil(16), found.height.div_ceil(16));
    let mut units = vec![false; (columns * rows) as usize];
    let at = |x: u32, y: u32| (y * width + x) as usize;
    let stored = |x: u32, y: u32| {
        let (last_x, last_y) = (found.width - 1, found.height - 1);
        match found.orientation {
            Orientation::Upright => (x, y),
            Orientation::MirroredHorizontally => (last_x - x, y),
            Orientation::HalfTurn => (last_x - x, last_y - y),
            Orientation::MirroredVertically => (x, last_y - y),
            Orientation::Transposed => (y, x),
            Orientation::QuarterTurn => (y, last_y - x),
            Orientation::Transversed => (last_x - y, last_y - x),
            Orientation::ThreeQuarterTurn => (last_x - y, x),
        }
    };
    for y in 0..height {
        for x in 0..width {
            let same = on_black.pixels()[at(x, y)] == [0; 3] && on_white.pixels()[at(x, y)] == [255; 3];
            if !same {
                let (x, y) = stored(x, y);
                units[(y / 16 * columns + x / 16) as usize] = true;
            }
        }
    }
    for y in 0..height {
        for x in 0..width {
            let (x_stored, y_stored) = stored(x, y);
            let near =
                |place: u32, limit: u32| place.saturating_sub(2) / 16..=((place + 2) / 16).min(limit - 1);
            map[at(x, y)] = near(y_stored, rows)
                .any(|row| near(x_stored, columns).any(|column| units[(row * columns + column) as usize]));
        }
    }
    map
}

/// Everything after the header of the scan.
fn scan(file: &[u8]) -> &[u8] {
    let start = file
        .windows(2)
        .rposition(|window| window == [0xFF, 0xDA])
        .unwrap();
    &file[start + 14..]
}

/// The mean difference of luma, of all pixels or of some: what chroma loses at half its resolution is lost by any encoder.
fn luma_difference(one: &Picture, other: &Picture, of: &[bool]) -> f64 {
    let luma = |[red, green, blue]: &[u8; 3]| {
        f64::from(*red) * 0.299 + f64::from(*green) * 0.587 + f64::from(*blue) * 0.114
    };
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let pixels = one.pixels().iter().zip(other.pixels()).zip(of);
    let differences: Vec<f64> = pixels
        .filter(|(_, of)| **of)
        .map(|((one, other), _)| (luma(one) - luma(other)).abs())
        .collect();
    differences.iter().sum::<f64>() / differences.len().max(1) as f64
}

fn all(picture: &Picture) -> Vec<bool> {
    vec![true; picture.pixels().len()]
}

#[test]
fn nothing_drawn_leaves_the_scan_as_it_is() {
    for (name, file) in kept() {
        let out = annotated(&file, &[]);
        // Photographs may go on behind their end.
        assert!(scan(&file).starts_with(scan(&out)), "{name}");
        assert!(
            decode(&out, &LIMITS).unwrap() == decode(&file, &LIMITS).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn what_is_not_drawn_on_stays_the_same() {
    for (name, file) in kept() {
        let before = decode(&file, &LIMITS).unwrap();
        let boxes = boxes(before.width(), before.height());
        let after = decode(&annotated(&file, &boxes), &LIMITS).unwrap();
        let map = may_change(&file, &boxes);
        let pixels = before.pixels().iter().zip(after.pixels()).zip(&map);
        let changed = pixels
            .filter(|((before, after), may)| before != after && !**may)
            .count();
        assert_eq!(changed, 0, "{name}");
        if before.width() > 100 {
            assert!(map.iter().any(|may| !may), "{name}: something is to stay");
        }
    }
}

#[test]
fn what_is_drawn_is_what_is_drawn_into_the_decoded_picture() {
    for (name, file) in kept() {
        let before = decode(&file, &LIMITS).unwrap();
        let boxes = boxes(before.width(), before.height());
        let expected = drawn(before.clone(), &boxes);
        let after = decode(&annotated(&file, &boxes), &LIMITS).unwrap();
        let map = may_change(&file, &boxes);
        let mean = luma_difference(&expected, &after, &map);
        let allowed = if name == "420-coarsest" { 15.0 } else { 4.0 };
        assert!(mean < allowed, "{name}: {mean:.2}");
    }
}

#[test]
fn all_orientations_come_out_alike() {
    let upright = decode(&fixture("orientation-1.jpg"), &LIMITS).unwrap();
    let boxes = boxes(upright.width(), upright.height());
    let expected = drawn(upright, &boxes);
    for exif in 1..=8 {
        let file = fixture(&format!("orientation-{exif}.jpg"));
        let out = annotated(&file, &boxes);
        assert_eq!(inspect(&out, &LIMITS).unwrap().orientation.exif(), exif);
        let found = luma_difference(&decode(&out, &LIMITS).unwrap(), &expected, &all(&expected));
        assert!(found < 2.5, "{exif}: {found:.2}");
    }
}

/// The mean of the cells of a picture behind a pixel of its rendition.
fn averaged(full: &Picture, rendition: &Picture, left: i64, top: i64, scale: i64) -> Picture {
    let (width, height) = (i64::from(full.width()), i64::from(full.height()));
    let mut data = Vec::new();
    for y in 0..i64::from(rendition.height()) {
        for x in 0..i64::from(rendition.width()) {
            let (mut sums, mut count) = ([0_u32; 3], 0);
            for row in (y * scale - top).max(0)..((y + 1) * scale - top).min(height) {
                for column in (x * scale - left).max(0)..((x + 1) * scale - left).min(width) {
                    let pixel = full.pixels()[(row * width + column) as usize];
                    for (sum, sample) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(sample);
                    }
                    count += 1;
                }
            }
            data.push(sums.map(|sum| ((sum + count / 2) / count) as u8));
        }
    }
    Picture::from_rgb(rendition.width(), rendition.height(), data.concat()).unwrap()
}

#[test]
fn renditions_are_the_picture_averaged_down() {
    for (name, file) in kept() {
        let full = decode(&file, &LIMITS).unwrap();
        for scale in [1, 2, 4, 8] {
            let least = (full.width().div_ceil(scale), full.height().div_ceil(scale));
            let proof = Proof::open(&file, &LIMITS, least).unwrap();
            assert_eq!((proof.width(), proof.height()), (full.width(), full.height()));
            let rendition = proof.rendition();
            let used = proof.scale();
            // Small pictures may become smaller still, and be as large.
            assert!(used >= scale, "{name}");
            assert_eq!(
                (rendition.width(), rendition.height()),
                (full.width().div_ceil(used), full.height().div_ceil(used)),
                "{name}"
            );
            assert!(rendition.width() >= least.0 && rendition.height() >= least.1);
            let [left, top, ..] = proof.full_bounds([0.0; 4]);
            let expected = averaged(&full, rendition, -left as i64, -top as i64, i64::from(used));
            let found = difference(rendition, &expected);
            // Chroma is cut to its range before it is averaged in one, and after it in the other.
            let allowed = if used == 1 { 0.0 } else { 2.2 };
            assert!(found <= allowed, "{name} at 1/{used}: {found:.2}");
        }
    }
}

#[test]
fn every_other_encoding_is_looked_at_and_drawn_into_as_well() {
    for (name, _) in expectations() {
        let file = fixture(&name);
        let full = decode(&file, &LIMITS).unwrap();
        let proof = Proof::open(&file, &LIMITS, (40, 40)).unwrap();
        assert_eq!(
            (proof.width(), proof.height()),
            (full.width(), full.height()),
            "{name}"
        );
        assert!(proof.rendition().width() >= 40.min(full.width()), "{name}");
        let boxes = boxes(full.width(), full.height());
        let out = decode(&proof.annotated(&boxes).unwrap(), &LIMITS).unwrap();
        let found = luma_difference(&out, &drawn(full, &boxes), &all(&out));
        assert!(found < 4.0, "{name}: {found:.2}");
    }
    let file = made("411-150x112");
    let out = decode(&annotated(&file, &[]), &LIMITS).unwrap();
    assert!(difference(&out, &decode(&file, &LIMITS).unwrap()) < 2.0);
}

#[test]
fn many_boxes_and_boxes_of_any_size_are_drawn() {
    for file in [made("422-150x112"), fixture("rgb.png")] {
        let full = decode(&file, &LIMITS).unwrap();
        let mut boxes: Vec<LabelledBox> = (0..5000_u16)
            .map(|index| {
                let place = f32::from(index);
                let (x, y) = ((place * 7.3) % 150.0, (place * 3.1) % 112.0);
                labelled(
                    [x, y, x + place % 40.0, y + place % 30.0],
                    usize::from(index),
                    "x",
                )
            })
            .collect();
        boxes.push(labelled([f32::MIN, f32::MIN, f32::MAX, f32::MAX], 0, "all"));
        boxes.push(labelled([f32::NEG_INFINITY, 3.0, f32::INFINITY, 4.0], 0, ""));
        let proof = Proof::open(&file, &LIMITS, WHOLE).unwrap();
        let out = decode(&proof.annotated(&boxes).unwrap(), &LIMITS).unwrap();
        let found = luma_difference(&out, &drawn(full, &boxes), &all(&out));
        assert!(found < 6.0, "{found:.2}");
    }
}

#[test]
fn coordinates_of_the_rendition_lead_to_the_same_place() {
    // 150 and 112 by 8 are 18.75 and 14: of a mirrored side the rendition's first column stands for 6 pixels.
    for (exif, left, top) in [
        (1, 0.0, 0.0),
        (2, -2.0, 0.0),
        (3, -2.0, 0.0),
        (4, 0.0, 0.0),
        (5, 0.0, 0.0),
        (6, -2.0, 0.0),
        (7, -2.0, 0.0),
        (8, 0.0, 0.0),
    ] {
        let proof = Proof::open(&fixture(&format!("orientation-{exif}.jpg")), &LIMITS, (10, 10)).unwrap();
        assert_eq!(proof.scale(), 8);
        assert_eq!(
            proof.full_bounds([0.0, 0.0, 3.0, 1.5]),
            [left, top, left + 24.0, top + 12.0],
            "{exif}"
        );
    }
}

/// The markers of a JPEG's segments before its scan, each with its content.
fn segments(file: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut rest, mut found) = (&file[2..], Vec::new());
    loop {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        found.push((rest[1], &rest[4..2 + length]));
        if rest[1] == 0xDA {
            return found;
        }
        rest = &rest[2 + length..];
    }
}

#[test]
fn nothing_is_told_but_orientation_and_colours() {
    let original = fixture("whereabouts.jpg");
    let profile: Vec<&[u8]> = segments(&original)
        .into_iter()
        .filter(|(marker, _)| *marker == 0xE2)
        .map(|(_, content)| content)
        .collect();
    assert!(!profile.is_empty(), "the fixture is to have a profile");
    let out = annotated(&original, &[]);
    for secret in [
        b"Secret Cameras".as_slice(),
        b"xmpmeta",
        b"48.858",
        b"taken at home",
    ] {
        assert!(!out.windows(secret.len()).any(|window| window == secret));
    }
    for (marker, content) in segments(&out) {
        match marker {
            0xE0 => assert_eq!(content.len(), 14),
            0xE2 => assert!(profile.contains(&content)),
            0xE1 => assert_eq!(content.len(), 32),
            marker => assert!(!matches!(marker, 0xE0..=0xEF | 0xFE), "{marker:#X}"),
        }
    }
    let out = annotated(&photograph("orientation_landscape_6.jpg"), &[]);
    let applications: Vec<u8> = segments(&out)
        .into_iter()
        .map(|(marker, _)| marker)
        .filter(|marker| matches!(marker, 0xE0..=0xEF | 0xFE))
        .collect();
    assert_eq!(applications, [0xE0, 0xE1]);
}
