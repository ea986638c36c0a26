//! What is known of photographs, and the jobs that find it out.

use darkroom_domain::{
    Code, Description, Failure, Image, ImageId, Job, JobId, RecordKey, Subject, Task, TenantId, Timestamp,
};

use super::super::Records;

impl Records {
    /// What is known of a photograph, if anything.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn description(
        &self,
        tenant: &TenantId,
        image: ImageId,
    ) -> Result<Option<Description>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Description(image)))
            .await
    }

    /// What is known of photographs, in no order; those of which nothing is known are left out.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn descriptions(
        &self,
        tenant: &TenantId,
        images: &[ImageId],
    ) -> Result<Vec<Description>, Failure> {
        let keys = images
            .iter()
            .map(|id| RecordKey::new(tenant.clone(), Subject::Description(*id)));
        self.many(keys).await
    }

    /// The pictures with these ids, in no order; those that there are none of are left out.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn images_of(&self, tenant: &TenantId, images: &[ImageId]) -> Result<Vec<Image>, Failure> {
        let keys = images
            .iter()
            .map(|id| RecordKey::new(tenant.clone(), Subject::Image(*id)));
        self.many(keys).await
    }

    /// Writes what is known of a photograph if nobody did since it was read, and raises its version. A version of 0 is
    /// that of one of which nothing was known.
    ///
    /// # Errors
    /// `conflict` when somebody did; `unavailable` or `internal`.
    pub async fn save_description(&self, description: Description) -> Result<Description, Failure> {
        let version = description.version;
        let description = Description {
            version: version.saturating_add(1),
            ..description
        };
        if version == 0 {
            self.put_new(&description).await?;
        } else {
            self.replace(&description, version).await?;
        }
        Ok(description)
    }

    /// Forgets what is known of a photograph.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn forget_description(&self, tenant: &TenantId, image: ImageId) -> Result<(), Failure> {
        self.delete_one(&RecordKey::new(tenant.clone(), Subject::Description(image)))
            .await
    }

    /// Begins the job that describes a photograph, unless it was begun before. What is returned is to be sent.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn begin_describing(
        &self,
        tenant: &TenantId,
        image: ImageId,
        now: Timestamp,
    ) -> Result<Option<Job>, Failure> {
        let task = Task::Embed { image_id: image };
        let job = Job::queued(JobId::describing(image), tenant.clone(), task, now);
        match self.put_new(&job).await {
            Ok(()) => Ok(Some(job)),
            Err(failure) if failure.code == Code::Conflict => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
