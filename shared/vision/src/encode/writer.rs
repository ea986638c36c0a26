//! The marker segments of the file (T.81, annex B; JFIF 1.01).

use super::huffman::CodeTable;

/// Everything before the data of the scan.
pub(super) fn headers(
    file: &mut Vec<u8>,
    width: u16,
    height: u16,
    divisors: &[[u8; 64]; 2],
    codes: &[CodeTable; 4],
) {
    file.extend([0xFF, 0xD8]);
    // Version 1.1, square pixels, no thumbnail.
    segment(file, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (identifier, table) in (0..).zip(divisors) {
        segment(file, 0xDB, &[&[identifier], table.as_slice()].concat());
    }
    let [height_high, height_low] = height.to_be_bytes();
    let [width_high, width_low] = width.to_be_bytes();
    // 8 bits; three components, each with its sampling and its quantisation table.
    let frame = [
        8,
        height_high,
        height_low,
        width_high,
        width_low,
        3,
        1,
        0x22,
        0,
        2,
        0x11,
        1,
        3,
        0x11,
        1,
    ];
    segment(file, 0xC0, &frame);
    for (identifier, table) in [0x00, 0x10, 0x01, 0x11].into_iter().zip(codes) {
        segment(
            file,
            0xC4,
            &[&[identifier], table.lengths.as_slice(), &table.symbols].concat(),
        );
    }
    segment(file, 0xDA, &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
}

/// What follows the scan.
pub(crate) fn end(file: &mut Vec<u8>) {
    file.extend([0xFF, 0xD9]);
}

/// A segment of at most 65,533 bytes.
pub(crate) fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    file.extend([0xFF, marker]);
    file.extend(length.to_be_bytes());
    file.extend_from_slice(content);
}
