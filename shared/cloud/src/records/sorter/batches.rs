//! Batches.

use darkroom_domain::{Batch, BatchId, Failure, RecordKey, Subject, TenantId, record_key::BATCH_PREFIX};

use super::super::{Records, item::Record};

/// The most batches that one list is made of.
const MAX_BATCHES: usize = 10_000;

impl Records {
    /// The batch, whatever state it is in, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn batch(&self, tenant: &TenantId, id: BatchId) -> Result<Option<Batch>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Batch(id)))
            .await
    }

    /// The batches of a tenant that are shown, oldest first; the first 10,000.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn batches(&self, tenant: &TenantId) -> Result<Vec<Batch>, Failure> {
        let any = RecordKey::new(
            tenant.clone(),
            Subject::Batch(BatchId::from_uuid(uuid::Uuid::nil())),
        );
        let mut batches: Vec<Batch> = self.partition(&any, BATCH_PREFIX, None, MAX_BATCHES).await?;
        batches.retain(Batch::is_shown);
        Ok(batches)
    }

    /// Writes a batch that is new.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_batch(&self, batch: &Batch) -> Result<(), Failure> {
        self.put_new(batch).await
    }

    /// Writes a batch back if nobody wrote it since it was read, and raises its version.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_batch(&self, batch: Batch) -> Result<Batch, Failure> {
        let version = batch.version;
        let batch = Batch {
            version: version.saturating_add(1),
            ..batch
        };
        self.replace(&batch, version).await?;
        Ok(batch)
    }

    /// Forgets the record of a batch; not what belongs to it.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn forget_batch(&self, batch: &Batch) -> Result<(), Failure> {
        self.delete_one(&batch.key()).await
    }
}
