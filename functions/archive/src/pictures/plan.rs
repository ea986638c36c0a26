//! What is to be done with each picture of an archive, decided before anything is written.

use darkroom_domain::{
    ArchiveOrder, ArchivedPicture, Failure, Job, JobId, PictureArchive, PictureOutcome, Timestamp,
    archive::naming::ResultNames,
};

use super::arrived::Arrived;
use crate::identities::Identities;

/// A picture, and the job that is to work on it; none where it cannot be read.
pub(super) struct Planned {
    pub(super) picture: ArchivedPicture,
    pub(super) job: Option<Job>,
}

/// What becomes of the pictures, in their order. The same pictures make the same plan, but for when it is made.
///
/// # Errors
/// `internal`.
pub(super) fn plan(
    archive: &PictureArchive,
    whole: &Job,
    now: Timestamp,
    arrived: Vec<Arrived>,
) -> Result<Vec<Planned>, Failure> {
    let identities = Identities::of(whole);
    let mut result_names = match &archive.order {
        ArchiveOrder::Segmentation(order) => Some(ResultNames::new(order.output)),
        ArchiveOrder::Prediction(_) => None,
    };
    let mut planned = Vec::with_capacity(arrived.len());
    for (
        position,
        Arrived {
            name,
            basename,
            place,
        },
    ) in arrived.into_iter().enumerate()
    {
        let number = u32::try_from(position).map_err(Failure::unknown)?;
        let (job, place, outcome) = match place {
            Ok(place) => {
                let id = JobId::from_uuid(identities.id("picture job", position));
                let job = Job::queued(id, archive.tenant.clone(), archive.picture_task(number), now);
                (Some(job), Some(place.to_text()?), PictureOutcome::Awaited)
            }
            Err(failure) => {
                let failure = failure.to_report();
                (None, None, PictureOutcome::Failed { failure })
            }
        };
        let (name, result_name) = match &mut result_names {
            Some(names) => {
                let result_name = names.name(&basename);
                (name, result_name)
            }
            None => (basename, String::new()),
        };
        planned.push(Planned {
            picture: ArchivedPicture {
                archive_id: archive.id,
                tenant: archive.tenant.clone(),
                number,
                job_id: job.as_ref().map(|job| job.id),
                name,
                result_name,
                place,
                outcome,
                forgotten_at: archive.forgotten_at(),
            },
            job,
        });
    }
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{
        ArchiveContent, ArchiveId, Code, JobKind, PredictionOrder, Purpose, SegmentationOrder, TenantId,
        ToolkitId, Upload, UploadId, prediction::DetectionOrder, upload::Declaration,
    };
    use darkroom_picture_archive::PicturePlace;
    use darkroom_zip::{ArchiveLimits, ArchiveWriter, SurveyedEntry, survey};
    use std::io::Cursor;
    use uuid::Uuid;

    fn now() -> Timestamp {
        Timestamp::from_unix_milliseconds(1_790_000_000_000).unwrap()
    }

    fn archive(content_type: &str, order: ArchiveOrder) -> PictureArchive {
        let id = Uuid::from_u128(7);
        let archive_id = ArchiveId::from_uuid(&id);
        let declared = Declaration {
            purpose: match order {
                ArchiveOrder::Segmentation(_) => Purpose::Archive { archive_id },
                ArchiveOrder::Prediction(_) => Purpose::Prediction { archive_id },
            },
            filename: "tray".to_owned(),
            content_type: content_type.to_owned(),
            size: 1,
            sha256: None,
        };
        let upload = Upload::promised(UploadId::from_uuid(id), TenantId::single(), declared, now());
        PictureArchive::awaited(&upload, JobId::from_uuid(id), order).unwrap()
    }

    fn trays(content_type: &str) -> PictureArchive {
        let order = PredictionOrder {
            toolkit_id: ToolkitId::new(1),
            detection: DetectionOrder::default(),
        };
        archive(content_type, ArchiveOrder::Prediction(order))
    }

    fn zip(names: &[&str]) -> Vec<SurveyedEntry> {
        let mut zip = ArchiveWriter::new(Vec::new());
        for name in names {
            zip.stored(name, b"picture", now()).unwrap();
        }
        let zip = zip.finish().unwrap();
        let size = zip.len() as u64;
        survey(&mut Cursor::new(zip), size, &ArchiveLimits::of_pictures(size)).unwrap()
    }

    fn planned(archive: &PictureArchive, arrived: Vec<Arrived>) -> Vec<ArchivedPicture> {
        let whole = archive.job(now());
        let planned = plan(archive, &whole, now(), arrived).unwrap();
        planned.into_iter().map(|planned| planned.picture).collect()
    }

    #[test]
    fn a_single_picture_is_one_picture_of_the_name_that_was_declared() {
        let archive = trays("image/jpeg");
        let pictures = planned(&archive, vec![Arrived::alone(&archive, 41)]);
        let [picture] = pictures.as_slice() else {
            panic!("one picture")
        };
        assert_eq!((picture.number, picture.name.as_str()), (0, "tray"));
        assert_eq!(picture.result_name, "");
        assert_eq!(
            PicturePlace::of(picture).unwrap(),
            PicturePlace::Whole { bytes: 41 }
        );
    }

    #[test]
    fn trays_of_a_zip_keep_its_order_and_their_names_without_a_path() {
        let names = [
            "b/2.webp",
            "notes.txt",
            "a/1.JPG",
            "b/._2.webp",
            "__MACOSX/1.jpg",
            "c/1.JPG",
        ];
        let archive = trays("application/zip");
        let arrived = Arrived::among(&archive, zip(&names)).unwrap();
        let whole = archive.job(now());
        let first = plan(&archive, &whole, now(), arrived.clone()).unwrap();
        let kinds: Vec<_> = first
            .iter()
            .map(|planned| planned.job.as_ref().unwrap().task.kind())
            .collect();
        assert_eq!(kinds, [JobKind::Detect; 3]);
        let pictures: Vec<_> = first.into_iter().map(|planned| planned.picture).collect();
        let names: Vec<_> = pictures.iter().map(|picture| picture.name.as_str()).collect();
        assert_eq!(names, ["2.webp", "1.JPG", "1.JPG"]);
        assert_eq!(planned(&archive, arrived), pictures, "the same each time");
        let nothing = Arrived::among(&archive, zip(&["a.gif"])).unwrap_err();
        assert_eq!(nothing.code, Code::InvalidArchive);
    }

    #[test]
    fn pictures_to_segment_keep_their_paths_and_get_names_for_results() {
        let archive = archive(
            "application/zip",
            ArchiveOrder::Segmentation(SegmentationOrder::default()),
        );
        let arrived = Arrived::among(&archive, zip(&["a/1.jpg", "b.webp", "b/1.jpg"])).unwrap();
        let pictures = planned(&archive, arrived);
        let names: Vec<_> = pictures
            .iter()
            .map(|picture| (picture.name.as_str(), picture.result_name.as_str()))
            .collect();
        assert_eq!(names, [("a/1.jpg", "1.jpg"), ("b/1.jpg", "1_2.jpg")]);
    }

    #[test]
    fn pictures_that_came_one_by_one_keep_whatever_names_they_had() {
        let names = ["../tray", "tray.jpg", "tray.jpg", ".hidden"].map(str::to_owned);
        let archive = PictureArchive {
            content: ArchiveContent::Pictures { names: names.into() },
            ..trays("application/zip")
        };
        let arrived = Arrived::among(&archive, zip(&["0", "1", "2", "3"])).unwrap();
        let names: Vec<_> = planned(&archive, arrived)
            .into_iter()
            .map(|picture| picture.name)
            .collect();
        assert_eq!(names, ["../tray", "tray.jpg", "tray.jpg", ".hidden"]);
        assert!(Arrived::among(&archive, zip(&["0"])).is_err());
    }
}
