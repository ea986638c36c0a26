//! An archive into a dataset: everything is checked before anything is written, and nobody sees the dataset before it is
//! whole.
//!
//! The ids of what is written follow from the job: a second attempt writes the same records and files again.

mod plan;
mod write;

use darkroom_cloud::Finish;
use darkroom_domain::{
    Code, Dataset, DatasetId, DatasetState, Failure, FileKey, Job, JobId, JobMessage, JobResult, TenantId,
    UploadId,
};
use darkroom_lambda::{Deadline, jobs::on_pixels};
use darkroom_zip::Archive;
use futures::{StreamExt, stream};

use self::plan::Plan;
use crate::{Archivist, source::Source, work::Output};

/// How many pictures are cleared away between two looks.
const SWEEP: usize = 100;
/// How many messages are sent at the same time.
const MESSAGES_AT_ONCE: usize = 8;

/// A dataset that is whole, and that nobody sees yet.
pub(crate) struct Unpacked {
    job: Job,
    dataset: Dataset,
    thumbnail_jobs: Vec<Job>,
    upload: FileKey,
}

impl Archivist {
    pub(crate) async fn import(
        &self,
        job: Job,
        dataset: DatasetId,
        upload: UploadId,
        deadline: Deadline,
    ) -> Result<Output, Failure> {
        let key = FileKey::Upload {
            tenant: job.tenant.clone(),
            upload,
        };
        let head = self
            .files
            .head(&key)
            .await?
            .ok_or_else(|| Failure::permanent(Code::FileMissing, "The archive is gone."))?;
        let source = Source::new(self.files.clone(), key.clone(), head, deadline, &self.ground);
        let (limits, image_limits) = (self.archive_limits, self.image_limits);
        let left = deadline.left(self.ground.clock.now());
        // Everything is checked before anything is written.
        let (plan, archive) = on_pixels(left, move || {
            let size = source.size();
            let mut archive = Archive::open(source, size, &limits)?;
            let plan = Plan::of(&mut archive, &image_limits)?;
            Ok((plan, archive))
        })
        .await?;
        let dataset = self.hidden_dataset(&job, dataset, &plan).await?;
        let under_way = self.under_way(job, plan.images.len(), deadline).await?;
        let (job, thumbnail_jobs) = self.write(plan, archive, &dataset, under_way).await?;
        Ok(Output::Unpacked(Box::new(Unpacked {
            job,
            dataset,
            thumbnail_jobs,
            upload: key,
        })))
    }

    /// The record of the dataset, hidden as long as the job fills it. A former attempt may have made it.
    async fn hidden_dataset(&self, job: &Job, id: DatasetId, plan: &Plan) -> Result<Dataset, Failure> {
        match self.records.dataset(&job.tenant, id).await? {
            // Written, so that whoever is about to clear it away finds it changed.
            Some(dataset) if dataset.state == (DatasetState::Importing { job_id: job.id }) => {
                let now = self.ground.clock.now();
                self.records.save_dataset(dataset.importing(job.id, now)).await
            }
            Some(_) => Err(Failure::temporary(
                Code::Unavailable,
                "A former attempt is still being cleared away.",
            )),
            None => {
                let now = self.ground.clock.now();
                let title = plan.title(now);
                let description = plan.description.clone();
                let dataset =
                    Dataset::new(id, job.tenant.clone(), title, description, now)?.importing(job.id, now);
                self.records.create_dataset(&dataset).await?;
                Ok(dataset)
            }
        }
    }

    /// Shows the dataset and ends the job, in one step. What comes after is safe to be left to the janitor.
    pub(crate) async fn publish(&self, unpacked: Unpacked) -> Result<Finish, Failure> {
        let Unpacked {
            job,
            dataset,
            thumbnail_jobs,
            upload,
        } = unpacked;
        let result = JobResult::Import {
            dataset_id: dataset.id,
            images: thumbnail_jobs.len() as u64,
        };
        // The janitor may have looked after it meanwhile: the newest version counts.
        let filled = DatasetState::Importing { job_id: job.id };
        let dataset = self.records.dataset(&job.tenant, dataset.id).await?;
        let Some(dataset) = dataset.filter(|dataset| dataset.state == filled) else {
            return Ok(Finish::Superseded);
        };
        let done = job.done(vec![result], self.ground.clock.now())?;
        if !self.records.publish_import(dataset.imported()?, done).await? {
            return Ok(Finish::Superseded);
        }
        let unsent = stream::iter(thumbnail_jobs)
            .map(|job| self.begin_thumbnails(job))
            .buffer_unordered(MESSAGES_AT_ONCE)
            .filter(|begun| std::future::ready(begun.is_err()))
            .count()
            .await;
        if unsent > 0 {
            tracing::warn!(unsent, "thumbnails are left to the janitor");
        }
        if let Err(failure) = self.files.delete(&upload).await {
            tracing::warn!(code = %failure.code, "the archive is left to the bucket: {failure}");
        }
        Ok(Finish::Done)
    }

    /// Shows the job that makes the thumbnails of a picture, and sends it to its worker.
    async fn begin_thumbnails(&self, job: Job) -> Result<(), Failure> {
        let shown = Job {
            is_dismissed: false,
            due_at: Some(self.ground.clock.now().after(Job::PATIENCE)),
            ..job
        };
        let job = self.records.save_job(shown).await?;
        self.queues.send_job(&JobMessage::for_job(&job)).await
    }

    /// Clears away what an import made that came to nothing.
    pub(crate) async fn withdraw(&self, tenant: &TenantId, id: DatasetId, job: JobId) -> Result<(), Failure> {
        let dataset = match self.records.dataset(tenant, id).await? {
            Some(dataset) if dataset.state == (DatasetState::Importing { job_id: job }) => {
                // Should this break off, the janitor finds it.
                let now = self.ground.clock.now();
                Some(self.records.save_dataset(dataset.deleting(now)).await?)
            }
            // Shown, or being cleared away by somebody else.
            Some(_) => return Ok(()),
            // Cleared away already; what was written after that is nobody's.
            None => None,
        };
        while !self.removal.dataset_images(tenant, id, SWEEP).await? {}
        match dataset {
            Some(dataset) => self.records.forget_dataset(&dataset).await,
            None => Ok(()),
        }
    }
}
