//! Archives of pictures that are segmented: a zip comes in, a zip goes out and expires.
//!
//! An archive has one job of its own, which takes the archive apart and puts the result together, and one job for each
//! picture. The [`Tally`] counts each picture once; whoever settles the last of them sends the archive's job again.

pub mod naming;
mod order;
mod picture;
mod tally;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::{
    order::{ArchiveOutput, SegmentationOrder},
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
    job::Job,
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
    Segmenting {
        /// Which content of the upload is read.
        etag: String,
    },
    /// The result can be downloaded until it expires.
    Packed {
        /// Its size in bytes.
        bytes: u64,
        /// Until when. Nothing ever changes it. (The table has a meaning of its own for `expires_at`.)
        kept_until: Timestamp,
    },
    /// Everything of it is cleared away.
    Cleared,
}

/// An archive of pictures that are segmented.
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
    /// What is to be done with its pictures.
    pub order: SegmentationOrder,
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
    /// How long a result is kept where a deployment says nothing else.
    pub const LIFETIME: Duration = Duration::from_secs(600);
    /// How long what belongs to an archive that came to nothing is kept, so that its job can be tried anew.
    pub const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

    /// The archive that `upload` is promised for.
    ///
    /// # Errors
    /// `conflict` when it is promised for something else.
    pub fn awaited(upload: &Upload, job_id: JobId, order: SegmentationOrder) -> Result<Self, Failure> {
        let id = upload.purpose.archive_id().ok_or_else(illegal)?;
        Ok(Self {
            id,
            tenant: upload.tenant.clone(),
            upload_id: upload.id,
            job_id,
            filename: upload.filename.clone(),
            order,
            state: ArchiveState::Awaited,
            created_at: upload.created_at,
            // By then the upload has come, or never will.
            due_at: Some(upload.send_until.after(Self::KEEP)),
            version: 1,
        })
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
    pub fn segmenting(mut self) -> Result<Self, Failure> {
        let ArchiveState::Unpacking { etag, .. } = self.state else {
            return Err(illegal());
        };
        self.state = ArchiveState::Segmenting { etag };
        Ok(self)
    }

    /// The result of `bytes` is there, and is kept for `lifetime`.
    ///
    /// # Errors
    /// `conflict` when its pictures are not with their workers.
    pub fn packed(mut self, bytes: u64, now: Timestamp, lifetime: Duration) -> Result<Self, Failure> {
        if !matches!(self.state, ArchiveState::Segmenting { .. }) {
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
            ArchiveState::Unpacking { etag, .. } | ArchiveState::Segmenting { etag } => Ok(etag),
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

    /// What its result is downloaded as.
    #[must_use]
    pub fn result_filename(&self) -> String {
        format!("result_{}.zip", self.id)
    }

    /// Until when the result can be downloaded.
    ///
    /// # Errors
    /// `expired` when it could be; `conflict` when it cannot be yet.
    pub fn available_until(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        match self.state {
            ArchiveState::Packed { kept_until, .. } if kept_until > now => Ok(kept_until),
            ArchiveState::Packed { .. } | ArchiveState::Cleared => Err(Failure::permanent(
                Code::Expired,
                "The result archive has expired, or was removed.",
            )),
            ArchiveState::Awaited | ArchiveState::Unpacking { .. } | ArchiveState::Segmenting { .. } => Err(
                Failure::permanent(Code::Conflict, "The result archive is not finished."),
            ),
        }
    }
}

fn illegal() -> Failure {
    Failure::permanent(Code::Conflict, "The archive is in another state than this needs.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::{Declaration, Purpose};
    use uuid::Uuid;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(milliseconds).unwrap()
    }

    fn archive() -> PictureArchive {
        let uuid = Uuid::from_u128(7);
        let declared = Declaration {
            purpose: Purpose::Archive {
                archive_id: ArchiveId::from_uuid(&uuid),
            },
            filename: "holiday.zip".to_owned(),
            content_type: "application/zip".to_owned(),
            size: 22,
            sha256: None,
        };
        let upload = Upload::promised(UploadId::from_uuid(uuid), TenantId::single(), declared, at(0));
        PictureArchive::awaited(&upload, JobId::from_uuid(uuid), SegmentationOrder::default()).unwrap()
    }

    #[test]
    fn the_way_of_an_archive() {
        let unpacking = archive().unpacking("e".to_owned(), 3).unwrap();
        assert_eq!(unpacking.etag().unwrap(), "e");
        let segmenting = unpacking
            .clone()
            .unpacking("e".to_owned(), 9)
            .unwrap()
            .segmenting()
            .unwrap();
        assert_eq!(segmenting.etag().unwrap(), "e");
        assert!(archive().segmenting().is_err() && archive().etag().is_err());
        assert!(segmenting.clone().unpacking("e".to_owned(), 1).is_err());
        assert!(unpacking.packed(1, at(0), PictureArchive::LIFETIME).is_err());
        let packed = segmenting
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
    fn a_result_is_there_until_it_expires() {
        let code = |archive: &PictureArchive, now| archive.available_until(now).unwrap_err().code;
        assert_eq!(code(&archive(), at(0)), Code::Conflict);
        let packed = archive()
            .unpacking("e".to_owned(), 0)
            .and_then(PictureArchive::segmenting)
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
    }
}
