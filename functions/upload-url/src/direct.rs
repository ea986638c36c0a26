//! `POST /images`: a small file, sent through the API itself.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use darkroom_domain::{
    Code, Failure, FileKey, ImageFormat, ImageId, Purpose, TenantId, Upload, UploadId, upload::Declaration,
};
use darkroom_http::{Form, FormFile, HttpError, HttpResult, ImageStatus, ImageView, Problem, Tenant};
use http::StatusCode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::Service;

/// A form with one file.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct ImageForm {
    /// The picture.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The file was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageCreated {
    /// Asks for the state under `/images/{id}`.
    id: ImageId,
    /// How far it has come.
    status: ImageStatus,
    /// The same for a person.
    #[schema(example = "Image uploaded successfully and queued for processing")]
    message: String,
    /// The picture with the same bytes, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<ImageId>,
}

/// Send a small picture
///
/// For files up to 4 MiB (4,194,304 bytes). Above that `POST /uploads` promises a URL to send the file to.
#[utoipa::path(post, path = "/images", tag = "images",
    request_body(content = ImageForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "Taken", body = ImageCreated),
    (status = 400, description = "No file name, or not an accepted type", body = Problem),
    (status = 413, description = "Too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "The field `file` is missing", body = Problem),
))]
pub(crate) async fn create_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    request: Request,
) -> HttpResult<Json<ImageCreated>> {
    let FormFile { filename, bytes, .. } = Form::read(request).await?.file()?;
    let format = ImageFormat::from_filename(&filename).ok_or_else(|| wrong_extension(&filename))?;
    let size = u64::try_from(bytes.len()).map_err(Failure::unknown)?;
    service.limits.check_bytes(size)?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    if let Some(known) = service.records.image_with_digest(&tenant, &sha256).await? {
        return Ok(Json(service.known_image(&tenant, known).await?));
    }

    let now = service.ground.clock.now();
    let id = UploadId::from_uuid(service.ground.ids.next());
    let declared = Declaration {
        purpose: Purpose::Image,
        filename,
        content_type: format.media_type().to_owned(),
        size,
        sha256: Some(sha256),
    };
    let upload = Upload::promised(id, tenant.clone(), declared, now);
    service.records.create_upload(&upload).await?;
    let key = FileKey::Upload { tenant, upload: id };
    service
        .files
        .write(&key, &upload.content_type, bytes.into())
        .await?;
    // From here on the event of the bucket drives it, as with any other upload. It may even be through already.
    match service.records.save_upload(upload.received(None, now)).await {
        Ok(_) => {}
        Err(failure) if failure.code == Code::Conflict => {}
        Err(failure) => {
            tracing::warn!(code = %failure.code, upload_id = %id, "not marked as received: {failure}")
        }
    }
    Ok(Json(ImageCreated {
        id: id.into(),
        status: ImageStatus::Processing,
        message: "Image uploaded successfully and queued for processing".to_owned(),
        duplicate_of: None,
    }))
}

impl Service {
    async fn known_image(&self, tenant: &TenantId, id: ImageId) -> HttpResult<ImageCreated> {
        let image = self.records.image(tenant, id).await?;
        let status = match image {
            Some(image) => {
                let job = self.records.job(tenant, image.thumbnail_job).await?;
                ImageView::of(image, job.as_ref()).status
            }
            None => ImageStatus::Processing,
        };
        let message = format!("Duplicate of existing image ID: {id}");
        Ok(ImageCreated {
            id,
            status,
            message,
            duplicate_of: Some(id),
        })
    }
}

fn wrong_extension(filename: &str) -> HttpError {
    let extension = filename
        .rsplit_once('.')
        .map(|(_, extension)| format!(".{}", extension.to_lowercase()));
    let allowed: Vec<String> = ImageFormat::ALL
        .iter()
        .flat_map(|format| format.extensions())
        .map(|extension| format!("'.{extension}'"))
        .collect();
    let detail = format!(
        "File type {} not allowed. Allowed types: {{{}}}",
        extension.unwrap_or_default(),
        allowed.join(", ")
    );
    HttpError::from(Failure::permanent(Code::UnsupportedFormat, detail)).with_status(StatusCode::BAD_REQUEST)
}
