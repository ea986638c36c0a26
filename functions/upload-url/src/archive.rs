//! `POST /api/upload`: a small archive of pictures to segment, sent through the API itself.

use std::{io::Cursor, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
};
use darkroom_domain::{
    ArchiveContent, ArchiveId, ArchiveOrder, ArchiveOutput, Code, Failure, JobId,
    archive::naming::{SEGMENTED_EXTENSIONS, picture_name},
};
use darkroom_http::{Form, HttpError, HttpResult, Problem, Query, Tenant};
use darkroom_picture_archive::Consignment;
use darkroom_zip::{ArchiveLimits, survey};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Service, order::SegmentationRequest};

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

impl From<OrderOptions> for SegmentationRequest {
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
    let order = service.segmentation("query", options.into()).await?;
    let file = Form::read(request).await?.file()?;
    service.expect_pictures(&file.bytes)?;
    let consignment = Consignment {
        filename: file.filename,
        bytes: file.bytes.into(),
        content: ArchiveContent::Zip,
        order: ArchiveOrder::Segmentation(order),
    };
    let archive = service.intake.take(tenant, consignment).await?;
    Ok(Json(ArchiveTaken {
        status: "processing",
        job_id: archive.job_id,
        user_hash: archive.id,
    }))
}

impl Service {
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
        if entries
            .iter()
            .any(|entry| picture_name(&entry.name, &SEGMENTED_EXTENSIONS).is_some())
        {
            return Ok(());
        }
        let nothing = Failure::permanent(Code::InvalidArchive, "No files extracted from archive");
        Err(HttpError::from(nothing).with_status(StatusCode::BAD_REQUEST))
    }
}
