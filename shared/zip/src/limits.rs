//! How much an archive may hold.

use darkroom_domain::Failure;

use crate::fault::too_large;

/// The limits on one archive. All are inclusive: a value equal to its limit is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes of the archive itself.
    pub bytes: u64,
    /// Entries of the archive, directories among them.
    pub entries: u32,
    /// Bytes of all entries together, unpacked.
    pub unpacked_bytes: u64,
    /// Bytes of one entry, unpacked.
    pub entry_bytes: u64,
    /// Bytes that one packed byte of an entry may unpack to. Entries of up to [`Self::RATIO_FREE_BYTES`] unpacked are
    /// not held against it: small files of one colour or of much repetition are packed a thousandfold quite honestly.
    pub ratio: u32,
    /// Bytes of the central directory. All of it is in memory while the archive is opened.
    pub directory_bytes: u64,
}

impl ArchiveLimits {
    /// 1 GiB of 20,000 entries, 4 GiB unpacked and at most 64 MiB of it in one entry, packed 200 to 1, and a directory
    /// of 8 MiB: some 400 bytes for each entry, where short names take about 80.
    pub const DEFAULT: Self = Self {
        bytes: 1 << 30,
        entries: 20_000,
        unpacked_bytes: 4 << 30,
        entry_bytes: 64 << 20,
        ratio: 200,
        directory_bytes: 8 << 20,
    };

    /// Limits for an archive of pictures of at most `bytes` bytes, whose entries are read one by one where they lie: they may
    /// unpack to four times that.
    #[must_use]
    pub const fn of_pictures(bytes: u64) -> Self {
        Self {
            bytes,
            unpacked_bytes: bytes.saturating_mul(4),
            ..Self::DEFAULT
        }
    }

    /// Bytes that an entry may unpack to whatever its ratio: 1 MiB.
    pub const RATIO_FREE_BYTES: u64 = 1 << 20;

    pub(crate) fn check_bytes(&self, bytes: u64) -> Result<(), Failure> {
        if bytes > self.bytes {
            return Err(too_large(format!(
                "The archive has {bytes} bytes; at most {} are accepted.",
                self.bytes
            )));
        }
        Ok(())
    }

    pub(crate) fn check_directory(&self, entries: u64, bytes: u64) -> Result<(), Failure> {
        if entries > u64::from(self.entries) {
            return Err(too_large(format!(
                "The archive has {entries} entries; at most {} are accepted.",
                self.entries
            )));
        }
        if bytes > self.directory_bytes {
            return Err(too_large(format!(
                "The archive's directory has {bytes} bytes; at most {} are accepted.",
                self.directory_bytes
            )));
        }
        Ok(())
    }

    /// Holds what one entry declares against the limits; `shown` is its name for a person.
    pub(crate) fn check_entry(&self, shown: &str, size: u64, compressed: u64) -> Result<(), Failure> {
        if size > self.entry_bytes {
            return Err(too_large(format!(
                "The archive's entry {shown} has {size} bytes unpacked; at most {} are accepted.",
                self.entry_bytes
            )));
        }
        // What is packed may be a little larger than what it unpacks to, never much: whoever fetches it would have to hold it.
        if compressed > self.entry_bytes.saturating_add(Self::RATIO_FREE_BYTES) {
            return Err(too_large(format!(
                "The archive's entry {shown} has {compressed} bytes packed; at most {} are accepted.",
                self.entry_bytes
            )));
        }
        if size > Self::RATIO_FREE_BYTES && size > compressed.saturating_mul(u64::from(self.ratio)) {
            return Err(too_large(format!(
                "The archive's entry {shown} is packed more than {} to 1, which no picture is.",
                self.ratio
            )));
        }
        Ok(())
    }

    pub(crate) fn check_unpacked(&self, bytes: Option<u64>) -> Result<(), Failure> {
        if bytes.is_none_or(|bytes| bytes > self.unpacked_bytes) {
            return Err(too_large(format!(
                "The archive's entries have more than {} bytes unpacked.",
                self.unpacked_bytes
            )));
        }
        Ok(())
    }
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::Code;

    use super::*;

    const LIMITS: ArchiveLimits = ArchiveLimits::DEFAULT;

    #[test]
    fn at_the_limits_and_beside_them() {
        assert!(LIMITS.check_bytes(1 << 30).is_ok());
        assert_eq!(
            LIMITS.check_bytes((1 << 30) + 1).unwrap_err().code,
            Code::ArchiveTooLarge
        );
        assert!(LIMITS.check_directory(20_000, 8 << 20).is_ok());
        assert!(LIMITS.check_directory(20_001, 0).is_err());
        assert!(LIMITS.check_directory(0, (8 << 20) + 1).is_err());
        assert!(LIMITS.check_entry("a", 64 << 20, 64 << 20).is_ok());
        assert!(LIMITS.check_entry("a", (64 << 20) + 1, 64 << 20).is_err());
        assert!(LIMITS.check_entry("a", 100, 65 << 20).is_ok());
        assert!(LIMITS.check_entry("a", 100, (65 << 20) + 1).is_err());
        assert!(LIMITS.check_unpacked(Some(4 << 30)).is_ok());
        assert!(LIMITS.check_unpacked(Some((4 << 30) + 1)).is_err());
        assert!(LIMITS.check_unpacked(None).is_err());
    }

    #[test]
    fn small_entries_may_be_packed_as_tightly_as_they_can() {
        assert!(LIMITS.check_entry("a", 1 << 20, 1).is_ok());
        assert!(LIMITS.check_entry("a", 2_000_000, 10_000).is_ok());
        let failure = LIMITS.check_entry("\"a\"", 2_000_001, 10_000).unwrap_err();
        assert_eq!(failure.code, Code::ArchiveTooLarge);
        assert!(failure.detail.contains("\"a\""), "{}", failure.detail);
    }
}
