//! The way of a file to the job that works on it.

use darkroom_cloud::FileHead;
use darkroom_domain::{
    ArchiveContent, Code, DatasetId, Failure, FileKey, Job, JobId, JobMessage, Task, Upload,
};

use crate::Ingest;

impl Ingest {
    /// Hands a file over to a job. Of an archive nothing is read here but its first bytes; a single picture is held
    /// against the limits as any other.
    pub(crate) async fn hand_over(&self, upload: &Upload, key: &FileKey) -> Result<(), Failure> {
        let Some(head) = self.files.head(key).await? else {
            return Ok(());
        };
        check_declared(upload, head.size)?;
        let is_there = match ArchiveContent::of(upload) {
            ArchiveContent::Picture => self.expect_picture(upload, key, &head).await?,
            ArchiveContent::Zip | ArchiveContent::Pictures { .. } => self.expect_zip(key, &head).await?,
        };
        if !is_there {
            return Ok(());
        }
        let job = self.job_of(upload).await?;
        if !self
            .records
            .hand_over(upload.clone().handed_over(job.id)?, &job)
            .await?
        {
            return Err(Failure::temporary(
                Code::Conflict,
                "The upload changed while it was examined.",
            ));
        }
        tracing::info!(job_id = %job.id, upload_id = %upload.id, size_bytes = head.size, "handed over");
        self.queues.send_job(&JobMessage::for_job(&job)).await
    }

    /// False if the file is gone again.
    async fn expect_zip(&self, key: &FileKey, head: &FileHead) -> Result<bool, Failure> {
        let Some(first) = self.files.read_range(key, Some(&head.etag), 0, 4).await? else {
            return Ok(false);
        };
        // An archive begins with its first entry, an empty one with its end.
        if !matches!(&*first, b"PK\x03\x04" | b"PK\x05\x06") {
            return Err(Failure::permanent(
                Code::InvalidArchive,
                "The file is not a zip archive.",
            ));
        }
        Ok(true)
    }

    /// False if the file is gone again.
    async fn expect_picture(&self, upload: &Upload, key: &FileKey, head: &FileHead) -> Result<bool, Failure> {
        self.limits.check_bytes(head.size)?;
        let content = self.files.read(key, Some(&head.etag), self.limits.bytes).await?;
        match content {
            Some(content) => self.inspect(upload, content).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// The job that works on a file: that on an archive of pictures was promised with the upload.
    async fn job_of(&self, upload: &Upload) -> Result<Job, Failure> {
        let now = self.ground.clock.now();
        if let Some(archive_id) = upload.purpose.archive_id() {
            let archive = self.records.archive(&upload.tenant, archive_id).await?;
            let archive = archive
                .ok_or_else(|| Failure::permanent(Code::UploadExpired, "Nobody waits for this archive."))?;
            return Ok(archive.job(now));
        }
        let task = Task::DatasetImport {
            dataset_id: DatasetId::from_uuid(self.ground.ids.next()),
            upload_id: upload.id,
        };
        let id = JobId::from_uuid(self.ground.ids.next());
        Ok(Job::queued(id, upload.tenant.clone(), task, now))
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
