//! The analysis of a batch: batch and job change together.

use darkroom_domain::{Batch, Failure, Job};

use super::super::{
    Records,
    table::{Transaction, changed_meanwhile, put},
};

impl Records {
    /// Begins an analysis: the batch that waits for it, and its job, all or nothing.
    ///
    /// # Errors
    /// `conflict` when somebody changed the batch meanwhile; `unavailable` or `internal`.
    pub async fn begin_batch_analysis(&self, batch: Batch, job: &Job) -> Result<Batch, Failure> {
        let version = batch.version;
        let batch = Batch {
            version: version.saturating_add(1),
            ..batch
        };
        let writes = vec![put(self.replacement(&batch, version)?), put(self.creation(job)?)];
        match self.transact(writes).await? {
            Transaction::Done => Ok(batch),
            Transaction::Refused(_) => Err(changed_meanwhile()),
        }
    }

    /// Ends an analysis: the batch with its groups, and the job that is done, all or nothing. False if either was changed
    /// meanwhile.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn finish_batch_analysis(&self, batch: Batch, done: Job) -> Result<bool, Failure> {
        let (batch_version, job_version) = (batch.version, done.version);
        let batch = Batch {
            version: batch_version.saturating_add(1),
            ..batch
        };
        let done = Job {
            version: job_version.saturating_add(1),
            ..done
        };
        let writes = vec![
            put(self.replacement(&batch, batch_version)?),
            put(self.replacement(&done, job_version)?),
        ];
        Ok(matches!(self.transact(writes).await?, Transaction::Done))
    }
}
