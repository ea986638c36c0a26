//! How far a job has come, written down now and then: that also tells the worker whether the job is still its own.

use std::time::Duration;

use darkroom_domain::{Code, Failure, Job, JobState, Progress, Timestamp};
use darkroom_lambda::Deadline;

use crate::Archivist;

/// How often progress is written down.
const EVERY: Duration = Duration::from_secs(2);

/// A job under way.
pub(crate) struct UnderWay {
    pub(crate) job: Job,
    total: u64,
    done: u64,
    written_at: Timestamp,
    deadline: Deadline,
}

impl Archivist {
    /// Begins to count the `total` pieces of a job.
    pub(crate) async fn under_way(
        &self,
        job: Job,
        total: usize,
        deadline: Deadline,
    ) -> Result<UnderWay, Failure> {
        let mut under_way = UnderWay {
            job,
            total: total as u64,
            done: 0,
            written_at: self.ground.clock.now(),
            deadline,
        };
        self.write_progress(&mut under_way).await?;
        Ok(under_way)
    }

    /// One more piece is done.
    ///
    /// # Errors
    /// `cancelled` when the job is not this worker's any more; `timeout` when its time is up: what did not fit into one
    /// time will not fit into the next.
    pub(crate) async fn advance(&self, under_way: &mut UnderWay) -> Result<(), Failure> {
        under_way.done = under_way.done.saturating_add(1);
        let now = self.ground.clock.now();
        if under_way.deadline.left(now).is_zero() {
            return Err(Failure::permanent(
                Code::Timeout,
                "The archive is too large to be worked on in one go.",
            ));
        }
        if now.since(under_way.written_at) < EVERY {
            return Ok(());
        }
        under_way.written_at = now;
        self.write_progress(under_way).await
    }

    async fn write_progress(&self, under_way: &mut UnderWay) -> Result<(), Failure> {
        let job = Job {
            progress: Some(Progress {
                done: under_way.done,
                total: under_way.total,
            }),
            ..under_way.job.clone()
        };
        match self.records.save_job(job).await {
            Ok(job) => {
                under_way.job = job;
                Ok(())
            }
            Err(failure) if failure.code == Code::Conflict => self.look_again(under_way).await,
            Err(failure) => Err(failure),
        }
    }

    /// The job was written by somebody else, or by us: an answer that is lost on its way leaves it so.
    async fn look_again(&self, under_way: &mut UnderWay) -> Result<(), Failure> {
        let known = &under_way.job;
        let current = self.records.job(&known.tenant, known.id).await?;
        let is_ours = |job: &Job| {
            let is_this_attempt = (job.started_at, job.attempts) == (known.started_at, known.attempts);
            job.state == JobState::Running && is_this_attempt
        };
        match current.filter(is_ours) {
            Some(job) => {
                under_way.job = job;
                Ok(())
            }
            None => Err(Failure::permanent(
                Code::Cancelled,
                "The job is not this worker's any more.",
            )),
        }
    }
}
