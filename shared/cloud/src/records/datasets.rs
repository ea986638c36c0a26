//! Datasets, and the pictures in them.

use darkroom_domain::{
    Dataset, DatasetId, DatasetImage, Failure, Image, ImageId, Job, RecordKey, Subject, TenantId,
};

use super::{
    Records,
    analyses::AnalysisRecord,
    item::Record,
    table::{Transaction, put},
};

/// The most datasets that one list is made of.
const MAX_DATASETS: usize = 10_000;

/// A picture that an import brings, with what belongs to it.
#[derive(Clone, Debug)]
pub struct ImportedImage {
    /// The picture. It is in a dataset.
    pub image: Image,
    /// The job that is going to make its thumbnails.
    pub thumbnail_job: Job,
    pub(crate) analyses: Vec<AnalysisRecord>,
}

impl Records {
    /// The dataset, whatever state it is in, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn dataset(&self, tenant: &TenantId, id: DatasetId) -> Result<Option<Dataset>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Dataset(id)))
            .await
    }

    /// The datasets of a tenant that are ready, oldest first.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn datasets(&self, tenant: &TenantId) -> Result<Vec<Dataset>, Failure> {
        let any = RecordKey::new(
            tenant.clone(),
            Subject::Dataset(DatasetId::from_uuid(uuid::Uuid::nil())),
        );
        let mut datasets: Vec<Dataset> = self.partition(&any, "DATASET#", None, MAX_DATASETS).await?;
        datasets.retain(Dataset::is_ready);
        Ok(datasets)
    }

    /// Writes a dataset that is new.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_dataset(&self, dataset: &Dataset) -> Result<(), Failure> {
        self.put_new(dataset).await
    }

    /// Writes a dataset back if nobody wrote it since it was read, and raises its version.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_dataset(&self, dataset: Dataset) -> Result<Dataset, Failure> {
        let version = dataset.version;
        let dataset = Dataset {
            version: version.saturating_add(1),
            ..dataset
        };
        self.replace(&dataset, version).await?;
        Ok(dataset)
    }

    /// Forgets the record of a dataset; not what is in it.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn forget_dataset(&self, dataset: &Dataset) -> Result<(), Failure> {
        self.delete_one(&dataset.key()).await
    }

    /// The pictures of a dataset, oldest first, behind the one with the id `after`; at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn dataset_images(
        &self,
        tenant: &TenantId,
        dataset: DatasetId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<DatasetImage>, Failure> {
        let place = |image| RecordKey::new(tenant.clone(), Subject::DatasetImage(dataset, image));
        let any = place(ImageId::from_uuid(uuid::Uuid::nil()));
        self.partition(&any, "IMAGE#", after.map(place).as_ref(), limit)
            .await
    }

    /// Forgets that a picture is in a dataset, where the picture itself is gone.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn forget_dataset_image(&self, member: &DatasetImage) -> Result<(), Failure> {
        self.delete_one(&member.key()).await
    }

    /// Writes a picture of a dataset that nobody sees yet, with all that belongs to it. Doing it twice is doing it
    /// once.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn write_imported(&self, imported: &ImportedImage) -> Result<(), Failure> {
        let member = DatasetImage::of(&imported.image)
            .ok_or_else(|| Failure::unknown("an imported picture is in no dataset"))?;
        let mut writes = vec![
            put(self.overwriting(&imported.image)?),
            put(self.overwriting(&member)?),
            put(self.overwriting(&imported.thumbnail_job)?),
        ];
        for analysis in &imported.analyses {
            writes.push(put(self.overwriting(analysis)?));
        }
        match self.transact(writes).await? {
            Transaction::Done => Ok(()),
            Transaction::Refused(_) => Err(Failure::unknown("a write without a condition was refused")),
        }
    }

    /// Shows an imported dataset and ends the job that made it, all or nothing. False if either changed meanwhile.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn publish_import(&self, dataset: Dataset, done: Job) -> Result<bool, Failure> {
        let (dataset_version, job_version) = (dataset.version, done.version);
        let dataset = Dataset {
            version: dataset_version.saturating_add(1),
            ..dataset
        };
        let done = Job {
            version: job_version.saturating_add(1),
            ..done
        };
        let writes = vec![
            put(self.replacement(&dataset, dataset_version)?),
            put(self.replacement(&done, job_version)?),
        ];
        Ok(matches!(self.transact(writes).await?, Transaction::Done))
    }
}
