//! Files made byte by byte around blocks that no editor would write.

pub(crate) const IMAGE: u16 = 0;
pub(crate) const EXIF: u16 = 0x8769;
pub(crate) const GPS: u16 = 0x8825;

/// One entry: directory, tag, type, count and the bytes of its values.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) directory: u16,
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    pub(crate) count: u32,
    pub(crate) content: Vec<u8>,
}

pub(crate) fn entry(directory: u16, tag: u16, kind: u16, count: usize, content: &[u8]) -> Entry {
    Entry {
        directory,
        tag,
        kind,
        count: u32::try_from(count).unwrap(),
        content: content.to_vec(),
    }
}

pub(crate) fn ascii(directory: u16, tag: u16, text: &[u8]) -> Entry {
    let terminated = [text, b"\0"].concat();
    entry(directory, tag, 2, terminated.len(), &terminated)
}

pub(crate) fn short(directory: u16, tag: u16, values: &[u16]) -> Entry {
    let content: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    entry(directory, tag, 3, values.len(), &content)
}

pub(crate) fn rationals(directory: u16, tag: u16, values: &[(u32, u32)]) -> Entry {
    let content: Vec<u8> = values
        .iter()
        .flat_map(|(numerator, denominator)| [numerator.to_le_bytes(), denominator.to_le_bytes()].concat())
        .collect();
    entry(directory, tag, 5, values.len(), &content)
}

pub(crate) fn signed_rational(directory: u16, tag: u16, numerator: i32, denominator: i32) -> Entry {
    let content = [numerator.to_le_bytes(), denominator.to_le_bytes()].concat();
    entry(directory, tag, 10, 1, &content)
}

/// An EXIF block of three directories, little-endian.
pub(crate) fn block(entries: &[Entry]) -> Vec<u8> {
    let of = |directory| -> Vec<Entry> {
        entries
            .iter()
            .filter(|entry| entry.directory == directory)
            .cloned()
            .collect()
    };
    let (exif, gps) = (of(EXIF), of(GPS));
    let mut image = of(IMAGE);
    let length = |entries: &[Entry]| 2 + 12 * entries.len() + 4;
    let exif_start = 8 + length(&image) + 24;
    let gps_start = exif_start + length(&exif);
    for (tag, start) in [(EXIF, exif_start), (GPS, gps_start)] {
        let start = u32::try_from(start).unwrap();
        image.push(entry(IMAGE, tag, 4, 1, &start.to_le_bytes()));
    }
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let mut values: Vec<u8> = Vec::new();
    let values_start = gps_start + length(&gps);
    for directory in [image, exif, gps] {
        bytes.extend(u16::try_from(directory.len()).unwrap().to_le_bytes());
        for entry in directory {
            bytes.extend(entry.tag.to_le_bytes());
            bytes.extend(entry.kind.to_le_bytes());
            bytes.extend(entry.count.to_le_bytes());
            if entry.content.len() <= 4 {
                bytes.extend(&entry.content);
                bytes.resize(bytes.len() + 4 - entry.content.len(), 0);
            } else {
                let start = u32::try_from(values_start + values.len()).unwrap();
                bytes.extend(start.to_le_bytes());
                values.extend(&entry.content);
            }
        }
        bytes.extend([0; 4]);
    }
    assert_eq!(bytes.len(), values_start);
    bytes.extend(values);
    bytes
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xFF, marker][..], &length.to_be_bytes(), content].concat()
}

/// A JPEG with application segments before its frame.
pub(crate) fn jpeg(segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    for (marker, content) in segments {
        bytes.extend(segment(*marker, content));
    }
    bytes.extend(segment(0xC0, &[8, 0, 12, 0, 16, 1, 1, 0x11, 0]));
    bytes.extend(segment(0xDA, &[1, 1, 0, 0, 63, 0]));
    bytes.extend([0x55, 0xFF, 0xD9]);
    bytes
}

pub(crate) fn jpeg_with_exif(entries: &[Entry]) -> Vec<u8> {
    jpeg(&[(0xE1, &[&b"Exif\0\0"[..], &block(entries)].concat())])
}

pub(crate) fn jpeg_with_xmp(packet: &str) -> Vec<u8> {
    jpeg(&[(
        0xE1,
        &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat(),
    )])
}

/// A PNG without pixels, of chunks whose checksums nobody asks for here.
pub(crate) fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    let header = [0, 0, 0, 16, 0, 0, 0, 12, 8, 2, 0, 0, 0];
    for (kind, data) in [(b"IHDR", &header[..])]
        .iter()
        .chain(chunks)
        .chain(&[(b"IEND", &[][..])])
    {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(*kind);
        bytes.extend(*data);
        bytes.extend([0; 4]);
    }
    bytes
}
