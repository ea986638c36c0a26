//! Archives that lie, and readers that count, fail or hold no more than they must.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use darkroom_domain::{Code, Failure, Timestamp};
use darkroom_zip::{Archive, ArchiveLimits, PackedEntry, SurveyedEntry, survey};
use flate2::{Compression, write::DeflateEncoder};

pub(crate) const MOMENT: Timestamp = Timestamp::UNIX_EPOCH;

/// An entry as its two headers declare it: honest at first, and then whatever a test makes of it.
#[derive(Clone, Debug)]
pub(crate) struct Forged {
    pub(crate) packed: Vec<u8>,
    pub(crate) local: Declared,
    pub(crate) central: Declared,
    /// Bytes before the local header that belong to nothing.
    pub(crate) gap: usize,
    /// Where the directory says that the entry is, if not where it is.
    pub(crate) offset: Option<u32>,
    pub(crate) attributes: u32,
    pub(crate) disk: u16,
    /// Whether the directory alone has this entry.
    pub(crate) without_local: bool,
}

/// What one of the headers says.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) compressed: u32,
    pub(crate) size: u32,
    pub(crate) extra: Vec<u8>,
}

impl Forged {
    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        Self::new(name, 0, content, content.to_vec())
    }

    pub(crate) fn deflated(name: &str, content: &[u8]) -> Self {
        Self::new(name, 8, content, deflate(content))
    }

    fn new(name: &str, method: u16, content: &[u8], packed: Vec<u8>) -> Self {
        let declared = Declared {
            name: name.as_bytes().to_vec(),
            flags: 0,
            method,
            crc: crc32fast::hash(content),
            compressed: u32::try_from(packed.len()).unwrap(),
            size: u32::try_from(content.len()).unwrap(),
            extra: Vec::new(),
        };
        Self {
            packed,
            local: declared.clone(),
            central: declared,
            gap: 0,
            offset: None,
            attributes: 0o100_644 << 16,
            disk: 0,
            without_local: false,
        }
    }

    /// Changes what both headers say.
    pub(crate) fn with(mut self, change: impl Fn(&mut Declared)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    /// Changes anything.
    pub(crate) fn forge(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The end record of an archive, as it stands.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) disk: u16,
    pub(crate) directory_disk: u16,
    pub(crate) entries_on_disk: u16,
    pub(crate) entries: u16,
    pub(crate) directory_bytes: u32,
    pub(crate) directory_offset: u32,
    pub(crate) comment: Vec<u8>,
    pub(crate) wide: Option<WideEnd>,
}

/// The wide end record and its locator.
#[derive(Clone, Debug)]
pub(crate) struct WideEnd {
    pub(crate) length: u64,
    pub(crate) disk: u32,
    pub(crate) entries_on_disk: u64,
    pub(crate) entries: u64,
    pub(crate) directory_bytes: u64,
    pub(crate) directory_offset: u64,
    pub(crate) locator_offset: u64,
    pub(crate) disks: u32,
}

/// An honest archive of these entries.
pub(crate) fn archive(members: &[Forged]) -> Vec<u8> {
    archive_with(members, |_| {})
}

/// An archive with a wide end, all of whose narrow values refer to it.
pub(crate) fn wide_archive(members: &[Forged], change: impl FnOnce(&mut WideEnd)) -> Vec<u8> {
    archive_with(members, |end| {
        let mut wide = WideEnd {
            length: 44,
            disk: 0,
            entries_on_disk: end.entries.into(),
            entries: end.entries.into(),
            directory_bytes: end.directory_bytes.into(),
            directory_offset: end.directory_offset.into(),
            locator_offset: u64::from(end.directory_offset) + u64::from(end.directory_bytes),
            disks: 1,
        };
        change(&mut wide);
        end.entries = u16::MAX;
        end.entries_on_disk = u16::MAX;
        end.directory_bytes = u32::MAX;
        end.directory_offset = u32::MAX;
        end.wide = Some(wide);
    })
}

/// An archive of these entries with an end that a test has changed.
pub(crate) fn archive_with(members: &[Forged], change: impl FnOnce(&mut End)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        bytes.resize(bytes.len() + member.gap, 0xAA);
        let offset = member.offset.unwrap_or(u32::try_from(bytes.len()).unwrap());
        if !member.without_local {
            bytes.extend(b"PK\x03\x04\x14\x00");
            put_declared(&mut bytes, &member.local);
            bytes.extend(&member.local.name);
            bytes.extend(&member.local.extra);
            bytes.extend(&member.packed);
        }
        directory.extend(b"PK\x01\x02\x14\x03\x14\x00");
        put_declared(&mut directory, &member.central);
        directory.extend([0; 2]);
        directory.extend(member.disk.to_le_bytes());
        directory.extend([0; 2]);
        directory.extend(member.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&member.central.name);
        directory.extend(&member.central.extra);
    }
    let entries = u16::try_from(members.len()).unwrap_or(u16::MAX);
    let mut end = End {
        disk: 0,
        directory_disk: 0,
        entries_on_disk: entries,
        entries,
        directory_bytes: u32::try_from(directory.len()).unwrap(),
        directory_offset: u32::try_from(bytes.len()).unwrap(),
        comment: Vec::new(),
        wide: None,
    };
    change(&mut end);
    bytes.extend(directory);
    put_end(&mut bytes, &end);
    bytes
}

fn put_declared(bytes: &mut Vec<u8>, declared: &Declared) {
    bytes.extend(declared.flags.to_le_bytes());
    bytes.extend(declared.method.to_le_bytes());
    bytes.extend([0, 0, 33, 0]);
    for value in [declared.crc, declared.compressed, declared.size] {
        bytes.extend(value.to_le_bytes());
    }
    for part in [&declared.name, &declared.extra] {
        bytes.extend(u16::try_from(part.len()).unwrap().to_le_bytes());
    }
}

pub(crate) fn put_end(bytes: &mut Vec<u8>, end: &End) {
    if let Some(wide) = &end.wide {
        bytes.extend(b"PK\x06\x06");
        bytes.extend(wide.length.to_le_bytes());
        bytes.extend([45, 0, 45, 0]);
        bytes.extend(wide.disk.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        for value in [
            wide.entries_on_disk,
            wide.entries,
            wide.directory_bytes,
            wide.directory_offset,
        ] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend(wide.locator_offset.to_le_bytes());
        bytes.extend(wide.disks.to_le_bytes());
    }
    bytes.extend(b"PK\x05\x06");
    for value in [end.disk, end.directory_disk, end.entries_on_disk, end.entries] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(end.directory_bytes.to_le_bytes());
    bytes.extend(end.directory_offset.to_le_bytes());
    bytes.extend(u16::try_from(end.comment.len()).unwrap().to_le_bytes());
    bytes.extend(&end.comment);
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) type Open<'bytes> = Archive<Counted<Cursor<&'bytes [u8]>>>;

/// Opens an archive in memory within the default limits.
pub(crate) fn open(bytes: &[u8]) -> Result<Open<'_>, Failure> {
    open_within(bytes, &ArchiveLimits::DEFAULT)
}

pub(crate) fn open_within<'bytes>(
    bytes: &'bytes [u8],
    limits: &ArchiveLimits,
) -> Result<Open<'bytes>, Failure> {
    Archive::open(Counted::new(Cursor::new(bytes)), bytes.len() as u64, limits)
}

/// Opens an archive and reads all of it: every name with its content.
pub(crate) fn read_all(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut archive = open(bytes)?;
    let names: Vec<String> = archive.entries().iter().map(|entry| entry.name.clone()).collect();
    names
        .into_iter()
        .map(|name| {
            let content = archive.read(&name, u64::MAX)?;
            Ok((name, content))
        })
        .collect()
}

/// Surveys an archive in memory within the default limits.
pub(crate) fn surveyed(bytes: &[u8]) -> Result<Vec<SurveyedEntry>, Failure> {
    survey(
        &mut Cursor::new(bytes),
        bytes.len() as u64,
        &ArchiveLimits::DEFAULT,
    )
}

/// The content of a surveyed entry, out of no more than its span.
pub(crate) fn unpacked(bytes: &[u8], entry: &SurveyedEntry) -> Result<Vec<u8>, Failure> {
    let packed = entry.content.clone()?;
    packed.read(span_of(bytes, &packed), u64::MAX)
}

/// The bytes of the archive that an entry's span names.
pub(crate) fn span_of<'bytes>(bytes: &'bytes [u8], packed: &PackedEntry) -> &'bytes [u8] {
    let span = packed.span();
    &bytes[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()]
}

/// Asserts that an archive is refused when it is opened, and gives the words.
pub(crate) fn refused(bytes: &[u8], code: Code) -> String {
    let failure = open(bytes).expect_err("the archive was opened");
    assert_eq!(failure.code, code, "{failure}");
    assert!(!failure.is_retryable());
    failure.detail
}

/// The archive of one entry.
pub(crate) fn one(member: Forged) -> Vec<u8> {
    archive(&[member])
}

/// A reader that counts the bytes it was asked for and gave.
#[derive(Debug)]
pub(crate) struct Counted<R> {
    inner: R,
    pub(crate) bytes: u64,
}

impl<R> Counted<R> {
    pub(crate) const fn new(inner: R) -> Self {
        Self { inner, bytes: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}
