//! Where records lie in the table. No key is put together anywhere else.
//!
//! Things that are listed or cleared away together share a partition.
//!
//! | key | PK | SK |
//! |---|---|---|
//! | upload | `TENANT#t\|UPLOAD#id` | `UPLOAD` |
//! | image | `TENANT#t\|IMAGE#id` | `IMAGE` |
//! | analysis of an image | `TENANT#t\|IMAGE#id` | `ANALYSIS#method` |
//! | description of an image | `TENANT#t\|IMAGE#id` | `DESCRIPTION` |
//! | batch of photographs | `TENANT#t\|BATCHES#` | `BATCH#id` |
//! | photograph of a batch | `TENANT#t\|BATCH#id` | `MEMBER#id` |
//! | two that are no duplicates | `TENANT#t\|BATCH#id` | `DISTINCT#id#id` |
//! | job | `TENANT#t\|JOB#id` | `JOB` |
//! | dataset | `TENANT#t\|DATASETS#` | `DATASET#id` |
//! | image of a dataset | `TENANT#t\|DATASET#id` | `IMAGE#id` |
//! | archive of pictures | `TENANT#t\|ARCHIVE#id` | `ARCHIVE` |
//! | its tally | `TENANT#t\|ARCHIVE#id` | `TALLY` |
//! | a picture of it | `TENANT#t\|ARCHIVE#id` | `PICTURE#number` |
//! | statistics of segmentation | `TENANT#t\|SEGMENTATION#` | `STATISTICS` |
//! | prediction | `TENANT#t\|PREDICTION#id` | `PREDICTION` |
//! | tool crib | `TENANT#t\|CRIB#` | `CRIB` |
//! | person of it | `TENANT#t\|USERS#` | `USER#number` |
//! | employee number | `TENANT#t\|USERS#` | `EMPLOYEE#sha256` |
//! | tool of it | `TENANT#t\|TOOLS#` | `TOOL#number` |
//! | serial number | `TENANT#t\|TOOLS#` | `SERIAL#sha256` |
//! | kit of it | `TENANT#t\|TOOLKITS#` | `TOOLKIT#number` |
//! | kit that went out or came back | `TENANT#t\|TRANSACTIONS#` | `TRANSACTION#number` |
//! | digest | `TENANT#t\|DIGEST#sha256` | `DIGEST` |
//! | idempotency | `TENANT#t\|IDEMPOTENCY#sha256` | `IDEMPOTENCY` |

use std::borrow::Cow;

use crate::{
    analysis::Method,
    ids::{
        ArchiveId, BatchId, DatasetId, ImageId, JobId, PredictionId, ToolId, ToolkitId, TransactionId,
        UploadId, UserId,
    },
    tenant::TenantId,
};

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A promised upload.
    Upload(UploadId),
    /// A picture.
    Image(ImageId),
    /// What the latest analysis of a picture by a method found.
    Analysis(ImageId, Method),
    /// What is known of a picture beside its pixels.
    Description(ImageId),
    /// A batch of photographs.
    Batch(BatchId),
    /// A photograph's place in a batch.
    BatchMember(BatchId, ImageId),
    /// Two photographs of a batch that are no duplicates of each other, the one with the lower id first.
    DistinctPair(BatchId, ImageId, ImageId),
    /// A job.
    Job(JobId),
    /// A dataset.
    Dataset(DatasetId),
    /// A picture's place in a dataset.
    DatasetImage(DatasetId, ImageId),
    /// An archive of pictures.
    Archive(ArchiveId),
    /// How many pictures of an archive are settled.
    Tally(ArchiveId),
    /// A picture of an archive, by its number.
    ArchivedPicture(ArchiveId, u32),
    /// How much was segmented.
    SegmentationStatistics,
    /// What a detector found in a picture.
    Prediction(PredictionId),
    /// What the tool crib as a whole knows.
    Crib,
    /// A person of the crib.
    User(UserId),
    /// Who has this employee number, by its SHA-256 in lower-case hexadecimal.
    EmployeeNumber(String),
    /// A tool of the crib.
    Tool(ToolId),
    /// Which tool has this serial number, by its SHA-256 in lower-case hexadecimal.
    SerialNumber(String),
    /// A kit of the crib.
    Toolkit(ToolkitId),
    /// A kit that went out or came back.
    Transaction(TransactionId),
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

/// What the sort keys of all analyses of a picture begin with.
pub const ANALYSIS_PREFIX: &str = "ANALYSIS#";

/// What the sort keys of all batches begin with.
pub const BATCH_PREFIX: &str = "BATCH#";

/// What the sort keys of all photographs of a batch begin with.
pub const MEMBER_PREFIX: &str = "MEMBER#";

/// What the sort keys of all pairs of a batch that are no duplicates begin with.
pub const DISTINCT_PREFIX: &str = "DISTINCT#";

/// What the sort keys of all pictures of an archive begin with. Their numbers follow, of a width, so that they sort.
pub const PICTURE_PREFIX: &str = "PICTURE#";

/// What the sort keys of all people of a crib begin with.
pub const USER_PREFIX: &str = "USER#";

/// What the sort keys of all tools of a crib begin with.
pub const TOOL_PREFIX: &str = "TOOL#";

/// What the sort keys of all kits of a crib begin with.
pub const TOOLKIT_PREFIX: &str = "TOOLKIT#";

/// What the sort keys of all transactions of a crib begin with.
pub const TRANSACTION_PREFIX: &str = "TRANSACTION#";

/// Numbers of a width, so that they sort.
fn numbered(prefix: &str, number: u32) -> Cow<'static, str> {
    format!("{prefix}{number:010}").into()
}

/// The number of a sort key.
fn number(text: &str) -> Result<u32, NotARecordKey> {
    text.parse().map_err(|_| NotARecordKey)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
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
        let subject = match &self.subject {
            Subject::Upload(id) => format!("UPLOAD#{id}"),
            Subject::Image(id) | Subject::Analysis(id, _) | Subject::Description(id) => {
                format!("IMAGE#{id}")
            }
            Subject::Batch(_) => "BATCHES#".to_owned(),
            Subject::BatchMember(id, _) | Subject::DistinctPair(id, _, _) => format!("BATCH#{id}"),
            Subject::Job(id) => format!("JOB#{id}"),
            Subject::Dataset(_) => "DATASETS#".to_owned(),
            Subject::DatasetImage(id, _) => format!("DATASET#{id}"),
            Subject::Archive(id) | Subject::Tally(id) | Subject::ArchivedPicture(id, _) => {
                format!("ARCHIVE#{id}")
            }
            Subject::SegmentationStatistics => "SEGMENTATION#".to_owned(),
            Subject::Prediction(id) => format!("PREDICTION#{id}"),
            Subject::Crib => "CRIB#".to_owned(),
            Subject::User(_) | Subject::EmployeeNumber(_) => "USERS#".to_owned(),
            Subject::Tool(_) | Subject::SerialNumber(_) => "TOOLS#".to_owned(),
            Subject::Toolkit(_) => "TOOLKITS#".to_owned(),
            Subject::Transaction(_) => "TRANSACTIONS#".to_owned(),
            Subject::Digest(sha256) => format!("DIGEST#{sha256}"),
            Subject::Idempotency(sha256) => format!("IDEMPOTENCY#{sha256}"),
        };
        format!("TENANT#{}|{subject}", self.tenant.key_segment())
    }

    /// The sort key.
    #[must_use]
    pub fn sort(&self) -> Cow<'static, str> {
        match &self.subject {
            Subject::Upload(_) => "UPLOAD".into(),
            Subject::Image(_) => "IMAGE".into(),
            Subject::Analysis(_, method) => format!("{ANALYSIS_PREFIX}{}", method.name()).into(),
            Subject::Description(_) => "DESCRIPTION".into(),
            Subject::Batch(id) => format!("{BATCH_PREFIX}{id}").into(),
            Subject::BatchMember(_, id) => format!("{MEMBER_PREFIX}{id}").into(),
            Subject::DistinctPair(_, first, second) => format!("{DISTINCT_PREFIX}{first}#{second}").into(),
            Subject::Job(_) => "JOB".into(),
            Subject::Dataset(id) => format!("DATASET#{id}").into(),
            Subject::DatasetImage(_, id) => format!("IMAGE#{id}").into(),
            Subject::Archive(_) => "ARCHIVE".into(),
            Subject::Tally(_) => "TALLY".into(),
            Subject::ArchivedPicture(_, number) => format!("{PICTURE_PREFIX}{number:08}").into(),
            Subject::SegmentationStatistics => "STATISTICS".into(),
            Subject::Prediction(_) => "PREDICTION".into(),
            Subject::Crib => "CRIB".into(),
            Subject::User(id) => numbered(USER_PREFIX, id.number()),
            Subject::EmployeeNumber(sha256) => format!("EMPLOYEE#{sha256}").into(),
            Subject::Tool(id) => numbered(TOOL_PREFIX, id.number()),
            Subject::SerialNumber(sha256) => format!("SERIAL#{sha256}").into(),
            Subject::Toolkit(id) => numbered(TOOLKIT_PREFIX, id.number()),
            Subject::Transaction(id) => numbered(TRANSACTION_PREFIX, id.number()),
            Subject::Digest(_) => "DIGEST".into(),
            Subject::Idempotency(_) => "IDEMPOTENCY".into(),
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When it is not spelt exactly as [`Self::partition`] and [`Self::sort`] do.
    pub fn parse(partition: &str, sort: &str) -> Result<Self, NotARecordKey> {
        let rest = partition.strip_prefix("TENANT#").ok_or(NotARecordKey)?;
        let (segment, subject) = rest.split_once('|').ok_or(NotARecordKey)?;
        let tenant = TenantId::from_key_segment(segment).map_err(|_| NotARecordKey)?;
        let (kind, id) = subject.split_once('#').ok_or(NotARecordKey)?;
        let (sort_kind, sort_id) = sort.split_once('#').unwrap_or((sort, ""));
        let subject = match (kind, sort_kind) {
            ("UPLOAD", _) => Subject::Upload(id.parse().map_err(|_| NotARecordKey)?),
            ("IMAGE", "ANALYSIS") => Subject::Analysis(
                id.parse().map_err(|_| NotARecordKey)?,
                sort_id.parse().map_err(|_| NotARecordKey)?,
            ),
            ("IMAGE", "DESCRIPTION") => Subject::Description(id.parse().map_err(|_| NotARecordKey)?),
            ("BATCHES", _) => Subject::Batch(sort_id.parse().map_err(|_| NotARecordKey)?),
            ("BATCH", "MEMBER") => Subject::BatchMember(
                id.parse().map_err(|_| NotARecordKey)?,
                sort_id.parse().map_err(|_| NotARecordKey)?,
            ),
            ("BATCH", "DISTINCT") => {
                let (first, second) = sort_id.split_once('#').ok_or(NotARecordKey)?;
                Subject::DistinctPair(
                    id.parse().map_err(|_| NotARecordKey)?,
                    first.parse().map_err(|_| NotARecordKey)?,
                    second.parse().map_err(|_| NotARecordKey)?,
                )
            }
            ("IMAGE", _) => Subject::Image(id.parse().map_err(|_| NotARecordKey)?),
            ("JOB", _) => Subject::Job(id.parse().map_err(|_| NotARecordKey)?),
            ("DATASETS", _) => Subject::Dataset(sort_id.parse().map_err(|_| NotARecordKey)?),
            ("DATASET", _) => Subject::DatasetImage(
                id.parse().map_err(|_| NotARecordKey)?,
                sort_id.parse().map_err(|_| NotARecordKey)?,
            ),
            ("ARCHIVE", "TALLY") => Subject::Tally(id.parse().map_err(|_| NotARecordKey)?),
            ("ARCHIVE", "PICTURE") => Subject::ArchivedPicture(
                id.parse().map_err(|_| NotARecordKey)?,
                sort_id.parse().map_err(|_| NotARecordKey)?,
            ),
            ("ARCHIVE", _) => Subject::Archive(id.parse().map_err(|_| NotARecordKey)?),
            ("SEGMENTATION", _) => Subject::SegmentationStatistics,
            ("PREDICTION", _) => Subject::Prediction(id.parse().map_err(|_| NotARecordKey)?),
            ("CRIB", _) => Subject::Crib,
            ("USERS", "USER") => Subject::User(UserId::new(number(sort_id)?)),
            ("USERS", _) if is_sha256(sort_id) => Subject::EmployeeNumber(sort_id.to_owned()),
            ("TOOLS", "TOOL") => Subject::Tool(ToolId::new(number(sort_id)?)),
            ("TOOLS", _) if is_sha256(sort_id) => Subject::SerialNumber(sort_id.to_owned()),
            ("TOOLKITS", _) => Subject::Toolkit(ToolkitId::new(number(sort_id)?)),
            ("TRANSACTIONS", _) => Subject::Transaction(TransactionId::new(number(sort_id)?)),
            ("DIGEST", _) if is_sha256(id) => Subject::Digest(id.to_owned()),
            ("IDEMPOTENCY", _) if is_sha256(id) => Subject::Idempotency(id.to_owned()),
            _ => return Err(NotARecordKey),
        };
        let key = Self { tenant, subject };
        if key.partition() == partition && key.sort() == sort {
            Ok(key)
        } else {
            Err(NotARecordKey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    #[test]
    fn keys_of_other_shapes_are_refused() {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        for (partition, sort) in [
            (String::new(), "IMAGE".to_owned()),
            ("TENANT#a".to_owned(), "IMAGE".to_owned()),
            ("TENANT#a|IMAGE#1".to_owned(), "IMAGE".to_owned()),
            (format!("TENANT#a|CAT#{id}"), "CAT".to_owned()),
            (format!("TENANT#a|IMAGE#{id}"), "JOB".to_owned()),
            (format!("TENANT#a|IMAGE#{id}"), "ANALYSIS#magic".to_owned()),
            ("TENANT#a|DATASETS#1".to_owned(), format!("DATASET#{id}")),
            ("DUE#1".to_owned(), "JOB".to_owned()),
        ] {
            assert_eq!(
                RecordKey::parse(&partition, &sort),
                Err(NotARecordKey),
                "{partition} {sort}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_key_round_trips(name in "[^\\p{Cc}]{1,20}", bits: u128, number: u32, sha256 in "[0-9a-f]{64}", kind in 0..24) {
            let uuid = Uuid::from_u128(bits);
            let (image, dataset) = (ImageId::from_uuid(uuid), DatasetId::from_uuid(uuid));
            let subject = match kind {
                0 => Subject::Upload(UploadId::from_uuid(uuid)),
                1 => Subject::Image(image),
                2 => Subject::Job(JobId::from_uuid(uuid)),
                3 => Subject::Digest(sha256),
                4 => Subject::Analysis(image, Method::Kmeans),
                5 => Subject::Dataset(dataset),
                6 => Subject::DatasetImage(dataset, image),
                7 => Subject::Archive(ArchiveId::from_uuid(&uuid)),
                8 => Subject::Tally(ArchiveId::from_uuid(&uuid)),
                9 => Subject::ArchivedPicture(ArchiveId::from_uuid(&uuid), number),
                10 => Subject::SegmentationStatistics,
                11 => Subject::Prediction(PredictionId::from_uuid(uuid)),
                12 => Subject::Crib,
                13 => Subject::User(UserId::new(number)),
                14 => Subject::EmployeeNumber(sha256),
                15 => Subject::Tool(ToolId::new(number)),
                16 => Subject::SerialNumber(sha256),
                17 => Subject::Toolkit(ToolkitId::new(number)),
                18 => Subject::Transaction(TransactionId::new(number)),
                19 => Subject::Description(image),
                20 => Subject::Batch(BatchId::from_uuid(uuid)),
                21 => Subject::BatchMember(BatchId::from_uuid(uuid), image),
                22 => Subject::DistinctPair(BatchId::from_uuid(uuid), image, image),
                _ => Subject::Idempotency(sha256),
            };
            let key = RecordKey::new(name.parse().unwrap(), subject);
            prop_assert_eq!(RecordKey::parse(&key.partition(), &key.sort()).unwrap(), key);
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
