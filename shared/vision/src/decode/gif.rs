//! GIF. The first frame is laid on its logical screen; what it leaves open is transparent, hence white.

use std::io::Cursor;

use darkroom_domain::Failure;
use image::codecs::gif::GifDecoder;

use super::{Budget, via_image};
use crate::header::Inspection;
use crate::picture::Raster;

pub(super) fn decode(bytes: &[u8], inspection: &Inspection, budget: Budget) -> Result<Raster, Failure> {
    let decoder =
        GifDecoder::new(Cursor::new(bytes)).map_err(|error| via_image::failure(inspection, error))?;
    via_image::read(decoder, inspection, budget)
}
