//! `GET /predict/results/{result_id}`: what was found in pictures that a job looked at.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use darkroom_domain::{
    ArchiveId, ArchivedPicture, Code, Failure, FailureReport, FileKey, Job, JobState, PictureArchive,
    PictureOutcome, PredictionOrder, TenantId, Timestamp, Upload, UploadState,
};
use darkroom_http::{
    Disposition, FileRedirect, HttpError, HttpResult, LINK, Language, Problem, TOOLKIT_NOT_FOUND, Tenant,
};
use darkroom_prediction::{BatchAnswer, BatchItem, Kit, Predicted};
use http::{HeaderValue, StatusCode, header};

use crate::{
    Service,
    later::PredictionJob,
    listing::{Listing, Written},
    request_time::RequestTime,
    wording::{self, NO_RESULT},
};

/// Pictures whose records are read at once.
const PAGE: usize = 400;
/// After how many seconds it is worth while to ask again.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("2");

/// What was found in many pictures
///
/// Of pictures that a job looks at: those of `POST /uploads` with the purpose `prediction`, and those that a request had no
/// time for. The pictures are held against the kit as it is now: changing it changes the answer, and nothing is looked at
/// again. An answer above 4 MiB lies in a file. It can be asked for during seven days.
#[utoipa::path(get, path = "/predict/results/{result_id}", tag = "predictions",
    params(("result_id" = ArchiveId, Path)), responses(
    (status = 200, description = "What became of each picture, in their order", body = BatchAnswer),
    (status = 202, description = "Not all of them were looked at yet: how far it is; ask again", body = PredictionJob),
    (status = 303, description = "To the same answer, where it is large"),
    (status = 404, description = "There is no such result, or the kit is there no more", body = Problem),
    (status = 409, description = "It came to nothing, and why; the job can be redriven", body = Problem),
    (status = 410, description = "It has expired or was removed, or the file was never sent (`upload_expired`)", body = Problem),
))]
pub(crate) async fn get_predictions(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    id: Result<Path<String>, PathRejection>,
) -> HttpResult<Response> {
    let time = RequestTime::start();
    let not_found = || NO_RESULT.failure(Code::NotFound, language);
    let Path(id) = id.map_err(|_| not_found())?;
    let id: ArchiveId = id.parse().map_err(|_| not_found())?;
    let archive = service.records.archive(&tenant, id).await?;
    let archive = archive.ok_or_else(not_found)?;
    let order = archive.order.prediction().map_err(|_| not_found())?;
    let now = service.ground.clock.now();
    match service.standing(&archive, language, now).await? {
        Standing::Over { kept_until } => {
            let kit = service.kit(&tenant, order, language).await?;
            let written = service.listed(&archive, &kit, language, time).await?;
            match written {
                Written::Text(json) => {
                    let json_type = HeaderValue::from_static("application/json");
                    Ok(([(header::CONTENT_TYPE, json_type)], json).into_response())
                }
                Written::File => {
                    let key = key_of(&archive, &kit, language);
                    service.redirected(&archive, &key, kept_until, now).await
                }
            }
        }
        Standing::UnderWay(state) => {
            let tally = service.records.tally(&tenant, id).await?;
            let answer = PredictionJob::of(&archive, state, tally.as_ref());
            Ok((
                StatusCode::ACCEPTED,
                [(header::RETRY_AFTER, ASK_AGAIN)],
                axum::Json(answer),
            )
                .into_response())
        }
    }
}

/// How far a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is there for a while.
    Over {
        /// Until when.
        kept_until: Timestamp,
    },
    /// Its job is in this state, or is none as long as the file has not come.
    UnderWay(Option<JobState>),
}

/// How far a result is whose job is this: none before the file came, or long after.
///
/// # Errors
/// `expired`, `upload_expired`; or why it came to nothing, as a conflict.
fn standing(
    archive: &PictureArchive,
    job: Option<&Job>,
    upload: Option<&Upload>,
    language: Language,
    now: Timestamp,
) -> HttpResult<Standing> {
    let spoken = |failure| HttpError::from(wording::spoken(failure, language));
    let unfinished = match archive.available_until(now) {
        Ok(kept_until) => return Ok(Standing::Over { kept_until }),
        Err(failure) if failure.code == Code::Conflict => failure,
        Err(failure) => return Err(spoken(failure)),
    };
    let came_to_nothing = |report: &FailureReport| {
        let failure = wording::spoken_of_archive(report.clone(), language);
        HttpError::from(failure).with_status(StatusCode::CONFLICT)
    };
    match (job, upload.map(|upload| &upload.state)) {
        (Some(job), _) => match (job.state, &job.failure) {
            (JobState::Failed | JobState::Cancelled, Some(report)) => Err(came_to_nothing(report)),
            (JobState::Failed | JobState::Cancelled, None) => Err(spoken(unfinished)),
            // Done at this very moment: asked again, it is there.
            (JobState::Queued | JobState::Running | JobState::Done, _) => {
                Ok(Standing::UnderWay(Some(job.state)))
            }
        },
        (None, Some(UploadState::Pending | UploadState::Received)) => Ok(Standing::UnderWay(None)),
        (None, Some(UploadState::Rejected { failure })) => Err(came_to_nothing(failure)),
        (None, Some(UploadState::Expired)) => {
            let detail = "The file was not sent in time. Ask for a new upload.";
            Err(spoken(Failure::permanent(Code::UploadExpired, detail)))
        }
        (None, Some(UploadState::Accepted { .. } | UploadState::HandedOver { .. }) | None) => {
            let detail = "The result has expired, or was removed.";
            Err(spoken(Failure::permanent(Code::Expired, detail)))
        }
    }
}

impl Service {
    async fn standing(
        &self,
        archive: &PictureArchive,
        language: Language,
        now: Timestamp,
    ) -> HttpResult<Standing> {
        let job = self.records.job(&archive.tenant, archive.job_id).await?;
        let upload = match job {
            Some(_) => None,
            None => self.records.upload(&archive.tenant, archive.upload_id).await?,
        };
        standing(archive, job.as_ref(), upload.as_ref(), language, now)
    }

    /// The kit as it is now.
    async fn kit(&self, tenant: &TenantId, order: &PredictionOrder, language: Language) -> HttpResult<Kit> {
        let toolkit = self.records.toolkit(tenant, order.toolkit_id).await?;
        let toolkit = toolkit.ok_or_else(|| TOOLKIT_NOT_FOUND.failure(Code::NotFound, language))?;
        Ok(Kit::new(&toolkit, self.records.tools(tenant).await?))
    }

    /// What was found in all pictures of an archive, in its order.
    async fn listed(
        &self,
        archive: &PictureArchive,
        kit: &Kit,
        language: Language,
        time: RequestTime,
    ) -> HttpResult<Written> {
        let key = key_of(archive, kit, language);
        let mut listing = Listing::new(self.predictor.files.clone(), key);
        match self.list(archive, kit, language, time, &mut listing).await {
            Ok(()) => Ok(listing.finish().await?),
            Err(failure) => {
                listing.give_up().await;
                Err(wording::spoken(failure, language).into())
            }
        }
    }

    async fn list(
        &self,
        archive: &PictureArchive,
        kit: &Kit,
        language: Language,
        time: RequestTime,
        listing: &mut Listing,
    ) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let page = self
                .records
                .archived_pictures(&archive.tenant, archive.id, after, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.number);
            if time.is_over() {
                return Err(Failure::temporary(
                    Code::Unavailable,
                    "The list could not be read in time. Try again.",
                ));
            }
            for picture in page {
                listing.push(&item(picture, kit, language)?).await?;
            }
        }
    }

    async fn redirected(
        &self,
        archive: &PictureArchive,
        key: &FileKey,
        kept_until: Timestamp,
        now: Timestamp,
    ) -> HttpResult<Response> {
        let filename = format!("result_{}.json", archive.id);
        let found = FileRedirect::found(key, "application/json", Disposition::Inline, &filename);
        FileRedirect {
            status: StatusCode::SEE_OTHER,
            // The link does not outlive what it leads to.
            lifetime: LINK
                .min(kept_until.since(now))
                .max(std::time::Duration::from_secs(1)),
            ..found
        }
        .answer(&self.predictor.files)
        .await
    }
}

/// Where a large result lies. What was found never changes: the rest of what it says follows from the kit, the tools and the
/// language. So the key is known before the first byte is written, and nobody writes over what another is sent to.
fn key_of(archive: &PictureArchive, kit: &Kit, language: Language) -> FileKey {
    let held_against = format!("{kit:?} {language:?}");
    FileKey::PredictedArchive {
        tenant: archive.tenant.clone(),
        archive: archive.id,
        crc32: crc32fast::hash(held_against.as_bytes()),
    }
}

/// What became of a picture, held against the kit.
fn item(picture: ArchivedPicture, kit: &Kit, language: Language) -> Result<BatchItem, Failure> {
    match picture.outcome {
        PictureOutcome::Predicted {
            prediction,
            is_cached,
        } => {
            let predicted = Predicted {
                prediction: *prediction,
                is_cached,
            };
            Ok(BatchItem::of(picture.name, kit.answer(predicted)))
        }
        PictureOutcome::Failed { failure } => {
            let failure = wording::spoken(Failure::permanent(failure.code, failure.detail), language);
            Ok(BatchItem::failed(picture.name, failure.code, failure.detail))
        }
        PictureOutcome::Awaited | PictureOutcome::Segmented { .. } => Err(Failure::unknown(
            "a picture that is counted and was not looked at",
        )),
    }
}

#[cfg(test)]
mod tests;
