//! The state machine of jobs.

use super::*;
use crate::ids::{ArchiveId, ImageId, UploadId};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(milliseconds).unwrap()
}

fn job() -> Job {
    let image_id: ImageId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
    let id = JobId::from_uuid(*image_id.as_uuid());
    Job::queued(id, TenantId::single(), Task::Thumbnail { image_id }, at(0))
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
        JobState::Cancelled => in_state(JobState::Running).cancelled(at(5)).unwrap(),
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
            (job.clone().cancelled(now), !from.is_final()),
            (
                job.clone().redriven(now),
                matches!(from, JobState::Failed | JobState::Cancelled),
            ),
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

#[test]
fn only_what_is_over_is_taken_off_the_list() {
    for state in JobState::ALL {
        assert_eq!(in_state(state).dismissed().is_ok(), state.is_final(), "{state:?}");
        assert_eq!(serde_json::to_value(state).unwrap(), state.name());
    }
    let failed = in_state(JobState::Failed).dismissed().unwrap();
    assert!(!failed.redriven(at(9)).unwrap().is_dismissed);
}

#[test]
fn a_job_that_waits_is_sent_again_and_counts_anew() {
    let running = job().claimed(at(0), at(10)).unwrap();
    assert!(job().suspended(at(5)).is_err());
    let waiting = running.clone().suspended(at(5)).unwrap();
    assert_eq!((waiting.state, waiting.attempts), (JobState::Running, 0));
    assert!(!waiting.is_claimable(at(6)), "nobody begins before it is sent");
    let resumed = waiting.resumed(at(6)).unwrap();
    assert!(resumed.is_claimable(at(6)));
    assert!(resumed.clone().resumed(at(7)).is_err(), "it is queued already");
    assert!(running.done(Vec::new(), at(7)).unwrap().resumed(at(8)).is_err());
}

#[test]
fn what_it_works_on_is_flat_in_a_record() {
    let record = serde_json::to_value(job()).unwrap();
    assert_eq!(record["kind"], "thumbnail");
    assert_eq!(record["image_id"], "0192f0c1-2345-7abc-8def-0123456789ab");
    assert_eq!(serde_json::from_value::<Job>(record).unwrap(), job());
}

#[test]
fn the_parts_of_an_archive_are_flat_in_their_records() {
    let uuid = *ImageId::from_uuid(uuid::Uuid::from_u128(7)).as_uuid();
    let archive_id = ArchiveId::from_uuid(&uuid);
    let whole = Task::ArchivePrediction {
        archive_id,
        upload_id: UploadId::from_uuid(uuid),
    };
    let part = Task::Detect {
        archive_id,
        number: 41,
    };
    for (task, kind) in [(whole, "archive_prediction"), (part, "detect")] {
        let job = Job::queued(JobId::from_uuid(uuid), TenantId::single(), task, at(0));
        let record = serde_json::to_value(&job).unwrap();
        assert_eq!(record["kind"], kind);
        assert_eq!(record["archive_id"], archive_id.to_string());
        assert_eq!(serde_json::to_value(task.kind()).unwrap(), kind);
        assert_eq!(serde_json::from_value::<Job>(record).unwrap(), job);
        assert_eq!(task.archive_id(), Some(archive_id));
        assert!(JobKind::ALL.contains(&task.kind()));
        assert_ne!(job.is_listed(), task.is_part(), "its owner sees the whole");
    }
    assert_eq!(part.archived_picture(), Some((archive_id, 41)));
    assert_eq!((part.whole_archive_id(), whole.archived_picture()), (None, None));
}

#[test]
fn what_was_found_is_kept_under_a_name_that_the_table_does_not_know() {
    let result = JobResult::Predictions {
        result_id: ArchiveId::from_uuid(&uuid::Uuid::from_u128(7)),
        predicted: 3,
        failed: 1,
        kept_until: at(0),
    };
    let record = serde_json::to_value(&result).unwrap();
    assert_eq!(record["type"], "predictions");
    assert_eq!(record.get("expires_at"), None);
    assert_eq!(serde_json::from_value::<JobResult>(record).unwrap(), result);
}
