//! Jobs: one piece of work, one state machine.
//!
//! `queued → running → done | failed(code)`; `failed → queued` by redrive; `running → queued` when a worker gives the
//! work back or is found to have vanished.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::{Code, Failure, FailureReport},
    ids::{ImageId, JobId},
    tenant::TenantId,
    thumbnail::ThumbnailPreset,
    timestamp::Timestamp,
};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Makes the thumbnails of a picture.
    Thumbnail,
}

/// How far a job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// The results are there.
    Done,
    /// It came to nothing; the reason stands beside it.
    Failed,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Done, Self::Failed];

    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    /// Whether the state machine goes from this state to `next` in one step.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Queued, Self::Running | Self::Failed)
                | (
                    Self::Running,
                    Self::Running | Self::Queued | Self::Done | Self::Failed
                )
                | (Self::Failed, Self::Queued)
        )
    }
}

/// One file that a job made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum JobResult {
    /// A thumbnail.
    Thumbnail {
        /// Its size in pixels.
        preset: ThumbnailPreset,
        /// Its size in bytes.
        bytes: u64,
    },
}

/// One piece of work on a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it does.
    pub kind: JobKind,
    /// On which picture.
    pub image_id: ImageId,
    /// How far it has come.
    pub state: JobState,
    /// How often a worker began it since it was queued by a person or by the system.
    pub attempts: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a worker began it last.
    pub started_at: Option<Timestamp>,
    /// When it was done or failed.
    pub finished_at: Option<Timestamp>,
    /// When somebody should look whether it stands still: the end of the worker's time while running. None once final.
    pub due_at: Option<Timestamp>,
    /// How often it was found standing still in the queue.
    pub requeues: u32,
    /// Why it failed, or why it was given back last.
    pub failure: Option<FailureReport>,
    /// What it made.
    pub results: Vec<JobResult>,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Job {
    /// How often workers begin a job before it is given up; as many as its queue delivers a message.
    pub const MAX_ATTEMPTS: u32 = 5;
    /// How long a job may wait in the queue before it is queued again, doubled each time.
    pub const PATIENCE: Duration = Duration::from_secs(15 * 60);

    /// A new job in the queue.
    #[must_use]
    pub fn queued(id: JobId, tenant: TenantId, kind: JobKind, image_id: ImageId, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            kind,
            image_id,
            state: JobState::Queued,
            attempts: 0,
            created_at: now,
            started_at: None,
            finished_at: None,
            due_at: Some(now.after(Self::PATIENCE)),
            requeues: 0,
            failure: None,
            results: Vec::new(),
            version: 1,
        }
    }

    /// Whether a worker may begin: it waits, or the one who had begun ran out of time.
    #[must_use]
    pub fn is_claimable(&self, now: Timestamp) -> bool {
        match self.state {
            JobState::Queued => true,
            JobState::Running => self.due_at.is_none_or(|due| due <= now),
            JobState::Done | JobState::Failed => false,
        }
    }

    /// A worker begins and has until `until`. The attempt that is one too many fails the job instead.
    ///
    /// # Errors
    /// `conflict` when another worker is at it or it is final.
    pub fn claimed(mut self, now: Timestamp, until: Timestamp) -> Result<Self, Failure> {
        if !self.is_claimable(now) {
            return Err(illegal(self.state, JobState::Running));
        }
        if self.attempts >= Self::MAX_ATTEMPTS {
            let report = self.failure.take().unwrap_or_else(exhausted);
            return self.failed(report, now);
        }
        self.state = JobState::Running;
        self.attempts += 1;
        self.started_at = Some(now);
        self.due_at = Some(until);
        Ok(self)
    }

    /// A worker gives it back, to be tried again.
    ///
    /// # Errors
    /// `conflict` when nobody was at it.
    pub fn given_back(mut self, failure: Option<FailureReport>, now: Timestamp) -> Result<Self, Failure> {
        if self.state != JobState::Running {
            return Err(illegal(self.state, JobState::Queued));
        }
        self.state = JobState::Queued;
        self.failure = failure;
        self.due_at = Some(now.after(Self::PATIENCE));
        Ok(self)
    }

    /// The results are there.
    ///
    /// # Errors
    /// `conflict` when it was not running.
    pub fn done(mut self, results: Vec<JobResult>, now: Timestamp) -> Result<Self, Failure> {
        self.go(JobState::Done)?;
        self.results = results;
        self.failure = None;
        self.finished_at = Some(now);
        self.due_at = None;
        Ok(self)
    }

    /// It came to nothing.
    ///
    /// # Errors
    /// `conflict` when it is final.
    pub fn failed(mut self, failure: FailureReport, now: Timestamp) -> Result<Self, Failure> {
        self.go(JobState::Failed)?;
        self.failure = Some(failure);
        self.finished_at = Some(now);
        self.due_at = None;
        Ok(self)
    }

    /// Its owner wants it tried anew.
    ///
    /// # Errors
    /// `conflict` when it has not failed.
    pub fn redriven(mut self, now: Timestamp) -> Result<Self, Failure> {
        if self.state != JobState::Failed {
            return Err(illegal(self.state, JobState::Queued));
        }
        self.state = JobState::Queued;
        self.attempts = 0;
        self.requeues = 0;
        self.failure = None;
        self.finished_at = None;
        self.due_at = Some(now.after(Self::PATIENCE));
        Ok(self)
    }

    /// It stood still: its message may be lost, or its worker gone. It goes back to the queue, with ever more
    /// patience, or fails if its attempts are used up.
    ///
    /// # Errors
    /// `conflict` when it is final.
    pub fn requeued(mut self, now: Timestamp) -> Result<Self, Failure> {
        if self.state.is_final() {
            return Err(illegal(self.state, JobState::Queued));
        }
        if self.attempts >= Self::MAX_ATTEMPTS {
            let report = self.failure.take().unwrap_or_else(exhausted);
            return self.failed(report, now);
        }
        let patience = Self::PATIENCE.saturating_mul(1 << self.requeues.min(6));
        self.state = JobState::Queued;
        // Queued again before its time, as after a restart, it has not stood still.
        if self.due_at.is_none_or(|due| due <= now) {
            self.requeues = self.requeues.saturating_add(1);
        }
        self.due_at = Some(now.after(patience));
        Ok(self)
    }

    fn go(&mut self, next: JobState) -> Result<(), Failure> {
        if !self.state.may_become(next) {
            return Err(illegal(self.state, next));
        }
        self.state = next;
        Ok(())
    }
}

/// What a job says that never got as far as a reason of its own.
fn exhausted() -> FailureReport {
    FailureReport {
        code: Code::AttemptsExhausted,
        detail: "The work was begun several times and never finished.".to_owned(),
    }
}

fn illegal(from: JobState, to: JobState) -> Failure {
    Failure::permanent(
        Code::Conflict,
        format!("The job is {from:?} and cannot become {to:?}.").to_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(milliseconds).unwrap()
    }

    fn job() -> Job {
        let id: ImageId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        Job::queued(
            JobId::from_uuid(*id.as_uuid()),
            TenantId::single(),
            JobKind::Thumbnail,
            id,
            at(0),
        )
    }

    fn in_state(state: JobState) -> Job {
        let report = FailureReport {
            code: Code::CorruptImage,
            detail: String::new(),
        };
        match state {
            JobState::Queued => job(),
            JobState::Running => job().claimed(at(0), at(10)).unwrap(),
            JobState::Done => in_state(JobState::Running).done(Vec::new(), at(5)).unwrap(),
            JobState::Failed => in_state(JobState::Running).failed(report, at(5)).unwrap(),
        }
    }

    #[test]
    fn state_machine_transitions() {
        let report = FailureReport {
            code: Code::CorruptImage,
            detail: String::new(),
        };
        for from in JobState::ALL {
            let job = in_state(from);
            let now = at(20);
            let table = [
                (
                    job.clone().claimed(now, at(30)),
                    matches!(from, JobState::Queued | JobState::Running),
                ),
                (job.clone().given_back(None, now), from == JobState::Running),
                (job.clone().done(Vec::new(), now), from == JobState::Running),
                (job.clone().failed(report.clone(), now), !from.is_final()),
                (job.clone().requeued(now), !from.is_final()),
                (job.clone().redriven(now), from == JobState::Failed),
            ];
            for (number, (result, legal)) in table.into_iter().enumerate() {
                match result {
                    Ok(next) => {
                        assert!(legal, "{from:?}, step {number}");
                        assert_eq!(next.due_at.is_none(), next.state.is_final());
                        assert_eq!(next.finished_at.is_some(), next.state.is_final());
                    }
                    Err(failure) => {
                        assert!(!legal, "{from:?}, step {number}");
                        assert_eq!(failure.code, Code::Conflict);
                    }
                }
            }
        }
    }

    #[test]
    fn a_worker_has_its_time_for_itself() {
        let running = job().claimed(at(0), at(10)).unwrap();
        assert!(!running.is_claimable(at(9)));
        assert!(running.is_claimable(at(10)));
        assert_eq!(running.claimed(at(9), at(20)).unwrap_err().code, Code::Conflict);
    }

    #[test]
    fn attempts_are_bounded_and_redrive_counts_anew() {
        let mut current = job();
        for attempt in 1..=Job::MAX_ATTEMPTS {
            current = current.claimed(at(0), at(1)).unwrap();
            assert_eq!(current.attempts, attempt);
            let reason = FailureReport {
                code: Code::Unavailable,
                detail: String::new(),
            };
            current = current.given_back(Some(reason), at(0)).unwrap();
        }
        let failed = current.claimed(at(0), at(1)).unwrap();
        assert_eq!(failed.state, JobState::Failed);
        assert_eq!(
            failed.failure.as_ref().unwrap().code,
            Code::Unavailable,
            "the last reason is kept"
        );
        let again = failed.redriven(at(2)).unwrap();
        assert_eq!(
            (again.state, again.attempts, again.failure),
            (JobState::Queued, 0, None)
        );
    }

    #[test]
    fn a_worker_that_always_vanishes_ends_the_job() {
        let mut current = job();
        for _ in 0..Job::MAX_ATTEMPTS {
            current = current.claimed(at(0), at(1)).unwrap().requeued(at(1)).unwrap();
        }
        assert_eq!(current.state, JobState::Failed);
        assert_eq!(current.failure.unwrap().code, Code::AttemptsExhausted);
    }
}
