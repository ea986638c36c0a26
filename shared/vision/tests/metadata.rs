//! What a picture tells beside its pixels stays with the original.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use darkroom_vision::{decode, thumbnails};
use support::{LIMITS, expectations, fixture};

/// The segments of a JPEG before its first scan: marker and content.
fn segments(jpeg: &[u8]) -> Vec<(u8, &[u8])> {
    assert!(jpeg.starts_with(&[0xFF, 0xD8]));
    let (mut rest, mut found) = (&jpeg[2..], Vec::new());
    loop {
        assert_eq!(rest[0], 0xFF);
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        found.push((rest[1], &rest[4..2 + length]));
        if rest[1] == 0xDA {
            return found;
        }
        rest = &rest[2 + length..];
    }
}

#[test]
fn thumbnails_hold_no_segment_but_jfif() {
    for (file, _) in expectations() {
        for thumbnail in thumbnails(&fixture(&file), &LIMITS).unwrap().files {
            let segments = segments(&thumbnail.jpeg);
            let (marker, content) = segments[0];
            assert_eq!(marker, 0xE0, "{file}");
            assert!(content.starts_with(b"JFIF\0"));
            // No thumbnail within the thumbnail.
            assert_eq!(content.len(), 14);
            for (marker, _) in &segments[1..] {
                assert!(
                    !matches!(marker, 0xE0..=0xEF | 0xFE),
                    "{file}: segment {marker:#X}"
                );
            }
        }
    }
}

#[test]
fn the_place_of_a_photograph_is_not_passed_on() {
    let original = fixture("whereabouts.jpg");
    let secrets: [&[u8]; 6] = [
        b"Exif",
        b"Secret Cameras",
        b"ICC_PROFILE",
        b"xmpmeta",
        b"48.858",
        b"taken at home",
    ];
    let holds = |bytes: &[u8], secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    for secret in secrets {
        assert!(holds(&original, secret), "the fixture is to hold it");
    }
    for thumbnail in thumbnails(&original, &LIMITS).unwrap().files {
        for secret in secrets {
            assert!(!holds(&thumbnail.jpeg, secret));
        }
    }
}

#[test]
fn thumbnails_are_baseline_with_half_chroma() {
    for file in ["rgba.png", "grey.jpg", "baseline.jpg"] {
        for thumbnail in thumbnails(&fixture(file), &LIMITS).unwrap().files {
            let (marker, frame) = segments(&thumbnail.jpeg)
                .into_iter()
                .find(|(marker, _)| (0xC0..=0xC2).contains(marker))
                .unwrap();
            assert_eq!(marker, 0xC0, "baseline");
            assert_eq!(frame[5], 3, "components");
            assert_eq!([frame[7], frame[10], frame[13]], [0x22, 0x11, 0x11], "sampling");
            assert!(decode(&thumbnail.jpeg, &LIMITS).is_ok());
        }
    }
}
