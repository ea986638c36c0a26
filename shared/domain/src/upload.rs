//! Uploads: from the promise to the decision.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    failure::{Code, Failure, FailureReport},
    ids::{ArchiveId, BatchId, DatasetId, ImageId, JobId, UploadId},
    parts::Multipart,
    tenant::TenantId,
    timestamp::Timestamp,
};

/// What an upload is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// A picture to keep and to develop.
    Image,
    /// A photograph to sort: described beside being developed.
    Photograph {
        /// The batch it joins, if it does.
        #[serde(default)]
        batch_id: Option<BatchId>,
    },
    /// A picture of a dataset.
    DatasetImage {
        /// The dataset.
        dataset_id: DatasetId,
    },
    /// An archive to make a dataset of.
    DatasetImport,
    /// An archive of pictures to segment.
    Archive {
        /// Its id.
        archive_id: ArchiveId,
    },
    /// An archive of pictures to look for tools in, or one such picture.
    Prediction {
        /// Its id.
        archive_id: ArchiveId,
    },
}

impl Purpose {
    /// Whether the file is handed over to a job as it is, and may be large enough to be sent in parts.
    #[must_use]
    pub const fn is_archive(&self) -> bool {
        match self {
            Self::Image | Self::Photograph { .. } | Self::DatasetImage { .. } => false,
            Self::DatasetImport | Self::Archive { .. } | Self::Prediction { .. } => true,
        }
    }

    /// The archive of pictures that the file is, if it is one.
    #[must_use]
    pub const fn archive_id(&self) -> Option<ArchiveId> {
        match self {
            Self::Archive { archive_id } | Self::Prediction { archive_id } => Some(*archive_id),
            Self::Image | Self::Photograph { .. } | Self::DatasetImage { .. } | Self::DatasetImport => None,
        }
    }

    /// What the zip of segmented pictures is asked for by, where the file is an archive to segment.
    #[must_use]
    pub const fn user_hash(&self) -> Option<ArchiveId> {
        match self {
            Self::Archive { archive_id } => Some(*archive_id),
            _ => None,
        }
    }

    /// What the predictions are asked for by, where tools are looked for in the file.
    #[must_use]
    pub const fn result_id(&self) -> Option<ArchiveId> {
        match self {
            Self::Prediction { archive_id } => Some(*archive_id),
            _ => None,
        }
    }
}

/// How far an upload has come. All but `Pending` and `Received` are final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UploadState {
    /// Promised; nothing is known to have been sent.
    Pending,
    /// The file is there and waits for a look.
    Received,
    /// It is a picture now.
    Accepted {
        /// The picture; another one than this upload's own if that has the same bytes.
        image_id: ImageId,
    },
    /// It is an archive, and a job works on it.
    HandedOver {
        /// The job.
        job_id: JobId,
    },
    /// It is not allowed.
    Rejected {
        /// Why.
        failure: FailureReport,
    },
    /// Nothing came in time.
    Expired,
}

impl UploadState {
    /// The state's name as it stands in answers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Received => "received",
            Self::Accepted { .. } | Self::HandedOver { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Accepted { .. } | Self::HandedOver { .. } | Self::Rejected { .. } | Self::Expired
        )
    }
}

/// What a client says of a file before it sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What it is for.
    pub purpose: Purpose,
    /// The client's name for it.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its bytes.
    pub size: u64,
    /// Its lower-case hexadecimal SHA-256, where the client tells.
    pub sha256: Option<String>,
}

/// A promised upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id, and the id of the picture it may become.
    pub id: UploadId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is for.
    #[serde(flatten)]
    pub purpose: Purpose,
    /// The client's name for the file: shown, never used as a path.
    pub filename: String,
    /// The media type that the client declared.
    pub content_type: String,
    /// The bytes that the client declared; the most it may send where it could not tell (a POST policy).
    pub size: u64,
    /// Lower-case hexadecimal SHA-256 that the client declared.
    pub sha256: Option<String>,
    /// How far it has come.
    #[serde(flatten)]
    pub state: UploadState,
    /// When it was promised.
    pub created_at: Timestamp,
    /// Until when the file may be sent.
    pub send_until: Timestamp,
    /// When somebody should look whether it stands still; none once the state is final.
    pub due_at: Option<Timestamp>,
    /// How often it was found standing still.
    pub requeues: u32,
    /// S3's sequencer of the newest event that was heard about the file.
    pub sequencer: Option<String>,
    /// How it is sent in parts, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart: Option<Multipart>,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Upload {
    /// How long a promise holds.
    pub const PROMISE: Duration = Duration::from_secs(15 * 60);
    /// How long after that a file may still be on its way: S3 checks the signature when a request begins.
    pub const GRACE: Duration = Duration::from_secs(5 * 60);
    /// How long a received file may wait for its look before it is queued again.
    pub const PATIENCE: Duration = Duration::from_secs(15 * 60);
    /// How often an upload that stands still is queued again before it is given up.
    pub const MAX_REQUEUES: u32 = 5;
    /// How long the record of a decided upload is kept.
    pub const KEEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Whether an event with this sequencer is older than what was heard before.
    ///
    /// Sequencers are hexadecimal texts; of two for one key, the shorter padded on the right with zeros, the greater
    /// is the later (Amazon S3 user guide, "Event message structure").
    #[must_use]
    pub fn is_stale(&self, sequencer: &str) -> bool {
        self.sequencer.as_deref().is_some_and(|known| {
            let length = known.len().max(sequencer.len());
            format!("{sequencer:0<length$}").to_ascii_uppercase()
                < format!("{known:0<length$}").to_ascii_uppercase()
        })
    }

    /// The file is there, as the event with this sequencer tells, if it was an event.
    #[must_use]
    pub fn received(mut self, sequencer: Option<&str>, now: Timestamp) -> Self {
        if !self.state.is_final() {
            self.state = UploadState::Received;
            self.due_at = Some(now.after(Self::PATIENCE));
            if let Some(sequencer) = sequencer {
                self.sequencer = Some(sequencer.to_owned());
            }
        }
        self
    }

    /// It is the picture `image_id` now.
    ///
    /// # Errors
    /// `conflict` when it was decided before.
    pub fn accepted(self, image_id: ImageId) -> Result<Self, Failure> {
        self.decided(UploadState::Accepted { image_id })
    }

    /// It is an archive, and `job_id` works on it.
    ///
    /// # Errors
    /// `conflict` when it was decided before.
    pub fn handed_over(self, job_id: JobId) -> Result<Self, Failure> {
        self.decided(UploadState::HandedOver { job_id })
    }

    /// It is not allowed.
    ///
    /// # Errors
    /// `conflict` when it was decided before.
    pub fn rejected(self, failure: FailureReport) -> Result<Self, Failure> {
        self.decided(UploadState::Rejected { failure })
    }

    /// Nothing came in time.
    ///
    /// # Errors
    /// `conflict` when it was decided before.
    pub fn expired(self) -> Result<Self, Failure> {
        self.decided(UploadState::Expired)
    }

    /// It stood still and is queued again; with ever more patience, and rejected in the end.
    ///
    /// # Errors
    /// `conflict` when it was decided before.
    pub fn requeued(mut self, now: Timestamp) -> Result<Self, Failure> {
        if self.requeues >= Self::MAX_REQUEUES {
            return self.rejected(FailureReport {
                code: Code::AttemptsExhausted,
                detail: "The file could not be examined, however often it was tried.".to_owned(),
            });
        }
        if self.state.is_final() {
            return Err(decided_before());
        }
        let patience = Self::PATIENCE.saturating_mul(1 << self.requeues.min(6));
        self.state = UploadState::Received;
        // Queued again before its time, as after a restart, it has not failed.
        if self.due_at.is_none_or(|due| due <= now) {
            self.requeues = self.requeues.saturating_add(1);
        }
        self.due_at = Some(now.after(patience));
        Ok(self)
    }

    /// A new promise.
    #[must_use]
    pub fn promised(id: UploadId, tenant: TenantId, declared: Declaration, now: Timestamp) -> Self {
        let send_until = now.after(Self::PROMISE);
        Self {
            id,
            tenant,
            purpose: declared.purpose,
            filename: declared.filename,
            content_type: declared.content_type,
            size: declared.size,
            sha256: declared.sha256,
            state: UploadState::Pending,
            created_at: now,
            send_until,
            due_at: Some(send_until.after(Self::GRACE)),
            requeues: 0,
            sequencer: None,
            multipart: None,
            version: 1,
        }
    }

    /// When DynamoDB may forget the record.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.send_until.after(Self::KEEP)
    }

    fn decided(mut self, state: UploadState) -> Result<Self, Failure> {
        if self.state.is_final() {
            return Err(decided_before());
        }
        self.state = state;
        self.due_at = None;
        Ok(self)
    }
}

fn decided_before() -> Failure {
    Failure::permanent(Code::Conflict, "This upload was decided before.")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn upload() -> Upload {
        let declared = Declaration {
            purpose: Purpose::Image,
            filename: "photo.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            size: 7,
            sha256: None,
        };
        let id = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        Upload::promised(
            id,
            TenantId::single(),
            declared,
            Timestamp::from_unix_milliseconds(1_000).unwrap(),
        )
    }

    #[test]
    fn a_decision_is_final() {
        let report = FailureReport {
            code: Code::EmptyFile,
            detail: String::new(),
        };
        let image = upload().id.into();
        for decided in [
            upload().accepted(image).unwrap(),
            upload().rejected(report.clone()).unwrap(),
            upload()
                .handed_over(JobId::from_uuid(*upload().id.as_uuid()))
                .unwrap(),
            upload().expired().unwrap(),
        ] {
            assert_eq!(decided.due_at, None);
            assert_eq!(
                decided.clone().received(Some("1"), decided.created_at),
                decided,
                "late news change nothing"
            );
            for again in [
                decided.clone().accepted(image),
                decided.clone().rejected(report.clone()),
                decided.clone().expired(),
                decided.clone().requeued(decided.created_at),
            ] {
                assert_eq!(again.unwrap_err().code, Code::Conflict);
            }
        }
    }

    #[test]
    fn standing_still_ends() {
        let now = upload().created_at;
        let mut current = upload();
        assert_eq!(
            current.clone().requeued(now).unwrap().requeues,
            0,
            "before its time"
        );
        for _ in 0..Upload::MAX_REQUEUES {
            let due = current.due_at.unwrap();
            current = current.requeued(due).unwrap();
            assert_eq!(current.state, UploadState::Received);
        }
        let UploadState::Rejected { failure } = current.requeued(now).unwrap().state else {
            panic!("still alive")
        };
        assert_eq!(failure.code, Code::AttemptsExhausted);
    }

    #[test]
    fn sequencers_compare_padded_on_the_right() {
        let mut current = upload();
        assert!(!current.is_stale("0055AED6DCD90281E5"));
        current.sequencer = Some("0055AED6DCD90281E5".to_owned());
        assert!(
            !current.is_stale("0055AED6DCD90281E5"),
            "the same event again is tried again"
        );
        assert!(!current.is_stale("0055AED6DCD90281E6"));
        assert!(!current.is_stale("0055aed6dcd90281e51"));
        assert!(current.is_stale("0055AED6DCD90281E4FF"));
        assert!(current.is_stale("0055AED6DCD90281"));
    }

    #[test]
    fn the_state_is_flat_in_a_record() {
        let record = serde_json::to_value(upload().expired().unwrap()).unwrap();
        assert_eq!(record["state"], "expired");
        let accepted = upload().accepted(upload().id.into()).unwrap();
        let round_trip: Upload = serde_json::from_value(serde_json::to_value(&accepted).unwrap()).unwrap();
        assert_eq!(round_trip, accepted);
        let mut import = upload();
        import.purpose = Purpose::DatasetImport;
        let import = import
            .handed_over(JobId::from_uuid(*accepted.id.as_uuid()))
            .unwrap();
        let record = serde_json::to_value(&import).unwrap();
        assert_eq!(
            (&record["purpose"], &record["state"]),
            (&"dataset_import".into(), &"handed_over".into())
        );
        assert_eq!(serde_json::from_value::<Upload>(record).unwrap(), import);
        let archive_id = ArchiveId::from_uuid(accepted.id.as_uuid());
        let mut trays = upload();
        trays.purpose = Purpose::Prediction { archive_id };
        let record = serde_json::to_value(&trays).unwrap();
        assert_eq!(
            (&record["purpose"], &record["archive_id"]),
            (&"prediction".into(), &archive_id.to_string().into())
        );
        assert_eq!(serde_json::from_value::<Upload>(record).unwrap(), trays);
        assert_eq!(
            (trays.purpose.result_id(), trays.purpose.user_hash()),
            (Some(archive_id), None)
        );
    }
}
