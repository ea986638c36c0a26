//! WebP, lossy and lossless. Of an animation the first frame is laid on its canvas.

use std::io::Cursor;

use darkroom_domain::Failure;
use image::codecs::webp::WebPDecoder;

use super::{Budget, via_image};
use crate::header::Inspection;
use crate::picture::Raster;

pub(super) fn decode(bytes: &[u8], inspection: &Inspection, budget: Budget) -> Result<Raster, Failure> {
    let decoder =
        WebPDecoder::new(Cursor::new(bytes)).map_err(|error| via_image::failure(inspection, error))?;
    via_image::read(decoder, inspection, budget)
}
