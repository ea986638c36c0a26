//! The end of a fan-out: whoever settles the last part sends the whole on its way.

use std::sync::Arc;

use darkroom_domain::{ArchiveId, Code, Failure, Job, JobMessage, JobState, TenantId};

use crate::{clock::Clock, queues::Queues, records::Records};

/// Brings parts of a larger piece of work together.
///
/// The parts are counted where they are settled, in [`Records::save_job`] and [`Records::settle`]; this only looks at the
/// count. Should nobody come to look, the janitor finds the whole standing still.
#[derive(Clone, Debug)]
pub struct FanIn {
    records: Records,
    queues: Queues,
    clock: Arc<dyn Clock>,
}

impl FanIn {
    /// A fan-in over these records and queues.
    #[must_use]
    pub const fn new(records: Records, queues: Queues, clock: Arc<dyn Clock>) -> Self {
        Self {
            records,
            queues,
            clock,
        }
    }

    /// Looks after the whole that the job `part` belongs to, if it does and is over.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn settled(&self, part: &Job) -> Result<(), Failure> {
        if !(part.state.is_final() && part.task.is_part()) {
            return Ok(());
        }
        let Some(archive_id) = part.task.archive_id() else {
            return Ok(());
        };
        if !self.is_complete(&part.tenant, archive_id).await? {
            return Ok(());
        }
        let Some(archive) = self.records.archive(&part.tenant, archive_id).await? else {
            return Ok(());
        };
        match self.records.job(&part.tenant, archive.job_id).await? {
            Some(whole) => self.resume(whole).await,
            None => Ok(()),
        }
    }

    /// Sends the job of an archive again if it waits for its pictures and all of them are settled.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn resume_if_settled(&self, whole: Job) -> Result<(), Failure> {
        match whole.task.archive_id() {
            Some(archive_id) if self.is_complete(&whole.tenant, archive_id).await? => {
                self.resume(whole).await
            }
            _ => Ok(()),
        }
    }

    async fn is_complete(&self, tenant: &TenantId, archive_id: ArchiveId) -> Result<bool, Failure> {
        let tally = self.records.tally(tenant, archive_id).await?;
        Ok(tally.is_some_and(|tally| tally.is_complete()))
    }

    async fn resume(&self, whole: Job) -> Result<(), Failure> {
        // While a worker is at it, that one looks itself when it is through.
        if whole.state != JobState::Running || whole.attempts > 0 {
            return Ok(());
        }
        match self.records.save_job(whole.resumed(self.clock.now())?).await {
            Ok(whole) => self.queues.send_job(&JobMessage::for_job(&whole)).await,
            // Another saw the same at the same moment.
            Err(failure) if failure.code == Code::Conflict => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
