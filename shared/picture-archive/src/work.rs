//! What every worker on single pictures does before and after its own work.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use darkroom_cloud::{Clock, FanIn, Files, Finish, Queues, Records};
use darkroom_domain::{
    ArchivedPicture, Code, Failure, Job, JobState, PictureArchive, PictureOutcome,
    limits::{MAX_ARCHIVED_PICTURE_BYTES, MAX_RESULT_BYTES},
};

use crate::place::PicturePlace;

/// How often counting a picture is tried beyond the tries of a transaction.
const SETTLING: u32 = 4;
/// Bytes that an entry may take up in its archive beyond what it unpacks to: its header, and what does not pack.
const OVERHEAD: u64 = 2 << 20;

/// The pictures of archives, one by one.
#[derive(Clone, Debug)]
pub struct ArchivedPictures {
    files: Files,
    records: Records,
    fan_in: FanIn,
    clock: Arc<dyn Clock>,
}

/// A picture that somebody waits for, and the archive that it came in.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The archive.
    pub archive: PictureArchive,
    /// The picture.
    pub picture: ArchivedPicture,
}

impl ArchivedPictures {
    /// The pictures that are in these. The queue is that of the archives' own jobs.
    #[must_use]
    pub fn new(files: Files, records: Records, queues: Queues, clock: Arc<dyn Clock>) -> Self {
        Self {
            fan_in: FanIn::new(records.clone(), queues, Arc::clone(&clock)),
            files,
            records,
            clock,
        }
    }

    /// The picture that a job is about, if somebody still waits for it.
    ///
    /// # Errors
    /// `cancelled` when nobody does; `archive_too_large` when too much was made of its archive already; `invalid_request`
    /// for a job on anything else; `unavailable` or `internal`.
    pub async fn wanted(&self, job: &Job) -> Result<Wanted, Failure> {
        let (archive_id, number) = job.task.archived_picture().ok_or_else(another_worker)?;
        let archive = self.records.archive(&job.tenant, archive_id).await?;
        let archive = archive.ok_or_else(nobody_waits)?;
        let whole = self.records.job(&archive.tenant, archive.job_id).await?;
        // Where it failed it may be tried anew: its pictures are not called off.
        let is_over =
            |whole: Job| whole.is_dismissed || matches!(whole.state, JobState::Done | JobState::Cancelled);
        if whole.is_none_or(is_over) {
            return Err(nobody_waits());
        }
        let tally = self.records.tally(&archive.tenant, archive.id).await?;
        if tally.is_some_and(|tally| tally.bytes > MAX_RESULT_BYTES) {
            return Err(Failure::permanent(
                Code::ArchiveTooLarge,
                format!("What is made of the archive has more than {MAX_RESULT_BYTES} bytes."),
            ));
        }
        let picture = self
            .records
            .archived_picture(&job.tenant, archive_id, number)
            .await?
            .ok_or_else(nobody_waits)?;
        Ok(Wanted { archive, picture })
    }

    /// The file of a picture: the part of the upload in which it lies, unpacked.
    ///
    /// # Errors
    /// `file_missing` when the upload is gone; `archive_too_large`, `invalid_archive`; `cancelled` when the archive was
    /// cleared away; `unavailable` or `internal`.
    pub async fn read(&self, wanted: &Wanted) -> Result<Bytes, Failure> {
        let Wanted { archive, picture } = wanted;
        let place = PicturePlace::of(picture)?;
        let span = place.span();
        let length = span.end.saturating_sub(span.start);
        if length > MAX_ARCHIVED_PICTURE_BYTES.saturating_add(OVERHEAD) {
            return Err(Failure::permanent(
                Code::ArchiveTooLarge,
                "The picture takes up more of the archive than any may.",
            ));
        }
        let packed = self
            .files
            .read_range(&archive.upload_key(), Some(archive.etag()?), span.start, length)
            .await?
            .ok_or_else(|| Failure::permanent(Code::FileMissing, "The archive is gone."))?;
        tokio::task::spawn_blocking(move || place.unpack(&packed))
            .await
            .map_err(Failure::unknown)?
    }

    /// Writes down that a picture is done: that it is, what was made of it, and that it counts become true together, or not
    /// at all. Whoever settles the last sends the archive's own job again.
    ///
    /// # Errors
    /// `conflict` when the job does not run; `unavailable` or `internal`.
    pub async fn settle(&self, job: Job, outcome: &PictureOutcome) -> Result<Finish, Failure> {
        let done = job.done(Vec::new(), self.clock.now())?;
        let finish = self.settle_patiently(&done, outcome).await?;
        if finish == Finish::Done {
            self.look_after(&done).await;
        }
        Ok(finish)
    }

    /// Many workers count on one record, and a picture that is not counted is worked on again.
    async fn settle_patiently(&self, done: &Job, outcome: &PictureOutcome) -> Result<Finish, Failure> {
        for _ in 0..SETTLING {
            match self.records.settle(done.clone(), outcome).await {
                Err(failure) if failure.code == Code::Unavailable => {
                    tracing::warn!(code = %failure.code, "counted later: {failure}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                ended => return ended,
            }
        }
        self.records.settle(done.clone(), outcome).await
    }

    /// Looks whether the picture of a job that is over was the last. It is settled whatever comes of that: should it fail,
    /// the janitor looks.
    pub async fn look_after(&self, job: &Job) {
        if let Err(failure) = self.fan_in.settled(job).await {
            tracing::warn!(code = %failure.code, "left to the janitor: {failure}");
        }
    }
}

/// The archive of a picture was cleared away, or its job called off.
#[must_use]
pub fn nobody_waits() -> Failure {
    Failure::permanent(Code::Cancelled, "Nobody waits for this picture.")
}

/// A job came to a worker of another kind.
#[must_use]
pub fn another_worker() -> Failure {
    Failure::permanent(Code::InvalidRequest, "This is another worker's job.")
}
