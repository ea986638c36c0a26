//! Records: Amazon DynamoDB, one table.
//!
//! A record is read, changed by the domain, and written back on the condition that nobody else wrote it meanwhile
//! (`version`). What must change together changes in one transaction.

mod idempotency;
mod item;

use std::sync::Arc;

use aws_sdk_dynamodb::{
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem},
};
use darkroom_domain::{
    Code, Failure, Image, ImageId, Job, JobId, Listing, RecordKey, Subject, TenantId, Timestamp, Upload,
    UploadId,
    record_key::{DUE_SHARDS, due_partition_of_shard},
};

pub use self::idempotency::{IdempotentAnswer, Replay};
use self::item::{DigestRecord, Item, Record, from_item, key_of, string};
use crate::{
    aws::Aws,
    environment::{Environment, EnvironmentError},
    fault::{fault, unreadable},
};

/// Unfinished work that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueWork {
    /// An upload that stands still.
    Upload(Box<Upload>),
    /// A job that stands still.
    Job(Box<Job>),
}

/// Some of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// Whether there are more behind the last of them.
    pub has_more: bool,
}

/// What became of an upload that was to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It is a picture now.
    Accepted,
    /// Another picture with the same bytes was first.
    Duplicate(ImageId),
    /// The record of the upload changed meanwhile, or is gone.
    Changed,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Records {
    aws: Arc<Aws>,
    table: String,
}

impl Records {
    pub(crate) fn of(aws: &Arc<Aws>, environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            aws: Arc::clone(aws),
            table: environment.require("TABLE_NAME")?.to_owned(),
        })
    }

    /// The upload, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn upload(&self, tenant: &TenantId, id: UploadId) -> Result<Option<Upload>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Upload(id)))
            .await
    }

    /// The picture, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn image(&self, tenant: &TenantId, id: ImageId) -> Result<Option<Image>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Image(id)))
            .await
    }

    /// The job, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn job(&self, tenant: &TenantId, id: JobId) -> Result<Option<Job>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Job(id))).await
    }

    /// The picture with this SHA-256, in lower-case hexadecimal, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn image_with_digest(
        &self,
        tenant: &TenantId,
        sha256: &str,
    ) -> Result<Option<ImageId>, Failure> {
        let key = RecordKey::new(tenant.clone(), Subject::Digest(sha256.to_owned()));
        Ok(self
            .get::<DigestRecord>(&key)
            .await?
            .map(|record| record.image_id))
    }

    /// Writes an upload that is new.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_upload(&self, upload: &Upload) -> Result<(), Failure> {
        self.put_new(upload).await
    }

    /// Writes an upload back if nobody wrote it since it was read, and raises its version.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_upload(&self, upload: Upload) -> Result<Upload, Failure> {
        let version = upload.version;
        let upload = Upload {
            version: version.saturating_add(1),
            ..upload
        };
        self.replace(&upload, version).await?;
        Ok(upload)
    }

    /// Writes a job back if nobody wrote it since it was read, and raises its version.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_job(&self, job: Job) -> Result<Job, Failure> {
        let version = job.version;
        let job = Job {
            version: version.saturating_add(1),
            ..job
        };
        self.replace(&job, version).await?;
        Ok(job)
    }

    /// Makes a picture of an upload: the decided upload, the picture, its digest and its first job, all or nothing.
    ///
    /// # Errors
    /// `unavailable` or `internal`. That it cannot be is no error but an answer.
    pub async fn accept(&self, decided: Upload, image: &Image, job: &Job) -> Result<Acceptance, Failure> {
        let version = decided.version;
        let decided = Upload {
            version: version.saturating_add(1),
            ..decided
        };
        let digest = DigestRecord::of(image);
        let writes = vec![
            put(self.replacement(&decided, version)?),
            put(self.creation(&digest)?),
            put(self.creation(image)?),
            put(self.creation(job)?),
        ];
        match self.transact(writes).await? {
            Transaction::Done => Ok(Acceptance::Accepted),
            Transaction::Refused(failed) => {
                // The order of the writes above: the upload, then the digest.
                let upload_changed = failed.first().copied().unwrap_or(false);
                let digest_known = failed.get(1).copied().unwrap_or(false);
                if !upload_changed && digest_known {
                    let known = self.image_with_digest(&image.tenant, &image.sha256).await?;
                    return Ok(known.map_or(Acceptance::Changed, Acceptance::Duplicate));
                }
                Ok(Acceptance::Changed)
            }
        }
    }

    /// Forgets a picture, its digest, its upload and its jobs, all or nothing. True if it was there.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn delete_image(&self, image: &Image) -> Result<bool, Failure> {
        let tenant = &image.tenant;
        let delete = |subject| {
            Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key_of(&RecordKey::new(tenant.clone(), subject))))
        };
        let image_exists = delete(Subject::Image(image.id)).condition_expression("attribute_exists(PK)");
        let digest_is_ours = delete(Subject::Digest(image.sha256.clone()))
            .condition_expression("attribute_not_exists(PK) OR image_id = :image")
            .expression_attribute_values(":image", string(image.id));
        let writes = [
            image_exists,
            digest_is_ours,
            delete(Subject::Upload(image.id.into())),
            delete(Subject::Job(image.thumbnail_job)),
        ]
        .into_iter()
        .map(|builder| {
            let delete = builder.build().map_err(|error| unreadable("delete", error))?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        })
        .collect::<Result<Vec<_>, Failure>>()?;
        Ok(matches!(self.transact(writes).await?, Transaction::Done))
    }

    /// Forgets an upload that became no picture of its own. True if it was there.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn delete_upload(&self, tenant: &TenantId, id: UploadId) -> Result<bool, Failure> {
        let key = key_of(&RecordKey::new(tenant.clone(), Subject::Upload(id)));
        let deleted = self
            .aws
            .dynamodb()
            .await
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| fault("DeleteItem", error))?;
        Ok(deleted.attributes().is_some())
    }

    /// Pictures of a tenant, newest first, behind the one with the id `after`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn images(
        &self,
        tenant: &TenantId,
        after: Option<ImageId>,
        limit: u32,
    ) -> Result<Page<Image>, Failure> {
        let partition = Listing::Images.partition(tenant);
        let start = after.map(|id| {
            let mut key = key_of(&RecordKey::new(tenant.clone(), Subject::Image(id)));
            key.insert("GSI1PK".to_owned(), string(&partition));
            key.insert("GSI1SK".to_owned(), string(id));
            key
        });
        let result = self
            .aws
            .dynamodb()
            .await
            .query()
            .table_name(&self.table)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :partition")
            .expression_attribute_values(":partition", string(&partition))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).map_err(|error| unreadable("limit", error))?)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| fault("Query", error))?;
        let has_more = result.last_evaluated_key.is_some();
        let items = result
            .items
            .unwrap_or_default()
            .into_iter()
            .map(from_item)
            .collect::<Result<Vec<Image>, _>>()?;
        Ok(Page { items, has_more })
    }

    /// Those of these jobs that there are, in no order. At most 100 at once.
    ///
    /// # Errors
    /// `unavailable` when not all could be read; `internal`.
    pub async fn jobs(&self, tenant: &TenantId, ids: &[JobId]) -> Result<Vec<Job>, Failure> {
        let mut jobs = Vec::with_capacity(ids.len());
        let mut wanted: Vec<Item> = ids
            .iter()
            .map(|id| key_of(&RecordKey::new(tenant.clone(), Subject::Job(*id))))
            .collect();
        for _ in 0..5 {
            if wanted.is_empty() {
                return Ok(jobs);
            }
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .consistent_read(true)
                .build()
                .map_err(|error| unreadable("keys", error))?;
            let result = self
                .aws
                .dynamodb()
                .await
                .batch_get_item()
                .request_items(&self.table, keys)
                .send()
                .await
                .map_err(|error| fault("BatchGetItem", error))?;
            for item in result.responses.unwrap_or_default().into_values().flatten() {
                jobs.push(from_item(item)?);
            }
            wanted = result
                .unprocessed_keys
                .unwrap_or_default()
                .into_values()
                .flat_map(|keys| keys.keys)
                .collect();
        }
        Err(Failure::temporary(
            Code::Unavailable,
            "Not everything could be read. Try again.",
        ))
    }

    /// At most `limit` pieces of unfinished work that were due at `until`, oldest first within each partition of the
    /// index. The index lags behind the table: read again before deciding on anything.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<DueWork>, Failure> {
        let mut due = Vec::new();
        for shard in 0..DUE_SHARDS {
            let mut start = None;
            loop {
                let result = self
                    .aws
                    .dynamodb()
                    .await
                    .query()
                    .table_name(&self.table)
                    .index_name("GSI2")
                    .key_condition_expression("GSI2PK = :partition AND GSI2SK < :until")
                    .expression_attribute_values(":partition", string(due_partition_of_shard(shard)))
                    // Behind the time stands the id: a tilde sorts behind every id.
                    .expression_attribute_values(":until", string(format!("{until}~")))
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .map_err(|error| fault("Query", error))?;
                for item in result.items.unwrap_or_default() {
                    if due.len() >= limit {
                        return Ok(due);
                    }
                    due.push(due_work(item)?);
                }
                start = result.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(due)
    }

    /// Whether the table answers.
    ///
    /// # Errors
    /// `unavailable` or `internal` when it does not.
    pub async fn probe(&self) -> Result<(), Failure> {
        let nobody = RecordKey::new(TenantId::single(), Subject::Digest("0".repeat(64)));
        self.get::<DigestRecord>(&nobody).await.map(|_| ())
    }

    async fn get<T: Record>(&self, key: &RecordKey) -> Result<Option<T>, Failure> {
        let result = self
            .aws
            .dynamodb()
            .await
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key_of(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("GetItem", error))?;
        result.item.map(from_item).transpose()
    }

    async fn put_new<T: Record>(&self, record: &T) -> Result<(), Failure> {
        self.put_one(self.creation(record)?).await
    }

    async fn replace<T: Record>(&self, record: &T, version: u64) -> Result<(), Failure> {
        self.put_one(self.replacement(record, version)?).await
    }

    async fn put_one(&self, put: Put) -> Result<(), Failure> {
        let result = self
            .aws
            .dynamodb()
            .await
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_values(put.expression_attribute_values)
            .send()
            .await;
        result.map(|_| ()).map_err(|error| {
            if error
                .as_service_error()
                .is_some_and(PutItemError::is_conditional_check_failed_exception)
            {
                changed_meanwhile()
            } else {
                fault("PutItem", error)
            }
        })
    }

    fn creation<T: Record>(&self, record: &T) -> Result<Put, Failure> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(record.to_item()?))
            .condition_expression("attribute_not_exists(PK)")
            .build()
            .map_err(|error| unreadable("put", error))
    }

    fn replacement<T: Record>(&self, record: &T, version: u64) -> Result<Put, Failure> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(record.to_item()?))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .build()
            .map_err(|error| unreadable("put", error))
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transaction, Failure> {
        let count = writes.len();
        let result = self
            .aws
            .dynamodb()
            .await
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let error = match result {
            Ok(_) => return Ok(Transaction::Done),
            Err(error) => error,
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
        else {
            return Err(fault("TransactWriteItems", error));
        };
        let mut failed = Vec::with_capacity(count);
        for reason in cancelled.cancellation_reasons() {
            match reason.code() {
                Some("ConditionalCheckFailed") => failed.push(true),
                None | Some("None") => failed.push(false),
                // Another transaction was at one of the records, or there was too much to do.
                Some(code) => {
                    return Err(
                        Failure::temporary(Code::Unavailable, "Too much at once. Try again.").because(code),
                    );
                }
            }
        }
        Ok(Transaction::Refused(failed))
    }
}

/// How a transaction ended.
enum Transaction {
    /// Everything was written.
    Done,
    /// Nothing was written; whose condition did not hold, in the order of the writes.
    Refused(Vec<bool>),
}

fn due_work(item: Item) -> Result<DueWork, Failure> {
    let sort = item
        .get("SK")
        .and_then(|value| value.as_s().ok())
        .cloned()
        .unwrap_or_default();
    match sort.as_str() {
        "UPLOAD" => Ok(DueWork::Upload(Box::new(from_item(item)?))),
        "JOB" => Ok(DueWork::Job(Box::new(from_item(item)?))),
        other => Err(unreadable("due work", other)),
    }
}

fn put(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

fn changed_meanwhile() -> Failure {
    Failure::temporary(
        Code::Conflict,
        "Somebody else changed this at the same moment. Try again.",
    )
}
