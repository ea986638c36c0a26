//! The way of an archive to the job that works on it.

use darkroom_domain::{Code, DatasetId, Failure, FileKey, Job, JobId, JobMessage, Task, Upload};

use crate::Ingest;

impl Ingest {
    /// Hands an archive over to a job. Nothing of it is read here but its first bytes.
    pub(crate) async fn hand_over(&self, upload: &Upload, key: &FileKey) -> Result<(), Failure> {
        let Some(head) = self.files.head(key).await? else {
            return Ok(());
        };
        check_declared(upload, head.size)?;
        let Some(first) = self.files.read_range(key, &head.etag, 0, 4).await? else {
            return Ok(());
        };
        // An archive begins with its first entry, an empty one with its end.
        if !matches!(&*first, b"PK\x03\x04" | b"PK\x05\x06") {
            return Err(Failure::permanent(
                Code::InvalidArchive,
                "The file is not a zip archive.",
            ));
        }
        let tenant = &upload.tenant;
        let task = Task::DatasetImport {
            dataset_id: DatasetId::from_uuid(self.ground.ids.next()),
            upload_id: upload.id,
        };
        let id = JobId::from_uuid(self.ground.ids.next());
        let job = Job::queued(id, tenant.clone(), task, self.ground.clock.now());
        if !self
            .records
            .hand_over(upload.clone().handed_over(id)?, &job)
            .await?
        {
            return Err(Failure::temporary(
                Code::Conflict,
                "The upload changed while it was examined.",
            ));
        }
        tracing::info!(job_id = %id, upload_id = %upload.id, size_bytes = head.size, "an archive");
        self.queues.send_job(&JobMessage::for_job(&job)).await
    }
}

/// Holds what arrived against what was declared.
pub(crate) fn check_declared(upload: &Upload, size: u64) -> Result<(), Failure> {
    if size == 0 {
        return Err(Failure::permanent(Code::EmptyFile, "The file is empty."));
    }
    if size > upload.size {
        return Err(Failure::permanent(
            Code::SizeMismatch,
            format!("The file has {size} bytes; {} were declared.", upload.size),
        ));
    }
    Ok(())
}
