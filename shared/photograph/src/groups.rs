//! The groups of a batch: read, and replaced by newer ones.

use std::time::Duration;

use bytes::Bytes;
use darkroom_cloud::{Files, Ground, Records};
use darkroom_domain::{Batch, BatchId, Code, Failure, FileKey, Grouping, GroupingId, TenantId, Timestamp};

/// The most bytes that a file of groups has: some 350 for each of the photographs of the largest batch, and pairs.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How often a reader looks for groups whose file another has just replaced.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// Reads and replaces the groups of batches. Each grouping is a file that never changes; the record of the batch names the
/// one that holds.
#[derive(Clone, Debug)]
pub struct Groups {
    files: Files,
    records: Records,
    ground: Ground,
}

impl Groups {
    /// Over the files and records of the deployment.
    #[must_use]
    pub const fn new(files: Files, records: Records, ground: Ground) -> Self {
        Self {
            files,
            records,
            ground,
        }
    }

    /// An id for groups that are new.
    #[must_use]
    pub fn next_id(&self) -> GroupingId {
        GroupingId::from_uuid(self.ground.ids.next())
    }

    /// The groups that a batch has, or, if they were replaced meanwhile, those that it has now. None before there are any.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn read(&self, batch: &Batch) -> Result<Option<Grouping>, Failure> {
        let mut named = batch.grouping;
        let mut is_lost = false;
        for _ in 0..TRIES {
            let Some(id) = named else { return Ok(None) };
            let key = key_of(&batch.tenant, batch.id, id);
            if let Some(content) = self.files.read(&key, None, MAX_BYTES).await? {
                return parse(content.bytes).await.map(Some);
            }
            let Some(newer) = self.records.batch(&batch.tenant, batch.id).await? else {
                return Ok(None);
            };
            is_lost = newer.grouping == named;
            if is_lost {
                tokio::time::sleep(PAUSE).await;
            }
            named = newer.grouping;
        }
        if is_lost {
            // With the file everything is lost that stood in it: going on from nothing loses no more.
            tracing::error!(batch_id = %batch.id, code = "groups_missing", "the groups that the batch names are not there");
            return Ok(None);
        }
        // Others replace them as fast as they are read. Going on without them would undo what was sorted by hand.
        Err(Failure::temporary(
            Code::Unavailable,
            "The groups of this batch are being changed. Try again.",
        ))
    }

    /// Writes the file of groups that no batch names yet. Writing it again writes the same.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn write(&self, tenant: &TenantId, grouping: &Grouping) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(grouping)
            .map_err(|error| Failure::unknown(format!("groups cannot be written: {error}")))?;
        let key = key_of(tenant, grouping.batch_id, grouping.id);
        self.files
            .write(&key, "application/json", Bytes::from(bytes))
            .await
    }

    /// Deletes the file of groups that no batch names; what cannot be deleted now goes with the batch.
    pub async fn discard(&self, tenant: &TenantId, batch: BatchId, grouping: GroupingId) {
        let key = key_of(tenant, batch, grouping);
        if let Err(failure) = self.files.delete(&key).await {
            tracing::warn!(code = %failure.code, %key, "left lying: {failure}");
        }
    }

    /// Puts groups in the place of those that a batch has: writes their file, saves the record as `change` makes it of the
    /// `batch` that was read ([`Batch::regrouped`] or [`Batch::ranked`]), and deletes the file that was replaced.
    ///
    /// # Errors
    /// `conflict` when somebody changed the batch since it was read: then nothing is changed; `unavailable` or `internal`.
    pub async fn publish(
        &self,
        batch: Batch,
        grouping: &Grouping,
        change: impl FnOnce(Batch, GroupingId, Timestamp) -> Batch,
    ) -> Result<Batch, Failure> {
        let (tenant, id, replaced) = (batch.tenant.clone(), batch.id, batch.grouping);
        self.write(&tenant, grouping).await?;
        let batch = change(batch, grouping.id, self.ground.clock.now());
        let saved = match self.records.save_batch(batch).await {
            Err(failure) if failure.code == Code::Conflict => {
                // A write whose answer was lost is sent again, and then finds itself.
                let current = self.records.batch(&tenant, id).await?;
                match current.filter(|batch| batch.grouping == Some(grouping.id)) {
                    Some(batch) => batch,
                    None => {
                        self.discard(&tenant, id, grouping.id).await;
                        return Err(failure);
                    }
                }
            }
            ended => ended?,
        };
        if let Some(replaced) = replaced.filter(|replaced| *replaced != grouping.id) {
            self.discard(&tenant, id, replaced).await;
        }
        Ok(saved)
    }
}

fn key_of(tenant: &TenantId, batch: BatchId, grouping: GroupingId) -> FileKey {
    FileKey::Grouping {
        tenant: tenant.clone(),
        batch,
        grouping,
    }
}

/// Reads a file of groups, which for large batches takes a while, off the runtime.
async fn parse(bytes: Bytes) -> Result<Grouping, Failure> {
    tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes))
        .await
        .map_err(Failure::unknown)?
        .map_err(|error| Failure::unknown(format!("groups cannot be read: {error}")))
}
