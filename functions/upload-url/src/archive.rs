//! `POST /api/upload`: a small archive of pictures to segment, sent through the API itself; and what may be asked of any.

use std::{collections::BTreeSet, io::Cursor, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
};
use darkroom_domain::{
    ArchiveId, ArchiveOutput, Code, Failure, Job, JobId, JobMessage, PictureArchive, Purpose,
    SegmentationOrder, Task, TenantId, Upload, UploadId, archive::naming::picture_name, upload::Declaration,
};
use darkroom_http::{Form, FormFile, HttpError, HttpResult, Problem, Query, Tenant};
use darkroom_inference::Task as ModelTask;
use darkroom_zip::{ArchiveLimits, survey};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Service;

/// How pictures are segmented, as a request says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderRequest {
    pub(crate) model: Option<String>,
    pub(crate) confidence: Option<f32>,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) output: Option<ArchiveOutput>,
}

impl OrderRequest {
    pub(crate) const fn is_empty(&self) -> bool {
        self.model.is_none() && self.confidence.is_none() && self.classes.is_none() && self.output.is_none()
    }
}

/// How the pictures are segmented. What is not said is the model's own.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderOptions {
    /// The model's name; the 21-class one where none is named.
    model: Option<String>,
    /// What the model must be sure of, 0..1.
    confidence: Option<f32>,
    /// Only these classes: labels of the model, parted by commas.
    #[param(example = "person,dog")]
    classes: Option<String>,
    /// What comes back of each picture.
    output: Option<ArchiveOutput>,
}

impl From<OrderOptions> for OrderRequest {
    fn from(options: OrderOptions) -> Self {
        let parted = |text: String| text.split(',').map(|label| label.trim().to_owned()).collect();
        Self {
            model: options.model,
            confidence: options.confidence,
            classes: options.classes.map(parted),
            output: options.output,
        }
    }
}

/// A form with one archive.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct ArchiveForm {
    /// The archive.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The archive was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArchiveTaken {
    #[schema(example = "processing")]
    status: &'static str,
    /// Asks for the state under `/api/status/{job_id}`.
    job_id: JobId,
    /// Downloads the result under `/api/download/{user_hash}`.
    user_hash: ArchiveId,
}

/// Segment the pictures of a small archive
///
/// For zip archives up to 4 MiB (4,194,304 bytes). Above that `POST /uploads` with the purpose `archive` promises a URL to
/// send the archive to. Pictures are `.jpg`, `.jpeg`, `.png`, `.bmp`, `.tif` and `.tiff`; hidden files and what macOS adds
/// are passed over, and so is everything else.
#[utoipa::path(post, path = "/api/upload", tag = "archives", params(OrderOptions),
    request_body(content = ArchiveForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "Taken", body = ArchiveTaken),
    (status = 400, description = "There is no picture in it", body = Problem),
    (status = 413, description = "Too large (`archive_too_large`), or too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "Not a zip archive (`invalid_archive`), or an option is at fault", body = Problem),
))]
pub(crate) async fn upload_archive(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<OrderOptions>,
    request: Request,
) -> HttpResult<Json<ArchiveTaken>> {
    let order = service.order("query", options.into()).await?;
    let file = Form::read(request).await?.file()?;
    service.expect_pictures(&file.bytes)?;
    let archive = service.take(tenant, file, order).await?;
    Ok(Json(ArchiveTaken {
        status: "processing",
        job_id: archive.job_id,
        user_hash: archive.id,
    }))
}

impl Service {
    /// What a request asks, held against the models that there are. `place` is where it says so.
    pub(crate) async fn order(&self, place: &str, request: OrderRequest) -> HttpResult<SegmentationOrder> {
        let described = self
            .models
            .described(ModelTask::Segment, request.model.as_deref())
            .await;
        let model = match described {
            Ok(model) => model,
            Err(failure) if failure.code == Code::ValidationFailed => {
                return Err(HttpError::validation(&[place, "model"], failure.detail));
            }
            Err(failure) => return Err(failure.into()),
        };
        if request
            .confidence
            .is_some_and(|confidence| !(0.0..=1.0).contains(&confidence))
        {
            return Err(HttpError::validation(
                &[place, "confidence"],
                "must be from 0 to 1",
            ));
        }
        for label in request.classes.iter().flatten() {
            if model.labels.class(label).is_none() {
                return Err(HttpError::validation(
                    &[place, "classes"],
                    format!("the model {} has no class {label:?}", model.name),
                ));
            }
        }
        if request.classes.as_ref().is_some_and(Vec::is_empty) {
            return Err(HttpError::validation(&[place, "classes"], "must name a class"));
        }
        // Each once, however often it was named.
        let classes: Option<BTreeSet<String>> = request.classes.map(|labels| labels.into_iter().collect());
        Ok(SegmentationOrder {
            model: model.name,
            confidence: request.confidence,
            classes: classes.map(|labels| labels.into_iter().collect()),
            output: request.output.unwrap_or_default(),
        })
    }

    /// The archive of pictures that an upload is promised for.
    pub(crate) fn awaited(
        &self,
        upload: &Upload,
        order: SegmentationOrder,
    ) -> Result<PictureArchive, Failure> {
        let job = JobId::from_uuid(self.ground.ids.next());
        PictureArchive::awaited(upload, job, order)
    }

    /// What can be told at once is told at once.
    fn expect_pictures(&self, bytes: &[u8]) -> HttpResult<()> {
        if bytes.is_empty() {
            return Err(Failure::permanent(Code::EmptyFile, "The file is empty.").into());
        }
        // As the bucket's way has it.
        if !bytes.starts_with(b"PK") {
            let detail = "The file is not a zip archive.";
            return Err(Failure::permanent(Code::InvalidArchive, detail).into());
        }
        let limits = ArchiveLimits::of_pictures(self.archive_bytes);
        let entries = survey(&mut Cursor::new(bytes), bytes.len() as u64, &limits)?;
        if entries.iter().any(|entry| picture_name(&entry.name).is_some()) {
            return Ok(());
        }
        let nothing = Failure::permanent(Code::InvalidArchive, "No files extracted from archive");
        Err(HttpError::from(nothing).with_status(StatusCode::BAD_REQUEST))
    }

    /// Puts the archive where an upload by URL would have put it, and hands it over at once: the job that the answer names
    /// is there.
    async fn take(
        &self,
        tenant: TenantId,
        file: FormFile,
        order: SegmentationOrder,
    ) -> HttpResult<PictureArchive> {
        let archive_id = ArchiveId::from_uuid(&self.ground.ids.next());
        let declared = Declaration {
            purpose: Purpose::Archive { archive_id },
            filename: file.filename,
            content_type: "application/zip".to_owned(),
            size: file.bytes.len() as u64,
            sha256: None,
        };
        let id = UploadId::from_uuid(self.ground.ids.next());
        let now = self.ground.clock.now();
        let upload = Upload::promised(id, tenant.clone(), declared, now);
        let archive = self.awaited(&upload, order)?;
        self.records.create_archive(&upload, &archive).await?;
        self.files
            .write(&archive.upload_key(), &upload.content_type, file.bytes.into())
            .await?;
        let task = Task::ArchiveSegmentation {
            archive_id,
            upload_id: id,
        };
        let job = Job::queued(archive.job_id, tenant, task, now);
        // Should the bucket's event have been quicker, the very same job is there already, or is about to be.
        if self
            .records
            .hand_over(upload.handed_over(archive.job_id)?, &job)
            .await?
        {
            self.queues.send_job(&JobMessage::for_job(&job)).await?;
        }
        Ok(archive)
    }
}
