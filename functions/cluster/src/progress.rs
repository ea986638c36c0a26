//! How far an analysis has come, written down now and then: that also tells the worker whether the job is still its own.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use darkroom_domain::{Code, Failure, Job, JobState, Progress};
use darkroom_lambda::Deadline;

use crate::{
    Clusterer,
    find::{Found, Input, find},
};

/// How often progress is written down.
const EVERY: Duration = Duration::from_secs(2);

/// Between the thread that computes and whoever waits for it.
#[derive(Debug, Default)]
struct Gauge {
    /// What is done, in percent.
    percent: AtomicU32,
    /// Nobody waits any more.
    is_broken_off: AtomicBool,
}

impl Gauge {
    fn report(&self, share: f32) -> ControlFlow<()> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 100, whole percents"
        )]
        let percent = (share.clamp(0.0, 1.0) * 100.0) as u32;
        self.percent.store(percent, Ordering::Relaxed);
        if self.is_broken_off.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Breaks the computation off when whoever waits for it goes away.
struct Waiting(Arc<Gauge>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.is_broken_off.store(true, Ordering::Relaxed);
    }
}

impl Clusterer {
    /// Finds what the photographs say, off the runtime's threads, and writes down into `job` how far it is.
    ///
    /// # Errors
    /// `cancelled` when the job is not this worker's any more; `timeout` when its time is up: what did not fit into one
    /// time will not fit into the next; those of [`find`].
    pub(crate) async fn find(
        &self,
        job: &mut Job,
        input: Input,
        deadline: Deadline,
    ) -> Result<Found, Failure> {
        let gauge = Arc::new(Gauge::default());
        let waiting = Waiting(Arc::clone(&gauge));
        let mut computation =
            tokio::task::spawn_blocking(move || find(input, &mut |share| gauge.report(share)));
        loop {
            let left = deadline.left(self.ground.clock.now());
            if left.is_zero() {
                return Err(Failure::permanent(
                    Code::Timeout,
                    "The batch is too large to be grouped in one go.",
                ));
            }
            match tokio::time::timeout(EVERY.min(left), &mut computation).await {
                Ok(ended) => return ended.map_err(Failure::unknown)?,
                Err(_) => {
                    let percent = waiting.0.percent.load(Ordering::Relaxed);
                    self.write_progress(job, percent).await?;
                }
            }
        }
    }

    /// Writes down what is done, in percent.
    pub(crate) async fn write_progress(&self, job: &mut Job, percent: u32) -> Result<(), Failure> {
        let written = Job {
            progress: Some(Progress {
                done: u64::from(percent),
                total: 100,
            }),
            ..job.clone()
        };
        match self.records.save_job(written).await {
            Ok(saved) => {
                *job = saved;
                Ok(())
            }
            Err(failure) if failure.code == Code::Conflict => self.look_again(job).await,
            // It is told of again in a moment.
            Err(failure) if failure.code == Code::Unavailable => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// The job was written by somebody else, or by us: an answer that is lost on its way leaves it so.
    async fn look_again(&self, job: &mut Job) -> Result<(), Failure> {
        let current = self.records.job(&job.tenant, job.id).await?;
        let is_ours = |current: &Job| {
            let is_this_attempt = (current.started_at, current.attempts) == (job.started_at, job.attempts);
            current.state == JobState::Running && is_this_attempt
        };
        match current.filter(is_ours) {
            Some(current) => {
                *job = current;
                Ok(())
            }
            None => Err(Failure::permanent(
                Code::Cancelled,
                "The job is not this worker's any more.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computation_that_nobody_waits_for_is_broken_off() {
        let gauge = Arc::new(Gauge::default());
        let waiting = Waiting(Arc::clone(&gauge));
        assert!(gauge.report(0.456).is_continue());
        assert_eq!(gauge.percent.load(Ordering::Relaxed), 45);
        assert!(gauge.report(f32::NAN).is_continue() && gauge.report(7.0).is_continue());
        assert_eq!(gauge.percent.load(Ordering::Relaxed), 100);
        drop(waiting);
        assert!(gauge.report(0.5).is_break());
    }
}
