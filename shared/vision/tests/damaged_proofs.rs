//! Files that are cut or damaged are refused where a decoder refuses them, and drawn into where it does not.
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

use darkroom_domain::ImageLimits;
use darkroom_vision::{Proof, decode};
use support::proofs::{boxes, kept, made};
use support::{LIMITS, fixture};

#[test]
fn limits_hold() {
    let file = fixture("baseline.jpg");
    for limits in [
        ImageLimits { bytes: 100, ..LIMITS },
        ImageLimits {
            pixels: 100,
            ..LIMITS
        },
        ImageLimits { side: 100, ..LIMITS },
    ] {
        let expected = decode(&file, &limits).unwrap_err();
        let found = Proof::open(&file, &limits, (8, 8)).unwrap_err();
        assert_eq!(found, expected);
    }
}

/// Holds what becomes of a file against what a decoder says of it.
fn check_against_decoder(file: &[u8], name: &str) {
    let opened = Proof::open(file, &LIMITS, (10, 10));
    match (opened, decode(file, &LIMITS)) {
        (Ok(proof), Ok(full)) => {
            assert_eq!((proof.width(), proof.height()), (full.width(), full.height()));
            let boxes = boxes(proof.width(), proof.height());
            let out = proof.annotated(&boxes).unwrap();
            decode(&out, &LIMITS).unwrap();
        }
        (Err(found), Err(expected)) => assert_eq!(found.code, expected.code, "{name}"),
        (Ok(_), Err(expected)) => panic!("{name}: opened, but {expected}"),
        (Err(found), Ok(_)) => panic!("{name}: {found}, but it decodes"),
    }
}

#[test]
fn files_that_are_cut_anywhere_are_refused_as_the_decoder_refuses_them() {
    for name in ["420-17x33", "444-restarts", "422-optimized-restarts"] {
        let file = made(name);
        for length in 0..file.len() {
            check_against_decoder(&file[..length], &format!("{name} cut at {length}"));
        }
        // Cut within the scan, but with an end.
        for length in 200..file.len() - 2 {
            let mut cut = file[..length].to_vec();
            cut.extend([0xFF, 0xD9]);
            check_against_decoder(&cut, &format!("{name} ended at {length}"));
        }
    }
}

#[test]
fn damage_is_answered_as_the_decoder_answers_it() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as usize % below
    };
    for (name, original) in kept() {
        if original.len() > 8000 {
            continue;
        }
        for round in 0..60 {
            let mut file = original.clone();
            let reach = if round % 2 == 0 {
                file.len()
            } else {
                file.len().min(700)
            };
            for _ in 0..=random(3) {
                let place = 2 + random(reach - 2);
                file[place] = random(256) as u8;
            }
            check_against_decoder(&file, &format!("{name}, round {round}"));
        }
    }
}
