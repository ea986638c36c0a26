//! Dead letters: what was delivered too often is marked failed with its reason, so that nobody waits for ever.

use async_trait::async_trait;
use darkroom_domain::{Code, Failure, FailureReport, FileKey, IngestMessage, JobMessage, TenantId, UploadId};
use darkroom_lambda::{CreatedObjects, Deadline, Message, MessageHandler};

use crate::Janitor;

#[async_trait]
impl MessageHandler for Janitor {
    async fn handle(&self, message: &Message, _: Deadline) -> Result<(), Failure> {
        let body = message.body.as_str();
        if let Ok(message) = body.parse::<JobMessage>() {
            return self.end_job(&message).await;
        }
        if let Ok(message) = body.parse::<IngestMessage>() {
            return self.end_upload(&message.tenant, message.upload_id).await;
        }
        let CreatedObjects(objects) = body.parse().map_err(|cause| {
            Failure::permanent(Code::InvalidRequest, "A message that nobody of ours wrote.").because(cause)
        })?;
        for object in objects {
            if let Ok(FileKey::Upload { tenant, upload }) = object.key.parse() {
                self.end_upload(&tenant, upload).await?;
            }
        }
        Ok(())
    }
}

impl Janitor {
    async fn end_job(&self, message: &JobMessage) -> Result<(), Failure> {
        let Some(job) = self.records.job(&message.tenant, message.job_id).await? else {
            return Ok(());
        };
        let now = self.ground.clock.now();
        // Done in the meantime, or a worker has it in hand and still has time: then this letter is one too many.
        if job.state.is_final() || !job.is_claimable(now) {
            return Ok(());
        }
        let report = job.failure.clone().unwrap_or_else(too_often);
        let job = self.records.save_job(job.failed(report, now)?).await?;
        tracing::error!(job_id = %job.id, code = "dead_letter", "a job was given up");
        self.fan_in.settled(&job).await
    }

    async fn end_upload(&self, tenant: &TenantId, id: UploadId) -> Result<(), Failure> {
        let Some(upload) = self.records.upload(tenant, id).await? else {
            return Ok(());
        };
        if upload.state.is_final() {
            return Ok(());
        }
        self.records.save_upload(upload.rejected(too_often())?).await?;
        tracing::error!(upload_id = %id, code = "dead_letter", "an upload was given up");
        Ok(())
    }
}

fn too_often() -> FailureReport {
    FailureReport {
        code: Code::AttemptsExhausted,
        detail: "The work was tried several times and never finished.".to_owned(),
    }
}
