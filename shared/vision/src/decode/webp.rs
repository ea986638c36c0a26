//! WebP, lossy and lossless. Of an animation the first frame is laid on its canvas.

use std::io::Cursor;

use darkroom_domain::Failure;
use image::codecs::webp::WebPDecoder;

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
        WebPDecoder::new(Cursor::new(bytes)).map_err(|error| via_image::failure(inspection, error))?;
    via_image::read(decoder, inspection, budget, Blend::of_straight_alpha(rendition))
}
