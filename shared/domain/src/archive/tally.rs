//! Counting what is done: each piece once.

use serde::{Deserialize, Serialize};

use crate::{ids::ArchiveId, tenant::TenantId, timestamp::Timestamp};

/// How many pictures of an archive are settled. Changed only together with the job that settles one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The archive.
    pub archive_id: ArchiveId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Pictures with a job.
    pub total: u64,
    /// Pictures whose job is over.
    pub settled: u64,
    /// Those of them whose job came to nothing.
    pub failed: u64,
    /// Milliseconds that the others took together.
    pub milliseconds: u64,
    /// Bytes of what was made of them.
    #[serde(default)]
    pub bytes: u64,
    /// When it may be forgotten.
    pub forgotten_at: Timestamp,
}

impl Tally {
    /// Whether every picture is settled.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.settled >= self.total
    }
}

/// How many pictures of a tenant were segmented in finished archives, and what it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentationStatistics {
    /// Whose they are.
    pub tenant: TenantId,
    /// Pictures.
    pub pictures: u64,
    /// Milliseconds, together.
    pub milliseconds: u64,
}
