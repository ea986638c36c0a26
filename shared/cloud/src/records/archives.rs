//! Archives of pictures, their pictures, and the count of what is settled.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use darkroom_domain::{
    ArchiveId, ArchivedPicture, Code, Failure, FailureReport, Job, PictureArchive, PictureOutcome, RecordKey,
    SegmentationStatistics, Subject, Tally, Task, TenantId, Upload, archive::PictureSummary,
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
        PictureOutcome::Awaited | PictureOutcome::Failed { .. } => (0, 0),
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

    /// Writes pictures of an archive, at most [`Self::PICTURES_AT_ONCE`], with the jobs that segment them. Pictures that
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
        let Task::Segment {
            archive_id,
            number: picture,
        } = job.task
        else {
            return Err(Failure::unknown("a job that is no part of an archive"));
        };
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

    /// Shows the result of an archive, ends its job and adds to the statistics, all or nothing.
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
        let key = RecordKey::new(done.tenant.clone(), Subject::SegmentationStatistics);
        let segmented = tally.settled.saturating_sub(tally.failed);
        let statistics = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(&key)))
            .update_expression("SET tenant = :tenant ADD pictures :pictures, milliseconds :milliseconds")
            .expression_attribute_values(":tenant", AttributeValue::S(done.tenant.to_string()))
            .expression_attribute_values(":pictures", number(segmented))
            .expression_attribute_values(":milliseconds", number(tally.milliseconds));
        let writes = vec![
            put(self.replacement(&packed, archive_version)?),
            put(self.replacement(&done, job_version)?),
            update(statistics)?,
        ];
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
