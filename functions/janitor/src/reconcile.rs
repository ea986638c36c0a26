//! A round: everything that stands still is looked at, decided on and, where it helps, queued again.

use std::time::Duration;

use darkroom_cloud::DueWork;
use darkroom_domain::{
    Code, Failure, FileKey, IngestMessage, Job, JobMessage, JobState, Timestamp, Upload, UploadState,
};
use serde::Serialize;

use crate::Janitor;

/// How much one round takes on; the next is five minutes away.
const AT_ONCE: usize = 5_000;
/// Longer than anything is ever due ahead.
const EVER: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Round {
    uploads_requeued: u32,
    uploads_expired: u32,
    jobs_requeued: u32,
    given_up: u32,
    errors: u32,
}

impl Janitor {
    /// Looks after all unfinished work that is due; after all of it where the system is just `starting`.
    ///
    /// # Errors
    /// When the list of unfinished work cannot be read. What goes wrong with a single piece is left to the next round.
    pub(crate) async fn reconcile(&self, starting: bool) -> Result<Round, Failure> {
        let now = self.ground.clock.now();
        let until = if starting { now.after(EVER) } else { now };
        let mut round = Round::default();
        for work in self.records.due(until, AT_ONCE).await? {
            let ended = match work {
                DueWork::Upload(listed) => self.upload(&listed, until, now, &mut round).await,
                DueWork::Job(listed) => self.job(&listed, until, now, &mut round).await,
            };
            match ended {
                Ok(()) => {}
                // Somebody else took it in hand at this very moment: it does not stand still.
                Err(failure) if failure.code == Code::Conflict => {}
                Err(failure) => {
                    round.errors = round.errors.saturating_add(1);
                    tracing::warn!(code = %failure.code, "left to the next round: {failure}");
                }
            }
        }
        tracing::info!(starting, ?round, "reconciled");
        Ok(round)
    }

    async fn upload(
        &self,
        listed: &Upload,
        until: Timestamp,
        now: Timestamp,
        round: &mut Round,
    ) -> Result<(), Failure> {
        // The index lags behind the table.
        let Some(upload) = self.records.upload(&listed.tenant, listed.id).await? else {
            return Ok(());
        };
        if upload.due_at.is_none_or(|due| due > until) {
            return Ok(());
        }
        let key = FileKey::Upload {
            tenant: upload.tenant.clone(),
            upload: upload.id,
        };
        if self.files.head(&key).await?.is_some() {
            let upload = self.records.save_upload(upload.requeued(now)?).await?;
            if upload.state == UploadState::Received {
                round.uploads_requeued = round.uploads_requeued.saturating_add(1);
                return self.queues.send_ingest(&IngestMessage::for_upload(&upload)).await;
            }
            round.given_up = round.given_up.saturating_add(1);
        } else if now >= upload.send_until.after(Upload::GRACE) {
            self.records.save_upload(upload.expired()?).await?;
            round.uploads_expired = round.uploads_expired.saturating_add(1);
        }
        Ok(())
    }

    async fn job(
        &self,
        listed: &Job,
        until: Timestamp,
        now: Timestamp,
        round: &mut Round,
    ) -> Result<(), Failure> {
        let Some(job) = self.records.job(&listed.tenant, listed.id).await? else {
            return Ok(());
        };
        if job.due_at.is_none_or(|due| due > until) {
            return Ok(());
        }
        let job = self.records.save_job(job.requeued(now)?).await?;
        if job.state == JobState::Queued {
            round.jobs_requeued = round.jobs_requeued.saturating_add(1);
            self.queues.send_job(&JobMessage::for_job(&job)).await?;
        } else {
            round.given_up = round.given_up.saturating_add(1);
        }
        Ok(())
    }
}
