//! What a request has no time for, or what is asked to be done later (RFC 7240, `Prefer: respond-async`).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use darkroom_domain::{
    ArchiveContent, ArchiveId, ArchiveOrder, Failure, JobId, JobState, PictureArchive, Progress, Tally,
    TenantId, Timestamp, archive::PredictionOrder,
};
use darkroom_http::{FormFile, HttpResult, job_path, predictions_path};
use darkroom_picture_archive::Consignment;
use darkroom_zip::ArchiveWriter;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    preference::{self, RESPOND_ASYNC},
};

/// RFC 7240, 3.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A file and the client's name for it.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// The client's name for it.
    pub(crate) filename: String,
    /// All of it.
    pub(crate) content: Bytes,
}

impl From<FormFile> for Picture {
    fn from(file: FormFile) -> Self {
        Self {
            filename: file.filename,
            content: file.bytes.into(),
        }
    }
}

/// Pictures as they came.
#[derive(Clone, Debug)]
pub(crate) enum Pictures {
    /// One by one, in their order.
    Files(Vec<Picture>),
    /// In a zip archive in which there is at least one.
    Archive(Picture),
}

/// Pictures that a job looks at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PredictionJob {
    /// The job.
    job_id: JobId,
    /// Names the result.
    result_id: ArchiveId,
    /// How far the job has come; null as long as the file that it waits for has not come.
    state: Option<JobState>,
    /// How many pictures were looked at, of those that can be; null as long as they are not counted.
    progress: Option<Progress>,
    /// Where the job is asked for.
    #[schema(example = "/jobs/0192f0c1-2345-7abc-8def-0123456789ab")]
    status_url: String,
    /// Where the result is asked for.
    #[schema(example = "/predict/results/9f86d081884c7d65")]
    result_url: String,
}

impl PredictionJob {
    /// The job on an archive, as far as it has come.
    pub(crate) fn of(archive: &PictureArchive, state: Option<JobState>, tally: Option<&Tally>) -> Self {
        Self {
            job_id: archive.job_id,
            result_id: archive.id,
            state,
            progress: tally.map(|tally| Progress {
                done: tally.settled,
                total: tally.total,
            }),
            status_url: job_path(archive.job_id),
            result_url: predictions_path(archive.id),
        }
    }
}

/// Takes pictures that are looked at later: 202, and where to ask. Those that were looked at already are not looked at again.
///
/// # Errors
/// `unavailable` or `internal`.
pub(crate) async fn accept(
    service: &Service,
    tenant: TenantId,
    order: PredictionOrder,
    pictures: Pictures,
    headers: &HeaderMap,
) -> HttpResult<Response> {
    let consignment = consignment(pictures, order, service.ground.clock.now())?;
    let archive = service.intake.take(tenant, consignment).await?;
    tracing::info!(result = %archive.id, job_id = %archive.job_id, "looked at later");
    let answer = PredictionJob::of(&archive, Some(JobState::Queued), None);
    let location = [(header::LOCATION, answer.status_url.clone())];
    let mut response = (StatusCode::ACCEPTED, location, Json(answer)).into_response();
    if preference::is_for_later(headers) {
        response
            .headers_mut()
            .insert(PREFERENCE_APPLIED, HeaderValue::from_static(RESPOND_ASYNC));
    }
    Ok(response)
}

/// The pictures as one file, with their order and their names. Entries are called by their numbers: names may be equal, and
/// none that an archive could have.
fn consignment(pictures: Pictures, order: PredictionOrder, now: Timestamp) -> Result<Consignment, Failure> {
    let order = ArchiveOrder::Prediction(order);
    match pictures {
        Pictures::Archive(Picture { filename, content }) => Ok(Consignment {
            filename,
            bytes: content,
            content: ArchiveContent::Zip,
            order,
        }),
        Pictures::Files(files) => {
            let mut zip = ArchiveWriter::new(Vec::new());
            for (number, file) in files.iter().enumerate() {
                zip.stored(&number.to_string(), &file.content, now)?;
            }
            let names: Vec<String> = files.into_iter().map(|file| file.filename).collect();
            Ok(Consignment {
                filename: "pictures.zip".to_owned(),
                bytes: zip.finish()?.into(),
                content: ArchiveContent::Pictures { names },
                order,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use darkroom_domain::{DetectionOrder, ToolkitId};
    use darkroom_zip::{Archive, ArchiveLimits};

    use super::*;

    #[test]
    fn pictures_keep_their_order_and_whatever_names_they_have() {
        let order = PredictionOrder {
            toolkit_id: ToolkitId::new(1),
            detection: DetectionOrder::default(),
        };
        let files = [("b.jpg", "1"), ("../a", "2"), ("b.jpg", "")].map(|(name, content)| Picture {
            filename: name.to_owned(),
            content: Bytes::from_static(content.as_bytes()),
        });
        let taken = consignment(
            Pictures::Files(files.to_vec()),
            order.clone(),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
        let names = ["b.jpg", "../a", "b.jpg"].map(str::to_owned).to_vec();
        assert_eq!(taken.content, ArchiveContent::Pictures { names });
        let size = taken.bytes.len() as u64;
        let mut zip = Archive::open(Cursor::new(taken.bytes), size, &ArchiveLimits::DEFAULT).unwrap();
        assert_eq!(zip.read("1", 9).unwrap(), b"2");
        assert_eq!(zip.entries().len(), 3);
        let zip = Picture {
            filename: "trays.zip".to_owned(),
            content: Bytes::from_static(b"PK"),
        };
        let taken = consignment(Pictures::Archive(zip), order, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((taken.content, &*taken.bytes), (ArchiveContent::Zip, &b"PK"[..]));
    }
}
