//! Where records lie in the table. No key is put together anywhere else.
//!
//! | key | PK | SK |
//! |---|---|---|
//! | upload | `TENANT#t\|UPLOAD#id` | `UPLOAD` |
//! | image | `TENANT#t\|IMAGE#id` | `IMAGE` |
//! | job | `TENANT#t\|JOB#id` | `JOB` |
//! | digest | `TENANT#t\|DIGEST#sha256` | `DIGEST` |
//! | idempotency | `TENANT#t\|IDEMPOTENCY#sha256` | `IDEMPOTENCY` |

use std::{fmt, str::FromStr};

use crate::{
    ids::{ImageId, JobId, UploadId},
    tenant::TenantId,
};

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A promised upload.
    Upload(UploadId),
    /// A picture.
    Image(ImageId),
    /// A job.
    Job(JobId),
    /// Which picture has this SHA-256, in lower-case hexadecimal.
    Digest(String),
    /// The answer to a request with an idempotency key, by the SHA-256 of route and key.
    Idempotency(String),
}

/// The primary key of one record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordKey {
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is about.
    pub subject: Subject,
}

/// A list that a tenant can page through, newest first: a partition of the index GSI1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Pictures.
    Images,
    /// Jobs.
    Jobs,
}

impl Listing {
    /// The partition of `tenant`'s list.
    #[must_use]
    pub fn partition(self, tenant: &TenantId) -> String {
        let name = match self {
            Self::Images => "IMAGES",
            Self::Jobs => "JOBS",
        };
        format!("TENANT#{}|{name}", tenant.key_segment())
    }
}

/// Unfinished work lies in this many partitions of the index GSI2, so that none of them grows hot.
pub const DUE_SHARDS: u8 = 8;

/// The partition of unfinished work that an id falls into.
#[must_use]
pub fn due_partition(id: &uuid::Uuid) -> String {
    let shard = id
        .as_bytes()
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte))
        % DUE_SHARDS;
    due_partition_of_shard(shard)
}

/// The partition of unfinished work with this number, below [`DUE_SHARDS`].
#[must_use]
pub fn due_partition_of_shard(shard: u8) -> String {
    format!("DUE#{shard}")
}

/// A key that is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key of ours")]
pub struct NotARecordKey;

impl RecordKey {
    /// The key of what `subject` is about.
    #[must_use]
    pub const fn new(tenant: TenantId, subject: Subject) -> Self {
        Self { tenant, subject }
    }

    /// The partition key.
    #[must_use]
    pub fn partition(&self) -> String {
        let (kind, id): (_, &dyn fmt::Display) = match &self.subject {
            Subject::Upload(id) => ("UPLOAD", id),
            Subject::Image(id) => ("IMAGE", id),
            Subject::Job(id) => ("JOB", id),
            Subject::Digest(sha256) => ("DIGEST", sha256),
            Subject::Idempotency(sha256) => ("IDEMPOTENCY", sha256),
        };
        format!("TENANT#{}|{kind}#{id}", self.tenant.key_segment())
    }

    /// The sort key.
    #[must_use]
    pub const fn sort(&self) -> &'static str {
        match self.subject {
            Subject::Upload(_) => "UPLOAD",
            Subject::Image(_) => "IMAGE",
            Subject::Job(_) => "JOB",
            Subject::Digest(_) => "DIGEST",
            Subject::Idempotency(_) => "IDEMPOTENCY",
        }
    }
}

/// Reads a partition key; the sort key follows from it.
impl FromStr for RecordKey {
    type Err = NotARecordKey;

    fn from_str(partition: &str) -> Result<Self, NotARecordKey> {
        let rest = partition.strip_prefix("TENANT#").ok_or(NotARecordKey)?;
        let (segment, subject) = rest.split_once('|').ok_or(NotARecordKey)?;
        let tenant = TenantId::from_key_segment(segment).map_err(|_| NotARecordKey)?;
        let (kind, id) = subject.split_once('#').ok_or(NotARecordKey)?;
        let is_sha256 = id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let subject = match kind {
            "UPLOAD" => Subject::Upload(id.parse().map_err(|_| NotARecordKey)?),
            "IMAGE" => Subject::Image(id.parse().map_err(|_| NotARecordKey)?),
            "JOB" => Subject::Job(id.parse().map_err(|_| NotARecordKey)?),
            "DIGEST" if is_sha256 => Subject::Digest(id.to_owned()),
            "IDEMPOTENCY" if is_sha256 => Subject::Idempotency(id.to_owned()),
            _ => return Err(NotARecordKey),
        };
        Ok(Self { tenant, subject })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    #[test]
    fn keys_of_other_shapes_are_refused() {
        for key in [
            "",
            "TENANT#a",
            "TENANT#a|IMAGE#1",
            "TENANT#a|CAT#0192f0c1-2345-7abc-8def-0123456789ab",
            "DUE#1",
        ] {
            assert_eq!(key.parse::<RecordKey>(), Err(NotARecordKey), "{key}");
        }
    }

    proptest! {
        #[test]
        fn every_key_round_trips(name in "[^\\p{Cc}]{1,20}", bits: u128, sha256 in "[0-9a-f]{64}", kind in 0..5) {
            let uuid = Uuid::from_u128(bits);
            let subject = match kind {
                0 => Subject::Upload(UploadId::from_uuid(uuid)),
                1 => Subject::Image(ImageId::from_uuid(uuid)),
                2 => Subject::Job(JobId::from_uuid(uuid)),
                3 => Subject::Digest(sha256),
                _ => Subject::Idempotency(sha256),
            };
            let key = RecordKey::new(name.parse().unwrap(), subject);
            prop_assert_eq!(key.partition().parse::<RecordKey>().unwrap(), key);
        }

        #[test]
        fn two_tenants_never_share_a_partition(a in "[^\\p{Cc}]{1,8}", b in "[^\\p{Cc}]{1,8}", bits: u128) {
            prop_assume!(a != b);
            let image = Subject::Image(ImageId::from_uuid(Uuid::from_u128(bits)));
            let [a, b] = [a, b].map(|name| RecordKey::new(name.parse().unwrap(), image.clone()).partition());
            prop_assert_ne!(a, b);
        }
    }
}
