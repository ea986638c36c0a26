//! `POST /api/v1/IO/archive/import`: a small archive, sent through the API itself.
//!
//! It goes the way that every archive goes: to the bucket, and from there to the worker. This only waits for the end.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use darkroom_domain::{
    Code, DatasetId, Failure, FailureReport, FileKey, Job, JobId, JobResult, Purpose, TenantId, Timestamp,
    Upload, UploadId, UploadState, upload::Declaration,
};
use darkroom_http::{Form, FormFile, HttpResult, Problem, Tenant};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// How long the answer may wait: the gateway waits for 30 seconds in all.
const PATIENCE: Duration = Duration::from_secs(24);

/// A form with one archive.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct ImportForm {
    /// The archive.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// How the import ended, or that it is still under way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    success: bool,
    /// The dataset; null as long as the import is under way.
    dataset_id: Option<DatasetId>,
    #[schema(example = "Dataset 'Leaves (Imported 20.11 19:30)' imported successfully")]
    message: String,
}

/// Import a dataset
///
/// For archives up to 4 MiB (4,194,304 bytes). Above that `POST /uploads` with the purpose `dataset_import` promises a URL
/// to send the archive to. What takes longer than a request may is answered with the way to ask for its state.
#[utoipa::path(post, path = "/api/v1/IO/archive/import", tag = "datasets",
    request_body(content = ImportForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "The dataset is there", body = Imported),
    (status = 202, description = "Under way; `location` tells where to ask", body = Imported),
    (status = 413, description = "Too large (`archive_too_large`), or too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "The part is missing, or the archive is at fault (`invalid_archive`)", body = Problem),
))]
pub(crate) async fn import_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    request: Request,
) -> HttpResult<Response> {
    let file = Form::read(request).await?.file()?;
    let until = service.ground.clock.now().after(PATIENCE);
    let upload = service.send(&tenant, file).await?;
    let job_id = match service.decided(&tenant, upload, until).await? {
        Some(UploadState::HandedOver { job_id }) => job_id,
        Some(UploadState::Rejected { failure }) => return Err(failed(failure).into()),
        _ => return Ok(under_way(format!("/uploads/{upload}"))),
    };
    let Some(job) = service.ended(&tenant, job_id, until).await? else {
        return Ok(under_way(format!("/jobs/{job_id}")));
    };
    match (job.results.first(), job.failure) {
        (Some(JobResult::Import { dataset_id, .. }), _) => service.imported(&tenant, *dataset_id).await,
        (_, Some(failure)) => Err(failed(failure).into()),
        (_, None) => Err(Failure::unknown("an import without an end").into()),
    }
}

impl Service {
    /// Puts the archive where an upload by URL would have put it.
    async fn send(&self, tenant: &TenantId, file: FormFile) -> HttpResult<UploadId> {
        let size = u64::try_from(file.bytes.len()).map_err(Failure::unknown)?;
        if size == 0 {
            return Err(failed(FailureReport {
                code: Code::EmptyFile,
                detail: "The file is empty.".to_owned(),
            })
            .into());
        }
        let declared = Declaration {
            purpose: Purpose::DatasetImport,
            filename: file.filename,
            content_type: "application/zip".to_owned(),
            size,
            sha256: None,
        };
        let id = UploadId::from_uuid(self.ground.ids.next());
        let upload = Upload::promised(id, tenant.clone(), declared, self.ground.clock.now());
        self.records.create_upload(&upload).await?;
        let key = FileKey::Upload {
            tenant: tenant.clone(),
            upload: id,
        };
        self.files
            .write(&key, &upload.content_type, file.bytes.into())
            .await?;
        Ok(id)
    }

    /// What became of an upload, once that is decided; none if it is not in time.
    async fn decided(
        &self,
        tenant: &TenantId,
        id: UploadId,
        until: Timestamp,
    ) -> Result<Option<UploadState>, Failure> {
        let mut pauses = Pauses::default();
        while self.ground.clock.now() < until {
            let upload = self.records.upload(tenant, id).await?;
            if let Some(upload) = upload.filter(|upload| upload.state.is_final()) {
                return Ok(Some(upload.state));
            }
            pauses.next().await;
        }
        Ok(None)
    }

    /// The job, once it is over; none if it is not in time.
    async fn ended(&self, tenant: &TenantId, id: JobId, until: Timestamp) -> Result<Option<Job>, Failure> {
        let mut pauses = Pauses::default();
        while self.ground.clock.now() < until {
            let job = self.records.job(tenant, id).await?;
            if let Some(job) = job.filter(|job| job.state.is_final()) {
                return Ok(Some(job));
            }
            pauses.next().await;
        }
        Ok(None)
    }

    async fn imported(&self, tenant: &TenantId, id: DatasetId) -> HttpResult<Response> {
        let dataset = self.records.dataset(tenant, id).await?;
        let title = dataset.map(|dataset| dataset.title).unwrap_or_default();
        Ok(Json(Imported {
            success: true,
            dataset_id: Some(id),
            message: format!("Dataset '{title}' imported successfully"),
        })
        .into_response())
    }
}

/// Ever longer pauses between two looks: from a twentieth of a second to one.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(Duration::from_millis(50))
    }
}

impl Pauses {
    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = self.0.saturating_mul(3).div_f32(2.0).min(Duration::from_secs(1));
    }
}

fn failed(report: FailureReport) -> Failure {
    Failure::permanent(report.code, format!("Import failed: {}", report.detail))
}

fn under_way(location: String) -> Response {
    let body = Imported {
        success: true,
        dataset_id: None,
        message: "The import is under way".to_owned(),
    };
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response()
}
