//! The way of a job: to the packing or to the unpacking, and how each ends.

use async_trait::async_trait;
use darkroom_cloud::Finish;
use darkroom_domain::{Code, Failure, FileKey, Job, JobMessage, JobResult, JobState, Task};
use darkroom_lambda::{Deadline, JobHandler};

use crate::{
    Archivist,
    import::Unpacked,
    pictures::{Assembled, Pause},
};

/// An archive that lies in its place.
pub(crate) struct Packed {
    pub(crate) job: Job,
    pub(crate) result: JobResult,
}

/// What is left to be written down. The job has its newest version: progress was written meanwhile.
pub(crate) enum Output {
    /// An archive lies in its place.
    Packed(Box<Packed>),
    /// A dataset is whole, and nobody sees it yet.
    Unpacked(Box<Unpacked>),
    /// A result lies in its place.
    Assembled(Box<Assembled>),
    /// There is more to do, but not now.
    Paused(Box<Job>, Pause),
}

#[async_trait]
impl JobHandler for Archivist {
    type Output = Output;

    async fn work(&self, job: &Job, deadline: Deadline) -> Result<Output, Failure> {
        match job.task {
            Task::DatasetExport { dataset_id } => self.export(job.clone(), dataset_id, deadline).await,
            Task::DatasetImport {
                dataset_id,
                upload_id,
            } => self.import(job.clone(), dataset_id, upload_id, deadline).await,
            Task::ArchiveSegmentation { archive_id, .. } | Task::ArchivePrediction { archive_id, .. } => {
                self.pictures(job.clone(), archive_id, deadline).await
            }
            Task::Thumbnail { .. }
            | Task::Kmeans { .. }
            | Task::Segment { .. }
            | Task::Detect { .. }
            | Task::Embed { .. }
            | Task::BatchAnalysis { .. } => Err(Failure::permanent(
                Code::InvalidRequest,
                "This is another worker's job.",
            )),
        }
    }

    async fn complete(&self, _: Job, output: Output) -> Result<Finish, Failure> {
        match output {
            Output::Packed(packed) => {
                let done = packed.job.done(vec![packed.result], self.ground.clock.now())?;
                self.records.save_job(done).await?;
                Ok(Finish::Done)
            }
            Output::Unpacked(unpacked) => self.publish(*unpacked).await,
            Output::Assembled(assembled) => self.show(*assembled).await,
            Output::Paused(job, pause) => self.pause(*job, &pause).await,
        }
    }

    /// What nobody can need goes: the archive of a job that is gone or was called off, and a dataset half made by one.
    async fn clear_up(&self, message: &JobMessage) -> Result<(), Failure> {
        let job = self.records.job(&message.tenant, message.job_id).await?;
        let is_needed = job.is_some_and(|job| {
            let is_called_off = match job.state {
                JobState::Cancelled => true,
                JobState::Failed => job.task.whole_archive_id().is_none(),
                JobState::Queued | JobState::Running | JobState::Done => false,
            };
            !is_called_off && !job.is_dismissed
        });
        if is_needed {
            return Ok(());
        }
        match message.task {
            Task::DatasetExport { .. } => {
                let export = FileKey::Export {
                    tenant: message.tenant.clone(),
                    job: message.job_id,
                };
                self.files.delete(&export).await
            }
            Task::DatasetImport { dataset_id, .. } => {
                self.withdraw(&message.tenant, dataset_id, message.job_id).await
            }
            Task::ArchiveSegmentation { archive_id, .. } | Task::ArchivePrediction { archive_id, .. } => {
                self.withdraw_archive(&message.tenant, archive_id).await
            }
            Task::Thumbnail { .. }
            | Task::Kmeans { .. }
            | Task::Segment { .. }
            | Task::Detect { .. }
            | Task::Embed { .. }
            | Task::BatchAnalysis { .. } => Ok(()),
        }
    }

    async fn clear_up_failed(&self, job: &Job) -> Result<(), Failure> {
        if let Some(archive_id) = job.task.whole_archive_id() {
            return self.keep_archive(&job.tenant, archive_id).await;
        }
        self.clear_up(&JobMessage::for_job(job)).await
    }
}
