//! Pixels to TIFF: RGB of 8 bits in strips, compressed without loss.

use std::io::Cursor;

use darkroom_domain::Failure;
use tiff::TiffError;
use tiff::encoder::colortype::RGB8;
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder};

use crate::picture::Picture;

/// Rows are put into strips of about as many bytes, so that a reader need not unpack the whole picture at once.
const STRIP_BYTES: u32 = 1 << 20;

/// Encodes a picture.
///
/// # Errors
/// An unknown failure if the file would be longer than 4 GiB, which its offsets cannot say.
pub fn tiff(picture: &Picture) -> Result<Vec<u8>, Failure> {
    let failure = |error: TiffError| Failure::unknown(error);
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file)
        .map_err(failure)?
        .with_compression(Compression::Deflate(DeflateLevel::Fast))
        .with_predictor(Predictor::Horizontal);
    let mut image = encoder
        .new_image::<RGB8>(picture.width(), picture.height())
        .map_err(failure)?;
    let row_bytes = picture.width().saturating_mul(3).max(1);
    image
        .rows_per_strip((STRIP_BYTES / row_bytes).clamp(1, picture.height()))
        .map_err(failure)?;
    image.write_data(picture.rgb()).map_err(failure)?;
    Ok(file.into_inner())
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{ImageFormat, ImageLimits};

    use super::*;
    use crate::{decode, inspect};

    fn picture(width: u32, height: u32) -> Picture {
        let data = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x / 3, y / 2, (x * y) % 7]))
            .map(|sample| u8::try_from(sample % 256).unwrap())
            .collect();
        Picture::from_rgb(width, height, data).unwrap()
    }

    #[test]
    fn pictures_come_back_exactly() {
        // Of several strips the last one is shorter.
        for (width, height) in [(1, 1), (1, 300), (300, 1), (17, 33), (2000, 401)] {
            let picture = picture(width, height);
            let file = tiff(&picture).unwrap();
            assert_eq!(
                inspect(&file, &ImageLimits::DEFAULT).unwrap().format,
                ImageFormat::Tiff
            );
            assert!(
                decode(&file, &ImageLimits::DEFAULT).unwrap() == picture,
                "{width}x{height}"
            );
        }
    }

    #[test]
    fn smooth_pictures_take_few_bytes() {
        let picture = picture(600, 400);
        let file = tiff(&picture).unwrap();
        assert!(file.len() < picture.rgb().len() / 8, "{}", file.len());
    }
}
