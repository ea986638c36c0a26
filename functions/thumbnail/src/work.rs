//! The work itself: the original in, four files out.

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_cloud::Finish;
use darkroom_domain::{Code, Failure, FileKey, Job, JobMessage, JobResult, Task};
use darkroom_lambda::{Deadline, JobHandler, jobs};
use darkroom_vision::Thumbnails;

use crate::Thumbnailer;

#[async_trait]
impl JobHandler for Thumbnailer {
    type Output = Vec<JobResult>;

    /// Makes and writes the thumbnails. The keys follow from the picture: doing it twice writes the same files.
    async fn work(&self, job: &Job, deadline: Deadline) -> Result<Vec<JobResult>, Failure> {
        let Task::Thumbnail { image_id } = job.task else {
            return Err(Failure::permanent(
                Code::InvalidRequest,
                "This is another worker's job.",
            ));
        };
        let limit = self.limits.bytes;
        let content = self.files.original(&job.tenant, image_id, limit).await?;
        let thumbnails = self.develop(content.bytes, deadline).await?;
        let mut results = Vec::new();
        for thumbnail in thumbnails.files {
            let (preset, bytes) = (thumbnail.preset, thumbnail.jpeg.len() as u64);
            let key = FileKey::Thumbnail {
                tenant: job.tenant.clone(),
                image: image_id,
                preset,
            };
            self.files
                .write(&key, "image/jpeg", thumbnail.jpeg.into())
                .await?;
            results.push(JobResult::Thumbnail { preset, bytes });
        }
        Ok(results)
    }

    async fn complete(&self, job: Job, results: Vec<JobResult>) -> Result<Finish, Failure> {
        jobs::done(&self.records, &*self.ground.clock, job, results).await
    }

    /// The files of a picture that is gone go too; those of one that is there are the same whoever makes them.
    async fn clear_up(&self, message: &JobMessage) -> Result<(), Failure> {
        let Some(image_id) = message.task.image_id() else {
            return Ok(());
        };
        if self.records.image(&message.tenant, image_id).await?.is_none() {
            self.files.delete_derived(&message.tenant, image_id).await?;
        }
        Ok(())
    }
}

impl Thumbnailer {
    async fn develop(&self, bytes: Bytes, deadline: Deadline) -> Result<Thumbnails, Failure> {
        let limits = self.limits;
        let left = deadline.left(self.ground.clock.now());
        jobs::on_pixels(left, move || darkroom_vision::thumbnails(&bytes, &limits)).await
    }
}
