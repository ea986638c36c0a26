//! Records: Amazon DynamoDB, one table.
//!
//! A record is read, changed by the domain, and written back on the condition that nobody else wrote it meanwhile
//! (`version`). What must change together changes in one transaction.

mod analyses;
mod archives;
mod crib;
mod datasets;
mod idempotency;
mod item;
mod jobs;
mod lists;
mod predictions;
mod sorter;
mod table;
mod transactions;

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use darkroom_domain::{
    Failure, Image, ImageId, Job, JobId, RecordKey, Subject, TenantId, Upload, UploadId,
    dataset::DatasetImage,
};

pub(crate) use self::analyses::{AnalysisRecord, KeptFindings};
pub use self::{
    analyses::Finish,
    crib::CribEntry,
    datasets::ImportedImage,
    idempotency::{IdempotentAnswer, Replay},
    jobs::{JobCounts, JobFilter, JobPage},
    lists::{DueWork, Page},
    transactions::{TransactionFilter, TransactionPage},
};
use self::{
    item::{DigestRecord, key_of, string},
    table::{Transaction, put},
};
use crate::{
    clients::Clients,
    environment::{Environment, EnvironmentError},
    fault::{fault, unreadable},
};

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
    clients: Clients,
    table: String,
}

impl Records {
    pub(crate) fn of(clients: &Clients, environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            clients: clients.clone(),
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

    /// Writes a job back if nobody wrote it since it was read, and raises its version. A part of a larger piece of work that
    /// came to nothing is counted at the same moment.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_job(&self, job: Job) -> Result<Job, Failure> {
        let version = job.version;
        let job = Job {
            version: version.saturating_add(1),
            ..job
        };
        if job.state.is_final() && job.task.is_part() {
            return self.settle_unfinished(job, version).await;
        }
        self.replace(&job, version).await?;
        Ok(job)
    }

    /// Makes a picture of an upload: the decided upload, the picture, its first job, and its digest or its place in its
    /// dataset, all or nothing. In a dataset the same file may lie twice, hence no digest there.
    ///
    /// # Errors
    /// `unavailable` or `internal`. That it cannot be is no error but an answer.
    pub async fn accept(&self, decided: Upload, image: &Image, job: &Job) -> Result<Acceptance, Failure> {
        let version = decided.version;
        let decided = Upload {
            version: version.saturating_add(1),
            ..decided
        };
        let place = match DatasetImage::of(image) {
            Some(member) => put(self.creation(&member)?),
            None => put(self.creation(&DigestRecord::of(image))?),
        };
        let writes = vec![
            put(self.replacement(&decided, version)?),
            place,
            put(self.creation(image)?),
            put(self.creation(job)?),
        ];
        match self.transact(writes).await? {
            Transaction::Done => Ok(Acceptance::Accepted),
            Transaction::Refused(failed) => {
                // The order of the writes above: the upload, then the digest.
                let upload_changed = failed.first().copied().unwrap_or(false);
                let digest_known = failed.get(1).copied().unwrap_or(false);
                if !upload_changed && digest_known && image.dataset_id.is_none() {
                    let known = self.image_with_digest(&image.tenant, &image.sha256).await?;
                    return Ok(known.map_or(Acceptance::Changed, Acceptance::Duplicate));
                }
                Ok(Acceptance::Changed)
            }
        }
    }

    /// Hands an upload over to the job that works on it, all or nothing. False if the record of the upload changed
    /// meanwhile, or is gone.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn hand_over(&self, decided: Upload, job: &Job) -> Result<bool, Failure> {
        let version = decided.version;
        let decided = Upload {
            version: version.saturating_add(1),
            ..decided
        };
        let writes = vec![
            put(self.replacement(&decided, version)?),
            put(self.creation(job)?),
        ];
        Ok(matches!(self.transact(writes).await?, Transaction::Done))
    }

    /// Forgets a picture, its digest, its place in a dataset, its upload, what is known of it, its analyses and their jobs,
    /// all or nothing.
    /// True if it was there.
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
        let place = match image.dataset_id {
            Some(dataset) => delete(Subject::DatasetImage(dataset, image.id)),
            None => delete(Subject::Digest(image.sha256.clone()))
                .condition_expression("attribute_not_exists(PK) OR image_id = :image")
                .expression_attribute_values(":image", string(image.id)),
        };
        let mut deletes = vec![
            image_exists,
            place,
            delete(Subject::Upload(image.id.into())),
            delete(Subject::Job(image.thumbnail_job)),
            delete(Subject::Job(JobId::describing(image.id))),
            delete(Subject::Description(image.id)),
        ];
        for analysis in self.analysis_records(tenant, image.id).await? {
            deletes.push(delete(Subject::Analysis(image.id, analysis.method)));
            deletes.extend(analysis.job_id.map(|job| delete(Subject::Job(job))));
        }
        let writes = deletes
            .into_iter()
            .map(|builder| {
                let delete = builder.build().map_err(|error| unreadable("delete", error))?;
                Ok(TransactWriteItem::builder().delete(delete).build())
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        Ok(matches!(self.transact(writes).await?, Transaction::Done))
    }

    /// Forgets analyses, and their jobs, of a picture that is gone: one may have been put down at the very moment at which
    /// the picture went. From then on none can be.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn delete_stray_analyses(&self, tenant: &TenantId, image: ImageId) -> Result<(), Failure> {
        for analysis in self.analysis_records(tenant, image).await? {
            let job = analysis.job_id.map(Subject::Job);
            for subject in [Some(Subject::Analysis(image, analysis.method)), job]
                .into_iter()
                .flatten()
            {
                self.delete_one(&RecordKey::new(tenant.clone(), subject)).await?;
            }
        }
        Ok(())
    }

    /// Forgets an upload that became no picture of its own. True if it was there.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn delete_upload(&self, tenant: &TenantId, id: UploadId) -> Result<bool, Failure> {
        let key = key_of(&RecordKey::new(tenant.clone(), Subject::Upload(id)));
        let deleted = self
            .clients
            .dynamodb()
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| fault("DeleteItem", error))?;
        Ok(deleted.attributes().is_some())
    }

    /// Whether the table answers.
    ///
    /// # Errors
    /// `unavailable` or `internal` when it does not.
    pub async fn probe(&self) -> Result<(), Failure> {
        let nobody = RecordKey::new(TenantId::single(), Subject::Digest("0".repeat(64)));
        self.get::<DigestRecord>(&nobody).await.map(|_| ())
    }
}
