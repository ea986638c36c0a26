//! What is to be done with each entry of an archive, decided before anything is written.

use darkroom_domain::{
    ArchivedPicture, Code, Failure, Job, JobId, PictureArchive, PictureOutcome, Task, Timestamp,
    archive::naming::{ResultNames, picture_name},
};
use darkroom_zip::SurveyedEntry;

use crate::identities::Identities;

/// A picture, and the job that is to segment it; none where its entry cannot be read.
pub(super) struct Planned {
    pub(super) picture: ArchivedPicture,
    pub(super) job: Option<Job>,
}

/// The pictures among the entries, in the order of the archive. The same entries make the same
/// plan, but for when it is made.
///
/// # Errors
/// `invalid_archive` when there is no picture.
pub(super) fn plan(
    archive: &PictureArchive,
    whole: &Job,
    now: Timestamp,
    entries: Vec<SurveyedEntry>,
) -> Result<Vec<Planned>, Failure> {
    let identities = Identities::of(whole);
    let mut names = ResultNames::new(archive.order.output);
    let mut planned = Vec::new();
    for entry in entries {
        let Some(name) = picture_name(&entry.name) else {
            continue;
        };
        let number = u32::try_from(planned.len()).map_err(Failure::unknown)?;
        let result_name = names.name(name);
        let (job, place, outcome) = match entry.content {
            Ok(place) => {
                let id = JobId::from_uuid(identities.id("segment job", planned.len()));
                let task = Task::Segment {
                    archive_id: archive.id,
                    number,
                };
                let job = Job::queued(id, archive.tenant.clone(), task, now);
                let place = serde_json::to_string(&place).map_err(Failure::unknown)?;
                (Some(job), Some(place), PictureOutcome::Awaited)
            }
            Err(failure) => {
                let failure = failure.to_report();
                (None, None, PictureOutcome::Failed { failure })
            }
        };
        planned.push(Planned {
            picture: ArchivedPicture {
                archive_id: archive.id,
                tenant: archive.tenant.clone(),
                number,
                job_id: job.as_ref().map(|job| job.id),
                name: entry.name,
                result_name,
                place,
                outcome,
                forgotten_at: archive.forgotten_at(),
            },
            job,
        });
    }
    if planned.is_empty() {
        return Err(Failure::permanent(
            Code::InvalidArchive,
            "No files extracted from archive",
        ));
    }
    Ok(planned)
}
