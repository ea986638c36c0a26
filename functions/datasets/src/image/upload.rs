//! `POST /api/v1/IO/image/upload`: a small picture, sent through the API itself.
//!
//! It is examined here and now: clients go on with it as soon as this answers. What breaks off half-way leaves the record
//! of an upload, which the janitor ends.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use bytes::Bytes;
use darkroom_cloud::Acceptance;
use darkroom_domain::{
    Code, Dataset, Failure, FileKey, Image, ImageId, Job, JobId, JobMessage, PhotographMetadata, Purpose,
    Task, Upload, UploadId, upload::Declaration,
};
use darkroom_http::{Form, FormFile, HttpError, HttpResult, Problem, Tenant};
use darkroom_vision::Inspection;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{Service, no_dataset};

/// A form with one file, and what it is for.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct DatasetImageForm {
    /// The picture.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// JSON: `{"title": "…", "dataset_id": "…", "description": null}`.
    #[schema(value_type = String)]
    form_data: String,
}

/// What the field `form_data` says. Title and description are asked for, and not kept.
#[derive(Debug, Deserialize)]
struct FormData {
    #[expect(dead_code, reason = "older clients must send it")]
    title: String,
    dataset_id: String,
    #[expect(dead_code, reason = "older clients may send it")]
    description: Option<String>,
}

/// It is in the dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetImageSaved {
    success: bool,
    #[schema(example = "Image saved")]
    message: &'static str,
    data: SavedImage,
}

/// Which picture it is.
#[derive(Debug, Serialize, ToSchema)]
struct SavedImage {
    image_id: ImageId,
}

/// Send a small picture into a dataset
///
/// For files up to 4 MiB (4,194,304 bytes). Above that `POST /uploads` with the purpose `dataset_image` promises a URL to
/// send the file to.
#[utoipa::path(post, path = "/api/v1/IO/image/upload", tag = "datasets",
    request_body(content = DatasetImageForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "It is in the dataset", body = DatasetImageSaved),
    (status = 400, description = "Not an accepted type, or `form_data` cannot be read", body = Problem),
    (status = 404, description = "There is no such dataset", body = Problem),
    (status = 413, description = "Too large, or too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "A part is missing, or the picture is damaged", body = Problem),
))]
pub(crate) async fn upload_dataset_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    request: Request,
) -> HttpResult<Json<DatasetImageSaved>> {
    let mut form = Form::read(request).await?;
    let (file, form_data) = (form.file()?, form.text("form_data")?);
    let form_data: FormData = serde_json::from_str(&form_data)
        .map_err(|error| Failure::permanent(Code::InvalidRequest, "Invalid form data").because(error))?;
    let is_image = file
        .content_type
        .as_deref()
        .is_some_and(|content_type| content_type.starts_with("image/"));
    if !is_image {
        return Err(unsupported());
    }
    let id = form_data.dataset_id;
    let dataset = service.dataset(&tenant, &id, || no_dataset(&id)).await?;
    let image_id = service.take_in(&dataset, file).await?;
    Ok(Json(DatasetImageSaved {
        success: true,
        message: "Image saved",
        data: SavedImage { image_id },
    }))
}

impl Service {
    /// Makes a picture of the dataset out of a file.
    async fn take_in(&self, dataset: &Dataset, file: FormFile) -> HttpResult<ImageId> {
        let bytes = Bytes::from(file.bytes);
        let size = u64::try_from(bytes.len()).map_err(Failure::unknown)?;
        self.limits.check_bytes(size)?;
        let inspection = darkroom_vision::inspect(&bytes, &self.limits).map_err(|failure| {
            if failure.code == Code::UnsupportedFormat {
                unsupported()
            } else {
                failure.into()
            }
        })?;
        let metadata = darkroom_vision::metadata(&bytes, &inspection);
        let upload = self.promise(dataset, &file.filename, inspection, &bytes, size);
        self.records.create_upload(&upload).await?;
        let id = ImageId::from(upload.id);
        let original = FileKey::Original {
            tenant: dataset.tenant.clone(),
            image: id,
        };
        self.files
            .write(&original, inspection.format.media_type(), bytes)
            .await?;
        let image = self.image_of(&upload, dataset, inspection, metadata);
        let task = Task::Thumbnail { image_id: id };
        let job = Job::queued(
            image.thumbnail_job,
            dataset.tenant.clone(),
            task,
            image.created_at,
        );
        match self.records.accept(upload.accepted(id)?, &image, &job).await? {
            Acceptance::Accepted => {
                // Should this fail, the janitor finds the job standing still and sends it.
                self.queues.send_job(&JobMessage::for_job(&job)).await?;
                Ok(id)
            }
            Acceptance::Duplicate(_) | Acceptance::Changed => {
                Err(Failure::unknown("a new upload was changed by somebody").into())
            }
        }
    }

    fn promise(
        &self,
        dataset: &Dataset,
        filename: &str,
        inspection: Inspection,
        bytes: &[u8],
        size: u64,
    ) -> Upload {
        let declared = Declaration {
            purpose: Purpose::DatasetImage {
                dataset_id: dataset.id,
            },
            filename: filename.to_owned(),
            content_type: inspection.format.media_type().to_owned(),
            size,
            sha256: Some(hex::encode(Sha256::digest(bytes))),
        };
        let id = UploadId::from_uuid(self.ground.ids.next());
        Upload::promised(id, dataset.tenant.clone(), declared, self.ground.clock.now())
    }

    fn image_of(
        &self,
        upload: &Upload,
        dataset: &Dataset,
        inspection: Inspection,
        metadata: PhotographMetadata,
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
            sha256: upload.sha256.clone().unwrap_or_default(),
            created_at: upload.created_at,
            thumbnail_job: JobId::from_uuid(self.ground.ids.next()),
            dataset_id: Some(dataset.id),
            metadata: Some(metadata),
        }
    }
}

fn unsupported() -> HttpError {
    HttpError::from(Failure::permanent(
        Code::UnsupportedFormat,
        "File type not supported.",
    ))
    .with_status(StatusCode::BAD_REQUEST)
}
