//! Archives of pictures, their pictures, and the count of what is settled.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use darkroom_domain::{
    ArchiveId, ArchivedPicture, Code, Failure, FailureReport, Job, PictureArchive, PictureOutcome, RecordKey,
    SegmentationStatistics, Subject, Tally, TenantId, Upload, archive::PictureSummary,
    record_key::PICTURE_PREFIX,
};
use serde::Deserialize;

use super::{
    Finish, Records,
    item::{key_of, string},
    table::{Transaction, changed_meanwhile, put},
};
use crate::fault::{fault, unreadable};

/// The part of a picture's record that a list is made of.
#[derive(Deserialize)]
struct KeptSummary {
    name: String,
    result_name: String,
    outcome: Option<KeptOutcome>,
}

#[derive(Deserialize)]
struct KeptOutcome {
    failure: Option<FailureReport>,
}

/// What a picture took in milliseconds, and what was made of it in bytes.
const fn effort(outcome: &PictureOutcome) -> (u64, u64) {
    match outcome {
        PictureOutcome::Segmented { file, findings } => (findings.milliseconds, file.bytes),
        // What predictions took stands in them.
        PictureOutcome::Awaited | PictureOutcome::Predicted { .. } | PictureOutcome::Failed { .. } => (0, 0),
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

impl Records {
    /// How many pictures are written at once: each is two writes, and a transaction takes a hundred.
    pub const PICTURES_AT_ONCE: usize = 25;

    /// The archive, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn archive(&self, tenant: &TenantId, id: ArchiveId) -> Result<Option<PictureArchive>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Archive(id)))
            .await
    }

    /// Writes the promise of an archive: the upload that it comes by, and what is to be done with it.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_archive(&self, upload: &Upload, archive: &PictureArchive) -> Result<(), Failure> {
        let writes = vec![put(self.creation(upload)?), put(self.creation(archive)?)];
        match self.transact(writes).await? {
            Transaction::Done => Ok(()),
            Transaction::Refused(_) => Err(changed_meanwhile()),
        }
    }

    /// Writes an archive back if nobody wrote it since it was read, and raises its version.
    ///
    /// # Errors
    /// `conflict` when somebody did; `unavailable` or `internal`.
    pub async fn save_archive(&self, archive: PictureArchive) -> Result<PictureArchive, Failure> {
        let version = archive.version;
        let archive = PictureArchive {
            version: version.saturating_add(1),
            ..archive
        };
        self.replace(&archive, version).await?;
        Ok(archive)
    }

    /// How many pictures of an archive are settled, once there is something to count.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn tally(&self, tenant: &TenantId, id: ArchiveId) -> Result<Option<Tally>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Tally(id)))
            .await
    }

    /// Begins to count.
    ///
    /// # Errors
    /// `conflict` when the count was begun before; `unavailable` or `internal`.
    pub async fn create_tally(&self, tally: &Tally) -> Result<(), Failure> {
        self.put_new(tally).await
    }

    /// Writes pictures of an archive, at most [`Self::PICTURES_AT_ONCE`], with the jobs that work on them. Pictures that
    /// were written before in the same company stay as they are.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn write_archived_pictures(
        &self,
        pictures: &[ArchivedPicture],
        jobs: &[Job],
    ) -> Result<(), Failure> {
        let mut writes = Vec::with_capacity(pictures.len().saturating_add(jobs.len()));
        for picture in pictures {
            writes.push(put(self.creation(picture)?));
        }
        for job in jobs {
            writes.push(put(self.creation(job)?));
        }
        // All or nothing, and always the same company: what is refused stands already.
        self.transact(writes).await.map(|_| ())
    }

    /// A picture of an archive, if there is one of this number.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn archived_picture(
        &self,
        tenant: &TenantId,
        archive: ArchiveId,
        number: u32,
    ) -> Result<Option<ArchivedPicture>, Failure> {
        let subject = Subject::ArchivedPicture(archive, number);
        self.get(&RecordKey::new(tenant.clone(), subject)).await
    }

    /// Pictures of an archive in its order, behind the one with the number `after`; at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn archived_pictures(
        &self,
        tenant: &TenantId,
        archive: ArchiveId,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Vec<ArchivedPicture>, Failure> {
        let place = |number| RecordKey::new(tenant.clone(), Subject::ArchivedPicture(archive, number));
        self.partition(&place(0), PICTURE_PREFIX, after.map(place).as_ref(), limit)
            .await
    }

    /// What a list says of the first pictures of an archive, in its order: at most `limit` of them, or a few more.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn picture_summaries(
        &self,
        tenant: &TenantId,
        archive: ArchiveId,
        limit: usize,
    ) -> Result<Vec<PictureSummary>, Failure> {
        let partition = RecordKey::new(tenant.clone(), Subject::Archive(archive)).partition();
        let mut summaries = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .clients
                .dynamodb()
                .query()
                .table_name(&self.table)
                .key_condition_expression("PK = :partition AND begins_with(SK, :prefix)")
                .expression_attribute_values(":partition", string(&partition))
                .expression_attribute_values(":prefix", string(PICTURE_PREFIX))
                .projection_expression("#name, result_name, outcome.failure")
                .expression_attribute_names("#name", "name")
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| fault("Query", error))?;
            for item in page.items.unwrap_or_default() {
                let kept: KeptSummary =
                    serde_dynamo::from_item(item).map_err(|error| unreadable("record", error))?;
                summaries.push(PictureSummary {
                    name: kept.name,
                    result_name: kept.result_name,
                    failure: kept.outcome.and_then(|outcome| outcome.failure),
                });
            }
            start = page.last_evaluated_key;
            if start.is_none() || summaries.len() >= limit {
                return Ok(summaries);
            }
        }
    }

    /// Ends the job of a picture, writes down what became of the picture, and counts it: all or nothing, and so once.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn settle(&self, job: Job, outcome: &PictureOutcome) -> Result<Finish, Failure> {
        let version = job.version;
        let job = Job {
            version: version.saturating_add(1),
            ..job
        };
        match self.transact(self.settlement(&job, version, outcome)?).await? {
            Transaction::Done => Ok(Finish::Done),
            Transaction::Refused(_) => Ok(Finish::Superseded),
        }
    }

    /// The same for a job that came to nothing; `job` has its new version.
    pub(super) async fn settle_unfinished(&self, job: Job, version: u64) -> Result<Job, Failure> {
        let failure = job
            .failure
            .clone()
            .ok_or_else(|| Failure::unknown("a part that ended without result or reason"))?;
        let writes = self.settlement(&job, version, &PictureOutcome::Failed { failure })?;
        match self.transact(writes).await? {
            Transaction::Done => Ok(job),
            Transaction::Refused(_) => Err(changed_meanwhile()),
        }
    }

    fn settlement(
        &self,
        job: &Job,
        version: u64,
        outcome: &PictureOutcome,
    ) -> Result<Vec<TransactWriteItem>, Failure> {
        let (archive_id, picture) = job
            .task
            .archived_picture()
            .ok_or_else(|| Failure::unknown("a job that is no part of an archive"))?;
        let key = |subject| key_of(&RecordKey::new(job.tenant.clone(), subject));
        let written =
            serde_dynamo::to_attribute_value(outcome).map_err(|error| unreadable("outcome", error))?;
        let failed = u64::from(matches!(outcome, PictureOutcome::Failed { .. }));
        let (took, bytes) = effort(outcome);
        let picture = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(Subject::ArchivedPicture(archive_id, picture))))
            .update_expression("SET outcome = :outcome")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":outcome", written);
        let tally = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(Subject::Tally(archive_id))))
            .update_expression("ADD settled :one, failed :failed, milliseconds :milliseconds, bytes :bytes")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":failed", number(failed))
            .expression_attribute_values(":milliseconds", number(took))
            .expression_attribute_values(":bytes", number(bytes));
        Ok(vec![
            put(self.replacement(job, version)?),
            update(picture)?,
            update(tally)?,
        ])
    }

    /// Shows the result of an archive, ends its job and, where it was segmented, adds to the statistics, all or nothing.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn finish_archive(
        &self,
        packed: PictureArchive,
        done: Job,
        tally: &Tally,
    ) -> Result<Finish, Failure> {
        let (archive_version, job_version) = (packed.version, done.version);
        let packed = PictureArchive {
            version: archive_version.saturating_add(1),
            ..packed
        };
        let done = Job {
            version: job_version.saturating_add(1),
            ..done
        };
        let mut writes = vec![
            put(self.replacement(&packed, archive_version)?),
            put(self.replacement(&done, job_version)?),
        ];
        if packed.order.segmentation().is_ok() {
            let key = RecordKey::new(done.tenant.clone(), Subject::SegmentationStatistics);
            let segmented = tally.settled.saturating_sub(tally.failed);
            let statistics = Update::builder()
                .table_name(&self.table)
                .set_key(Some(key_of(&key)))
                .update_expression("SET tenant = :tenant ADD pictures :pictures, milliseconds :milliseconds")
                .expression_attribute_values(":tenant", AttributeValue::S(done.tenant.to_string()))
                .expression_attribute_values(":pictures", number(segmented))
                .expression_attribute_values(":milliseconds", number(tally.milliseconds));
            writes.push(update(statistics)?);
        }
        match self.transact(writes).await? {
            Transaction::Done => Ok(Finish::Done),
            // The order of the writes above: the archive, then the job. Only whoever lost the job has nothing to do here.
            Transaction::Refused(failed) if failed.get(1).copied().unwrap_or(false) => Ok(Finish::Superseded),
            Transaction::Refused(_) => Err(Failure::temporary(
                Code::Unavailable,
                "The archive changed while its result was written. Try again.",
            )),
        }
    }

    /// How much was segmented in finished archives, if anything was.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn segmentation_statistics(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<SegmentationStatistics>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::SegmentationStatistics))
            .await
    }
}

fn update(builder: aws_sdk_dynamodb::types::builders::UpdateBuilder) -> Result<TransactWriteItem, Failure> {
    let update = builder.build().map_err(|error| unreadable("update", error))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{
        ArchiveOrder, DetectedObject, DetectionOrder, JobId, Prediction, PredictionOrder, PredictionTimes,
        Purpose, Timestamp, ToolkitId, archive::ModelUse, upload::Declaration,
    };

    use super::{
        super::item::{Record, from_item},
        *,
    };

    const ID: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

    fn now() -> Timestamp {
        Timestamp::from_unix_milliseconds(1_000).unwrap()
    }

    fn trays() -> PictureArchive {
        let declared = Declaration {
            purpose: Purpose::Prediction {
                archive_id: "9f86d081884c7d65".parse().unwrap(),
            },
            filename: "trays.zip".to_owned(),
            content_type: "application/zip".to_owned(),
            size: 22,
            sha256: None,
        };
        let upload = Upload::promised(ID.parse().unwrap(), TenantId::single(), declared, now());
        let order = PredictionOrder {
            toolkit_id: ToolkitId::new(2),
            detection: DetectionOrder {
                model: "m".to_owned(),
                confidence: Some(0.3),
                iou: Some(1.0),
                max_detections: Some(100),
                classes: None,
            },
        };
        let job: JobId = ID.parse().unwrap();
        PictureArchive::awaited(&upload, job, ArchiveOrder::Prediction(order)).unwrap()
    }

    #[test]
    fn an_order_is_kept_as_it_was_given() {
        let archive = trays();
        assert_eq!(
            from_item::<PictureArchive>(archive.to_item().unwrap()).unwrap(),
            archive
        );
    }

    #[test]
    fn what_was_found_in_a_picture_is_kept_to_the_last_digit() {
        let prediction = Prediction {
            id: ID.parse().unwrap(),
            tenant: TenantId::single(),
            sha256: "0".repeat(64),
            width: 4000,
            height: 3000,
            model: ModelUse {
                name: "m".to_owned(),
                version: "1".to_owned(),
                sha256: "1".repeat(64),
                confidence: 0.35,
                iou: None,
            },
            classes: Some(vec!["cup".to_owned(), "fork".to_owned()]),
            max_detections: 100,
            detections: vec![DetectedObject {
                class: 47,
                label: "cup".to_owned(),
                confidence: 0.873_912_4,
                bounds: [0.1, 2_999.5, 1e-9, 4_000.0],
            }],
            uncertain: Vec::new(),
            times: PredictionTimes {
                inference_ms: 81.123_456_789,
                drawing_ms: 3.0,
                ..PredictionTimes::default()
            },
            created_at: now(),
            kept_until: now(),
            is_evidence: false,
        };
        let picture = ArchivedPicture {
            archive_id: trays().id,
            tenant: TenantId::single(),
            number: 3,
            job_id: None,
            name: "tray.jpg".to_owned(),
            result_name: String::new(),
            place: Some("{\"bytes\":9}".to_owned()),
            outcome: PictureOutcome::Predicted {
                prediction: Box::new(prediction),
                is_cached: true,
            },
            forgotten_at: now(),
        };
        let item = picture.to_item().unwrap();
        // The table forgets the picture when it is time, whatever its prediction says.
        assert_eq!(item["expires_at"], AttributeValue::N("1".to_owned()));
        assert_eq!(from_item::<ArchivedPicture>(item).unwrap(), picture);
    }
}
