//! GIF. The first frame is laid on its logical screen; what it leaves open is transparent, hence white; for
//! analyses, it has the screen's background colour.

use std::io::Cursor;

use darkroom_domain::Failure;
use image::codecs::gif::GifDecoder;

use super::samples::{BLACK, Blend, WHITE};
use super::{Budget, Rendition, via_image};
use crate::header::Inspection;
use crate::picture::Raster;

pub(super) fn decode(
    bytes: &[u8],
    inspection: &Inspection,
    budget: Budget,
    rendition: Rendition,
) -> Result<Raster, Failure> {
    let decoder =
        GifDecoder::new(Cursor::new(bytes)).map_err(|error| via_image::failure(inspection, error))?;
    let ground = match rendition {
        Rendition::Display => WHITE,
        Rendition::Analysis => background(bytes),
    };
    via_image::read(decoder, inspection, budget, Blend::Over(ground))
}

/// The background colour of the logical screen: the global table's at the index that the header names, black without one.
fn background(bytes: &[u8]) -> [u8; 3] {
    let color = || {
        let &[flags, index, _] = bytes.get(10..13)?.first_chunk::<3>()?;
        let table = bytes.get(13..)?.get(..3 * (2 << (flags & 7)))?;
        let (colors, _) = table.as_chunks::<3>();
        colors
            .get(usize::from(index))
            .filter(|_| flags & 0x80 != 0)
            .copied()
    };
    color().unwrap_or(BLACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_is_looked_up_within_the_global_table() {
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\x01\0\x01\x02\x03\x04\x05\x06".to_vec();
        assert_eq!(background(&bytes), [4, 5, 6]);
        bytes[11] = 2;
        assert_eq!(background(&bytes), BLACK);
        bytes[10..12].copy_from_slice(&[0, 0]);
        assert_eq!(background(&bytes), BLACK);
        assert_eq!(background(&bytes[..12]), BLACK);
    }
}
