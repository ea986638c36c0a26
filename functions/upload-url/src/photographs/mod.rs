//! `POST /images/upload` and `POST /batches/{batch_id}/upload-and-add`: several small photographs, sent through the API
//! itself.
//!
//! They are examined here and now, and the answer tells of each. What breaks off half-way leaves the record of an upload,
//! which the janitor ends; sending the files again goes on with it.

mod answer;

use std::{collections::HashSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, Request, State},
};
use bytes::Bytes;
use darkroom_cloud::Acceptance;
use darkroom_domain::{
    BatchId, Code, Failure, FileKey, Image, Job, JobId, JobMessage, PhotographMetadata, Purpose, Task,
    TenantId, Upload, UploadId, upload::Declaration,
};
use darkroom_http::{Form, FormFile, HttpError, HttpResult, PhotographView, Problem, Tenant};
use darkroom_vision::Inspection;
use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{Service, sorting::no_batch};
use answer::{UploadedPhotograph, answer_of};

/// The most files of one request.
const MAX_FILES: usize = 200;
/// How many of them are looked after at the same time.
const AT_ONCE: usize = 8;

/// A form with files.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct PhotographsForm {
    /// The photographs, up to 200.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// Send small photographs
///
/// For files up to 4 MiB (4,194,304 bytes) together. Above that `POST /uploads/batch` promises URLs to send them to. Each is
/// examined at once; thumbnail and description follow by themselves. A file that is no photograph hinders no other.
#[utoipa::path(post, path = "/images/upload", tag = "images",
    request_body(content = PhotographsForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "What became of each file, in the order of the form", body = [UploadedPhotograph]),
    (status = 400, description = "None of them is a photograph; `errors` tells why of each", body = Problem),
    (status = 413, description = "Too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "The field `files` is missing, or has more than 200 files", body = Problem),
))]
pub(crate) async fn upload_photographs(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    request: Request,
) -> HttpResult<Json<Vec<UploadedPhotograph>>> {
    service.take_photographs(&tenant, None, request).await
}

/// Send small photographs into a batch
///
/// As `POST /images/upload`. What is known already joins the batch too.
#[utoipa::path(post, path = "/batches/{batch_id}/upload-and-add", tag = "batches", params(("batch_id" = BatchId, Path)),
    request_body(content = PhotographsForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "What became of each file, in the order of the form", body = [UploadedPhotograph]),
    (status = 400, description = "None of them is a photograph; `errors` tells why of each", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 413, description = "Too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "The field `files` is missing, or has more than 200 files", body = Problem),
))]
pub(crate) async fn upload_and_add(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(batch): Path<String>,
    request: Request,
) -> HttpResult<Json<Vec<UploadedPhotograph>>> {
    let batch: BatchId = batch.parse().map_err(|_| no_batch(&batch))?;
    service.expect_batch(&tenant, Some(batch)).await?;
    service.take_photographs(&tenant, Some(batch), request).await
}

/// A file, and its SHA-256 in lower-case hexadecimal.
struct Sent {
    filename: String,
    bytes: Bytes,
    sha256: String,
}

impl From<FormFile> for Sent {
    fn from(file: FormFile) -> Self {
        Self {
            filename: file.filename,
            sha256: hex::encode(Sha256::digest(&file.bytes)),
            bytes: file.bytes.into(),
        }
    }
}

impl Service {
    async fn take_photographs(
        &self,
        tenant: &TenantId,
        batch: Option<BatchId>,
        request: Request,
    ) -> HttpResult<Json<Vec<UploadedPhotograph>>> {
        let files = Form::with_files(request, &["files"]).await?.files("files")?;
        if files.len() > MAX_FILES {
            let message = format!("must have at most {MAX_FILES} files");
            return Err(HttpError::validation(&["body", "files"], message));
        }
        // Of the same file twice the first is the photograph, and the others come when it is there.
        let sent: Vec<(usize, Sent)> = files.into_iter().map(Sent::from).enumerate().collect();
        let mut seen = HashSet::new();
        let (firsts, copies): (Vec<_>, Vec<_>) = sent
            .into_iter()
            .partition(|(_, file)| seen.insert(file.sha256.clone()));
        let mut outcomes = self.take_each(tenant, batch, firsts, AT_ONCE).await;
        // Copies of one file write to the same place: one after the other.
        outcomes.extend(self.take_each(tenant, batch, copies, 1).await);
        outcomes.sort_unstable_by_key(|(place, ..)| *place);
        answer_of(
            outcomes
                .into_iter()
                .map(|(_, name, outcome)| (name, outcome))
                .collect(),
        )
        .map(Json)
    }

    async fn take_each(
        &self,
        tenant: &TenantId,
        batch: Option<BatchId>,
        files: Vec<(usize, Sent)>,
        at_once: usize,
    ) -> Vec<(usize, String, Result<PhotographView, Failure>)> {
        stream::iter(files)
            .map(async |(place, file)| {
                let name = file.filename.clone();
                (place, name, self.take_photograph(tenant, batch, file).await)
            })
            .buffered(at_once)
            .collect()
            .await
    }

    async fn take_photograph(
        &self,
        tenant: &TenantId,
        batch: Option<BatchId>,
        file: Sent,
    ) -> Result<PhotographView, Failure> {
        let size = u64::try_from(file.bytes.len()).map_err(Failure::unknown)?;
        self.limits.check_bytes(size)?;
        if let Some(known) = self.known_photograph(tenant, &file.sha256).await? {
            return self.again(known, batch, file.filename).await;
        }
        let (inspection, metadata) = self.examine(file.bytes.clone()).await?;
        let declared = Declaration {
            purpose: Purpose::Photograph { batch_id: batch },
            filename: file.filename,
            content_type: inspection.format.media_type().to_owned(),
            size,
            sha256: Some(file.sha256.clone()),
        };
        let id = UploadId::from_uuid(self.ground.ids.next());
        let upload = Upload::promised(id, tenant.clone(), declared, self.ground.clock.now());
        self.records.create_upload(&upload).await?;
        let original = FileKey::Original {
            tenant: tenant.clone(),
            image: id.into(),
        };
        self.files
            .write(&original, inspection.format.media_type(), file.bytes)
            .await?;
        let image = self.image(&upload, inspection, metadata, file.sha256);
        let task = Task::Thumbnail { image_id: image.id };
        let job = Job::queued(image.thumbnail_job, tenant.clone(), task, image.created_at);
        let decided = upload.clone().accepted(image.id)?;
        match self.records.accept(decided, &image, &job).await? {
            Acceptance::Accepted => {
                // Should this fail, the janitor finds the job standing still and sends it.
                self.queues.send_job(&JobMessage::for_job(&job)).await?;
                self.sort(&image, batch).await?;
                Ok(PhotographView::of(&image, None, None))
            }
            Acceptance::Duplicate(known) => {
                // Somebody sent the same file at the same moment, and was quicker.
                let filename = upload.filename.clone();
                // The file goes first: once the upload is decided, nothing leads to it any more.
                self.files.delete(&original).await?;
                self.records.save_upload(upload.accepted(known)?).await?;
                let known = self.records.image(tenant, known).await?;
                self.again(known.ok_or_else(changed)?, batch, filename).await
            }
            Acceptance::Changed => Err(changed()),
        }
    }

    /// A photograph that was sent again, as `filename`.
    async fn again(
        &self,
        known: Image,
        batch: Option<BatchId>,
        filename: String,
    ) -> Result<PhotographView, Failure> {
        self.sort_copy(&known, batch, &filename).await?;
        let job = self.records.job(&known.tenant, known.thumbnail_job).await?;
        Ok(PhotographView::duplicate(&known, job.as_ref(), filename))
    }

    /// What the file declares of itself, and what it says of the photograph in it. No pixel is decoded here.
    async fn examine(&self, bytes: Bytes) -> Result<(Inspection, PhotographMetadata), Failure> {
        let limits = self.limits;
        let examined = tokio::task::spawn_blocking(move || {
            let inspection = darkroom_vision::inspect(&bytes, &limits)?;
            Ok((inspection, darkroom_vision::metadata(&bytes, &inspection)))
        });
        examined.await.map_err(|error| {
            Failure::permanent(Code::DecodePanic, "A decoder broke down on this file.").because(error)
        })?
    }

    fn image(
        &self,
        upload: &Upload,
        inspection: Inspection,
        metadata: PhotographMetadata,
        sha256: String,
    ) -> Image {
        let (width, height) = inspection.upright_dimensions();
        Image {
            id: upload.id.into(),
            tenant: upload.tenant.clone(),
            filename: upload.filename.clone(),
            format: inspection.format,
            size: upload.size,
            width,
            height,
            orientation: inspection.orientation.exif(),
            sha256,
            created_at: upload.created_at,
            thumbnail_job: JobId::from_uuid(self.ground.ids.next()),
            dataset_id: None,
            metadata: Some(metadata),
        }
    }
}

fn changed() -> Failure {
    Failure::temporary(Code::Conflict, "The upload changed while it was examined.")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_routes_go_together() {
        let paths = crate::api().paths.paths;
        for path in [
            "/images/upload",
            "/uploads/batch",
            "/batches/{batch_id}/upload-and-add",
        ] {
            assert!(paths.contains_key(path), "{path}");
        }
    }
}
