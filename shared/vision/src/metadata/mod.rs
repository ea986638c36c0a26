//! What a camera and an editor wrote into a file: EXIF, XMP and IPTC, of JPEG, PNG, WebP and TIFF files.
//!
//! | block | JPEG | PNG | WebP | TIFF |
//! |---|---|---|---|---|
//! | EXIF | APP1 | `eXIf` | `EXIF` | the file itself |
//! | XMP | APP1 | `iTXt`, compressed or not | `XMP ` | tag 700 |
//! | IPTC | APP13, Photoshop's resource 1028 | - | - | tag 33723, or 34377 as in APP13 |
//!
//! Where blocks say different things, the one that a person wrote with an editor goes before the one that the camera wrote:
//! the caption and the rating are the first to be found in XMP, IPTC, EXIF; keywords of all three are put together in that
//! order. All else is EXIF's, and where it does not say, XMP's.
//!
//! Nothing here fails: a value that is broken is left out, and what can be read is kept. Files are hostile: blocks, texts,
//! directories, entries and elements are counted, and what is above the bounds is not read.

mod blocks;
mod exif;
mod iptc;
mod text;
mod xmp;

use darkroom_domain::PhotographMetadata;

use crate::header::Inspection;
use blocks::Blocks;

/// Reads what a file says of the photograph in it. Dimensions and orientation are those of the inspection of the same file.
#[must_use]
pub fn metadata(bytes: &[u8], inspection: &Inspection) -> PhotographMetadata {
    let blocks = Blocks::find(bytes, inspection.format);
    let xmp = blocks.xmp.as_deref().map(xmp::read).unwrap_or_default();
    let iptc = blocks.iptc.as_deref().map(iptc::read).unwrap_or_default();
    let rating = xmp.values.rating;
    let exif = blocks.exif.map(exif::read).unwrap_or_default().or(xmp.values);

    let (latitude, longitude) = exif.position.unzip();
    let mut tags = text::Tags::default();
    for keyword in xmp.subjects.iter().chain(&iptc.keywords).chain(&exif.keywords) {
        tags.add(keyword);
    }
    PhotographMetadata {
        shot_at: exif.shot_at,
        latitude,
        longitude,
        camera_make: exif.camera_make,
        camera_model: exif.camera_model,
        focal_length: exif.focal_length,
        f_number: exif.f_number,
        exposure_time: exif.exposure_time,
        iso: exif.iso,
        caption: xmp.description.or(iptc.caption).or(exif.description),
        tags: tags.into_option(),
        rating: rating.or(exif.rating),
        ..PhotographMetadata::of_pixels(inspection.width, inspection.height, inspection.orientation.exif())
    }
}
