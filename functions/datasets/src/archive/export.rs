//! `POST /api/v1/IO/archive/export/{dataset_id}` and `GET /api/v1/IO/archive/status/{task_id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use darkroom_domain::{
    DatasetId, Failure, Job, JobId, JobKind, JobMessage, JobState, Task, TenantId, Timestamp,
};
use darkroom_http::{HttpResult, Problem, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// It waits for a worker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportQueued {
    /// Asks for the state under `/api/v1/IO/archive/status/{task_id}`; it is the id of a job.
    task_id: JobId,
    status: ArchiveStatus,
}

/// How far an export or an import has come, in the words of these routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ArchiveStatus {
    Queued,
    Processing,
    Completed,
    /// Or called off.
    Failed,
}

/// Export a dataset
#[utoipa::path(post, path = "/api/v1/IO/archive/export/{dataset_id}", tag = "datasets", params(
    ("dataset_id" = DatasetId, Path),
    ("idempotency-key" = Option<String>, Header, description = "The same key gets the same answer, for 24 hours"),
), responses(
    (status = 200, description = "Queued", body = ExportQueued),
    (status = 404, description = "There is no such dataset", body = Problem),
    (status = 409, description = "The same request is under way (`idempotency_in_progress`)", body = Problem),
))]
pub(crate) async fn export_dataset(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> HttpResult<Response> {
    let route = format!("POST export/{id}");
    let now = service.ground.clock.now();
    let work = Box::pin(service.queue_export(&tenant, &id, now));
    idempotent(&service.records, &tenant, &route, &headers, &[], now, work).await
}

/// How far an export or an import has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskStatus {
    task_id: JobId,
    status: ArchiveStatus,
    /// For a person.
    #[schema(example = "Compressing 12 images...")]
    message: String,
    /// Why it came to nothing.
    error: Option<String>,
    /// Pictures that are done, and all.
    progress: Option<darkroom_domain::Progress>,
}

/// State of an export or an import
#[utoipa::path(get, path = "/api/v1/IO/archive/status/{task_id}", tag = "datasets",
    params(("task_id" = JobId, Path)), responses(
    (status = 200, description = "How far it has come", body = TaskStatus),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn export_status(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<TaskStatus>> {
    let job = service
        .archive_job(&tenant, &id)
        .await?
        .ok_or_else(|| Failure::not_found("Task not found"))?;
    let status = match job.state {
        JobState::Queued => ArchiveStatus::Queued,
        JobState::Running => ArchiveStatus::Processing,
        JobState::Done => ArchiveStatus::Completed,
        JobState::Failed | JobState::Cancelled => ArchiveStatus::Failed,
    };
    let is_over = status == ArchiveStatus::Failed;
    Ok(Json(TaskStatus {
        task_id: job.id,
        status,
        message: message_of(&job),
        progress: job.progress,
        error: job.failure.filter(|_| is_over).map(|failure| failure.detail),
    }))
}

fn message_of(job: &Job) -> String {
    let is_import = job.task.kind() == JobKind::DatasetImport;
    match (job.state, job.progress) {
        (JobState::Queued, _) => "Initialized".to_owned(),
        (JobState::Running, None) if is_import => "Checking the archive...".to_owned(),
        (JobState::Running, None) => "Collecting data from DB...".to_owned(),
        (JobState::Running, Some(progress)) if is_import => format!("Storing {} images...", progress.total),
        (JobState::Running, Some(progress)) => format!("Compressing {} images...", progress.total),
        (JobState::Done, _) if is_import => "Import ready".to_owned(),
        (JobState::Done, _) => "Export ready".to_owned(),
        (JobState::Failed, _) => "Failed".to_owned(),
        (JobState::Cancelled, _) => "Cancelled".to_owned(),
    }
}

impl Service {
    async fn queue_export(
        &self,
        tenant: &TenantId,
        id: &str,
        now: Timestamp,
    ) -> HttpResult<(StatusCode, ExportQueued)> {
        let missing = || "Dataset not found".to_owned();
        let dataset = self.dataset(tenant, id, missing).await?;
        let task = Task::DatasetExport {
            dataset_id: dataset.id,
        };
        let task_id = JobId::from_uuid(self.ground.ids.next());
        let job = Job::queued(task_id, tenant.clone(), task, now);
        self.records.create_job(&job).await?;
        // Should this fail, the janitor finds the job standing still and sends it.
        self.queues.send_job(&JobMessage::for_job(&job)).await?;
        let status = ArchiveStatus::Queued;
        Ok((StatusCode::OK, ExportQueued { task_id, status }))
    }

    /// The export or import with this id, if it is on the list of jobs.
    pub(super) async fn archive_job(&self, tenant: &TenantId, id: &str) -> Result<Option<Job>, Failure> {
        let Ok(id) = id.parse::<JobId>() else {
            return Ok(None);
        };
        let job = self.records.job(tenant, id).await?;
        Ok(job.filter(|job| {
            let is_archive = matches!(job.task.kind(), JobKind::DatasetExport | JobKind::DatasetImport);
            is_archive && !job.is_dismissed
        }))
    }
}
