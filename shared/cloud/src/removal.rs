//! Removal of pictures and of archives of them: their records first, then their files.

use darkroom_domain::{
    ArchiveState, BatchId, DatasetId, DatasetImage, Failure, FileKey, ImageId, PictureArchive, TenantId,
    Timestamp,
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{files::Files, records::Records};

/// How many pictures are removed at the same time.
const AT_ONCE: usize = 8;

/// What removes pictures.
#[derive(Clone, Debug)]
pub struct Removal {
    files: Files,
    records: Records,
}

impl Removal {
    /// What removes pictures from these.
    #[must_use]
    pub const fn new(files: Files, records: Records) -> Self {
        Self { files, records }
    }

    /// Removes a picture, or what was sent to become one: records, original and everything made of it. True if it was
    /// there. What broke off half-way is finished by doing it again.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn image(&self, tenant: &TenantId, id: ImageId) -> Result<bool, Failure> {
        // The records go first: from then on nobody is led to the files, and workers see that they work for nobody.
        let was_there = match self.records.image(tenant, id).await? {
            Some(image) => self.records.delete_image(&image).await?,
            None => self.records.delete_upload(tenant, id.into()).await?,
        };
        self.records.delete_stray_analyses(tenant, id).await?;
        // The files go in any case: a removal that broke off here is finished by asking again.
        self.files.delete_derived(tenant, id).await?;
        let original = FileKey::Original {
            tenant: tenant.clone(),
            image: id,
        };
        self.files.delete(&original).await?;
        let upload = FileKey::Upload {
            tenant: tenant.clone(),
            upload: id.into(),
        };
        self.files.delete(&upload).await?;
        Ok(was_there)
    }

    /// Removes at most `limit` pictures of a dataset. True if there are no more.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn dataset_images(
        &self,
        tenant: &TenantId,
        dataset: DatasetId,
        limit: usize,
    ) -> Result<bool, Failure> {
        let members = self.records.dataset_images(tenant, dataset, None, limit).await?;
        let is_last = members.len() < limit;
        stream::iter(members)
            .map(|member| self.member(tenant, member))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(is_last)
    }

    /// Removes the files of an archive: what came in, what was made of it, and the result. Its record stays, and says so.
    ///
    /// # Errors
    /// `unavailable` or `internal`; what broke off half-way is finished by doing it again.
    pub async fn archive(&self, archive: PictureArchive, now: Timestamp) -> Result<(), Failure> {
        // The record goes first: from then on nobody is led to the files, and workers see that they work for nobody.
        let archive = match archive.state {
            ArchiveState::Cleared => archive,
            _ => self.records.save_archive(archive.cleared(now)).await?,
        };
        self.files.delete(&archive.upload_key()).await?;
        self.files.delete_of_archive(&archive.tenant, archive.id).await?;
        self.records.save_archive(archive.forgotten()).await?;
        Ok(())
    }

    /// Removes at most `limit` places of photographs in a batch, and what was remembered of pairs; with the last of them
    /// the files of the batch. The photographs stay. True if nothing is left.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn batch(&self, tenant: &TenantId, batch: BatchId, limit: usize) -> Result<bool, Failure> {
        let members = self.records.batch_members(tenant, batch, limit).await?;
        let pairs = self.records.distinct_pairs(tenant, batch, limit).await?;
        let is_last = members.len() < limit && pairs.len() < limit;
        stream::iter(members)
            .map(|member| self.records.leave_batch(tenant, batch, member.image_id))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        stream::iter(pairs)
            .map(|pair| async move { self.records.forget_distinct(&pair).await })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        if is_last {
            self.files.delete_of_batch(tenant, batch).await?;
        }
        Ok(is_last)
    }

    async fn member(&self, tenant: &TenantId, member: DatasetImage) -> Result<(), Failure> {
        self.image(tenant, member.image_id).await?;
        // With its picture its place went too; a place whose picture was gone already did not.
        self.records.forget_dataset_image(&member).await
    }
}
