//! BMP. Rows are padded and mostly stored from the bottom up; the decoder sees to it.

use std::io::Cursor;

use darkroom_domain::Failure;
use image::codecs::bmp::BmpDecoder;

use super::samples::Blend;
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
        BmpDecoder::new(Cursor::new(bytes)).map_err(|error| via_image::failure(inspection, error))?;
    via_image::read(decoder, inspection, budget, Blend::of_straight_alpha(rendition))
}
