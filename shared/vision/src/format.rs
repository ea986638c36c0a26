//! Which encodings are accepted, told from a file's first bytes and never from its name alone.

use darkroom_domain::{Code, Failure, ImageFormat};

/// How many leading bytes of a file [`sniff`] and [`unsupported`] look at, at most.
pub const SNIFF_BYTES: usize = 64;

/// Tells the format from the first [`SNIFF_BYTES`] bytes of a file (or all of a shorter one).
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(ImageFormat::Gif),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(ImageFormat::Tiff),
        // Two letters are too little to go by: the length of the second header must be a known one.
        [b'B', b'M', rest @ ..] => match rest.get(12..16) {
            Some(&[12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]) => Some(ImageFormat::Bmp),
            _ => None,
        },
        _ => None,
    }
}

/// The failure for a file that [`sniff`] does not know, naming what it is where that can be told, and what to do
/// about it.
#[must_use]
pub fn unsupported(bytes: &[u8]) -> Failure {
    let found = match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
                "HEIC images are not accepted; export the picture as JPEG."
            }
            Some(b"avif" | b"avis") => {
                "AVIF images are not accepted; convert the picture to JPEG, PNG or WebP."
            }
            Some(b"crx ") => "Raw camera files are not accepted; develop the picture to JPEG or TIFF.",
            _ => "Videos are not accepted.",
        },
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => {
            "JPEG XL images are not accepted; convert the picture to JPEG or PNG."
        }
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => {
            "JPEG 2000 images are not accepted; convert the picture to JPEG, PNG or TIFF."
        }
        [0, 0, 1, 0, ..] => "Windows icons are not accepted; convert the picture to PNG.",
        [b'8', b'B', b'P', b'S', ..] => {
            "Photoshop documents are not accepted; export the picture as PNG or TIFF."
        }
        [b'%', b'P', b'D', b'F', ..] => {
            "PDF documents are not accepted; export the page as JPEG, PNG or TIFF."
        }
        [b'P', b'K', 3, 4, ..] => "This is a zip archive, not an image.",
        _ if is_svg(bytes) => "SVG drawings are not accepted; export the drawing as PNG.",
        _ => "This is not an image of an accepted format.",
    };
    Failure::permanent(
        Code::UnsupportedFormat,
        format!("{found} Accepted are JPEG, PNG, WebP, GIF, BMP and TIFF."),
    )
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = bytes.get(..SNIFF_BYTES).unwrap_or(bytes);
    let head = head
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(head)
        .trim_ascii_start();
    head.starts_with(b"<svg")
        || (head.starts_with(b"<?xml") && head.windows(4).any(|window| window == b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsupported_formats_are_named() {
        let cases: [(&[u8], &str); 6] = [
            (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
            (b"\xEF\xBB\xBF<?xml version='1.0'?>\n<svg/>", "SVG"),
            (b"%PDF-1.7", "PDF"),
            (b"hello, this is text", "not an image"),
        ];
        for (bytes, word) in cases {
            assert_eq!(sniff(bytes), None);
            let failure = unsupported(bytes);
            assert_eq!(failure.code, Code::UnsupportedFormat);
            assert!(failure.detail.contains(word), "{}", failure.detail);
        }
    }

    #[test]
    fn a_text_that_begins_like_a_bitmap_is_none() {
        assert_eq!(sniff(b"BMW builds cars and motorcycles."), None);
        assert_eq!(sniff(b"BM"), None);
        assert_eq!(sniff(b""), None);
    }
}
