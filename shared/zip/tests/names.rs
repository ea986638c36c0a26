//! Names as people and their programs write them: each is given as well as can be known.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use support::{Forged, archive, one, surveyed, unpacked};

const FLAG_UTF_8: u16 = 1 << 11;

fn named(raw: &[u8], flags: u16, extra: &[u8]) -> Forged {
    Forged::stored("", b"x").with(|declared| {
        declared.name = raw.to_vec();
        declared.flags = flags;
        declared.extra = extra.to_vec();
    })
}

/// The name that a raw name becomes; its entry must be readable.
fn name(raw: &[u8], flags: u16, extra: &[u8]) -> String {
    let bytes = one(named(raw, flags, extra));
    let files = surveyed(&bytes).unwrap();
    assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"x");
    files[0].name.clone()
}

/// The extra field with a name in UTF-8, as for `raw`.
fn unicode_name(version: u8, raw: &[u8], name: &[u8]) -> Vec<u8> {
    let length = u16::try_from(5 + name.len()).unwrap();
    let mut extra = vec![0x75, 0x70];
    extra.extend(length.to_le_bytes());
    extra.push(version);
    extra.extend(crc32fast::hash(raw).to_le_bytes());
    extra.extend(name);
    extra
}

#[test]
fn marked_names_are_utf_8() {
    assert_eq!(name("снимок.jpg".as_bytes(), FLAG_UTF_8, &[]), "снимок.jpg");
    assert_eq!(name(b"FOT\x81.JPG", FLAG_UTF_8, &[]), "FOT\u{fffd}.JPG");
    // The mark says which name counts.
    let extra = unicode_name(1, b"a.jpg", b"b.jpg");
    assert_eq!(name(b"a.jpg", FLAG_UTF_8, &extra), "a.jpg");
}

#[test]
fn the_extra_field_counts_where_it_belongs_to_the_name() {
    let raw = b"\x91\xad\xa8\xac\xae\xaa.jpg";
    let good = unicode_name(1, raw, "Снимок.jpg".as_bytes());
    assert_eq!(name(raw, 0, &good), "Снимок.jpg");
    // Behind the time stamps of Info-ZIP, and before padding.
    let behind = [&b"UT\x05\0\x01\0\0\0\0"[..], &good, b"\0\0"].concat();
    assert_eq!(name(raw, 0, &behind), "Снимок.jpg");

    let fallen_back = "æ¡¿¼«¬.jpg";
    for other in [
        unicode_name(2, raw, "Снимок.jpg".as_bytes()),
        unicode_name(1, b"renamed.jpg", "Снимок.jpg".as_bytes()),
        unicode_name(1, raw, b"\xff.jpg"),
        unicode_name(1, raw, b""),
        good[..7].to_vec(),
        b"\x75\x70\x01\0\x01".to_vec(),
        b"\x75\x70\xff\xff\x01".to_vec(),
    ] {
        assert_eq!(name(raw, 0, &other), fallen_back, "{other:?}");
    }
}

#[test]
fn names_without_a_mark_are_utf_8_if_they_can_be() {
    assert_eq!(name("Пляж/снимок 1.jpg".as_bytes(), 0, &[]), "Пляж/снимок 1.jpg");
    // As macOS decomposes them.
    assert_eq!(
        name("e\u{301}te\u{301}.jpg".as_bytes(), 0, &[]),
        "e\u{301}te\u{301}.jpg"
    );
}

#[test]
fn other_names_are_in_code_page_437() {
    assert_eq!(name(b"FOT\x81.JPG", 0, &[]), "FOTü.JPG");
    assert_eq!(name(b"\xe1\xff\xfe\x80\x9f\xa0\xc9\xe0", 0, &[]), "ß\u{a0}■Çƒá╔α");
    let upper: Vec<u8> = (0x80..=0xff).collect();
    let characters = name(&upper, 0, &[]);
    assert_eq!(characters.chars().count(), 128);
    assert!(
        characters
            .chars()
            .all(|character| !character.is_ascii() && !character.is_control())
    );
    let different: std::collections::BTreeSet<char> = characters.chars().collect();
    assert_eq!(different.len(), 128);
}

#[test]
fn strange_names_are_no_error_and_stay_as_they_are() {
    let strange = [
        "../x.jpg",
        "/etc/x.jpg",
        "C:\\Users\\x.jpg",
        "\\\\server\\x.jpg",
        "a//b/./x.jpg",
        "a\0b.jpg",
        "a\nb\x1b[2J.jpg",
        "",
        ".",
    ];
    let members: Vec<Forged> = strange
        .iter()
        .map(|name| Forged::stored(name, name.as_bytes()))
        .collect();
    let bytes = archive(&members);
    let files = surveyed(&bytes).unwrap();
    assert_eq!(files.len(), strange.len());
    for (file, name) in files.iter().zip(strange) {
        assert_eq!(file.name, name);
        assert_eq!(unpacked(&bytes, file).unwrap(), name.as_bytes());
    }
}

#[test]
fn of_long_names_the_end_is_kept() {
    let exact = format!("{}.jpg", "n".repeat(508));
    assert_eq!(name(exact.as_bytes(), 0, &[]), exact);
    assert_eq!(name(format!("m{exact}").as_bytes(), 0, &[]), exact);
    // Characters of two bytes, of which 254 and an extension have 512 bytes: the half before them is not kept.
    let cyrillic = format!("{}a.jpg", "я".repeat(600));
    assert_eq!(
        name(cyrillic.as_bytes(), FLAG_UTF_8, &[]),
        format!("{}a.jpg", "я".repeat(253))
    );
    // Three bytes for each of the raw name's: the limit is on the text.
    let lines = name(&[0xb0; 65_535], 0, &[]);
    assert_eq!(lines, "░".repeat(170));
}

#[test]
fn failures_show_the_decoded_name() {
    let encrypted = named(b"FOT\x81\x1b.JPG", 1, &[]);
    let files = surveyed(&one(encrypted)).unwrap();
    assert_eq!(
        files[0].content.clone().unwrap_err().detail,
        "The archive's entry \"FOTü\\u{1b}.JPG\" is encrypted."
    );
}
