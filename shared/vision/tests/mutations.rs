//! Damaged files of every format: whatever comes, an answer comes, and a thumbnail is never of another size.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use darkroom_domain::{Code, ImageLimits, ThumbnailPreset};
use darkroom_vision::{inspect, thumbnails};
use proptest::prelude::*;
use support::fixture;

/// Small limits: a mutated header may otherwise ask for fifty megapixels of work, allowed but slow to test.
const LIMITS: ImageLimits = ImageLimits {
    bytes: 1 << 20,
    pixels: 1 << 17,
    side: 2048,
};

const FILES: [&str; 18] = [
    "baseline.jpg",
    "progressive.jpg",
    "restarts.jpg",
    "cmyk.jpg",
    "orientation-6.jpg",
    "rgba.png",
    "palette-alpha.png",
    "interlaced.png",
    "grey-16.png",
    "animated-apng.png",
    "animated-gif.gif",
    "transparent.gif",
    "palette.bmp",
    "palette-lzw.tiff",
    "rgb-deflate.tiff",
    "bilevel-group4.tiff",
    "lossy-alpha.webp",
    "animated-webp.webp",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::sample::select(&FILES[..]),
        prop::collection::vec(change, 1..6),
        any::<bool>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(file, changes, early, cut)| {
            let mut bytes = fixture(file);
            // Headers are what decoders trust: half of the time only they are changed.
            let reach = if early { bytes.len().min(128) } else { bytes.len() };
            for (index, value) in changes {
                bytes[index.index(reach)] = value;
            }
            if !early {
                let length = cut.index(bytes.len() * 2).max(1);
                bytes.truncate(length);
            }
            bytes
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_has_an_answer(bytes in mutated()) {
        match thumbnails(&bytes, &LIMITS) {
            Ok(made) => {
                for thumbnail in made.files {
                    let found = inspect(&thumbnail.jpeg, &ImageLimits::DEFAULT).unwrap();
                    let side = thumbnail.preset.side();
                    if thumbnail.preset == ThumbnailPreset::Sorter {
                        let (shorter, longer) =
                            (found.width.min(found.height), found.width.max(found.height));
                        prop_assert!(shorter <= 150 && longer <= side, "{:?}", found);
                    } else {
                        prop_assert_eq!((found.width, found.height), (side, side));
                    }
                }
            }
            Err(failure) => {
                prop_assert!(!failure.is_retryable(), "{}", failure);
                prop_assert!(
                    matches!(
                        failure.code,
                        Code::CorruptImage | Code::ImageTooLarge | Code::UnsupportedFormat | Code::DecodePanic
                    ),
                    "{}", failure
                );
            }
        }
    }

    #[test]
    fn any_bytes_after_a_known_beginning_have_an_answer(
        beginning in prop::sample::select(&FILES[..]),
        kept in 4_usize..40,
        rest in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let mut bytes = fixture(beginning);
        bytes.truncate(kept);
        bytes.extend(rest);
        // Inspection is not guarded: it must not panic by itself.
        if let Err(failure) = inspect(&bytes, &LIMITS) {
            prop_assert!(!failure.is_retryable());
        }
    }
}
