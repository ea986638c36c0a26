//! The work itself: the original in, three files out.

use bytes::Bytes;
use darkroom_domain::{Code, Failure, FileKey, Job, JobResult};
use darkroom_lambda::Deadline;
use darkroom_vision::Thumbnails;

use crate::Thumbnailer;

impl Thumbnailer {
    /// Makes and writes the thumbnails. The keys follow from the picture: doing it twice writes the same files.
    pub(crate) async fn work(&self, job: &Job, deadline: Deadline) -> Result<Vec<JobResult>, Failure> {
        let original = FileKey::Original {
            tenant: job.tenant.clone(),
            image: job.image_id,
        };
        let content = self
            .files
            .read(&original, None, self.limits.bytes)
            .await?
            .ok_or_else(|| Failure::permanent(Code::FileMissing, "The original is gone."))?;
        let thumbnails = self.develop(content.bytes, deadline).await?;
        let mut results = Vec::new();
        for thumbnail in thumbnails.files {
            let (preset, bytes) = (thumbnail.preset, thumbnail.jpeg.len() as u64);
            let key = FileKey::Thumbnail {
                tenant: job.tenant.clone(),
                image: job.image_id,
                preset,
            };
            self.files
                .write(&key, "image/jpeg", thumbnail.jpeg.into())
                .await?;
            results.push(JobResult::Thumbnail { preset, bytes });
        }
        Ok(results)
    }

    /// Pixels are worked on off the runtime's thread, and not beyond the time there is: what would not finish today
    /// would not finish tomorrow.
    async fn develop(&self, bytes: Bytes, deadline: Deadline) -> Result<Thumbnails, Failure> {
        let limits = self.limits;
        let left = deadline.left(self.ground.clock.now());
        let work = tokio::task::spawn_blocking(move || darkroom_vision::thumbnails(&bytes, &limits));
        match tokio::time::timeout(left, work).await {
            Ok(Ok(developed)) => developed,
            Ok(Err(error)) => Err(Failure::permanent(
                Code::DecodePanic,
                "A decoder broke down on this file.",
            )
            .because(error)),
            Err(_) => Err(Failure::permanent(
                Code::Timeout,
                "The work on this picture did not finish in its time.",
            )),
        }
    }
}
