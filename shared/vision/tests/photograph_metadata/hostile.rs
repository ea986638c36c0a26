//! Files that mean harm: nothing panics, and nothing takes long or much.

use std::time::{Duration, Instant};

use darkroom_domain::{ImageFormat, PhotographMetadata};
use darkroom_vision::{Inspection, Orientation, metadata};
use proptest::prelude::*;

use crate::tagged::{EXIF, IMAGE, ascii, block, jpeg, jpeg_with_xmp, png, rationals};
use crate::{fixture, photograph, read};

/// Many times what any of these files takes in a build without optimisation on a busy machine, and far below what those bombs
/// would take that they are.
const SOON: Duration = Duration::from_secs(20);

fn read_soon(file: &[u8]) -> PhotographMetadata {
    let start = Instant::now();
    let metadata = read(file);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    metadata
}

/// Reads bytes as a file of a format, whatever they are.
fn read_as(bytes: &[u8], format: ImageFormat) -> PhotographMetadata {
    let inspection = Inspection {
        format,
        width: 16,
        height: 12,
        orientation: Orientation::Upright,
        frames: 1,
    };
    metadata(bytes, &inspection)
}

/// What is promised of any file.
fn check(metadata: &PhotographMetadata) {
    let texts = [
        (&metadata.camera_make, 100),
        (&metadata.camera_model, 100),
        (&metadata.focal_length, 50),
        (&metadata.exposure_time, 50),
        (&metadata.caption, 2_000),
    ];
    let tags = metadata.tags.clone().unwrap_or_default();
    assert!(tags.len() <= 100 && metadata.tags.as_ref().is_none_or(|tags| !tags.is_empty()));
    for (text, limit) in texts
        .into_iter()
        .filter_map(|(text, limit)| Some((text.as_ref()?, limit)))
        .chain(tags.iter().map(|tag| (tag, 100)))
    {
        assert!(!text.is_empty() && text.trim() == text, "{text:?}");
        assert!(text.chars().count() <= limit, "{text:?}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert!((1..=8).contains(&metadata.orientation));
    assert_eq!(metadata.latitude.is_some(), metadata.longitude.is_some());
    assert!(metadata.latitude.is_none_or(|degrees| degrees.abs() <= 90.0));
    assert!(metadata.longitude.is_none_or(|degrees| degrees.abs() <= 180.0));
    assert!(
        metadata
            .f_number
            .is_none_or(|number| number.is_finite() && number > 0.0)
    );
    assert!(metadata.iso != Some(0));
    assert!(metadata.rating.is_none_or(|stars| (-1..=5).contains(&stars)));
}

#[test]
fn a_png_may_not_inflate_without_end() {
    use std::io::Write as _;
    let text = [
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>".to_vec(),
        vec![b' '; 64 << 20],
    ]
    .concat();
    let mut encoder = flate2::write::ZlibEncoder::new(
        b"XML:com.adobe.xmp\0\x01\0\0\0".to_vec(),
        flate2::Compression::best(),
    );
    encoder.write_all(&text).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 100_000);
    let chunks = vec![(b"iTXt", &bomb[..]); 100];
    check(&read_soon(&png(&chunks)));
}

#[test]
fn pointers_that_multiply_cost_their_block_alone() {
    // Thousands of pointers to the directory that they stand in.
    let entries: Vec<u8> = (0..5_000)
        .flat_map(|index| {
            let tag: u16 = if index % 2 == 0 { 0x8769 } else { 0xA005 };
            [&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0, 8, 0, 0, 0]].concat()
        })
        .collect();
    let exif = [
        b"Exif\0\0II*\0\x08\0\0\0",
        &5_000_u16.to_le_bytes()[..],
        &entries,
        &[8, 0, 0, 0],
    ]
    .concat();
    let packet =
        b"http://ns.adobe.com/xap/1.0/\0<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
                   <r:Description xmlns:x='http://ns.adobe.com/xap/1.0/' x:Rating='4'/></r:RDF>";
    let metadata = read_soon(&jpeg(&[(0xE1, &exif), (0xE1, packet)]));
    assert_eq!(metadata.rating, Some(4));
}

#[test]
fn values_of_megabytes_are_left_out_and_others_kept() {
    let mut entries = vec![
        ascii(IMAGE, 0x010F, &vec![0; 9 << 20]),
        ascii(IMAGE, 0x0110, b"kept"),
    ];
    entries.push(rationals(EXIF, 0x829A, &[(1, 60); 20_000]));
    entries.push(rationals(EXIF, 0x829D, &[(28, 10)]));
    let metadata = read_soon(&png(&[(b"eXIf", &block(&entries))]));
    assert_eq!(metadata.camera_make, None);
    assert_eq!(metadata.exposure_time, None);
    assert_eq!(metadata.camera_model.as_deref(), Some("kept"));
    assert_eq!(metadata.f_number, Some(2.8));
}

#[test]
fn xml_that_is_deep_wide_or_full_of_names() {
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>";
    let declarations =
        |count: usize| -> String { (0..count).map(|index| format!(" xmlns:n{index}='u'")).collect() };
    let in_png = |packet: String| {
        let chunk = [b"XML:com.adobe.xmp\0\0\0\0\0", packet.as_bytes()].concat();
        read_soon(&png(&[(b"iTXt", &chunk)]))
    };
    let much = 1_000_000;
    let many_names: String = (0..25).map(|_| format!("<z{}>", declarations(10))).collect();
    let too_many_names: String = (0..30).map(|_| format!("<z{}>", declarations(64))).collect();
    for packet in [
        format!("{rdf}{}", "<a>".repeat(much / 3)),
        format!("{rdf}{}", "<a/>".repeat(much / 4)),
        format!("{many_names}{}", "<n:RDF/>".repeat(much / 9)),
        format!("{too_many_names}{}", "<n:RDF/>".repeat(much / 9)),
        format!("{rdf}<rdf:Description{}>", declarations(30_000)),
        format!("{rdf}<rdf:Description{}>", " q:Rating='1'".repeat(much / 14)),
        format!("{rdf}<rdf:Description><{}>", "x".repeat(much)),
        format!("{rdf}{}", "&amp;".repeat(much / 5)),
        format!("{rdf}{}", "<!--".repeat(much / 4)),
        // Above what is read at all.
        " ".repeat(5 << 20),
    ] {
        let expected = PhotographMetadata::of_pixels(16, 12, 1);
        assert_eq!(in_png(packet), expected);
    }
}

#[test]
fn iptc_records_without_end() {
    let keyword = b"\x1C\x02\x19\x00\x01a";
    let records = keyword.repeat(10_000);
    let resource = [
        b"Photoshop 3.0\x008BIM\x04\x04\0\0".as_slice(),
        &u32::try_from(records.len()).unwrap().to_be_bytes(),
        &records,
    ]
    .concat();
    // Resources go on over segments; those beyond a megabyte are not read.
    let go_on = [b"Photoshop 3.0\0".as_slice(), &[b'8'; 60_000]].concat();
    let mut segments = vec![(0xED, &resource[..])];
    segments.extend(vec![(0xED, &go_on[..]); 100]);
    assert_eq!(read_soon(&jpeg(&segments)).tags.unwrap(), ["a"]);
}

#[test]
fn empty_files_of_every_format() {
    for format in ImageFormat::ALL {
        for bytes in [&b""[..], b"II*\0", b"MM\0*\0\0\0\x08", b"\xFF\xD8\xFF\xE1\0\0"] {
            assert_eq!(read_as(bytes, format), PhotographMetadata::of_pixels(16, 12, 1));
        }
    }
}

/// Files with all kinds of blocks.
fn sound_files() -> Vec<(ImageFormat, Vec<u8>)> {
    use ImageFormat::{Jpeg, Png, Tiff, WebP};
    [
        (Jpeg, "conflict.jpg"),
        (Jpeg, "iptc.jpg"),
        (Png, "plain.png"),
        (Png, "compressed.png"),
        (WebP, "both.webp"),
        (Tiff, "all.tiff"),
        (Tiff, "exif-only.tiff"),
    ]
    .map(|(format, name)| (format, fixture(&format!("metadata/{name}"))))
    .to_vec()
}

/// Every byte of every file, replaced by values that lie at the ends of ranges.
#[test]
fn every_byte_may_be_wrong() {
    for (format, file) in sound_files() {
        let mut damaged = file.clone();
        for index in 0..file.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF, file[index] ^ 0x20] {
                damaged[index] = value;
                check(&read_as(&damaged, format));
            }
            damaged[index] = file[index];
        }
    }
}

#[test]
fn every_file_may_be_cut_anywhere() {
    for (format, file) in sound_files() {
        for end in 0..file.len() {
            check(&read_as(&file[..end], format));
        }
    }
    let starfish = photograph("gps_starfish.jpg");
    for end in 0..12_000 {
        check(&read_as(&starfish[..end], ImageFormat::Jpeg));
    }
}

/// Markup that XMP is made of, to be put together at random.
const MARKUP: [&str; 22] = [
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/' \
     xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/'>",
    "</rdf:RDF>",
    "<rdf:Description xmp:Rating='4'>",
    "</rdf:Description>",
    "<dc:subject>",
    "</dc:subject>",
    "<dc:description>",
    "</dc:description>",
    "<rdf:Bag>",
    "</rdf:Bag>",
    "<rdf:Alt>",
    "</rdf:Alt>",
    "<rdf:li xml:lang='x-default'>",
    "</rdf:li>",
    "<xmp:Rating>",
    "</xmp:Rating>",
    "<exif:GPSLatitude>",
    "</exif:GPSLatitude>",
    "90,0N",
    "&#x202E;&amp;",
    "<![CDATA[\u{7}]]>",
    "\u{85} word ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        head in prop::sample::select(vec![
            &b""[..], b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
        ]),
        format in prop::sample::select(ImageFormat::ALL.to_vec()),
    ) {
        check(&read_as(&[head, &bytes].concat(), format));
    }

    #[test]
    fn several_bytes_wrong_at_once(
        file in 0..7_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let (format, mut file) = sound_files().swap_remove(file);
        for (index, value) in changes {
            let index = index.index(file.len());
            file[index] = value;
        }
        check(&read_as(&file, format));
    }

    #[test]
    fn any_markup(parts in prop::collection::vec(prop::sample::select(MARKUP.to_vec()), 0..30)) {
        check(&read(&jpeg_with_xmp(&parts.concat())));
    }
}
