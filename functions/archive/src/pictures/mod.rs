//! An archive of pictures: taken apart, and put together again once its pictures are segmented; or ended once tools were
//! looked for in each.
//!
//! Nothing is unpacked to the bucket. What is written of each picture is where it lies, and its worker reads it there. The
//! job is begun several times: whoever begins it finds out from the records what comes next.

mod arrived;
mod pack;
mod plan;
mod report;
mod unpack;

use darkroom_cloud::{FanIn, Finish};
use darkroom_domain::{
    ArchiveId, ArchiveOrder, ArchiveState, Code, Failure, Job, JobMessage, JobResult, PictureArchive,
    Progress, Tally, TenantId,
};
use darkroom_lambda::Deadline;

use crate::{Archivist, work::Output};

/// An archive of which everything is made.
pub(crate) struct Assembled {
    job: Job,
    archive: PictureArchive,
    tally: Tally,
    /// Bytes of the file that lies in its place; 0 where there is none.
    bytes: u64,
    /// Pictures of which something was made.
    made: u64,
    /// Pictures of which nothing could be made.
    failed: u64,
}

/// What a job does next that cannot go on by itself.
pub(crate) enum Pause {
    /// Nothing until its pictures are settled.
    UntilSettled,
    /// What it did, in another invocation: the time of this one is up.
    UntilSent,
}

impl Archivist {
    pub(crate) async fn pictures(
        &self,
        job: Job,
        id: ArchiveId,
        deadline: Deadline,
    ) -> Result<Output, Failure> {
        let gone = || Failure::permanent(Code::FileMissing, "The archive is gone.");
        let archive = self.records.archive(&job.tenant, id).await?.ok_or_else(gone)?;
        match archive.state {
            ArchiveState::Awaited | ArchiveState::Unpacking { .. } => {
                self.unpack_pictures(job, archive, deadline).await
            }
            ArchiveState::Processing { .. } => match self.records.tally(&job.tenant, id).await? {
                Some(tally) if tally.is_complete() => match archive.order {
                    ArchiveOrder::Segmentation(_) => self.assemble(job, archive, tally, deadline).await,
                    ArchiveOrder::Prediction(_) => self.conclude(job, archive, tally).await,
                },
                // Sent although there is nothing to do yet. Pictures that stand still are the janitor's, each for itself.
                _ => Ok(Output::Paused(Box::new(job), Pause::UntilSettled)),
            },
            ArchiveState::Packed { .. } | ArchiveState::Cleared => Err(gone()),
        }
    }

    /// Counts what there is: what was found stays where it is, in the records of the pictures.
    async fn conclude(&self, mut job: Job, archive: PictureArchive, tally: Tally) -> Result<Output, Failure> {
        // Counted in pictures from here on, and no longer in what was handed over at once.
        job.progress = Some(Progress {
            done: tally.settled,
            total: tally.total,
        });
        let pictures = self
            .records
            .picture_summaries(&archive.tenant, archive.id, usize::MAX)
            .await?;
        let failed = pictures
            .iter()
            .filter(|picture| picture.failure.is_some())
            .count();
        Ok(Output::Assembled(Box::new(Assembled {
            job,
            archive,
            tally,
            bytes: 0,
            made: pictures.len().saturating_sub(failed) as u64,
            failed: failed as u64,
        })))
    }

    /// Puts the job down, until the last of its pictures or the next invocation takes it up.
    pub(crate) async fn pause(&self, job: Job, pause: &Pause) -> Result<Finish, Failure> {
        let now = self.ground.clock.now();
        match pause {
            Pause::UntilSent => {
                let job = self.put_down(job.resumed(now)?).await?;
                self.queues.send_job(&JobMessage::for_job(&job)).await?;
            }
            Pause::UntilSettled => {
                let job = self.put_down(job.suspended(now)?).await?;
                // The last picture may have been settled while nobody waited for it yet.
                let fan_in = FanIn::new(
                    self.records.clone(),
                    self.queues.clone(),
                    self.ground.clock.clone(),
                );
                fan_in.resume_if_settled(job).await?;
            }
        }
        Ok(Finish::Done)
    }

    /// Writes down that the job waits. An answer that was lost on its way leaves it written.
    async fn put_down(&self, job: Job) -> Result<Job, Failure> {
        match self.records.save_job(job.clone()).await {
            Err(failure) if failure.code == Code::Conflict => {
                let current = self.records.job(&job.tenant, job.id).await?;
                current
                    .filter(|current| (current.state, current.due_at) == (job.state, job.due_at))
                    .ok_or(failure)
            }
            saved => saved,
        }
    }

    /// Shows the result and ends the job, in one step. What is cleared away after that is safe to be left to the bucket.
    pub(crate) async fn show(&self, assembled: Assembled) -> Result<Finish, Failure> {
        let Assembled {
            job,
            archive,
            tally,
            bytes,
            made,
            failed,
        } = assembled;
        let now = self.ground.clock.now();
        let lifetime = match archive.order {
            ArchiveOrder::Segmentation(_) => self.archive_lifetime,
            ArchiveOrder::Prediction(_) => PictureArchive::PREDICTIONS_LIFETIME,
        };
        let archive = archive.packed(bytes, now, lifetime)?;
        let result = match archive.order {
            ArchiveOrder::Segmentation(_) => JobResult::SegmentedArchive {
                user_hash: archive.id,
                filename: archive.result_filename(),
                bytes,
                segmented: made,
                failed,
                expires_at: now.after(lifetime),
            },
            ArchiveOrder::Prediction(_) => JobResult::Predictions {
                result_id: archive.id,
                predicted: made,
                failed,
                kept_until: now.after(lifetime),
            },
        };
        let upload = archive.upload_key();
        let finish = self
            .records
            .finish_archive(archive, job.done(vec![result], now)?, &tally)
            .await?;
        if finish == Finish::Done
            && let Err(failure) = self.files.delete(&upload).await
        {
            tracing::warn!(code = %failure.code, "the archive is left to the bucket: {failure}");
        }
        Ok(finish)
    }

    /// Keeps what there is of an archive whose job failed, for a day: the job may be tried anew.
    pub(crate) async fn keep_archive(&self, tenant: &TenantId, id: ArchiveId) -> Result<(), Failure> {
        if let Some(archive) = self.records.archive(tenant, id).await? {
            self.records
                .save_archive(archive.postponed(self.ground.clock.now()))
                .await?;
        }
        Ok(())
    }

    /// Clears away what was made of an archive that nobody waits for any more.
    pub(crate) async fn withdraw_archive(&self, tenant: &TenantId, id: ArchiveId) -> Result<(), Failure> {
        match self.records.archive(tenant, id).await? {
            Some(archive) => self.removal.archive(archive, self.ground.clock.now()).await,
            None => self.files.delete_of_archive(tenant, id).await,
        }
    }
}
