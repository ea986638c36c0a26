//! Where in a file the blocks of EXIF, XMP and IPTC stand.

use std::borrow::Cow;
use std::io::Read;

use darkroom_domain::ImageFormat;
use flate2::read::ZlibDecoder;

use crate::header::bytes::Bytes;
use crate::header::tiff::Directory;
use crate::header::{jpeg, png, webp};

/// Bytes of an XMP packet that are read, and of IPTC records. Packets of cameras have a few thousand; the largest, with long
/// histories of editing, some hundred thousand.
const MAX_BLOCK_BYTES: usize = 1 << 20;

const JPEG_APPLICATION_13: u8 = 0xED;
const JPEG_XMP_SIGNATURE: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const JPEG_PHOTOSHOP_SIGNATURE: &[u8] = b"Photoshop 3.0\0";
const PNG_XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";
const TIFF_XMP: u16 = 700;
const TIFF_IPTC: u16 = 33_723;
const TIFF_PHOTOSHOP: u16 = 34_377;
/// Photoshop's image resource that holds IPTC records.
const PHOTOSHOP_IPTC: u16 = 0x0404;

/// The blocks of one file, the first of each kind.
#[derive(Debug, Default)]
pub(super) struct Blocks<'file> {
    /// A TIFF file, or one by its form.
    pub(super) exif: Option<&'file [u8]>,
    /// An XMP packet.
    pub(super) xmp: Option<Cow<'file, [u8]>>,
    /// IPTC records.
    pub(super) iptc: Option<Cow<'file, [u8]>>,
}

impl<'file> Blocks<'file> {
    pub(super) fn find(file: &'file [u8], format: ImageFormat) -> Self {
        let mut blocks = match format {
            ImageFormat::Jpeg => of_jpeg(file),
            ImageFormat::Png => of_png(file),
            ImageFormat::WebP => of_webp(file),
            ImageFormat::Tiff => of_tiff(file),
            ImageFormat::Gif | ImageFormat::Bmp => Self::default(),
        };
        blocks.xmp = blocks.xmp.filter(|block| block.len() <= MAX_BLOCK_BYTES);
        blocks.iptc = blocks.iptc.filter(|block| block.len() <= MAX_BLOCK_BYTES);
        blocks
    }
}

/// The segments up to the first scan.
fn of_jpeg(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    // Resources that are too long for one segment go on in the next.
    let mut resources = Vec::new();
    let mut bytes = Bytes::at(file, 2).unwrap_or(Bytes::new(&[]));
    while let Some(marker) = jpeg::next_marker(&mut bytes) {
        let segment = match marker {
            // Markers without a segment.
            0x01 | 0xD0..=0xD8 => continue,
            jpeg::START_OF_SCAN | jpeg::END_OF_IMAGE => break,
            _ => jpeg::segment(&mut bytes),
        };
        let Some(segment) = segment else {
            break;
        };
        match marker {
            jpeg::APPLICATION_1 => {
                if let Some(block) = segment.strip_prefix(jpeg::EXIF_SIGNATURE) {
                    blocks.exif = blocks.exif.or(Some(block));
                } else if let Some(packet) = segment.strip_prefix(JPEG_XMP_SIGNATURE) {
                    blocks.xmp = blocks.xmp.or(Some(Cow::Borrowed(packet)));
                }
            }
            JPEG_APPLICATION_13 => {
                if let Some(part) = segment.strip_prefix(JPEG_PHOTOSHOP_SIGNATURE)
                    && resources.len() + part.len() <= MAX_BLOCK_BYTES
                {
                    resources.extend_from_slice(part);
                }
            }
            _ => {}
        }
    }
    blocks.iptc = iptc_of_photoshop(&resources).map(|records| Cow::Owned(records.to_vec()));
    blocks
}

fn of_png(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let mut packet_met = false;
    let mut bytes = Bytes::at(file, png::SIGNATURE_LENGTH).unwrap_or(Bytes::new(&[]));
    while let Some((kind, data)) = png::chunk(&mut bytes) {
        match &kind {
            b"eXIf" => {
                let block = data.strip_prefix(jpeg::EXIF_SIGNATURE).unwrap_or(data);
                blocks.exif = blocks.exif.or(Some(block));
            }
            // The first packet decides, readable or not: a file could hold thousands that inflate to more than is read.
            b"iTXt" if !packet_met => {
                if let Some(chunk) = data.strip_prefix(PNG_XMP_KEYWORD) {
                    packet_met = true;
                    blocks.xmp = international_text(chunk);
                }
            }
            b"IEND" => break,
            _ => {}
        }
    }
    blocks
}

/// The text of an `iTXt` chunk from behind its keyword (PNG third edition, 11.3.3.4).
fn international_text(chunk: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut bytes = Bytes::new(chunk);
    let [compressed, method] = bytes.array()?;
    for _language_and_translated_keyword in 0..2 {
        let length = bytes.rest().iter().position(|&byte| byte == 0)?;
        bytes.take(length + 1)?;
    }
    match (compressed, method) {
        (0, _) => Some(Cow::Borrowed(bytes.rest())),
        (1, 0) => inflate(bytes.rest()).map(Cow::Owned),
        _ => None,
    }
}

/// Inflates a zlib stream; none if it is damaged, or longer than a block may be.
fn inflate(stream: &[u8]) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    let limit = MAX_BLOCK_BYTES as u64 + 1;
    ZlibDecoder::new(stream)
        .take(limit)
        .read_to_end(&mut inflated)
        .ok()?;
    (inflated.len() <= MAX_BLOCK_BYTES).then_some(inflated)
}

fn of_webp(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let Some(mut bytes) = webp::chunks(file) else {
        return blocks;
    };
    while let Some(chunk) = webp::next_chunk(&mut bytes) {
        match &chunk.kind {
            b"EXIF" => {
                let block = chunk
                    .data
                    .strip_prefix(webp::EXIF_SIGNATURE)
                    .unwrap_or(chunk.data);
                blocks.exif = blocks.exif.or(Some(block));
            }
            b"XMP " => blocks.xmp = blocks.xmp.or(Some(Cow::Borrowed(chunk.data))),
            _ => {}
        }
    }
    blocks
}

fn of_tiff(file: &[u8]) -> Blocks<'_> {
    let Some(directory) = Directory::first(file) else {
        return Blocks::default();
    };
    let iptc = || directory.content(TIFF_IPTC);
    let photoshop = || directory.content(TIFF_PHOTOSHOP).and_then(iptc_of_photoshop);
    Blocks {
        exif: Some(file),
        xmp: directory.content(TIFF_XMP).map(Cow::Borrowed),
        iptc: iptc().or_else(photoshop).map(Cow::Borrowed),
    }
}

/// The IPTC records among Photoshop's image resources (Adobe Photoshop File Formats Specification, "Image Resource Blocks").
fn iptc_of_photoshop(resources: &[u8]) -> Option<&[u8]> {
    let mut bytes = Bytes::new(resources);
    loop {
        let signature: [u8; 4] = bytes.array()?;
        if !signature.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let id = bytes.u16_be()?;
        // The name, with its length before it, is padded to an even number of bytes; so is what follows.
        let name_length = usize::from(bytes.u8()?);
        bytes.take(name_length | 1)?;
        let length = bytes.length_be()?;
        let data = bytes.take(length)?;
        if id == PHOTOSHOP_IPTC {
            return Some(data);
        }
        bytes.take(length & 1)?;
    }
}
