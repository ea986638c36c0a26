//! Makes the thumbnails of an image.

mod work;

use async_trait::async_trait;
use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Records, image_limits};
use darkroom_domain::{Code, Failure, ImageLimits, Job, JobMessage, JobState, RetryPolicy};
use darkroom_lambda::{Deadline, Function, Message, MessageHandler, batch_function};

/// What the worker works with.
#[derive(Clone, Debug)]
struct Thumbnailer {
    files: Files,
    records: Records,
    ground: Ground,
    limits: ImageLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let ground = Ground::default();
    let clock = std::sync::Arc::clone(&ground.clock);
    let thumbnailer = Thumbnailer {
        files: connection.files()?,
        records: connection.records()?,
        ground,
        limits: image_limits(environment)?,
    };
    Ok(batch_function(thumbnailer, clock))
}

#[async_trait]
impl MessageHandler for Thumbnailer {
    async fn handle(&self, message: &Message, deadline: Deadline) -> Result<(), Failure> {
        let message: JobMessage = message.body.parse().map_err(|cause| {
            Failure::permanent(Code::InvalidRequest, "A message that nobody of ours wrote.").because(cause)
        })?;
        let Some(job) = self.records.job(&message.tenant, message.job_id).await? else {
            // Deleted while the message was on its way; a worker before us may have left files.
            return self.clear_if_deleted(&message).await;
        };
        let now = self.ground.clock.now();
        if !job.is_claimable(now) {
            // Done, or another is at it. Should that one vanish, the janitor sends the job again.
            return Ok(());
        }
        let job = self
            .records
            .save_job(job.claimed(now, deadline.moment())?)
            .await?;
        if job.state == JobState::Failed {
            return Ok(());
        }
        let ended = self.work(&job, deadline).await;
        self.write_down(job, ended, &message).await
    }
}

impl Thumbnailer {
    async fn write_down(
        &self,
        job: Job,
        ended: Result<Vec<darkroom_domain::JobResult>, Failure>,
        message: &JobMessage,
    ) -> Result<(), Failure> {
        let now = self.ground.clock.now();
        let (next, failure) = match ended {
            Ok(results) => (job.done(results, now)?, None),
            Err(failure) if failure.policy == RetryPolicy::Permanent => {
                (job.failed(failure.to_report(), now)?, Some(failure))
            }
            Err(failure) => (job.given_back(Some(failure.to_report()), now)?, Some(failure)),
        };
        match self.records.save_job(next).await {
            Ok(_) => failure.map_or(Ok(()), Err),
            // Somebody deleted the picture, or our time was up and another has begun.
            Err(conflict) if conflict.code == Code::Conflict => self.clear_if_deleted(message).await,
            Err(other) => Err(other),
        }
    }

    async fn clear_if_deleted(&self, message: &JobMessage) -> Result<(), Failure> {
        if self
            .records
            .image(&message.tenant, message.image_id)
            .await?
            .is_none()
        {
            self.files
                .delete_derived(&message.tenant, message.image_id)
                .await?;
        }
        Ok(())
    }
}
