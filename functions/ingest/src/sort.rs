//! Photographs: into the batch that they were sent for, and on to be described.
//!
//! All of it may be repeated: a photograph is in a batch once, and there is one job that describes it.

use darkroom_domain::{Batch, Failure, FileKey, Image, JobId, JobMessage, JobState, Purpose, Upload};

use crate::Ingest;

impl Ingest {
    /// Puts `image`, which an upload became or has the bytes of, into the batch that the upload was meant for, and has it
    /// described. Nothing happens to pictures that are no photographs to sort.
    pub(crate) async fn sort(&self, upload: &Upload, image: &Image) -> Result<(), Failure> {
        let Purpose::Photograph { batch_id } = upload.purpose else {
            return Ok(());
        };
        let (tenant, now) = (&upload.tenant, self.ground.clock.now());
        if let Some(batch_id) = batch_id {
            let batch = self.records.batch(tenant, batch_id).await?;
            // Of a batch that was deleted meanwhile the picture stays.
            if batch.as_ref().is_some_and(Batch::is_shown) {
                self.records
                    .join_batch(tenant, batch_id, image.id, copy_named(upload, image), now)
                    .await?;
            }
        }
        match self.records.begin_describing(tenant, image.id, now).await? {
            Some(job) => self.queues.send_job(&JobMessage::for_job(&job)).await,
            None => Ok(()),
        }
    }

    /// Sorts a photograph whose upload was decided before, if whoever decided did not come to the end: clearing the file
    /// away is the last of his steps. Afterwards its owner may have taken it out of the batch again.
    pub(crate) async fn finish_sorting(
        &self,
        upload: &Upload,
        key: &FileKey,
        image: &Image,
    ) -> Result<(), Failure> {
        if !is_photograph(upload) || self.files.head(key).await?.is_none() {
            return Ok(());
        }
        self.sort(upload, image).await?;
        let job = self
            .records
            .job(&upload.tenant, JobId::describing(image.id))
            .await?;
        match job.filter(|job| job.state == JobState::Queued) {
            Some(job) => self.queues.send_job(&JobMessage::for_job(&job)).await,
            None => Ok(()),
        }
    }
}

/// Whether an upload is a photograph to sort.
pub(crate) const fn is_photograph(upload: &Upload) -> bool {
    matches!(upload.purpose, Purpose::Photograph { .. })
}

/// What the very same file was called when it came again, where that is another name.
fn copy_named<'a>(upload: &'a Upload, image: &Image) -> Option<&'a str> {
    (upload.filename != image.filename).then_some(upload.filename.as_str())
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{ImageFormat, TenantId, Timestamp, UploadId, upload::Declaration};

    use super::*;

    fn upload(purpose: Purpose, filename: &str) -> Upload {
        let declared = Declaration {
            purpose,
            filename: filename.to_owned(),
            content_type: "image/jpeg".to_owned(),
            size: 9,
            sha256: None,
        };
        let id = UploadId::from_uuid(darkroom_cloud::Ground::default().ids.next());
        let now = Timestamp::from_unix_milliseconds(1_700_000_000_000).unwrap();
        Upload::promised(id, TenantId::single(), declared, now)
    }

    fn image(upload: &Upload) -> Image {
        Image {
            id: upload.id.into(),
            tenant: upload.tenant.clone(),
            filename: "a.jpg".to_owned(),
            format: ImageFormat::Jpeg,
            size: 9,
            width: 3,
            height: 2,
            orientation: 1,
            sha256: String::new(),
            created_at: upload.created_at,
            thumbnail_job: JobId::from_uuid(*upload.id.as_uuid()),
            dataset_id: None,
            metadata: None,
        }
    }

    #[test]
    fn only_another_name_is_a_copys() {
        let purpose = Purpose::Photograph { batch_id: None };
        let first = upload(purpose, "a.jpg");
        let image = image(&first);
        assert_eq!(copy_named(&first, &image), None);
        assert_eq!(copy_named(&upload(purpose, "b.jpg"), &image), Some("b.jpg"));
    }

    #[test]
    fn photographs_are_told_from_other_pictures() {
        assert!(is_photograph(&upload(
            Purpose::Photograph { batch_id: None },
            "a.jpg"
        )));
        assert!(!is_photograph(&upload(Purpose::Image, "a.jpg")));
    }
}
