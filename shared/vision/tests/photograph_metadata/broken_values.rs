//! Values that are broken are left out one by one; all others are kept.

use darkroom_domain::PhotographMetadata;

use crate::read;
use crate::tagged::{
    EXIF, Entry, GPS, IMAGE, ascii, entry, jpeg_with_exif, rationals, short, signed_rational,
};

const MAKE: u16 = 0x010F;
const EXPOSURE_TIME: u16 = 0x829A;
const F_NUMBER: u16 = 0x829D;
const ISO: u16 = 0x8827;
const SHOT_AT: u16 = 0x9003;
const FOCAL_LENGTH: u16 = 0x920A;

/// What is read of some entries, among two that are sound.
fn among_sound(entries: &[Entry]) -> PhotographMetadata {
    let mut all = vec![ascii(IMAGE, 0x0110, b"sound")];
    all.extend_from_slice(entries);
    all.push(ascii(EXIF, 0x9004, b"2020:01:01 00:00:00"));
    let metadata = read(&jpeg_with_exif(&all));
    assert_eq!(metadata.camera_model.as_deref(), Some("sound"));
    metadata
}

fn sound() -> PhotographMetadata {
    PhotographMetadata {
        camera_model: Some("sound".to_owned()),
        ..PhotographMetadata::of_pixels(16, 12, 1)
    }
}

#[test]
fn numbers_that_are_none() {
    for broken in [
        rationals(EXIF, EXPOSURE_TIME, &[(1, 0)]),
        rationals(EXIF, EXPOSURE_TIME, &[(0, 0)]),
        rationals(EXIF, EXPOSURE_TIME, &[(0, 1)]),
        rationals(EXIF, EXPOSURE_TIME, &[]),
        signed_rational(EXIF, EXPOSURE_TIME, -1, 250),
        signed_rational(EXIF, EXPOSURE_TIME, i32::MIN, -1),
        ascii(EXIF, EXPOSURE_TIME, b"1/250"),
        rationals(EXIF, F_NUMBER, &[(28, 0)]),
        rationals(EXIF, F_NUMBER, &[(0, 10)]),
        rationals(EXIF, F_NUMBER, &[(u32::MAX, 1)]),
        rationals(EXIF, FOCAL_LENGTH, &[(0, 0)]),
        rationals(EXIF, FOCAL_LENGTH, &[(0, 1)]),
        short(EXIF, ISO, &[0]),
        short(EXIF, ISO, &[]),
        short(IMAGE, 0x4746, &[6]),
        short(IMAGE, 0x4746, &[u16::MAX]),
    ] {
        assert_eq!(among_sound(std::slice::from_ref(&broken)), sound(), "{broken:?}");
    }
}

#[test]
fn numbers_in_other_forms() {
    let metadata = among_sound(&[
        signed_rational(EXIF, EXPOSURE_TIME, 2, 1),
        rationals(EXIF, FOCAL_LENGTH, &[(500, 10)]),
        short(EXIF, ISO, &[200, 400]),
        short(IMAGE, 0x4746, &[5]),
        // TIFF/EP has this in the first directory.
        rationals(IMAGE, F_NUMBER, &[(1_244_236, 699_009)]),
    ]);
    let expected = PhotographMetadata {
        exposure_time: Some("2".to_owned()),
        focal_length: Some("50mm".to_owned()),
        f_number: Some(1.78),
        iso: Some(200),
        rating: Some(5),
        ..sound()
    };
    assert_eq!(metadata, expected);
}

#[test]
fn sensitivities_above_16_bits_are_told_by_another_tag() {
    let long = |tag, iso: u32| entry(EXIF, tag, 4, 1, &iso.to_le_bytes());
    let more = short(EXIF, ISO, &[u16::MAX]);
    assert_eq!(
        among_sound(&[more.clone(), long(0x8832, 102_400)]).iso,
        Some(102_400)
    );
    assert_eq!(among_sound(&[more]).iso, Some(65_535));
    assert_eq!(among_sound(&[long(0x8833, 800)]).iso, Some(800));
}

#[test]
fn times_that_never_were() {
    for text in [
        &b"0000:00:00 00:00:00"[..],
        b"2021:02:29 10:00:00",
        b"2021:02:28 24:00:00",
        b"    :  :     :  :  ",
        b"2021:02:28",
        b"",
        b"\xFF\xFE\xFD",
        b"yesterday, at five o'clock",
    ] {
        assert_eq!(among_sound(&[ascii(EXIF, SHOT_AT, text)]), sound(), "{text:?}");
    }
}

fn place(latitude: &[(u32, u32)], north: &[u8], longitude: &[(u32, u32)], east: &[u8]) -> Vec<Entry> {
    vec![
        ascii(GPS, 1, north),
        rationals(GPS, 2, latitude),
        ascii(GPS, 3, east),
        rationals(GPS, 4, longitude),
    ]
}

#[test]
fn places_that_are_not_on_earth() {
    let (latitude, longitude) = ([(48, 1), (51, 1), (296, 10)], [(2, 1), (17, 1), (402, 10)]);
    let entries = place(&latitude, b"S", &longitude, b"W");
    let metadata = among_sound(&entries);
    assert_eq!(
        (metadata.latitude, metadata.longitude),
        (Some(-48.858_222_2), Some(-2.294_5))
    );
    for missing in 0..4 {
        let mut some = entries.clone();
        some.remove(missing);
        assert_eq!(among_sound(&some), sound(), "without entry {missing}");
    }
    for broken in [
        place(&[(91, 1), (0, 1), (0, 1)], b"N", &longitude, b"E"),
        place(&[(90, 1), (0, 1), (1, 1)], b"N", &longitude, b"E"),
        place(&latitude, b"N", &[(180, 1), (0, 1), (1, 1)], b"E"),
        place(&[(48, 0), (51, 1), (0, 1)], b"N", &longitude, b"E"),
        place(&[(0, 0); 3], b"N", &[(0, 0); 3], b"E"),
        place(&latitude, b"N", &longitude, b"N"),
        place(&latitude, b"", &longitude, b"E"),
        place(&[(u32::MAX, 1); 3], b"N", &longitude, b"E"),
        place(&[(1, 1); 1000], b"N", &longitude, b"E"),
    ] {
        assert_eq!(among_sound(&broken), sound(), "{broken:?}");
    }
}

#[test]
fn texts_are_bounded_and_clean() {
    let make = |text: &[u8]| among_sound(&[ascii(IMAGE, MAKE, text)]).camera_make;
    assert_eq!(make(b"   "), None);
    assert_eq!(make(b"\0\0\0"), None);
    assert_eq!(make(b"\0Canon").as_deref(), Some("Canon"));
    assert_eq!(
        make(b" Canon\x07 \0 and what was there before").as_deref(),
        Some("Canon")
    );
    assert_eq!(make(b"Caf\xE9").as_deref(), Some("Caf\u{FFFD}"));
    assert_eq!(make(&[b'x'; 60_000]).unwrap(), "x".repeat(100));

    let caption = |text: &[u8]| among_sound(&[ascii(IMAGE, 0x010E, text)]).caption;
    assert_eq!(caption(b"two\r\nlines\x1B[31m").as_deref(), Some("two lines[31m"));
    assert_eq!(caption(b"Caf\xE9").as_deref(), Some("Café"));
    assert_eq!(caption(&[b'x'; 60_000]).unwrap(), "x".repeat(2_000));

    let utf8 = "Ölmühle".as_bytes();
    let metadata = among_sound(&[entry(IMAGE, MAKE, 129, utf8.len(), utf8)]);
    assert_eq!(metadata.camera_make.as_deref(), Some("Ölmühle"));
    let metadata = among_sound(&[entry(IMAGE, MAKE, 129, 4, b"Abc\0")]);
    assert_eq!(metadata.camera_make.as_deref(), Some("Abc"));
}

/// Directories that end too early, and values that lie behind the end of the file.
#[test]
fn values_outside_of_the_file_are_left_out() {
    for kind in [2, 5, 7, 129, 0, 60_000] {
        let mut outside = entry(IMAGE, MAKE, kind, 0, &[0xFF; 4]);
        outside.count = u32::MAX;
        assert_eq!(among_sound(&[outside]), sound(), "type {kind}");
    }
}
