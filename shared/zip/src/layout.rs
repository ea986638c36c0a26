//! The signatures, sizes and flags of a zip file's records (APPNOTE.TXT 4.3, 4.4 and 4.5).

/// Begins what stands before the content of each entry (4.3.7).
pub(crate) const LOCAL_HEADER: u32 = 0x0403_4b50;
/// Bytes of it without name and extra fields.
pub(crate) const LOCAL_HEADER_BYTES: usize = 30;
/// Begins what stands behind a content whose size was not known before (4.3.9).
pub(crate) const DATA_DESCRIPTOR: u32 = 0x0807_4b50;
/// Begins each record of the central directory (4.3.12).
pub(crate) const DIRECTORY_RECORD: u32 = 0x0201_4b50;
/// Bytes of it without name, extra fields and comment.
pub(crate) const DIRECTORY_RECORD_BYTES: u64 = 46;
/// Begins the wide end record (4.3.14).
pub(crate) const WIDE_END: u32 = 0x0606_4b50;
/// Bytes of it without extensible data.
pub(crate) const WIDE_END_BYTES: u64 = 56;
/// Bytes of it that its own size does not count: the signature and that size.
pub(crate) const WIDE_END_UNCOUNTED_BYTES: u64 = 12;
/// Begins the record that tells where the wide end record is (4.3.15).
pub(crate) const WIDE_END_LOCATOR: u32 = 0x0706_4b50;
/// Bytes of it.
pub(crate) const WIDE_END_LOCATOR_BYTES: usize = 20;
/// Begins the end record (4.3.16).
pub(crate) const END: u32 = 0x0605_4b50;
/// Bytes of it without the comment.
pub(crate) const END_BYTES: usize = 22;

/// In a field of 16 bits: the value stands in the wide record.
pub(crate) const WIDE_16: u16 = u16::MAX;
/// In a field of 32 bits: the value stands in the wide record or the wide extra field.
pub(crate) const WIDE_32: u32 = u32::MAX;
/// The extra field with sizes and offset of 64 bits (4.5.3).
pub(crate) const WIDE_EXTRA: u16 = 0x0001;
/// The extra field with the name in UTF-8 (4.6.9).
pub(crate) const UNICODE_NAME_EXTRA: u16 = 0x7075;
/// The one version of it.
pub(crate) const UNICODE_NAME_VERSION: u8 = 1;

/// The content as it is (4.4.5).
pub(crate) const STORED: u16 = 0;
/// The content deflated.
pub(crate) const DEFLATED: u16 = 8;

/// The content is encrypted (4.4.4).
pub(crate) const FLAG_ENCRYPTED: u16 = 1;
/// Size and CRC stand behind the content.
pub(crate) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// The content is a patch of another.
pub(crate) const FLAG_PATCH: u16 = 1 << 5;
/// The content is encrypted, in another way.
pub(crate) const FLAG_STRONGLY_ENCRYPTED: u16 = 1 << 6;
/// The name is UTF-8.
pub(crate) const FLAG_UTF_8: u16 = 1 << 11;
/// The directory is encrypted.
pub(crate) const FLAG_DIRECTORY_ENCRYPTED: u16 = 1 << 13;

/// Where the kind of a file stands in the mode that Unix has for it, itself the upper half of the external attributes.
pub(crate) const MODE_KIND: u32 = 0o170_000;
/// A plain file.
pub(crate) const MODE_FILE: u32 = 0o100_000;
/// A directory.
pub(crate) const MODE_DIRECTORY: u32 = 0o040_000;
