//! `GET /uploads/{upload_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{FailureReport, ImageId, JobId, Timestamp, Upload, UploadId, UploadState};
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// A promised upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadView {
    upload_id: UploadId,
    /// `pending`, `received`, `accepted`, `rejected` or `expired`.
    #[schema(example = "accepted")]
    state: &'static str,
    filename: String,
    /// The media type that was declared.
    content_type: String,
    /// The bytes that were declared.
    size: u64,
    created_at: Timestamp,
    /// Until when the file may be sent.
    expires_at: Timestamp,
    /// The picture it became, or the one with the same bytes that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<ImageId>,
    /// Whether that picture was there before.
    duplicate: bool,
    /// The job that works on it, where it is an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<JobId>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureReport>,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        let state = upload.state.name();
        let (image_id, job_id, error) = match upload.state {
            UploadState::Accepted { image_id } => (Some(image_id), None, None),
            UploadState::HandedOver { job_id } => (None, Some(job_id), None),
            UploadState::Rejected { failure } => (None, None, Some(failure)),
            UploadState::Pending | UploadState::Received | UploadState::Expired => (None, None, None),
        };
        Self {
            upload_id: upload.id,
            state,
            filename: upload.filename,
            content_type: upload.content_type,
            size: upload.size,
            created_at: upload.created_at,
            expires_at: upload.send_until,
            image_id,
            duplicate: image_id.is_some_and(|image| image != ImageId::from(upload.id)),
            job_id,
            error,
        }
    }
}

/// State of an upload
#[utoipa::path(get, path = "/uploads/{upload_id}", tag = "uploads", params(("upload_id" = UploadId, Path)), responses(
    (status = 200, description = "The upload", body = UploadView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_upload(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<UploadId>,
) -> HttpResult<Json<UploadView>> {
    let upload = service
        .records
        .upload(&tenant, id)
        .await?
        .ok_or_else(not_found::<UploadId>)?;
    Ok(Json(upload.into()))
}
