//! Single entries apart from their archive: their spans, their JSON, and what is read of them.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    borrow::Cow,
    io::{BufReader, Read, Write},
};

use darkroom_domain::Code;
use darkroom_zip::{ArchiveLimits, PackedEntry, survey};
use flate2::{Compression, write::DeflateEncoder};
use support::{Forged, archive, one, span_of, surveyed, unpacked};

fn packed(bytes: &[u8], number: usize) -> PackedEntry {
    surveyed(bytes).unwrap()[number].content.clone().unwrap()
}

/// Asserts that an archive's one entry is found in order by the survey and refused when it is read, in both ways.
fn refused_late(bytes: &[u8]) -> String {
    let packed = packed(bytes, 0);
    let failure = packed.read(span_of(bytes, &packed), u64::MAX).unwrap_err();
    assert_eq!(failure.code, Code::InvalidArchive, "{failure}");
    assert!(!failure.is_retryable());
    assert_eq!(
        packed.unpack(span_of(bytes, &packed), u64::MAX),
        Err(failure.clone())
    );
    failure.detail
}

#[test]
fn a_span_ends_with_the_next_entry_or_where_no_header_can_reach() {
    let bytes = archive(&[
        Forged::stored("a", b"12345"),
        Forged::stored("b", b"12345").forge(|member| member.gap = 10),
        Forged::stored("c", b"12345").forge(|member| member.gap = 1_000_000),
        Forged::stored("d", b"12345"),
    ]);
    let spans: Vec<_> = (0..4).map(|number| packed(&bytes, number).span()).collect();
    assert_eq!(spans[0], 0..46);
    let longest = 30 + 2 * 65_535 + 5;
    assert_eq!(spans[1], 46..46 + longest);
    assert_eq!(spans[2], 1_000_082..1_000_118);
    let directory = bytes.len() as u64 - 22 - 4 * 47;
    assert_eq!(spans[3], 1_000_118..directory);
    for file in surveyed(&bytes).unwrap() {
        assert_eq!(unpacked(&bytes, &file).unwrap(), b"12345");
    }
}

#[test]
fn the_longest_header_lies_in_the_span() {
    let member = Forged::stored("a", b"content").forge(|member| {
        member.local.name = vec![b'n'; 65_535];
        member.central.name = member.local.name.clone();
        member.local.extra = vec![0; 65_535];
    });
    let bytes = archive(&[member, Forged::stored("b", b"").forge(|member| member.gap = 5000)]);
    let files = surveyed(&bytes).unwrap();
    assert_eq!(files[0].content.as_ref().unwrap().span().end, 30 + 2 * 65_535 + 7);
    assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"content");
}

#[test]
fn stored_content_of_a_span_is_not_copied() {
    let bytes = archive(&[Forged::stored("a", b"content"), Forged::deflated("b", b"content")]);
    let stored = packed(&bytes, 0);
    let span = span_of(&bytes, &stored);
    let Cow::Borrowed(content) = stored.unpack(span, 7).unwrap() else {
        panic!("it was copied");
    };
    assert!(std::ptr::eq(content, &raw const span[31..38]));
    let deflated = packed(&bytes, 1);
    let content = deflated.unpack(span_of(&bytes, &deflated), 7).unwrap();
    assert_eq!(content.as_ref(), b"content");
}

#[test]
fn a_stream_is_read_up_to_the_end_of_the_content_alone() {
    let text = b"content ".repeat(50_000);
    for member in [Forged::stored("a", &text), Forged::deflated("a", &text)] {
        let end = 31 + member.packed.len();
        let bytes = archive(&[member, Forged::stored("b", b"next")]);
        let packed = packed(&bytes, 0);
        for capacity in [1, 7, 1000, 1 << 20] {
            let mut reader = BufReader::with_capacity(capacity, &bytes[..]);
            assert_eq!(packed.read(&mut reader, u64::MAX).unwrap(), text);
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, bytes[end..], "in pieces of {capacity}");
        }
    }
}

#[test]
fn a_span_that_is_cut_is_noticed() {
    let text = b"content ".repeat(20);
    for member in [Forged::stored("a", &text), Forged::deflated("a", &text)] {
        let bytes = one(member);
        let packed = packed(&bytes, 0);
        let span = span_of(&bytes, &packed);
        for end in 0..span.len() {
            let failure = packed.read(&span[..end], u64::MAX).unwrap_err();
            assert_eq!(failure.detail, "The archive is cut short.", "after {end} bytes");
            assert_eq!(packed.unpack(&span[..end], u64::MAX), Err(failure));
        }
        assert!(packed.read(span, u64::MAX).is_ok());
    }
}

#[test]
fn the_limit_is_inclusive_and_held_before_anything_is_read() {
    for member in [Forged::stored("a", b"12345"), Forged::deflated("a", b"12345")] {
        let bytes = one(member);
        let packed = packed(&bytes, 0);
        let span = span_of(&bytes, &packed);
        assert_eq!(packed.size(), 5);
        assert_eq!(packed.read(span, 5).unwrap(), b"12345");
        assert_eq!(packed.unpack(span, 5).unwrap().as_ref(), b"12345");
        let failure = packed.read(&b""[..], 4).unwrap_err();
        assert_eq!(failure.code, Code::ArchiveTooLarge);
        assert_eq!(
            failure.detail,
            "The archive's entry has 5 bytes; at most 4 are accepted."
        );
        assert_eq!(packed.unpack(b"", 4), Err(failure));
    }
}

#[test]
fn lies_are_noticed() {
    let text = b"content ".repeat(50);
    for member in [Forged::stored("a", &text), Forged::deflated("a", &text)] {
        let detail = refused_late(&one(member.clone().with(|declared| declared.crc ^= 1)));
        assert_eq!(detail, "The archive's entry is damaged: its CRC is another.");
        refused_late(&one(member.clone().forge(|member| member.packed[7] ^= 0x10)));
        refused_late(&one(member.clone().forge(|member| member.local.crc ^= 1)));
        refused_late(&one(member.clone().forge(|member| member.local.size += 1)));
        refused_late(&one(member.clone().forge(|member| member.local.compressed += 1)));
        refused_late(&one(member.clone().forge(|member| member.local.method ^= 8)));
        refused_late(&one(member.clone().forge(|member| member.local.flags = 1)));
        let renamed = member.forge(|member| member.local.name = b"b".to_vec());
        assert!(refused_late(&one(renamed)).contains("contradict each other"));
    }
    for change in [-1_i32, 1, 1000, -399] {
        let lying = Forged::deflated("a", &text)
            .with(|declared| declared.size = declared.size.checked_add_signed(change).unwrap());
        refused_late(&one(lying));
    }
    let mut bytes = archive(&[Forged::stored("a", b"loot"), Forged::stored("b", b"loot")]);
    let extra_length = 28;
    bytes[extra_length] = 4 + 31;
    assert!(refused_late(&bytes).contains("lies over another"));
}

#[test]
fn a_bomb_that_hides_its_size_is_read_no_further_than_that() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    for _ in 0..256 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let content = encoder.finish().unwrap();
    let length = u32::try_from(content.len()).unwrap();
    let bomb = Forged::deflated("a", b"")
        .with(|declared| (declared.size, declared.compressed) = (1000, length))
        .forge(|member| member.packed = content);
    let bytes = one(bomb);
    let packed = packed(&bytes, 0);
    let mut span = span_of(&bytes, &packed);
    let whole = span.len();
    let failure = packed.read(&mut span, u64::MAX).unwrap_err();
    assert!(failure.detail.contains("larger than it declares"), "{failure}");
    assert!(
        whole - span.len() < 2000,
        "{} bytes were read",
        whole - span.len()
    );
}

#[test]
fn entries_are_small_as_json_and_come_back() {
    let bytes = archive(&[
        Forged::stored("a", b"12345"),
        Forged::deflated("b.txt", &[7; 1000]),
    ]);
    let stored = packed(&bytes, 0);
    let json = serde_json::to_string(&stored).unwrap();
    assert_eq!(
        json,
        format!(
            "[0,36,\"stored\",{},5,5,{}]",
            crc32fast::hash(b"12345"),
            crc32fast::hash(b"a")
        )
    );
    for number in 0..2 {
        let packed = packed(&bytes, number);
        let json = serde_json::to_string(&packed).unwrap();
        assert!(json.len() < 70, "{json}");
        assert_eq!(serde_json::from_str::<PackedEntry>(&json).unwrap(), packed);
    }
}

#[test]
fn values_that_contradict_each_other_do_not_come_back() {
    let row = |offset: u64, bound: u64, method: &str, size: u64, compressed: u64| {
        serde_json::from_str::<PackedEntry>(&format!(
            "[{offset},{bound},\"{method}\",1,{size},{compressed},1]"
        ))
    };
    assert!(row(10, 45, "stored", 5, 5).is_ok());
    assert!(row(10, 44, "stored", 5, 5).is_err());
    assert!(row(10, 45, "stored", 4, 5).is_err());
    assert!(row(10, 45, "deflated", 4, 5).is_ok());
    assert!(row(10, 45, "bzip2", 4, 5).is_err());
    assert!(row(50, 45, "stored", 0, 0).is_err());
    assert!(row(u64::MAX, u64::MAX, "stored", 0, 0).is_err());
    assert!(row(0, u64::MAX, "stored", u64::MAX, u64::MAX).is_err());
    assert!(serde_json::from_str::<PackedEntry>("[0,40,\"stored\",1,5,5]").is_err());
}

#[test]
fn promises_take_no_memory_and_do_not_overflow() {
    let bytes = one(Forged::deflated("a", b"content"));
    let name_crc = crc32fast::hash(b"a");
    let most = u64::MAX - 30;
    for (method, size, compressed) in [
        ("stored", most, most),
        ("deflated", most, most),
        ("deflated", u64::MAX, 9),
        ("deflated", 1 << 60, 1 << 60),
    ] {
        let json = format!("[0,{},\"{method}\",1,{size},{compressed},{name_crc}]", u64::MAX);
        let packed: PackedEntry = serde_json::from_str(&json).unwrap();
        assert!(packed.span().end >= packed.span().start);
        assert!(packed.read(&bytes[..], u64::MAX).is_err(), "{json}");
        assert!(packed.unpack(&bytes, u64::MAX).is_err(), "{json}");
        // The header of a stream, after which nothing comes.
        let mut streamed = bytes.clone();
        streamed[6] = 8;
        streamed[8] = if method == "stored" { 0 } else { 8 };
        streamed.truncate(33);
        let failure = packed.read(&streamed[..], u64::MAX).unwrap_err();
        assert!(
            matches!(failure.code, Code::InvalidArchive | Code::ArchiveTooLarge),
            "{failure}"
        );
    }
}

#[test]
fn wide_fields_and_descriptors_are_read() {
    let wide = |values: &[u64]| {
        let mut extra = vec![1, 0, u8::try_from(values.len() * 8).unwrap(), 0];
        extra.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        extra
    };
    let member = Forged::stored("a", b"content")
        .with(|declared| {
            (declared.size, declared.compressed) = (u32::MAX, u32::MAX);
            declared.extra = wide(&[7, 7]);
        })
        .forge(|member| {
            member.offset = Some(u32::MAX);
            member.central.extra = wide(&[7, 7, 0]);
        });
    let streamed = Forged::deflated("b", b"content content content").forge(|member| {
        member.local.flags = 8;
        member.central.flags = 8;
        (member.local.size, member.local.compressed, member.local.crc) = (0, 0, 0);
        member.packed.extend(b"PK\x07\x08............");
    });
    let bytes = archive(&[member, streamed]);
    let limits = ArchiveLimits::DEFAULT;
    let files = survey(&mut std::io::Cursor::new(&bytes), bytes.len() as u64, &limits).unwrap();
    assert_eq!(unpacked(&bytes, &files[0]).unwrap(), b"content");
    assert_eq!(unpacked(&bytes, &files[1]).unwrap(), b"content content content");
}
