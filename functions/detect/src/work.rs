//! The work itself: a picture where it lies in its upload, and what was found in it.

use async_trait::async_trait;
use darkroom_cloud::Finish;
use darkroom_domain::{Failure, Job, JobKind, JobMessage, PictureOutcome};
use darkroom_lambda::{Deadline, JobHandler};
use darkroom_picture_archive::work::another_worker;
use darkroom_prediction::Predicted;

use crate::Detector;

#[async_trait]
impl JobHandler for Detector {
    type Output = PictureOutcome;

    async fn work(&self, job: &Job, deadline: Deadline) -> Result<PictureOutcome, Failure> {
        if job.task.kind() != JobKind::Detect {
            return Err(another_worker());
        }
        let wanted = self.pictures.wanted(job).await?;
        let order = wanted.archive.order.prediction()?;
        let file = self.pictures.read(&wanted).await?;
        let left = deadline.left(self.ground.clock.now());
        let Predicted {
            prediction,
            is_cached,
        } = self
            .predictor
            .predict(&job.tenant, file, &order.detection, left)
            .await?;
        Ok(PictureOutcome::Predicted {
            prediction: Box::new(prediction),
            is_cached,
        })
    }

    async fn complete(&self, job: Job, outcome: PictureOutcome) -> Result<Finish, Failure> {
        self.pictures.settle(job, &outcome).await
    }

    /// A prediction is nobody's alone: whoever asks for the same is answered with it.
    async fn clear_up(&self, _: &JobMessage) -> Result<(), Failure> {
        Ok(())
    }

    async fn clear_up_failed(&self, job: &Job) -> Result<(), Failure> {
        self.pictures.look_after(job).await;
        Ok(())
    }
}
