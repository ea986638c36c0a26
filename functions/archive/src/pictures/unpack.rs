//! From the archive's directory to one job for each picture.

use std::time::Duration;

use darkroom_cloud::{FileHead, Records};
use darkroom_domain::{ArchiveContent, ArchiveState, Code, Failure, Job, JobMessage, PictureArchive, Tally};
use darkroom_lambda::{Deadline, jobs::on_pixels};
use darkroom_zip::survey;

use super::{
    Pause,
    arrived::Arrived,
    plan::{Planned, plan},
};
use crate::{Archivist, source::Source, work::Output};

/// What must be left of the time for another company of pictures to be handed over.
const ENOUGH: Duration = Duration::from_secs(10);

/// Another may have cleared the archive away at this very moment: looking again tells.
fn look_again(failure: Failure) -> Failure {
    match failure.code {
        Code::Conflict => Failure::temporary(
            Code::Unavailable,
            "The archive changed while it was worked on. Try again.",
        ),
        _ => failure,
    }
}

impl Archivist {
    /// Hands every picture to its worker. What a former attempt handed over already is handed over again: that does no harm.
    pub(super) async fn unpack_pictures(
        &self,
        job: Job,
        archive: PictureArchive,
        deadline: Deadline,
    ) -> Result<Output, Failure> {
        let gone = || Failure::permanent(Code::FileMissing, "The archive is gone.");
        let key = archive.upload_key();
        let head = self.files.head(&key).await?.ok_or_else(gone)?;
        let unpacked = match &archive.state {
            // The content is another than the one that was begun with: nothing of it fits what was written.
            ArchiveState::Unpacking { etag, .. } if *etag != head.etag => return Err(gone()),
            ArchiveState::Unpacking { unpacked, .. } => *unpacked,
            _ => 0,
        };
        let etag = head.etag.clone();
        let arrived = self.arrived(&archive, head, deadline).await?;
        let planned = plan(&archive, &job, self.ground.clock.now(), arrived)?;
        self.begin_tally(&archive, &planned).await?;
        let mut archive = self
            .records
            .save_archive(archive.unpacking(etag.clone(), unpacked)?)
            .await
            .map_err(look_again)?;
        let companies = planned.len().div_ceil(Records::PICTURES_AT_ONCE);
        let mut under_way = self.under_way(job, companies, deadline).await?;
        let mut handed_over = unpacked;
        let skipped = usize::try_from(unpacked).map_err(Failure::unknown)?;
        for company in planned
            .get(skipped..)
            .unwrap_or_default()
            .chunks(Records::PICTURES_AT_ONCE)
        {
            // Never without having moved: a time that is always too short ends with the attempts, not never.
            if handed_over > unpacked && deadline.left(self.ground.clock.now()) < ENOUGH {
                self.records
                    .save_archive(archive.unpacking(etag, handed_over)?)
                    .await
                    .map_err(look_again)?;
                return Ok(Output::Paused(Box::new(under_way.job), Pause::UntilSent));
            }
            self.hand_over(company).await?;
            handed_over = handed_over.saturating_add(u32::try_from(company.len()).map_err(Failure::unknown)?);
            // Also tells whether somebody still waits for it.
            self.advance(&mut under_way).await?;
        }
        archive = self
            .records
            .save_archive(archive.processing()?)
            .await
            .map_err(look_again)?;
        tracing::info!(archive = %archive.id, pictures = planned.len(), "unpacked");
        Ok(Output::Paused(Box::new(under_way.job), Pause::UntilSettled))
    }

    /// The pictures that are in the upload, in its order.
    async fn arrived(
        &self,
        archive: &PictureArchive,
        head: FileHead,
        deadline: Deadline,
    ) -> Result<Vec<Arrived>, Failure> {
        if archive.content == ArchiveContent::Picture {
            return Ok(vec![Arrived::alone(archive, head.size)]);
        }
        let source = Source::new(
            self.files.clone(),
            archive.upload_key(),
            head,
            deadline,
            &self.ground,
        );
        let limits = self.picture_archive_limits;
        let left = deadline.left(self.ground.clock.now());
        let entries = on_pixels(left, move || {
            let (size, mut source) = (source.size(), source);
            survey(&mut source, size, &limits)
        })
        .await?;
        Arrived::among(archive, entries)
    }

    /// The count stands before anything that is counted.
    async fn begin_tally(&self, archive: &PictureArchive, planned: &[Planned]) -> Result<(), Failure> {
        let tally = Tally {
            archive_id: archive.id,
            tenant: archive.tenant.clone(),
            total: planned.iter().filter(|planned| planned.job.is_some()).count() as u64,
            settled: 0,
            failed: 0,
            milliseconds: 0,
            bytes: 0,
            forgotten_at: archive.forgotten_at(),
        };
        match self.records.create_tally(&tally).await {
            // A former attempt began it: the same entries make the same plan.
            Err(failure) if failure.code == Code::Conflict => Ok(()),
            created => created,
        }
    }

    /// Writes, then publishes.
    async fn hand_over(&self, company: &[Planned]) -> Result<(), Failure> {
        let pictures: Vec<_> = company.iter().map(|planned| planned.picture.clone()).collect();
        let jobs: Vec<_> = company.iter().filter_map(|planned| planned.job.clone()).collect();
        self.records.write_archived_pictures(&pictures, &jobs).await?;
        let messages: Vec<_> = jobs.iter().map(JobMessage::for_job).collect();
        self.queues.send_jobs(&messages).await
    }
}
