//! A round: everything that stands still is looked at, decided on and, where it helps, queued again.

use std::time::Duration;

use darkroom_cloud::DueWork;
use darkroom_domain::{
    ArchiveState, Batch, Code, Dataset, DatasetState, Failure, FileKey, IngestMessage, Job, JobMessage,
    JobState, PictureArchive, Timestamp, Upload, UploadState,
};
use serde::Serialize;

use crate::Janitor;

/// How much one round takes on; the next is five minutes away.
const AT_ONCE: usize = 5_000;
/// How long a round goes on, of the minute that it has.
const ROUND: Duration = Duration::from_secs(40);
/// How long a round clears pictures of deleted datasets away, of the minute that it has, and how many it takes between two
/// looks at the clock.
const SWEEP: Duration = Duration::from_secs(20);
const IMAGES_AT_ONCE: usize = 100;
/// How many places in a deleted batch are cleared away between two looks at the clock.
const MEMBERS_AT_ONCE: usize = 500;
/// Longer than anything is ever due ahead.
const EVER: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Round {
    uploads_requeued: u32,
    uploads_expired: u32,
    jobs_requeued: u32,
    datasets_cleared: u32,
    archives_cleared: u32,
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
                DueWork::Dataset(listed) => self.dataset(&listed, now, &mut round).await,
                DueWork::Batch(listed) => self.batch(&listed, now).await,
                DueWork::Archive(listed) => self.archive(&listed, now, &mut round).await,
            };
            // What is left is left to the next round, which begins elsewhere.
            if self.ground.clock.now().since(now) > ROUND {
                tracing::warn!("more is due than one round takes");
                break;
            }
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
            let upload = self.records.save_upload(upload.expired()?).await?;
            if let Some(multipart) = &upload.multipart
                && let Err(failure) = self.files.abort_parts(&key, &multipart.id).await
            {
                // Nobody can complete them any more, and the bucket forgets them by itself.
                tracing::warn!(code = %failure.code, upload_id = %upload.id, "parts left to the bucket: {failure}");
            }
            // A file that was sent through the API may have been put in its place before the record could say so.
            let original = FileKey::Original {
                tenant: upload.tenant,
                image: upload.id.into(),
            };
            self.files.delete(&original).await?;
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
            self.fan_in.settled(&job).await?;
        }
        Ok(())
    }

    /// An archive of pictures whose result has expired is cleared away, and so is one that came to nothing.
    async fn archive(
        &self,
        listed: &PictureArchive,
        now: Timestamp,
        round: &mut Round,
    ) -> Result<(), Failure> {
        let Some(archive) = self.records.archive(&listed.tenant, listed.id).await? else {
            return Ok(());
        };
        // Its time is its time, whoever starts.
        if archive.due_at.is_none_or(|due| due > now) {
            return Ok(());
        }
        if !matches!(archive.state, ArchiveState::Packed { .. } | ArchiveState::Cleared) {
            let job = self.records.job(&archive.tenant, archive.job_id).await?;
            if job.is_some_and(|job| !job.state.is_final()) {
                self.records.save_archive(archive.postponed(now)).await?;
                return Ok(());
            }
        }
        self.removal.archive(archive, now).await?;
        round.archives_cleared = round.archives_cleared.saturating_add(1);
        Ok(())
    }

    /// A batch that is being cleared away goes on going.
    async fn batch(&self, listed: &Batch, now: Timestamp) -> Result<(), Failure> {
        let Some(batch) = self.records.batch(&listed.tenant, listed.id).await? else {
            return Ok(());
        };
        if batch.is_shown() || batch.due_at.is_none_or(|due| due > now) {
            return Ok(());
        }
        while !self
            .removal
            .batch(&batch.tenant, batch.id, MEMBERS_AT_ONCE)
            .await?
        {
            if self.ground.clock.now().since(now) > SWEEP {
                return Ok(());
            }
        }
        self.records.forget_batch(&batch).await
    }

    /// A dataset that was deleted is cleared away; so is one whose import came to nothing.
    async fn dataset(&self, listed: &Dataset, now: Timestamp, round: &mut Round) -> Result<(), Failure> {
        let Some(dataset) = self.records.dataset(&listed.tenant, listed.id).await? else {
            return Ok(());
        };
        // Unlike a job, nothing in the process that ended can have been at it: its time is its time.
        if dataset.due_at.is_none_or(|due| due > now) {
            return Ok(());
        }
        let dataset = match dataset.state {
            DatasetState::Ready => return Ok(()),
            DatasetState::Deleting => dataset,
            DatasetState::Importing { job_id } => {
                let job = self.records.job(&dataset.tenant, job_id).await?;
                let is_dead = job.is_none_or(|job| job.state.is_final());
                if !is_dead {
                    self.records.save_dataset(dataset.importing(job_id, now)).await?;
                    return Ok(());
                }
                self.records.save_dataset(dataset.deleting(now)).await?
            }
        };
        // Measured from the beginning of the round: of many datasets each gets what the ones before it left.
        while self.ground.clock.now().since(now) < SWEEP {
            let is_empty = self
                .removal
                .dataset_images(&dataset.tenant, dataset.id, IMAGES_AT_ONCE)
                .await?;
            if is_empty {
                self.records.forget_dataset(&dataset).await?;
                round.datasets_cleared = round.datasets_cleared.saturating_add(1);
                break;
            }
        }
        Ok(())
    }
}
