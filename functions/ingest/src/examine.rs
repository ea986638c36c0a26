//! The way of an upload to a picture, or to its refusal.
//!
//! The order is what makes every step safe to repeat: the original is in its place before a record speaks of it; the
//! record stands before its message is sent; the upload goes last. Whoever comes second finds the decision and only
//! finishes what the first may have left.

use darkroom_cloud::{Acceptance, FileContent};
use darkroom_domain::{
    Code, DatasetId, Failure, FileKey, Image, ImageFormat, ImageId, Job, JobId, JobMessage, JobState,
    PhotographMetadata, Purpose, RetryPolicy, Task, TenantId, Upload, UploadState,
};
use darkroom_vision::Inspection;

use crate::{Ingest, arrival::Arrival, hand_over::check_declared, sort::is_photograph};

impl Ingest {
    /// Decides on one upload.
    ///
    /// # Errors
    /// What should be tried again.
    pub(crate) async fn examine(&self, arrival: &Arrival) -> Result<(), Failure> {
        let key = FileKey::Upload {
            tenant: arrival.tenant.clone(),
            upload: arrival.upload,
        };
        let Some(upload) = self.records.upload(&arrival.tenant, arrival.upload).await? else {
            // Nobody was promised this, or the promise was withdrawn: the file is nobody's.
            tracing::warn!(upload_id = %arrival.upload, code = "no_promise", "an upload that nobody was promised");
            return self.files.delete(&key).await;
        };
        if arrival
            .sequencer
            .as_deref()
            .is_some_and(|sequencer| upload.is_stale(sequencer))
        {
            return Ok(());
        }
        if upload.state.is_final() {
            return self.finish(&upload, &key).await;
        }
        let now = self.ground.clock.now();
        let upload = self
            .records
            .save_upload(upload.received(arrival.sequencer.as_deref(), now))
            .await?;
        let decided = match upload.purpose {
            Purpose::Image | Purpose::Photograph { .. } => {
                self.accept_or_duplicate(&upload, &key, None).await
            }
            Purpose::DatasetImage { dataset_id } => {
                self.accept_or_duplicate(&upload, &key, Some(dataset_id)).await
            }
            Purpose::DatasetImport | Purpose::Archive { .. } | Purpose::Prediction { .. } => {
                self.hand_over(&upload, &key).await
            }
        };
        match decided {
            Ok(()) => Ok(()),
            Err(failure) if failure.policy == RetryPolicy::Permanent => {
                self.reject(upload, &key, &failure).await
            }
            Err(failure) => Err(failure),
        }
    }

    /// Fails permanently where the file is not allowed.
    async fn accept_or_duplicate(
        &self,
        upload: &Upload,
        key: &FileKey,
        dataset: Option<DatasetId>,
    ) -> Result<(), Failure> {
        if let Some(dataset) = dataset {
            self.expect_dataset(&upload.tenant, dataset).await?;
        }
        let Some(head) = self.files.head(key).await? else {
            // Gone again, or taken by another who was quicker. If neither, the janitor will see.
            return Ok(());
        };
        self.limits.check_bytes(head.size)?;
        check_declared(upload, head.size)?;
        let Some(content) = self.files.read(key, Some(&head.etag), self.limits.bytes).await? else {
            return Ok(());
        };
        let (content, inspection) = self.inspect(upload, content).await?;

        let tenant = &upload.tenant;
        // In a dataset the same file may lie twice: each has its own analyses.
        if dataset.is_none()
            && let Some(known) = self.records.image_with_digest(tenant, &content.sha256).await?
        {
            return self.duplicate(upload, key, known).await;
        }
        let id = ImageId::from(upload.id);
        let original = FileKey::Original {
            tenant: tenant.clone(),
            image: id,
        };
        if !self
            .files
            .copy(key, &head.etag, &original, inspection.format.media_type())
            .await?
        {
            // Overwritten under our eyes: the newer content has an event of its own.
            return Ok(());
        }
        let metadata = metadata_of(&content, inspection).await;
        let image = Image {
            metadata,
            ..self.image(upload, inspection, &content, dataset)
        };
        let task = Task::Thumbnail { image_id: id };
        let job = Job::queued(image.thumbnail_job, tenant.clone(), task, image.created_at);
        match self
            .records
            .accept(upload.clone().accepted(id)?, &image, &job)
            .await?
        {
            Acceptance::Accepted => {
                tracing::info!(image_id = %id, format = ?image.format, size_bytes = image.size, "accepted");
                self.queues.send_job(&JobMessage::for_job(&job)).await?;
                self.sort(upload, &image).await?;
                self.files.delete(key).await
            }
            Acceptance::Duplicate(known) => self.duplicate(upload, key, known).await,
            Acceptance::Changed => {
                if self.records.upload(tenant, upload.id).await?.is_none() {
                    self.files.delete(&original).await?;
                }
                Err(Failure::temporary(
                    Code::Conflict,
                    "The upload changed while it was examined.",
                ))
            }
        }
    }

    /// Holds the content against what was declared and what is allowed. No pixel is decoded here.
    pub(crate) async fn inspect(
        &self,
        upload: &Upload,
        content: FileContent,
    ) -> Result<(FileContent, Inspection), Failure> {
        if upload
            .sha256
            .as_deref()
            .is_some_and(|declared| declared != content.sha256)
        {
            return Err(Failure::permanent(
                Code::DigestMismatch,
                "The file has another SHA-256 than was declared.",
            ));
        }
        let (limits, bytes) = (self.limits, content.bytes.clone());
        let inspection = tokio::task::spawn_blocking(move || darkroom_vision::inspect(&bytes, &limits))
            .await
            .map_err(|error| {
                Failure::permanent(Code::DecodePanic, "A decoder broke down on this file.").because(error)
            })??;
        let declared = ImageFormat::from_media_type(&upload.content_type);
        if declared != Some(inspection.format) {
            return Err(Failure::permanent(
                Code::FormatMismatch,
                format!(
                    "The file is {}, not {}.",
                    inspection.format.media_type(),
                    upload.content_type
                ),
            ));
        }
        Ok((content, inspection))
    }

    /// The dataset may have been deleted while the file was on its way.
    async fn expect_dataset(&self, tenant: &TenantId, id: DatasetId) -> Result<(), Failure> {
        let dataset = self.records.dataset(tenant, id).await?;
        if dataset.is_some_and(|dataset| dataset.is_ready()) {
            Ok(())
        } else {
            Err(Failure::not_found("Dataset not found"))
        }
    }

    fn image(
        &self,
        upload: &Upload,
        inspection: Inspection,
        content: &FileContent,
        dataset_id: Option<DatasetId>,
    ) -> Image {
        let (width, height) = inspection.upright_dimensions();
        Image {
            id: upload.id.into(),
            tenant: upload.tenant.clone(),
            filename: upload.filename.clone(),
            format: inspection.format,
            size: content.bytes.len() as u64,
            width,
            height,
            orientation: inspection.orientation.exif(),
            sha256: content.sha256.clone(),
            created_at: self.ground.clock.now(),
            thumbnail_job: JobId::from_uuid(self.ground.ids.next()),
            dataset_id,
            metadata: None,
        }
    }

    async fn duplicate(&self, upload: &Upload, key: &FileKey, known: ImageId) -> Result<(), Failure> {
        let tenant = &upload.tenant;
        // First of all: once the upload is decided, nothing leads here any more.
        self.files
            .delete(&FileKey::Original {
                tenant: tenant.clone(),
                image: upload.id.into(),
            })
            .await?;
        self.records.save_upload(upload.clone().accepted(known)?).await?;
        tracing::info!(image_id = %known, upload_id = %upload.id, "a duplicate");
        if is_photograph(upload)
            && let Some(image) = self.records.image(tenant, known).await?
        {
            self.sort(upload, &image).await?;
        }
        self.files.delete(key).await
    }

    async fn reject(&self, upload: Upload, key: &FileKey, failure: &Failure) -> Result<(), Failure> {
        let id = upload.id;
        self.records
            .save_upload(upload.rejected(failure.to_report())?)
            .await?;
        tracing::info!(upload_id = %id, code = %failure.code, "rejected: {failure}");
        self.files.delete(key).await
    }

    /// Does what whoever decided may not have come to: sends the jobs, sorts a photograph, clears the file away. An archive
    /// stays until its job is through with it.
    async fn finish(&self, upload: &Upload, key: &FileKey) -> Result<(), Failure> {
        let job = match upload.state {
            UploadState::Accepted { image_id } => match self.records.image(&upload.tenant, image_id).await? {
                Some(image) => {
                    self.finish_sorting(upload, key, &image).await?;
                    self.records.job(&upload.tenant, image.thumbnail_job).await?
                }
                None => None,
            },
            UploadState::HandedOver { job_id } => self.records.job(&upload.tenant, job_id).await?,
            _ => None,
        };
        if let Some(job) = &job
            && job.state == JobState::Queued
        {
            self.queues.send_job(&JobMessage::for_job(job)).await?;
        }
        match upload.state {
            UploadState::HandedOver { .. } if job.is_some_and(|job| job.state != JobState::Done) => Ok(()),
            _ => self.files.delete(key).await,
        }
    }
}

/// What the file says of the photograph in it, read off the runtime. A file that a reader breaks down on is no worse a
/// picture for that.
async fn metadata_of(content: &FileContent, inspection: Inspection) -> Option<PhotographMetadata> {
    let bytes = content.bytes.clone();
    tokio::task::spawn_blocking(move || darkroom_vision::metadata(&bytes, &inspection))
        .await
        .inspect_err(|error| tracing::warn!(code = "metadata_unread", "the metadata was not read: {error}"))
        .ok()
}
