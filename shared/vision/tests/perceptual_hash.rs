//! The perceptual hash stays with a photograph, and tells it from others.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "channels are made of small numbers"
)]

mod support;

use darkroom_vision::{PerceptualHash, Picture, perceptual_hash};
use proptest::prelude::*;
use support::photos::{self, photo};

const ALL: [&str; 6] = [
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "gps_starfish.jpg",
    "orientation_landscape_6.jpg",
];
/// Bits that copies may differ by at most, and other photographs at least.
const SAME: u32 = 6;
const OTHER: u32 = 16;

#[test]
fn copies_are_alike() {
    for name in ALL {
        let original = photo(name);
        let hash = PerceptualHash::of(&original);
        assert!(hash.is_telling(), "{name}");
        assert_eq!(hash.bits(), perceptual_hash(&original));
        for quality in [95, 85, 70, 50] {
            let distance = hash.distance(PerceptualHash::of(&photos::compressed(&original, quality)));
            assert!(distance <= SAME, "{name}, quality {quality}: {distance}");
        }
        for scale in [0.25, 0.37, 0.5, 0.8, 1.3, 2.0] {
            let distance = hash.distance(PerceptualHash::of(&photos::scaled(&original, scale)));
            assert!(distance <= SAME, "{name}, scale {scale}: {distance}");
        }
        let small = photos::compressed(&photos::scaled(&original, 0.4), 50);
        assert!(
            hash.distance(PerceptualHash::of(&small)) <= SAME,
            "{name}, small and compressed"
        );
        for (what, picture) in [
            ("brighter", photos::exposed(&original, 0.3)),
            ("darker", photos::exposed(&original, -0.3)),
            ("without colour", photos::desaturated(&original, 0.0)),
            ("noisy", photos::noisy(&original, 5)),
            ("blurred", photos::blurred(&original, 1.5)),
        ] {
            let distance = hash.distance(PerceptualHash::of(&picture));
            assert!(distance <= 2 * SAME, "{name}, {what}: {distance}");
        }
    }
}

#[test]
fn other_photographs_are_not() {
    let hashes = ALL.map(|name| PerceptualHash::of(&photo(name)));
    for (index, one) in hashes.iter().enumerate() {
        for other in &hashes[index + 1..] {
            assert!(one.distance(*other) >= OTHER, "{one:x?} {other:x?}");
        }
    }
}

#[test]
fn half_of_the_bits_are_set() {
    for name in ALL {
        assert_eq!(perceptual_hash(&photo(name)).count_ones(), 32, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_picture_has_one_hash(width in 1_u32..90, height in 1_u32..90, seed: u64) {
        let data = (0..u64::from(width * height * 3)).map(|index| photos::random(seed ^ index) as u8).collect();
        let picture = Picture::from_rgb(width, height, data).unwrap();
        let hash = PerceptualHash::of(&picture);
        prop_assert_eq!(hash, PerceptualHash::of(&picture));
        prop_assert!(hash.bits().count_ones() <= 33);
    }
}
