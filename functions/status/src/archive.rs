//! `GET /api/status/{job_id}`, `GET /api/archive_time_left/{user_hash}` and `GET /stats`: archives of pictures.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{
    ArchiveId, ArchiveState, Code, Failure, FailureReport, Job, JobId, JobState, PictureArchive, Progress,
    TenantId,
};
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found, segmented_archive_path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// The most pictures that one answer tells of: it may have 6 MB.
const MOST: usize = 2_000;

/// How far an archive has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    /// Nothing has begun.
    Pending,
    /// It is worked on.
    Started,
    /// A part of it did not work and is tried again.
    Retry,
    /// The result can be downloaded, or could be.
    Success,
    /// It came to nothing.
    Failure,
    /// It was called off.
    Revoked,
}

impl Status {
    fn of(job: &Job, archive: Option<&PictureArchive>) -> Self {
        match job.state {
            JobState::Done => Self::Success,
            JobState::Failed => Self::Failure,
            JobState::Cancelled => Self::Revoked,
            JobState::Running => Self::Started,
            JobState::Queued if job.failure.is_some() => Self::Retry,
            // Queued again once its pictures are done.
            JobState::Queued => match archive.map(|archive| &archive.state) {
                None | Some(ArchiveState::Awaited) => Self::Pending,
                Some(_) => Self::Started,
            },
        }
    }
}

/// An archive that is worked on, or was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentationStatus {
    status: Status,
    /// What came of it; null unless it is done.
    result: Option<SegmentationResult>,
    /// Asks for the result.
    user_hash: Option<ArchiveId>,
    /// How many of its pictures are through.
    progress: Option<Progress>,
    /// Why it came to nothing.
    error: Option<FailureReport>,
}

/// What came of an archive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentationResult {
    /// Where the result is downloaded.
    #[schema(example = "/api/download/9f86d081884c7d65")]
    archive: String,
    /// What is in it.
    processed_files: Vec<String>,
    /// What could not be segmented.
    errors: Vec<PictureError>,
    /// Whether these are all. Of more than two thousand pictures only the first are listed here; `manifest.json` and
    /// `errors.json` in the result list all.
    is_complete: bool,
}

/// A picture that could not be segmented.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PictureError {
    /// Its name in the archive that came in.
    file: String,
    /// Why.
    error: String,
    /// The same, for programs.
    code: Code,
}

/// How far an archive of pictures has come
#[utoipa::path(get, path = "/api/status/{job_id}", tag = "archives", params(("job_id" = JobId, Path)), responses(
    (status = 200, description = "How far", body = SegmentationStatus),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn archive_status(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<JobId>,
) -> HttpResult<Json<SegmentationStatus>> {
    let job = service.records.job(&tenant, id).await?.filter(Job::is_listed);
    let job = job
        .filter(|job| job.task.user_hash().is_some())
        .ok_or_else(not_found::<JobId>)?;
    let archive = match job.task.user_hash() {
        Some(id) => service.records.archive(&tenant, id).await?,
        None => None,
    };
    let status = Status::of(&job, archive.as_ref());
    let (result, progress) = match &archive {
        Some(archive) => (
            match status {
                Status::Success => Some(service.archive_result(archive).await?),
                _ => None,
            },
            service.archive_progress(&tenant, archive.id).await?,
        ),
        None => (None, None),
    };
    Ok(Json(SegmentationStatus {
        status,
        result,
        user_hash: job.task.user_hash(),
        progress,
        error: job.failure,
    }))
}

/// How long a result is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimeLeft {
    /// Whole seconds, begun ones among them. No download prolongs them.
    #[schema(example = 600)]
    seconds_left: u64,
}

/// How long the result of an archive is still there
#[utoipa::path(get, path = "/api/archive_time_left/{user_hash}", tag = "archives", params(("user_hash" = ArchiveId, Path)), responses(
    (status = 200, description = "How long", body = TimeLeft),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It is not finished", body = Problem),
    (status = 410, description = "It has expired", body = Problem),
))]
pub(crate) async fn archive_time_left(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ArchiveId>,
) -> HttpResult<Json<TimeLeft>> {
    let archive = service
        .records
        .archive(&tenant, id)
        .await?
        .filter(|archive| archive.order.segmentation().is_ok())
        .ok_or_else(not_found::<ArchiveId>)?;
    let now = service.ground.clock.now();
    let left = archive.available_until(now)?.since(now);
    let seconds_left = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
    Ok(Json(TimeLeft { seconds_left }))
}

/// How much was segmented.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Statistics {
    /// Pictures of finished archives.
    requests_total: u64,
    /// Seconds that one of them took, from its archive to its result; to three decimals.
    avg_processing_time_sec: f64,
}

/// How much was segmented, and how fast
#[utoipa::path(get, path = "/stats", tag = "archives", responses(
    (status = 200, description = "How much", body = Statistics),
))]
pub(crate) async fn statistics(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
) -> HttpResult<Json<Statistics>> {
    let known = service.records.segmentation_statistics(&tenant).await?;
    let (pictures, milliseconds) = known.map_or((0, 0), |known| (known.pictures, known.milliseconds));
    let average = milliseconds.checked_div(pictures).unwrap_or_default();
    Ok(Json(Statistics {
        requests_total: pictures,
        avg_processing_time_sec: std::time::Duration::from_millis(average).as_secs_f64(),
    }))
}

impl Service {
    async fn archive_result(&self, archive: &PictureArchive) -> Result<SegmentationResult, Failure> {
        let pictures = self
            .records
            .picture_summaries(&archive.tenant, archive.id, MOST + 1)
            .await?;
        let mut result = SegmentationResult {
            archive: segmented_archive_path(archive.id),
            processed_files: Vec::new(),
            errors: Vec::new(),
            is_complete: pictures.len() <= MOST,
        };
        for picture in pictures.into_iter().take(MOST) {
            match picture.failure {
                None => result.processed_files.push(picture.result_name),
                Some(failure) => result.errors.push(PictureError {
                    file: picture.name,
                    error: failure.detail,
                    code: failure.code,
                }),
            }
        }
        Ok(result)
    }

    /// How many pictures of an archive are through, once it is known how many there are.
    pub(crate) async fn archive_progress(
        &self,
        tenant: &TenantId,
        id: ArchiveId,
    ) -> Result<Option<Progress>, Failure> {
        let tally = self.records.tally(tenant, id).await?;
        Ok(tally.map(|tally| Progress {
            done: tally.settled,
            total: tally.total,
        }))
    }
}
