//! Photographs on their way into batches.

use darkroom_domain::{Batch, BatchId, Failure, Image, ImageId, JobMessage, TenantId};

use crate::Service;

impl Service {
    /// The batch must be there, where one is named.
    pub(crate) async fn expect_batch(
        &self,
        tenant: &TenantId,
        batch: Option<BatchId>,
    ) -> Result<(), Failure> {
        let Some(id) = batch else { return Ok(()) };
        let known = self.records.batch(tenant, id).await?;
        if known.as_ref().is_some_and(Batch::is_shown) {
            Ok(())
        } else {
            Err(no_batch(&id.to_string()))
        }
    }

    /// The picture with this SHA-256, unless it is being deleted.
    pub(crate) async fn known_photograph(
        &self,
        tenant: &TenantId,
        sha256: &str,
    ) -> Result<Option<Image>, Failure> {
        match self.records.image_with_digest(tenant, sha256).await? {
            Some(id) => self.records.image(tenant, id).await,
            None => Ok(None),
        }
    }

    /// Puts a photograph into a batch, if it is meant for one, and has it described.
    pub(crate) async fn sort(&self, image: &Image, batch: Option<BatchId>) -> Result<(), Failure> {
        self.sort_named(image, batch, None).await
    }

    /// Does so with a photograph that came again, as `filename`.
    pub(crate) async fn sort_copy(
        &self,
        image: &Image,
        batch: Option<BatchId>,
        filename: &str,
    ) -> Result<(), Failure> {
        let copy = (filename != image.filename).then_some(filename);
        self.sort_named(image, batch, copy).await
    }

    async fn sort_named(
        &self,
        image: &Image,
        batch: Option<BatchId>,
        copy_named: Option<&str>,
    ) -> Result<(), Failure> {
        let now = self.ground.clock.now();
        if let Some(batch) = batch {
            self.records
                .join_batch(&image.tenant, batch, image.id, copy_named, now)
                .await?;
        }
        self.describe(&image.tenant, image.id).await
    }

    /// Has a photograph described, unless that was begun before.
    async fn describe(&self, tenant: &TenantId, image: ImageId) -> Result<(), Failure> {
        let now = self.ground.clock.now();
        match self.records.begin_describing(tenant, image, now).await? {
            // Should this fail, the janitor finds the job standing still and sends it.
            Some(job) => self.queues.send_job(&JobMessage::for_job(&job)).await,
            None => Ok(()),
        }
    }
}

/// What is said where there is no batch.
pub(crate) fn no_batch(id: &str) -> Failure {
    Failure::not_found(format!("Batch {id} not found"))
}
