//! Pictures to send.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A PNG of noise that no other call gives: `seed` decides.
pub(crate) fn png(width: u32, height: u32, seed: u32) -> Vec<u8> {
    encoded(width, height, seed, ImageFormat::Png)
}

pub(crate) fn encoded(width: u32, height: u32, seed: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let mixed = (x ^ seed)
            .wrapping_mul(2_654_435_761)
            .wrapping_add((y ^ (seed << 3)).wrapping_mul(40_503));
        let [_, r, g, b] = mixed.to_be_bytes();
        Rgb([r, g, b])
    });
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut file, format)
        .unwrap();
    file.into_inner()
}

/// A PNG whose pixels `color` decides.
pub(crate) fn painted(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb(color(x, y)));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut file, ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

/// The pixels of a file, and its width and height.
pub(crate) fn pixels(file: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let picture = image::load_from_memory(file).unwrap().into_rgb8();
    let (width, height) = picture.dimensions();
    (width, height, picture.pixels().map(|pixel| pixel.0).collect())
}

pub(crate) fn photo(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/photos")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Width and height of a JPEG.
pub(crate) fn dimensions(jpeg: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap();
    (picture.width(), picture.height())
}

/// A PNG whose header promises a picture of this size, and nothing else.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for chunk in [header, b"IDAT".to_vec(), b"IEND".to_vec()] {
        let length = u32::try_from(chunk.len() - 4).unwrap();
        file.extend(length.to_be_bytes());
        file.extend(&chunk);
        file.extend(crc32(&chunk).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}
