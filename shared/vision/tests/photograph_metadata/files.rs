//! Files that cameras, editors and other libraries wrote.

use darkroom_domain::{LocalDateTime, PhotographMetadata};

use crate::{fixture, photograph, read};

#[test]
fn a_photograph_of_a_telephone() {
    let expected = PhotographMetadata {
        shot_at: LocalDateTime::new(2013, 5, 10, 15, 21, 35),
        latitude: Some(55.038_755_8),
        longitude: Some(8.457_190_6),
        camera_make: Some("Nokia".to_owned()),
        camera_model: Some("Lumia 820".to_owned()),
        f_number: Some(2.2),
        exposure_time: Some("1/319".to_owned()),
        iso: Some(100),
        ..PhotographMetadata::of_pixels(1278, 720, 1)
    };
    assert_eq!(read(&photograph("gps_starfish.jpg")), expected);
}

/// Its values of EXIF are properties of XMP alone.
#[test]
fn a_photograph_that_was_exported_as_png() {
    let expected = PhotographMetadata {
        camera_make: Some("PENTAX Corporation".to_owned()),
        camera_model: Some("PENTAX K100D Super".to_owned()),
        focal_length: Some("55mm".to_owned()),
        f_number: Some(8.0),
        exposure_time: Some("1/6".to_owned()),
        iso: Some(800),
        ..PhotographMetadata::of_pixels(451, 300, 1)
    };
    assert_eq!(read(&photograph("chelsea.png")), expected);
}

#[test]
fn photographs_that_say_little() {
    for (file, width, height, orientation) in [
        ("orientation_landscape_6.jpg", 1200, 1800, 6),
        ("rocket.jpg", 640, 427, 1),
        ("coffee.png", 600, 400, 1),
        ("astronaut.png", 512, 512, 1),
    ] {
        let expected = PhotographMetadata::of_pixels(width, height, orientation);
        assert_eq!(read(&photograph(file)), expected, "{file}");
    }
    for orientation in 1..=8 {
        let metadata = read(&fixture(&format!("orientation-{orientation}.jpg")));
        assert_eq!(metadata.orientation, orientation);
    }
    for file in ["plain.gif", "rgb.bmp", "animated-webp.webp", "rgb-lzw.tiff"] {
        let metadata = read(&fixture(file));
        let expected = PhotographMetadata::of_pixels(metadata.width, metadata.height, metadata.orientation);
        assert_eq!(metadata, expected, "{file}");
    }
}

/// What `fixtures/generate_metadata.py` had `ExifTool` write as EXIF.
fn camera() -> PhotographMetadata {
    PhotographMetadata {
        shot_at: LocalDateTime::new(2021, 2, 28, 23, 59, 59),
        latitude: Some(-33.856_784_4),
        longitude: Some(151.215_296_7),
        camera_make: Some("Cameras & Sons".to_owned()),
        camera_model: Some("Zürich 7".to_owned()),
        focal_length: Some("4.25mm".to_owned()),
        f_number: Some(2.8),
        exposure_time: Some("1/250".to_owned()),
        iso: Some(640),
        ..PhotographMetadata::of_pixels(16, 12, 6)
    }
}

fn words(caption: &str, tags: &[&str], rating: Option<i8>) -> PhotographMetadata {
    PhotographMetadata {
        caption: Some(caption.to_owned()),
        tags: Some(tags.iter().map(|&tag| tag.to_owned()).collect()),
        rating,
        ..camera()
    }
}

#[test]
fn what_an_editor_wrote_goes_before_what_the_camera_wrote() {
    let expected = words("of XMP <&> Ä", &["xmp", "Küste", "iptc", "exif"], Some(4));
    assert_eq!(read(&fixture("metadata/conflict.jpg")), expected);
    assert_eq!(read(&fixture("metadata/all.tiff")), expected);
}

#[test]
fn exif_alone() {
    let expected = words("of EXIF", &["exif", "Küste"], Some(2));
    assert_eq!(read(&fixture("metadata/exif-only.tiff")), expected);
}

#[test]
fn exif_and_xmp_of_png_and_webp() {
    let expected = words("of XMP <&> Ä", &["xmp", "Küste"], Some(4));
    for file in ["plain.png", "compressed.png", "both.webp"] {
        assert_eq!(read(&fixture(&format!("metadata/{file}"))), expected, "{file}");
    }
}

#[test]
fn iptc_alone_in_latin_1() {
    let metadata = read(&fixture("metadata/iptc.jpg"));
    assert_eq!(metadata.caption.as_deref(), Some("of IPTC Ä"));
    assert_eq!(metadata.tags.unwrap(), ["iptc", "Küste"]);
    assert_eq!(metadata.camera_make, None);
}
