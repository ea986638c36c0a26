//! Jobs: one piece of work, one state machine.
//!
//! `queued → running → done | failed(code) | cancelled`; `failed | cancelled → queued` by redrive; `running → queued` when
//! a worker gives the work back or is found to have vanished.

mod result;
mod state;
mod task;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::{
    result::JobResult,
    state::{JobState, Progress},
    task::{JobKind, Task},
};
use crate::{
    failure::{Code, Failure, FailureReport},
    ids::JobId,
    tenant::TenantId,
    timestamp::Timestamp,
};

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it does, and on what.
    #[serde(flatten)]
    pub task: Task,
    /// How far it has come.
    pub state: JobState,
    /// How far it has come with the pieces of its work, where it has several.
    #[serde(default)]
    pub progress: Option<Progress>,
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
    /// Whether its owner took it off the list. What it did stays.
    #[serde(default)]
    pub is_dismissed: bool,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Job {
    /// How often workers begin a job before it is given up; as many as its queue delivers a message.
    pub const MAX_ATTEMPTS: u32 = 5;
    /// How long a job that is over is kept, unless its picture's state stands in it.
    pub const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    /// How long a job may wait in the queue before it is queued again, doubled each time; longer for parts of others.
    pub const PATIENCE: Duration = Duration::from_secs(15 * 60);

    /// How long a job may wait for a worker before it is looked at. The parts of a large piece of work wait for each
    /// other, and so do the photographs of a large batch.
    const fn patience(task: &Task) -> Duration {
        if task.is_part() || matches!(task, Task::Embed { .. }) {
            Duration::from_secs(2 * 60 * 60)
        } else {
            Self::PATIENCE
        }
    }

    /// A new job in the queue.
    #[must_use]
    pub fn queued(id: JobId, tenant: TenantId, task: Task, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            task,
            state: JobState::Queued,
            progress: None,
            attempts: 0,
            created_at: now,
            started_at: None,
            finished_at: None,
            due_at: Some(now.after(Self::patience(&task))),
            requeues: 0,
            failure: None,
            results: Vec::new(),
            is_dismissed: false,
            version: 1,
        }
    }

    /// When DynamoDB may forget the record. How far a picture has come stands in the job of its thumbnails, which is kept
    /// as long as the picture.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self.task {
            Task::Thumbnail { .. } => None,
            // That a photograph cannot be described is known from here alone.
            Task::Embed { .. } if self.state != JobState::Done => None,
            Task::Embed { .. } => self.finished_at.map(|finished| finished.after(Self::KEEP)),
            Task::Kmeans { .. }
            | Task::DatasetExport { .. }
            | Task::DatasetImport { .. }
            | Task::ArchiveSegmentation { .. }
            | Task::Segment { .. }
            | Task::ArchivePrediction { .. }
            | Task::Detect { .. }
            | Task::BatchAnalysis { .. } => self.finished_at.map(|finished| finished.after(Self::KEEP)),
        }
    }

    /// Whether a worker may begin: it waits, or the one who had begun ran out of time.
    #[must_use]
    pub fn is_claimable(&self, now: Timestamp) -> bool {
        match self.state {
            JobState::Queued => true,
            JobState::Running => self.due_at.is_none_or(|due| due <= now),
            JobState::Done | JobState::Failed | JobState::Cancelled => false,
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

    /// What is left is for others to do first, or for another invocation: there is progress, so the attempts begin
    /// anew. Somebody looks after it should nobody send it again.
    ///
    /// # Errors
    /// `conflict` when nobody was at it.
    pub fn suspended(mut self, now: Timestamp) -> Result<Self, Failure> {
        if self.state != JobState::Running {
            return Err(illegal(self.state, JobState::Running));
        }
        self.attempts = 0;
        self.requeues = 0;
        self.failure = None;
        self.due_at = Some(now.after(Self::PATIENCE));
        Ok(self)
    }

    /// Those that it waited for are done: a worker may go on with it at once.
    ///
    /// # Errors
    /// `conflict` when it does not run.
    pub fn resumed(self, now: Timestamp) -> Result<Self, Failure> {
        let mut job = self.suspended(now)?;
        job.go(JobState::Queued)?;
        Ok(job)
    }

    /// Whether its owner sees it: not once it is taken off the list, and never where it is a part of another.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        !self.is_dismissed && !self.task.is_part()
    }

    /// The results are there.
    ///
    /// # Errors
    /// `conflict` when it was not running.
    pub fn done(mut self, results: Vec<JobResult>, now: Timestamp) -> Result<Self, Failure> {
        self.go(JobState::Done)?;
        if let Some(progress) = &mut self.progress {
            progress.done = progress.total;
        }
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

    /// Its owner calls it off. A worker that is at it finds out when it writes down what it did.
    ///
    /// # Errors
    /// `conflict` when it is final.
    pub fn cancelled(mut self, now: Timestamp) -> Result<Self, Failure> {
        self.go(JobState::Cancelled)?;
        self.failure = Some(FailureReport {
            code: Code::Cancelled,
            detail: "The job was called off.".to_owned(),
        });
        self.finished_at = Some(now);
        self.due_at = None;
        Ok(self)
    }

    /// Its owner takes it off the list.
    ///
    /// # Errors
    /// `conflict` as long as it is not final.
    pub fn dismissed(mut self) -> Result<Self, Failure> {
        if !self.state.is_final() {
            return Err(Failure::permanent(
                Code::Conflict,
                "Cannot delete running task. Cancel it first.",
            ));
        }
        self.is_dismissed = true;
        Ok(self)
    }

    /// Its owner wants it tried anew.
    ///
    /// # Errors
    /// `conflict` when it has neither failed nor been called off.
    pub fn redriven(mut self, now: Timestamp) -> Result<Self, Failure> {
        if !matches!(self.state, JobState::Failed | JobState::Cancelled) {
            return Err(illegal(self.state, JobState::Queued));
        }
        self.progress = None;
        self.is_dismissed = false;
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
        let patience = Self::patience(&self.task).saturating_mul(1 << self.requeues.min(6));
        self.state = JobState::Queued;
        // What is not over belongs on the list; the worker that meant to show it may be gone.
        self.is_dismissed = false;
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
