//! Workers: one message is one job, and how it ends is written down.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use darkroom_cloud::{Clock, Finish, Records};
use darkroom_domain::{Code, Failure, Job, JobMessage, JobResult, JobState, RetryPolicy};

use crate::{
    batch::{Message, MessageHandler, batch_function},
    deadline::Deadline,
    function::Function,
};

/// What a worker adds to the way that every job goes: claim, work, write down how it ended.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// What the work comes to before it is written down.
    type Output: Send;

    /// Does the work of a job that was claimed, within `deadline`. It may be done twice, late and out of order: keys
    /// of files follow from the job.
    ///
    /// # Errors
    /// A permanent failure ends the job; any other gives it back.
    async fn work(&self, job: &Job, deadline: Deadline) -> Result<Self::Output, Failure>;

    /// Writes down that the job is done.
    ///
    /// # Errors
    /// `conflict`, or [`Finish::Superseded`], when the job is not this worker's any more; `unavailable` or `internal`.
    async fn complete(&self, job: Job, output: Self::Output) -> Result<Finish, Failure>;

    /// Clears up after a job that is gone, was called off or taken over. It may still be another's: only what nobody
    /// can need goes.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    async fn clear_up(&self, message: &JobMessage) -> Result<(), Failure>;

    /// Clears up after a job that has just failed for good.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    async fn clear_up_failed(&self, _: &Job) -> Result<(), Failure> {
        Ok(())
    }
}

/// The function that does the jobs which its messages name.
pub fn job_function(handler: impl JobHandler, records: Records, clock: Arc<dyn Clock>) -> Function {
    let worker = Worker {
        handler,
        records,
        clock: Arc::clone(&clock),
    };
    batch_function(worker, clock)
}

/// Writes down that a job is done which made `results`, and needs nothing beside its own record.
///
/// # Errors
/// `conflict` when the job is not this worker's any more; `unavailable` or `internal`.
pub async fn done(
    records: &Records,
    clock: &dyn Clock,
    job: Job,
    results: Vec<JobResult>,
) -> Result<Finish, Failure> {
    records.save_job(job.done(results, clock.now())?).await?;
    Ok(Finish::Done)
}

/// Does work on pixels off the runtime's thread, and not beyond the time that is `left`: what would not finish today
/// would not finish tomorrow.
///
/// # Errors
/// Those of the work; `timeout`, `decode_panic`.
pub async fn on_pixels<T: Send + 'static>(
    left: Duration,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::time::timeout(left, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => {
            Err(Failure::permanent(Code::DecodePanic, "A decoder broke down on this file.").because(error))
        }
        Err(_) => Err(Failure::permanent(
            Code::Timeout,
            "The work on this picture did not finish in its time.",
        )),
    }
}

struct Worker<H> {
    handler: H,
    records: Records,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl<H: JobHandler> MessageHandler for Worker<H> {
    async fn handle(&self, message: &Message, deadline: Deadline) -> Result<(), Failure> {
        let message: JobMessage = message.body.parse().map_err(|cause| {
            Failure::permanent(Code::InvalidRequest, "A message that nobody of ours wrote.").because(cause)
        })?;
        let Some(job) = self.records.job(&message.tenant, message.job_id).await? else {
            // Deleted while the message was on its way; a worker before us may have left files.
            return self.handler.clear_up(&message).await;
        };
        let now = self.clock.now();
        if !job.is_claimable(now) {
            // Done, or another is at it. Should that one vanish, the janitor sends the job again.
            return Ok(());
        }
        let job = self
            .records
            .save_job(job.claimed(now, deadline.moment())?)
            .await?;
        if job.state == JobState::Failed {
            return self.handler.clear_up_failed(&job).await;
        }
        let ended = match self.handler.work(&job, deadline).await {
            Ok(output) => self.handler.complete(job.clone(), output).await,
            Err(failure) => self.write_down(&job, failure).await,
        };
        match ended {
            Ok(Finish::Done) => return Ok(()),
            Ok(Finish::Superseded) => {}
            Err(failure) if failure.code == Code::Conflict => {}
            Err(failure) => return Err(failure),
        }
        // Somebody deleted what we worked on, called it off or put something newer in its place; or our time was up and
        // another has begun.
        self.let_go(&job).await?;
        self.handler.clear_up(&message).await
    }
}

impl<H: JobHandler> Worker<H> {
    /// Ends the job or gives it back, and passes the failure on: it decides about the message too.
    async fn write_down(&self, job: &Job, failure: Failure) -> Result<Finish, Failure> {
        // The worker found out while it worked that nobody waits for it any more.
        if failure.code == Code::Cancelled {
            return Ok(Finish::Superseded);
        }
        let Some(job) = self.still_ours(job).await? else {
            return Ok(Finish::Superseded);
        };
        let now = self.clock.now();
        if failure.policy == RetryPolicy::Permanent {
            let failed = self
                .records
                .save_job(job.failed(failure.to_report(), now)?)
                .await?;
            self.handler.clear_up_failed(&failed).await?;
        } else {
            self.records
                .save_job(job.given_back(Some(failure.to_report()), now)?)
                .await?;
        }
        Err(failure)
    }

    /// Ends a job that nobody waits for any more, if it is still this worker's: it has no one else to end it.
    async fn let_go(&self, job: &Job) -> Result<(), Failure> {
        let Some(job) = self.still_ours(job).await? else {
            return Ok(());
        };
        match self.records.save_job(job.cancelled(self.clock.now())?).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.code == Code::Conflict => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// The job as it is now, if it is this worker's attempt at it. Progress may have raised its version.
    async fn still_ours(&self, job: &Job) -> Result<Option<Job>, Failure> {
        let current = self.records.job(&job.tenant, job.id).await?;
        Ok(current.filter(|current| {
            let is_this_attempt = (current.started_at, current.attempts) == (job.started_at, job.attempts);
            current.state == JobState::Running && is_this_attempt
        }))
    }
}
