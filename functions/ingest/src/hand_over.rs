//! The way of an archive to the job that works on it.

use darkroom_domain::{Code, DatasetId, Failure, FileKey, Job, JobId, JobMessage, Purpose, Task, Upload};

use crate::Ingest;

impl Ingest {
    /// Hands an archive over to a job. Nothing of it is read here but its first bytes.
    pub(crate) async fn hand_over(&self, upload: &Upload, key: &FileKey) -> Result<(), Failure> {
        let Some(head) = self.files.head(key).await? else {
            return Ok(());
        };
        check_declared(upload, head.size)?;
        let Some(first) = self.files.read_range(key, Some(&head.etag), 0, 4).await? else {
            return Ok(());
        };
        // An archive begins with its first entry, an empty one with its end.
        if !matches!(&*first, b"PK\x03\x04" | b"PK\x05\x06") {
            return Err(Failure::permanent(
                Code::InvalidArchive,
                "The file is not a zip archive.",
            ));
        }
        let (id, task) = self.task_of(upload).await?;
        let job = Job::queued(id, upload.tenant.clone(), task, self.ground.clock.now());
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

    /// What is to be done with an archive, and by which job: that of pictures to segment was promised with the upload.
    async fn task_of(&self, upload: &Upload) -> Result<(JobId, Task), Failure> {
        if let Purpose::Archive { archive_id } = upload.purpose {
            let archive = self.records.archive(&upload.tenant, archive_id).await?;
            let job_id = archive
                .ok_or_else(|| Failure::permanent(Code::UploadExpired, "Nobody waits for this archive."))?
                .job_id;
            let task = Task::ArchiveSegmentation {
                archive_id,
                upload_id: upload.id,
            };
            return Ok((job_id, task));
        }
        let task = Task::DatasetImport {
            dataset_id: DatasetId::from_uuid(self.ground.ids.next()),
            upload_id: upload.id,
        };
        Ok((JobId::from_uuid(self.ground.ids.next()), task))
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
