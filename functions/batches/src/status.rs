//! How far a batch has come.

use darkroom_domain::{Batch, BatchState, Code, Failure, FailureReport, Job, JobState, Progress};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// How far a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BatchStatus {
    /// Nobody asked for groups yet.
    Pending,
    /// Groups are being made.
    Processing,
    /// It has groups.
    Complete,
    /// The last analysis came to nothing, or was called off.
    Failed,
}

/// How far a batch has come, and what is to be said of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) status: BatchStatus,
    /// Why it failed.
    pub(crate) error: Option<FailureReport>,
    /// How far the analysis under way has come.
    pub(crate) progress: Option<Progress>,
}

impl Stand {
    /// What a batch and the job that makes its groups, if there still is one, tell.
    pub(crate) fn of(batch: &Batch, job: Option<&Job>) -> Self {
        let plain = |status| Self {
            status,
            error: None,
            progress: None,
        };
        match (batch.state, job) {
            (BatchState::Pending, _) => plain(BatchStatus::Pending),
            (BatchState::Complete | BatchState::Deleting, _) => plain(BatchStatus::Complete),
            (BatchState::Analyzing { .. }, None) => Self {
                error: Some(FailureReport {
                    code: Code::Expired,
                    detail: "The analysis came to nothing. Ask for it again.".to_owned(),
                }),
                ..plain(BatchStatus::Failed)
            },
            (BatchState::Analyzing { .. }, Some(job)) => match job.state {
                JobState::Queued | JobState::Running | JobState::Done => Self {
                    progress: job.progress,
                    ..plain(BatchStatus::Processing)
                },
                JobState::Failed | JobState::Cancelled => Self {
                    error: job.failure.clone(),
                    ..plain(BatchStatus::Failed)
                },
            },
        }
    }
}

impl Service {
    /// The batch, as new as the job that makes its groups, and that job.
    pub(crate) async fn with_job(&self, mut batch: Batch) -> Result<(Batch, Option<Job>), Failure> {
        let mut job = None;
        for _ in 0..2 {
            let Some(id) = batch.job_id() else {
                return Ok((batch, None));
            };
            job = self.records.job(&batch.tenant, id).await?;
            if job.as_ref().is_none_or(|job| job.state != JobState::Done) {
                break;
            }
            // Batch and job end together: the batch was read before.
            batch = self.batch(&batch.tenant, &batch.id.to_string()).await?;
        }
        Ok((batch, job))
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{BatchId, GroupingParameters, ImageId, JobId, Task, TenantId, Timestamp};
    use std::str::FromStr as _;

    use super::*;

    #[test]
    fn what_a_batch_and_its_job_tell() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let id: BatchId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        let batch = Batch::new(id, TenantId::single(), "A".to_owned(), now).unwrap();
        assert_eq!(Stand::of(&batch, None).status, BatchStatus::Pending);

        let image = ImageId::from_str("0192f0c1-2345-7abc-8def-0123456789ab").unwrap();
        let job = Job::queued(
            JobId::describing(image),
            TenantId::single(),
            Task::BatchAnalysis { batch_id: id },
            now,
        );
        let batch = batch.analyzed_by(job.id, GroupingParameters::default(), false, now);
        assert_eq!(Stand::of(&batch, Some(&job)).status, BatchStatus::Processing);
        let lost = Stand::of(&batch, None);
        assert_eq!(lost.status, BatchStatus::Failed);
        assert!(lost.error.is_some());
        let report = FailureReport {
            code: Code::EmbeddingsMissing,
            detail: "No.".to_owned(),
        };
        let failed = Stand::of(&batch, Some(&job.clone().failed(report.clone(), now).unwrap()));
        assert_eq!((failed.status, failed.error), (BatchStatus::Failed, Some(report)));
        let cancelled = Stand::of(&batch, Some(&job.cancelled(now).unwrap()));
        assert_eq!(cancelled.status, BatchStatus::Failed);
    }
}
