//! Files that are cut, lie, or are made to exhaust memory: each is refused with the code that says why.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use darkroom_domain::{Code, ImageFormat, ImageLimits};
use darkroom_vision::{decode, inspect, thumbnails};
use support::{LIMITS, expectations, fixture};

fn inspected(bytes: &[u8]) -> Code {
    inspect(bytes, &LIMITS).expect_err("it is refused").code
}

fn made(bytes: &[u8]) -> Code {
    let failure = thumbnails(bytes, &LIMITS).expect_err("it is refused");
    assert!(!failure.is_retryable(), "{failure}");
    assert_eq!(decode(bytes, &LIMITS).unwrap_err().code, failure.code);
    failure.code
}

#[test]
fn files_that_are_no_images() {
    assert_eq!(made(b""), Code::EmptyFile);
    assert_eq!(
        made(b"Dear Sir or Madam, please find attached"),
        Code::UnsupportedFormat
    );
    assert_eq!(made(b"\xFF"), Code::UnsupportedFormat);
    assert_eq!(made(b"GIF"), Code::UnsupportedFormat);
    assert_eq!(made(&[0; 4096]), Code::UnsupportedFormat);
    let limits = ImageLimits { bytes: 10, ..LIMITS };
    assert_eq!(
        inspect(&fixture("rgb.png"), &limits).unwrap_err().code,
        Code::FileTooLarge
    );
}

#[test]
fn a_header_that_is_cut_anywhere_is_refused_by_every_format() {
    for (file, header) in [
        ("baseline.jpg", 200),
        ("rgb.png", 24),
        ("plain.gif", 12),
        ("rgb.bmp", 50),
        ("rgb-lzw.tiff", 7),
        ("lossy.webp", 25),
        ("lossless.webp", 24),
        ("lossless-alpha.webp", 24),
    ] {
        let bytes = fixture(file);
        for length in 1..header {
            let code = inspected(&bytes[..length]);
            assert!(
                matches!(code, Code::CorruptImage | Code::UnsupportedFormat),
                "{file} cut at {length}: {code}"
            );
        }
        assert_eq!(inspected(&bytes[..header - 1]), Code::CorruptImage, "{file}");
    }
}

#[test]
fn a_file_that_is_cut_in_its_pixels_is_refused() {
    for (file, _) in expectations() {
        let bytes = fixture(&file);
        for (part, whole) in [(1, 2), (3, 4), (9, 10)] {
            let cut = &bytes[..bytes.len() * part / whole];
            let Err(failure) = thumbnails(cut, &LIMITS) else {
                panic!("{file} cut at {part}/{whole} is accepted");
            };
            assert_eq!(
                failure.code,
                Code::CorruptImage,
                "{file} cut at {part}/{whole}: {failure}"
            );
        }
    }
}

#[test]
fn a_jpeg_without_its_last_bytes_is_refused() {
    for file in [
        "baseline.jpg",
        "progressive.jpg",
        "restarts.jpg",
        "grey.jpg",
        "cmyk.jpg",
    ] {
        let bytes = fixture(file);
        assert!(bytes.ends_with(&[0xFF, 0xD9]));
        for less in [1, 2, 3, 8] {
            assert_eq!(
                made(&bytes[..bytes.len() - less]),
                Code::CorruptImage,
                "{file} without {less} bytes"
            );
        }
    }
}

#[test]
fn a_jpeg_may_be_followed_by_something_else() {
    let mut bytes = fixture("baseline.jpg");
    let alone = thumbnails(&bytes, &LIMITS).unwrap();
    bytes.extend_from_slice(b"PK\x03\x04 and the rest of an archive");
    assert_eq!(thumbnails(&bytes, &LIMITS).unwrap(), alone);
}

#[test]
fn a_polyglot_is_only_ever_what_its_first_bytes_say() {
    let mut bytes = fixture("plain.gif");
    bytes.extend_from_slice(b"<script>alert(1)</script>");
    bytes.extend_from_slice(&fixture("baseline.jpg"));
    let found = inspect(&bytes, &LIMITS).unwrap();
    assert_eq!(found.format, ImageFormat::Gif);
    assert!(thumbnails(&bytes, &LIMITS).is_ok());
}

#[test]
fn huge_dimensions_are_refused_from_the_header_alone() {
    let side = 65_000_u32;
    let mut png = fixture("rgb.png");
    png[16..20].copy_from_slice(&side.to_be_bytes());
    png[20..24].copy_from_slice(&side.to_be_bytes());

    let mut gif = fixture("plain.gif");
    gif[6..10].copy_from_slice(&[0xE8, 0xFD, 0xE8, 0xFD]);

    let mut bmp = fixture("rgb.bmp");
    bmp[18..22].copy_from_slice(&side.to_le_bytes());
    bmp[22..26].copy_from_slice(&side.to_le_bytes());

    let mut jpeg = fixture("baseline.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);

    let mut webp = fixture("lossy.webp");
    let start = webp
        .windows(3)
        .position(|bytes| bytes == [0x9D, 0x01, 0x2A])
        .unwrap();
    webp[start + 3..start + 7].copy_from_slice(&[0xFF, 0x3F, 0xFF, 0x3F]);

    let tiff = tiff_header(side, side);

    for (name, bytes) in [
        ("png", png),
        ("gif", gif),
        ("bmp", bmp),
        ("jpeg", jpeg),
        ("webp", webp),
        ("tiff", tiff),
    ] {
        assert_eq!(inspected(&bytes), Code::ImageTooLarge, "{name}");
        assert_eq!(made(&bytes), Code::ImageTooLarge, "{name}");
    }
}

#[test]
fn a_small_canvas_cannot_hide_a_huge_frame() {
    // A WebP container states a canvas beside the size in its bitstream.
    let mut webp = fixture("lossy-alpha.webp");
    let start = webp
        .windows(3)
        .position(|bytes| bytes == [0x9D, 0x01, 0x2A])
        .unwrap();
    webp[start + 3..start + 7].copy_from_slice(&[0xFF, 0x3F, 0xFF, 0x3F]);
    assert_eq!(made(&webp), Code::CorruptImage);

    // A GIF frame states its own size within the logical screen.
    let mut gif = fixture("plain.gif");
    let (width, height) = (
        u16::from_le_bytes([gif[6], gif[7]]),
        u16::from_le_bytes([gif[8], gif[9]]),
    );
    let mut descriptor = vec![0x2C, 0, 0, 0, 0];
    descriptor.extend(width.to_le_bytes());
    descriptor.extend(height.to_le_bytes());
    let start = gif.windows(9).position(|bytes| bytes == descriptor).unwrap();
    gif[start + 5..start + 9].fill(0xFF);
    assert_eq!(made(&gif), Code::ImageTooLarge);
}

#[test]
fn a_header_that_promises_more_than_there_is_is_refused() {
    // A thousand more rows than the data has, with a correct checksum where the format has one.
    let mut bmp = fixture("rgb.bmp");
    bmp[22..26].copy_from_slice(&1000_u32.to_le_bytes());
    assert_eq!(made(&bmp), Code::CorruptImage);

    // A JPEG may have restart markers, several scans, and bytes after its end: rows must not be made up in the plain case.
    for file in ["baseline.jpg", "grey.jpg", "full-chroma.jpg"] {
        let mut jpeg = fixture(file);
        let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        jpeg[frame + 5..frame + 7].copy_from_slice(&1000_u16.to_be_bytes());
        assert_eq!(made(&jpeg), Code::CorruptImage, "{file}");

        let mut mended = fixture(file);
        mended.truncate(mended.len() / 2);
        mended.extend([0xFF, 0xD9]);
        assert_eq!(made(&mended), Code::CorruptImage, "{file}");
    }

    assert_eq!(made(&tiff_header(100, 100)), Code::CorruptImage);
}

#[test]
fn compressed_metadata_is_never_unpacked() {
    // Two chunks that unpack to 8 MiB each, in a budget of less than one of them.
    let bytes = fixture("bomb.png");
    let limits = ImageLimits {
        bytes: 1 << 20,
        pixels: 150 * 112,
        side: 150,
    };
    assert!(limits.memory_budget() < 8 << 20);
    assert!(thumbnails(&bytes, &limits).is_ok());
}

#[test]
fn limits_are_inclusive() {
    let bytes = fixture("rgb.png");
    let exact = ImageLimits {
        bytes: bytes.len() as u64,
        pixels: 150 * 112,
        side: 150,
    };
    assert!(thumbnails(&bytes, &exact).is_ok());
    for (limits, code) in [
        (
            ImageLimits {
                bytes: exact.bytes - 1,
                ..exact
            },
            Code::FileTooLarge,
        ),
        (
            ImageLimits {
                pixels: exact.pixels - 1,
                ..exact
            },
            Code::ImageTooLarge,
        ),
        (
            ImageLimits {
                side: exact.side - 1,
                ..exact
            },
            Code::ImageTooLarge,
        ),
    ] {
        assert_eq!(thumbnails(&bytes, &limits).unwrap_err().code, code);
    }
}

#[test]
fn variants_that_are_not_decoded_are_named() {
    let mut arithmetic = fixture("baseline.jpg");
    let frame = arithmetic
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    arithmetic[frame + 1] = 0xC9;
    assert_eq!(made(&arithmetic), Code::UnsupportedFormat);
    let mut twelve_bits = fixture("baseline.jpg");
    twelve_bits[frame + 4] = 12;
    assert_eq!(made(&twelve_bits), Code::UnsupportedFormat);
}

#[test]
fn a_broken_orientation_is_none() {
    let whole = fixture("orientation-6.jpg");
    let tag = whole
        .windows(4)
        .position(|bytes| bytes == [0x01, 0x12, 0, 3] || bytes == [0x12, 0x01, 3, 0])
        .unwrap();
    for value in [0, 9, 255] {
        let mut bytes = whole.clone();
        bytes[tag + 8..tag + 10].fill(value);
        assert_eq!(inspect(&bytes, &LIMITS).unwrap().orientation.exif(), 1);
    }
    // The offset of the directory leads out of the block.
    let exif = whole.windows(6).position(|bytes| bytes == b"Exif\0\0").unwrap();
    let mut bytes = whole;
    bytes[exif + 10..exif + 14].fill(0xFF);
    assert_eq!(inspect(&bytes, &LIMITS).unwrap().orientation.exif(), 1);
}

/// A TIFF with one strip of 8-bit grey that lies beyond the end of the file.
fn tiff_header(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    let tags = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 4096),
        (278, height),
        (279, width * 2),
    ];
    file.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
    for (tag, value) in tags {
        file.extend(u16::to_le_bytes(tag));
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file
}
