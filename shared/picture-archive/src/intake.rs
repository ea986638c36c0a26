//! Archives that come through the API itself.

use std::time::Duration;

use bytes::Bytes;
use darkroom_cloud::{Files, Ground, Queues, Records};
use darkroom_domain::{
    ArchiveContent, ArchiveId, ArchiveOrder, Code, Failure, JobId, JobMessage, PictureArchive, Purpose,
    TenantId, Upload, UploadId, UploadState, upload::Declaration,
};

/// How often, and how far apart, it is looked for a job that somebody else is about to write.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Takes archives in.
#[derive(Clone, Debug)]
pub struct ArchiveIntake {
    files: Files,
    records: Records,
    queues: Queues,
    ground: Ground,
}

/// An archive as it came.
#[derive(Clone, Debug)]
pub struct Consignment {
    /// The client's name for it.
    pub filename: String,
    /// All of the zip.
    pub bytes: Bytes,
    /// What it holds.
    pub content: ArchiveContent,
    /// What is to be done with its pictures.
    pub order: ArchiveOrder,
}

impl ArchiveIntake {
    /// What takes archives in, into these.
    #[must_use]
    pub const fn new(files: Files, records: Records, queues: Queues, ground: Ground) -> Self {
        Self {
            files,
            records,
            queues,
            ground,
        }
    }

    /// Puts a zip where an upload by URL would have put it, and hands it over at once: the job that the archive names is
    /// there.
    ///
    /// # Errors
    /// What is wrong with the zip where its examination, which was quicker, says so; `unavailable` or `internal`.
    pub async fn take(&self, tenant: TenantId, consignment: Consignment) -> Result<PictureArchive, Failure> {
        let Consignment {
            filename,
            bytes,
            content,
            order,
        } = consignment;
        let ids = &self.ground.ids;
        let archive_id = ArchiveId::from_uuid(&ids.next());
        let purpose = match order {
            ArchiveOrder::Segmentation(_) => Purpose::Archive { archive_id },
            ArchiveOrder::Prediction(_) => Purpose::Prediction { archive_id },
        };
        let declared = Declaration {
            purpose,
            filename,
            content_type: "application/zip".to_owned(),
            size: bytes.len() as u64,
            sha256: None,
        };
        let now = self.ground.clock.now();
        let upload = Upload::promised(UploadId::from_uuid(ids.next()), tenant, declared, now);
        let job_id = JobId::from_uuid(ids.next());
        let archive = PictureArchive {
            content,
            ..PictureArchive::awaited(&upload, job_id, order)?
        };
        self.records.create_archive(&upload, &archive).await?;
        self.files
            .write(&archive.upload_key(), &upload.content_type, bytes)
            .await?;
        let job = archive.job(now);
        if self.records.hand_over(upload.handed_over(job.id)?, &job).await? {
            self.queues.send_job(&JobMessage::for_job(&job)).await?;
        } else {
            self.await_job(&archive).await?;
        }
        Ok(archive)
    }

    /// The bucket's event was quicker: the very same job is there already, or is about to be. Whoever is told of it may ask
    /// for it at once.
    async fn await_job(&self, archive: &PictureArchive) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            if self.records.job(&archive.tenant, archive.job_id).await?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        let upload = self.records.upload(&archive.tenant, archive.upload_id).await?;
        Err(without_job(upload.map(|upload| upload.state)))
    }
}

/// Why there is no job on an upload that is in this state.
fn without_job(upload: Option<UploadState>) -> Failure {
    match upload {
        Some(UploadState::Rejected { failure }) => Failure::permanent(failure.code, failure.detail),
        _ => Failure::temporary(
            Code::Unavailable,
            "The archive was not taken in in time. Try again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::FailureReport;

    use super::*;

    #[test]
    fn no_job_is_promised_that_is_not_there() {
        let rejected = UploadState::Rejected {
            failure: FailureReport {
                code: Code::InvalidArchive,
                detail: "The file is not a zip archive.".to_owned(),
            },
        };
        let failure = without_job(Some(rejected));
        assert_eq!(failure.code, Code::InvalidArchive);
        assert!(!failure.is_retryable());
        for state in [None, Some(UploadState::Pending), Some(UploadState::Received)] {
            let failure = without_job(state);
            assert_eq!(failure.code, Code::Unavailable);
            assert!(failure.is_retryable());
        }
    }
}
