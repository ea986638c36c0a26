//! Ids that follow from a job: the same for every attempt, and sorted as the archive is.

use darkroom_domain::{Job, Timestamp};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The ids of what a job writes.
#[derive(Clone, Debug)]
pub(crate) struct Identities {
    seed: String,
    began: Timestamp,
}

impl Identities {
    pub(crate) fn of(job: &Job) -> Self {
        Self {
            seed: job.id.to_string(),
            began: job.created_at,
        }
    }

    /// The id of the `what` with this number: a UUID of version 7, as if one were made every millisecond.
    pub(crate) fn id(&self, what: &str, number: usize) -> Uuid {
        let digest = Sha256::digest(format!("{}/{what}/{number}", self.seed));
        let mut random = [0; 10];
        for (byte, from) in random.iter_mut().zip(digest) {
            *byte = from;
        }
        let began = u64::try_from(self.began.unix_milliseconds()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(began.saturating_add(number as u64), &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{DatasetId, JobId, Task, TenantId, UploadId};

    #[test]
    fn ids_are_the_same_each_time_and_sort_by_number() {
        let id = Uuid::from_u128(0x0192_f0c1_2345_7abc_8def_0123_4567_89ab);
        let task = Task::DatasetImport {
            dataset_id: DatasetId::from_uuid(id),
            upload_id: UploadId::from_uuid(id),
        };
        let now = Timestamp::from_unix_milliseconds(1_790_000_000_000).unwrap();
        let job = Job::queued(JobId::from_uuid(id), TenantId::single(), task, now);
        let identities = Identities::of(&job);
        assert_eq!(identities.id("image", 3), Identities::of(&job).id("image", 3));
        assert_ne!(identities.id("image", 3), identities.id("job", 3));
        assert!(identities.id("image", 2) < identities.id("image", 3));
        assert_eq!(identities.id("image", 3).get_version_num(), 7);
    }
}
