//! Archives of pictures: many pictures come in at once, and what is made of them expires.
//!
//! Segmented, a zip comes in and a zip goes out. Looked for tools, a zip comes in or a single picture, and what was found
//! stays in the records of the pictures.
//!
//! An archive has one job of its own, which takes the archive apart and puts the result together, and one job for each
//! picture. The [`Tally`] counts each picture once; whoever settles the last of them sends the archive's job again.

mod content;
pub mod naming;
mod order;
mod picture;
mod tally;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::{
    content::ArchiveContent,
    order::{ArchiveOrder, ArchiveOutput, PredictionOrder, SegmentationOrder},
    picture::{
        ArchivedPicture, ClassArea, InstanceFinding, ModelUse, PictureFindings, PictureOutcome,
        PictureSummary, SegmentedFile,
    },
    tally::{SegmentationStatistics, Tally},
};
use crate::{
    failure::{Code, Failure},
    file_key::FileKey,
    ids::{ArchiveId, JobId, UploadId},
    job::{Job, Task},
    tenant::TenantId,
    timestamp::Timestamp,
    upload::Upload,
};

/// How far an archive has come. Whether it failed or was called off stands in its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ArchiveState {
    /// Nothing of it has been read yet.
    Awaited,
    /// Its pictures are being handed to their workers.
    Unpacking {
        /// Which content of the upload is read.
        etag: String,
        /// How many of its pictures were handed over.
        unpacked: u32,
    },
    /// All of its pictures are with their workers.
    #[serde(alias = "segmenting")]
    Processing {
        /// Which content of the upload is read.
        etag: String,
    },
    /// The result is there until it expires.
    Packed {
        /// Bytes of its file; 0 where it has none.
        bytes: u64,
        /// Until when. Nothing ever changes it. (The table has a meaning of its own for `expires_at`.)
        kept_until: Timestamp,
    },
    /// Everything of it is cleared away.
    Cleared,
}

/// An archive of pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureArchive {
    /// Its id.
    pub id: ArchiveId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The upload that it comes by.
    pub upload_id: UploadId,
    /// The job that works on it.
    pub job_id: JobId,
    /// The client's name for it.
    pub filename: String,
    /// What the upload holds.
    #[serde(default)]
    pub content: ArchiveContent,
    /// What is to be done with its pictures.
    pub order: ArchiveOrder,
    /// How far it has come.
    #[serde(flatten)]
    pub state: ArchiveState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When somebody should clear it away, unless its job still works on it. None once that is done.
    pub due_at: Option<Timestamp>,
    /// Counts the changes of this record.
    pub version: u64,
}

impl PictureArchive {
    /// How long a zip of segmented pictures is kept where a deployment says nothing else.
    pub const LIFETIME: Duration = Duration::from_secs(600);
    /// How long predictions can be asked for as what was found in an archive: as long as the pictures that show them are
    /// sure to be there, even if the job takes a day.
    pub const PREDICTIONS_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// How long what belongs to an archive that came to nothing is kept, so that its job can be tried anew.
    pub const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

    /// The archive that `upload` is promised for.
    ///
    /// # Errors
    /// `conflict` when it is promised for something else.
    pub fn awaited(upload: &Upload, job_id: JobId, order: ArchiveOrder) -> Result<Self, Failure> {
        let id = upload.purpose.archive_id().ok_or_else(illegal)?;
        Ok(Self {
            id,
            tenant: upload.tenant.clone(),
            upload_id: upload.id,
            job_id,
            filename: upload.filename.clone(),
            content: ArchiveContent::of(upload),
            order,
            state: ArchiveState::Awaited,
            created_at: upload.created_at,
            // By then the upload has come, or never will.
            due_at: Some(upload.send_until.after(Self::KEEP)),
            version: 1,
        })
    }

    /// The job that works on it, as it is put into the queue.
    #[must_use]
    pub fn job(&self, now: Timestamp) -> Job {
        let (archive_id, upload_id) = (self.id, self.upload_id);
        let task = match self.order {
            ArchiveOrder::Segmentation(_) => Task::ArchiveSegmentation {
                archive_id,
                upload_id,
            },
            ArchiveOrder::Prediction(_) => Task::ArchivePrediction {
                archive_id,
                upload_id,
            },
        };
        Job::queued(self.job_id, self.tenant.clone(), task, now)
    }

    /// What is done with its picture of this number.
    #[must_use]
    pub const fn picture_task(&self, number: u32) -> Task {
        let archive_id = self.id;
        match self.order {
            ArchiveOrder::Segmentation(_) => Task::Segment { archive_id, number },
            ArchiveOrder::Prediction(_) => Task::Detect { archive_id, number },
        }
    }

    /// When DynamoDB may forget it: as long after it was asked for as a job is kept.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        self.created_at.after(Job::KEEP)
    }

    /// Its pictures are being handed over; `unpacked` of them were.
    ///
    /// # Errors
    /// `conflict` when that is over.
    pub fn unpacking(mut self, etag: String, unpacked: u32) -> Result<Self, Failure> {
        if !matches!(self.state, ArchiveState::Awaited | ArchiveState::Unpacking { .. }) {
            return Err(illegal());
        }
        self.state = ArchiveState::Unpacking { etag, unpacked };
        Ok(self)
    }

    /// All of its pictures are with their workers.
    ///
    /// # Errors
    /// `conflict` when it is not being unpacked.
    pub fn processing(mut self) -> Result<Self, Failure> {
        let ArchiveState::Unpacking { etag, .. } = self.state else {
            return Err(illegal());
        };
        self.state = ArchiveState::Processing { etag };
        Ok(self)
    }

    /// The result of `bytes` is there, and is kept for `lifetime`.
    ///
    /// # Errors
    /// `conflict` when its pictures are not with their workers.
    pub fn packed(mut self, bytes: u64, now: Timestamp, lifetime: Duration) -> Result<Self, Failure> {
        if !matches!(self.state, ArchiveState::Processing { .. }) {
            return Err(illegal());
        }
        let kept_until = now.after(lifetime);
        self.state = ArchiveState::Packed { bytes, kept_until };
        self.due_at = Some(kept_until);
        Ok(self)
    }

    /// Its job still works on it: it is looked after later.
    #[must_use]
    pub fn postponed(mut self, now: Timestamp) -> Self {
        self.due_at = Some(now.after(Self::KEEP));
        self
    }

    /// Everything of it is cleared away: nobody is led to it any more. Should that break off, it is due.
    #[must_use]
    pub fn cleared(mut self, now: Timestamp) -> Self {
        self.state = ArchiveState::Cleared;
        self.due_at = Some(now);
        self
    }

    /// Nothing of it is left to look after.
    #[must_use]
    pub fn forgotten(mut self) -> Self {
        self.due_at = None;
        self
    }

    /// Which content of the upload its pictures are in, as long as they are read.
    ///
    /// # Errors
    /// `cancelled` when nobody waits for them any more.
    pub fn etag(&self) -> Result<&str, Failure> {
        match &self.state {
            ArchiveState::Unpacking { etag, .. } | ArchiveState::Processing { etag } => Ok(etag),
            ArchiveState::Awaited | ArchiveState::Packed { .. } | ArchiveState::Cleared => Err(
                Failure::permanent(Code::Cancelled, "Nobody waits for the pictures of this archive."),
            ),
        }
    }

    /// Where what came in lies.
    #[must_use]
    pub fn upload_key(&self) -> FileKey {
        FileKey::Upload {
            tenant: self.tenant.clone(),
            upload: self.upload_id,
        }
    }

    /// What a zip of its segmented pictures is downloaded as.
    #[must_use]
    pub fn result_filename(&self) -> String {
        format!("result_{}.zip", self.id)
    }

    /// Until when the result is there.
    ///
    /// # Errors
    /// `expired` when it was; `conflict` when it is not yet.
    pub fn available_until(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        match self.state {
            ArchiveState::Packed { kept_until, .. } if kept_until > now => Ok(kept_until),
            ArchiveState::Packed { .. } | ArchiveState::Cleared => Err(Failure::permanent(
                Code::Expired,
                "The result has expired, or was removed.",
            )),
            ArchiveState::Awaited | ArchiveState::Unpacking { .. } | ArchiveState::Processing { .. } => {
                Err(Failure::permanent(Code::Conflict, "The result is not finished."))
            }
        }
    }
}

fn illegal() -> Failure {
    Failure::permanent(Code::Conflict, "The archive is in another state than this needs.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        prediction::DetectionOrder,
        upload::{Declaration, Purpose},
        {ids::ToolkitId, job::JobKind},
    };
    use uuid::Uuid;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(milliseconds).unwrap()
    }

    fn awaited(purpose: Purpose, content_type: &str, order: ArchiveOrder) -> PictureArchive {
        let declared = Declaration {
            purpose,
            filename: "holiday.zip".to_owned(),
            content_type: content_type.to_owned(),
            size: 22,
            sha256: None,
        };
        let id = Uuid::from_u128(7);
        let upload = Upload::promised(UploadId::from_uuid(id), TenantId::single(), declared, at(0));
        PictureArchive::awaited(&upload, JobId::from_uuid(id), order).unwrap()
    }

    fn archive() -> PictureArchive {
        let archive_id = ArchiveId::from_uuid(&Uuid::from_u128(7));
        let order = ArchiveOrder::Segmentation(SegmentationOrder::default());
        awaited(Purpose::Archive { archive_id }, "application/zip", order)
    }

    fn trays(content_type: &str) -> PictureArchive {
        let archive_id = ArchiveId::from_uuid(&Uuid::from_u128(7));
        let order = ArchiveOrder::Prediction(PredictionOrder {
            toolkit_id: ToolkitId::new(1),
            detection: DetectionOrder::default(),
        });
        awaited(Purpose::Prediction { archive_id }, content_type, order)
    }

    #[test]
    fn the_order_decides_who_works_on_it() {
        let kinds =
            |archive: &PictureArchive| (archive.job(at(0)).task.kind(), archive.picture_task(3).kind());
        assert_eq!(
            kinds(&archive()),
            (JobKind::ArchiveSegmentation, JobKind::Segment)
        );
        let trays = trays("application/zip");
        assert_eq!(kinds(&trays), (JobKind::ArchivePrediction, JobKind::Detect));
        assert_eq!(trays.picture_task(3).archived_picture(), Some((trays.id, 3)));
        assert_eq!(trays.job(at(0)).id, trays.job_id);
    }

    #[test]
    fn what_came_in_is_known_from_the_beginning() {
        assert_eq!(archive().content, ArchiveContent::Zip);
        assert_eq!(trays("image/webp").content, ArchiveContent::Picture);
        let named = PictureArchive {
            content: ArchiveContent::Pictures {
                names: vec!["a".to_owned()],
            },
            ..trays("application/zip")
        };
        for archive in [trays("image/webp"), named] {
            let record = serde_json::to_value(&archive).unwrap();
            assert_eq!(serde_json::from_value::<PictureArchive>(record).unwrap(), archive);
        }
    }

    #[test]
    fn the_way_of_an_archive() {
        let unpacking = archive().unpacking("e".to_owned(), 3).unwrap();
        assert_eq!(unpacking.etag().unwrap(), "e");
        let processing = unpacking
            .clone()
            .unpacking("e".to_owned(), 9)
            .unwrap()
            .processing()
            .unwrap();
        assert_eq!(processing.etag().unwrap(), "e");
        assert!(archive().processing().is_err() && archive().etag().is_err());
        assert!(processing.clone().unpacking("e".to_owned(), 1).is_err());
        assert!(unpacking.packed(1, at(0), PictureArchive::LIFETIME).is_err());
        let packed = processing
            .packed(22, at(1_000), PictureArchive::LIFETIME)
            .unwrap();
        assert_eq!(packed.due_at, Some(at(601_000)));
        assert!(
            packed
                .clone()
                .packed(1, at(5_000), PictureArchive::LIFETIME)
                .is_err()
        );
        assert!(
            packed.clone().cleared(at(9)).due_at.is_some(),
            "until its files are gone"
        );
        assert_eq!(packed.cleared(at(9)).forgotten().due_at, None);
    }

    #[test]
    fn what_a_result_points_to_outlives_it() {
        assert!(PictureArchive::PREDICTIONS_LIFETIME + PictureArchive::KEEP <= crate::Prediction::FRESH);
        assert!(crate::Prediction::FRESH < crate::Prediction::KEEP);
    }

    #[test]
    fn a_result_is_there_until_it_expires() {
        let code = |archive: &PictureArchive, now| archive.available_until(now).unwrap_err().code;
        assert_eq!(code(&archive(), at(0)), Code::Conflict);
        let packed = archive()
            .unpacking("e".to_owned(), 0)
            .and_then(PictureArchive::processing)
            .and_then(|archive| archive.packed(22, at(0), PictureArchive::LIFETIME))
            .unwrap();
        assert_eq!(packed.available_until(at(599_999)).unwrap(), at(600_000));
        assert_eq!(code(&packed, at(600_000)), Code::Expired);
        assert_eq!(code(&packed.cleared(at(9)), at(0)), Code::Expired);
    }

    #[test]
    fn the_state_is_flat_in_a_record() {
        let archive = archive().unpacking("e".to_owned(), 3).unwrap();
        let record = serde_json::to_value(&archive).unwrap();
        assert_eq!(
            (&record["state"], &record["unpacked"]),
            (&"unpacking".into(), &3.into())
        );
        assert_eq!(record["id"], archive.id.to_string());
        assert_eq!(serde_json::from_value::<PictureArchive>(record).unwrap(), archive);
        let processing = archive.processing().unwrap();
        let mut record = serde_json::to_value(&processing).unwrap();
        assert_eq!(record["state"], "processing");
        // As it was written before anything else was done with pictures.
        record["state"] = "segmenting".into();
        record.as_object_mut().unwrap().remove("content");
        assert_eq!(
            serde_json::from_value::<PictureArchive>(record).unwrap(),
            processing
        );
    }
}
