//! Entries that are made to do harm, or that came to harm: each is refused for what it is.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Write;

use darkroom_domain::Code;
use darkroom_zip::ArchiveLimits;
use flate2::{Compression, write::DeflateEncoder};
use support::{Forged, archive, one, open, open_within, read_all, refused};

/// Asserts that an archive opens and that its entry `a` is refused when it is read.
fn refused_late(bytes: &[u8]) -> String {
    let failure = open(bytes).unwrap().read("a", u64::MAX).unwrap_err();
    assert_eq!(failure.code, Code::InvalidArchive, "{failure}");
    assert!(!failure.is_retryable());
    failure.detail
}

#[test]
fn honest_archives_are_read() {
    let text = b"to be or not to be ".repeat(100);
    let bytes = archive(&[
        Forged::stored("a", b"content"),
        Forged::stored("empty", b""),
        Forged::deflated("text", &text),
        Forged::deflated("nothing", b""),
    ]);
    let read = read_all(&bytes).unwrap();
    assert_eq!(read[0], ("a".to_owned(), b"content".to_vec()));
    assert_eq!(read[1], ("empty".to_owned(), Vec::new()));
    assert_eq!(read[2], ("text".to_owned(), text));
    assert_eq!(read[3], ("nothing".to_owned(), Vec::new()));
}

#[test]
fn directories_are_left_out() {
    let directory = Forged::stored("a/", b"").forge(|member| member.attributes = 0o040_755 << 16);
    let bytes = archive(&[directory, Forged::stored("a/b", b"1")]);
    assert_eq!(read_all(&bytes).unwrap(), [("a/b".to_owned(), b"1".to_vec())]);
    assert!(open(&bytes).unwrap().entry("a/").is_none());
    assert!(open(&bytes).unwrap().read("a", 9).is_err());
}

/// A gibibyte of zeros in a mebibyte.
fn bomb() -> Forged {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        encoder.write_all(&zeros).unwrap();
    }
    let packed = encoder.finish().unwrap();
    Forged::deflated("a", b"").forge(|member| {
        let compressed = u32::try_from(packed.len()).unwrap();
        for declared in [&mut member.local, &mut member.central] {
            declared.compressed = compressed;
            declared.size = 1 << 30;
        }
        member.packed = packed;
    })
}

#[test]
fn a_bomb_is_refused_whether_it_tells_its_size_or_not() {
    let bomb = bomb();
    let bytes = one(bomb.clone());
    assert!(refused(&bytes, Code::ArchiveTooLarge).contains("\"a\" has 1073741824 bytes unpacked"));
    let limits = ArchiveLimits {
        entry_bytes: 1 << 30,
        ..ArchiveLimits::DEFAULT
    };
    let failure = open_within(&bytes, &limits).unwrap_err();
    assert_eq!(failure.code, Code::ArchiveTooLarge);
    assert!(failure.detail.contains("200 to 1"), "{}", failure.detail);

    let liar = one(bomb.with(|declared| declared.size = 1000));
    let mut archive = open(&liar).unwrap();
    let failure = archive.read("a", u64::MAX).unwrap_err();
    assert!(failure.detail.contains("larger than it declares"), "{failure}");
    let read = archive.into_inner().bytes;
    assert!(
        read < 300_000,
        "{read} bytes were read to notice a lie of 1000 bytes"
    );
}

#[test]
fn limits_are_inclusive() {
    let bytes = archive(&[Forged::stored("a", b"12345"), Forged::stored("b", b"12345")]);
    let directory_bytes = 2 * 47;
    let limits = ArchiveLimits {
        bytes: bytes.len() as u64,
        entries: 2,
        unpacked_bytes: 10,
        entry_bytes: 5,
        ratio: 1,
        directory_bytes,
    };
    assert!(open_within(&bytes, &limits).is_ok());
    let size = limits.bytes;
    for tighter in [
        ArchiveLimits {
            bytes: size - 1,
            ..limits
        },
        ArchiveLimits { entries: 1, ..limits },
        ArchiveLimits {
            unpacked_bytes: 9,
            ..limits
        },
        ArchiveLimits {
            entry_bytes: 4,
            ..limits
        },
        ArchiveLimits {
            directory_bytes: directory_bytes - 1,
            ..limits
        },
    ] {
        let failure = open_within(&bytes, &tighter).unwrap_err();
        assert_eq!(failure.code, Code::ArchiveTooLarge, "{tighter:?}");
    }
    let mut archive = open_within(&bytes, &limits).unwrap();
    assert_eq!(archive.read("a", 5).unwrap(), b"12345");
    assert_eq!(archive.read("a", 4).unwrap_err().code, Code::ArchiveTooLarge);
    assert_eq!(archive.read("c", 4).unwrap_err().code, Code::InvalidArchive);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "../x",
        "a/../../x",
        "/x",
        "C:\\x",
        "C:/x",
        "\\\\server\\x",
        "a\\b",
        ".",
        "./x",
        "a//b",
        "a\0b",
        "a\x1bb",
        "",
    ] {
        refused(&one(Forged::stored(name, b"x")), Code::InvalidArchive);
    }
    refused(&one(Forged::stored(&"n".repeat(513), b"x")), Code::InvalidArchive);
    let latin = Forged::stored("a", b"x").with(|declared| declared.name = b"caf\xe9.jpg".to_vec());
    assert_eq!(
        refused(&one(latin), Code::InvalidArchive),
        "The archive's entry \"caf\u{fffd}.jpg\" has a name that is not UTF-8."
    );
    let detail = refused(&one(Forged::stored("../\x1b[2Jx", b"x")), Code::InvalidArchive);
    assert!(detail.contains("\"../\\u{1b}[2Jx\""), "{detail}");
}

#[test]
fn no_two_entries_have_one_name() {
    let a = Forged::stored("a", b"1");
    assert_eq!(
        refused(
            &archive(&[a.clone(), Forged::stored("a", b"2")]),
            Code::InvalidArchive
        ),
        "The archive has two entries \"a\"."
    );
    refused(
        &archive(&[a.clone(), Forged::stored("a/", b"")]),
        Code::InvalidArchive,
    );
    let both = read_all(&archive(&[a, Forged::stored("A", b"2")])).unwrap();
    assert_eq!(
        both,
        [("a".to_owned(), b"1".to_vec()), ("A".to_owned(), b"2".to_vec())]
    );
}

#[test]
fn only_plain_files_and_directories() {
    // A link, a socket, a device, a pipe; a directory that is not called one, and the reverse; one with content.
    for mode in [0o120_777_u32, 0o140_777, 0o060_600, 0o010_600, 0o040_755] {
        let member = Forged::stored("a", b"/etc/passwd").forge(|member| member.attributes = mode << 16);
        assert!(refused(&one(member), Code::InvalidArchive).contains("neither a plain file nor a directory"));
    }
    refused(&one(Forged::stored("a/", b"")), Code::InvalidArchive);
    let full = Forged::stored("a/", b"x").forge(|member| member.attributes = 0);
    assert!(refused(&one(full), Code::InvalidArchive).contains("a directory with content"));
}

#[test]
fn encrypted_entries_and_unknown_methods_are_refused() {
    for flag in [1_u16, 1 << 6, 1 << 13] {
        let member = Forged::stored("a", b"x").with(|declared| declared.flags = flag);
        assert_eq!(
            refused(&one(member), Code::InvalidArchive),
            "The archive's entry \"a\" is encrypted."
        );
    }
    let only_locally = Forged::stored("a", b"x").forge(|member| member.local.flags = 1);
    refused_late(&one(only_locally));
    for method in [1_u16, 6, 9, 12, 14, 93, 95, 99] {
        let member = Forged::stored("a", b"x").with(|declared| declared.method = method);
        refused(&one(member), Code::InvalidArchive);
    }
    let patch = Forged::stored("a", b"x").with(|declared| declared.flags = 1 << 5);
    refused(&one(patch), Code::InvalidArchive);
}

#[test]
fn sizes_that_are_not_true_are_noticed() {
    let text = b"content ".repeat(50);
    for change in [-1_i32, 1, 1000, -399] {
        let lie = |size: u32| size.checked_add_signed(change).unwrap();
        let deflated = Forged::deflated("a", &text).with(|declared| declared.size = lie(declared.size));
        refused_late(&one(deflated));
        // Stored entries have one size; declared in both fields it moves the end of the content.
        let stored = Forged::stored("a", &text).with(|declared| {
            declared.size = lie(declared.size);
            declared.compressed = declared.size;
        });
        let bytes = one(stored);
        if change > 0 {
            refused(&bytes, Code::InvalidArchive);
        } else {
            refused_late(&bytes);
        }
        let contradicting = Forged::stored("a", &text).with(|declared| declared.size = lie(declared.size));
        refused(&one(contradicting), Code::InvalidArchive);
    }
    for change in [-1_i32, 3] {
        let lie = |size: u32| size.checked_add_signed(change).unwrap();
        let packed = Forged::deflated("a", &text)
            .with(|declared| declared.compressed = lie(declared.compressed))
            .forge(|member| member.packed.extend([0; 3]));
        refused_late(&one(packed));
    }
}

#[test]
fn contents_that_are_not_what_was_packed_are_noticed() {
    let text = b"content ".repeat(50);
    for member in [Forged::stored("a", &text), Forged::deflated("a", &text)] {
        let detail = refused_late(&one(member.clone().with(|declared| declared.crc ^= 1)));
        assert!(detail.contains("CRC"), "{detail}");
        let damaged = member.forge(|member| member.packed[7] ^= 0x10);
        refused_late(&one(damaged));
    }
    let noise = Forged::deflated("a", &text).forge(|member| member.packed.fill(0xff));
    assert!(refused_late(&one(noise)).contains("cannot be inflated"));
    let endless = Forged::deflated("a", &text).forge(|member| {
        // Without the mark of the last block.
        member.packed[0] &= !1;
    });
    refused_late(&one(endless));
}

#[test]
fn both_headers_of_an_entry_say_the_same() {
    let honest = || Forged::deflated("a", b"content content content");
    refused_late(&one(honest().forge(|member| member.local.name = b"b".to_vec())));
    refused_late(&one(honest().forge(|member| member.local.method = 0)));
    refused_late(&one(honest().forge(|member| member.local.size += 1)));
    refused_late(&one(honest().forge(|member| member.local.compressed += 1)));
    refused_late(&one(honest().forge(|member| member.local.crc += 1)));
    // A header that announces them behind the content may leave them out.
    let streamed = honest().forge(|member| {
        member.local.flags = 8;
        (member.local.size, member.local.compressed, member.local.crc) = (0, 0, 0);
    });
    assert_eq!(
        open(&one(streamed)).unwrap().read("a", 99).unwrap(),
        b"content content content"
    );
}

#[test]
fn entries_do_not_overlap() {
    let kernel = Forged::stored("a", b"the bytes that all of them share");
    let shared = Forged::stored("b", b"").forge(|member| {
        member.central = kernel.central.clone();
        member.central.name = b"b".to_vec();
        member.offset = Some(0);
        member.without_local = true;
    });
    assert!(refused(&archive(&[kernel.clone(), shared]), Code::InvalidArchive).contains("lies over another"));

    // Each entry quotes the header of the next as its content: the construction of the better bombs.
    let quoted = archive(std::slice::from_ref(&kernel));
    let header_bytes = 30 + 1;
    let quoting = Forged::stored("b", &quoted[..header_bytes + kernel.packed.len()]);
    let inner_offset = u32::try_from(header_bytes).unwrap();
    let inner = kernel.clone().forge(|member| {
        member.offset = Some(inner_offset);
        member.without_local = true;
    });
    refused(&archive(&[quoting, inner]), Code::InvalidArchive);

    // Over the directory, and beyond the file.
    for compressed in [33_u32, 200, 1 << 30, u32::MAX - 1] {
        let reaching = kernel.clone().with(|declared| {
            declared.compressed = compressed;
            declared.size = declared.compressed;
        });
        let limits = ArchiveLimits {
            entry_bytes: u64::MAX,
            unpacked_bytes: u64::MAX,
            ..ArchiveLimits::DEFAULT
        };
        let failure = open_within(&one(reaching), &limits).unwrap_err();
        assert_eq!(failure.code, Code::InvalidArchive);
    }
    let outside = kernel.clone().forge(|member| member.offset = Some(u32::MAX - 1));
    refused(&one(outside), Code::InvalidArchive);

    // Extra fields that the directory does not know of: they may lie before a content, but not so many that the content is
    // that of the next entry, however right its size and CRC.
    let long = kernel.forge(|member| member.local.extra = vec![0; 40]);
    assert!(open(&one(long)).unwrap().read("a", 99).is_ok());
    let borrowing = Forged::stored("a", b"loot").forge(|member| member.packed = b"junk".to_vec());
    let mut bytes = archive(&[borrowing, Forged::stored("b", b"loot")]);
    let extra_length = 28;
    bytes[extra_length] = 4 + 31;
    assert!(refused_late(&bytes).contains("lies over another"));
}

#[test]
fn wide_fields_are_read_and_their_lies_refused() {
    let wide = |values: &[u64]| {
        let mut extra = vec![
            0xfe,
            0xca,
            1,
            0,
            9,
            1,
            0,
            u8::try_from(values.len() * 8).unwrap(),
            0,
        ];
        extra.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        extra
    };
    let with = |size: u64, compressed: u64, offset: Option<u64>| {
        Forged::stored("a", b"content")
            .with(|declared| {
                declared.size = u32::MAX;
                declared.compressed = u32::MAX;
                declared.extra = wide(&[size, compressed]);
            })
            .forge(|member| {
                if let Some(offset) = offset {
                    member.offset = Some(u32::MAX);
                    member.central.extra = wide(&[size, compressed, offset]);
                }
            })
    };
    assert_eq!(read_all(&one(with(7, 7, Some(0)))).unwrap()[0].1, b"content");
    assert_eq!(read_all(&one(with(7, 7, None))).unwrap()[0].1, b"content");
    refused(&one(with(7, 7, Some(u64::MAX))), Code::InvalidArchive);
    refused(&one(with(7, u64::MAX, None)), Code::InvalidArchive);
    refused(&one(with(u64::MAX, u64::MAX, None)), Code::ArchiveTooLarge);
    let missing = with(7, 7, None).forge(|member| member.central.extra = wide(&[7]));
    refused(&one(missing), Code::InvalidArchive);
    let missing_locally = with(7, 7, None).forge(|member| member.local.extra.clear());
    refused_late(&one(missing_locally));

    // Three entries that would be more than 64 bits can count.
    let enormous: Vec<Forged> = ["a", "b", "c"]
        .map(|name| with(u64::MAX / 2, u64::MAX / 2, None).with(|declared| declared.name = name.into()))
        .into();
    let limits = ArchiveLimits {
        entry_bytes: u64::MAX,
        unpacked_bytes: u64::MAX,
        ..ArchiveLimits::DEFAULT
    };
    let failure = open_within(&archive(&enormous), &limits).unwrap_err();
    assert_eq!(failure.code, Code::ArchiveTooLarge);
}
