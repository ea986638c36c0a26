//! The photographs of a batch, and how they come into it.

use std::collections::{BTreeSet, HashSet};

use darkroom_domain::{
    Batch, BatchMember, Code, Failure, Grouping, Image, ImageId, Job, JobId, JobMessage, TenantId, Timestamp,
};
use darkroom_http::{HttpError, HttpResult};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{Service, attempts::attempted};

/// The most photographs that one request names.
const MAX_NAMED: usize = 10_000;
/// How many photographs come or go at the same time.
const AT_ONCE: usize = 64;
/// How many messages are sent at once, and how many times as many at the same time.
const MESSAGES: usize = 10;
const SENDERS: usize = 16;
/// Up to how many photographs are held against what pictures there are, wherever a batch is shown. Deleted pictures of
/// larger batches leave them with the next analysis.
const HELD_AGAINST: usize = 2_000;

/// The ids among these texts. What is no id is named by nobody.
pub(crate) fn ids_in(texts: &[String]) -> BTreeSet<ImageId> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// The failure for ids that lead to nothing.
pub(crate) fn not_all_found() -> Failure {
    Failure::permanent(Code::InvalidRequest, "One or more image IDs not found.")
}

/// Holds the number of ids in a body against what one request may name.
pub(crate) fn check_number(texts: &[String]) -> HttpResult<()> {
    if texts.len() > MAX_NAMED {
        return Err(HttpError::validation(
            &["body", "image_ids"],
            format!("must be at most {MAX_NAMED} ids"),
        ));
    }
    Ok(())
}

impl Service {
    /// The pictures that a request names, each once.
    ///
    /// # Errors
    /// `invalid_request` when there is none of an id; 422 for too many.
    pub(crate) async fn named(&self, tenant: &TenantId, texts: &[String]) -> HttpResult<Vec<ImageId>> {
        check_number(texts)?;
        let different: HashSet<&String> = texts.iter().collect();
        let ids: Vec<ImageId> = ids_in(texts).into_iter().collect();
        if ids.len() < different.len() || self.records.images_of(tenant, &ids).await?.len() < ids.len() {
            return Err(not_all_found().into());
        }
        Ok(ids)
    }

    /// Puts pictures into a batch and begins to describe those that never were. Doing it twice is doing it once.
    ///
    /// # Errors
    /// `batch_too_large`, before anything is changed; `unavailable` or `internal`.
    pub(crate) async fn join(&self, batch: &Batch, images: &[ImageId]) -> Result<(), Failure> {
        let known: HashSet<ImageId> = self
            .members(batch)
            .await?
            .iter()
            .map(|one| one.image_id)
            .collect();
        let new = images.iter().filter(|image| !known.contains(image)).count();
        if known.len().saturating_add(new) > Batch::MAX_MEMBERS {
            return Err(Failure::permanent(
                Code::BatchTooLarge,
                format!("A batch has at most {} photographs.", Batch::MAX_MEMBERS),
            ));
        }
        let now = self.ground.clock.now();
        let joining: Vec<_> = images
            .iter()
            .map(|image| self.join_one(batch, *image, now))
            .collect();
        let begun: Vec<Option<Job>> = stream::iter(joining)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let messages: Vec<JobMessage> = begun.iter().flatten().map(JobMessage::for_job).collect();
        // Should this fail, the janitor finds the jobs standing still and sends them.
        let sending: Vec<_> = messages
            .chunks(MESSAGES)
            .map(|some| self.queues.send_jobs(some))
            .collect();
        stream::iter(sending)
            .buffer_unordered(SENDERS)
            .try_collect()
            .await
    }

    async fn join_one(&self, batch: &Batch, image: ImageId, now: Timestamp) -> Result<Option<Job>, Failure> {
        self.records
            .join_batch(&batch.tenant, batch.id, image, None, now)
            .await?;
        self.records.begin_describing(&batch.tenant, image, now).await
    }

    /// Takes pictures out of a batch, whether they were in it or not.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn leave(
        &self,
        batch: &Batch,
        images: impl IntoIterator<Item = ImageId>,
    ) -> Result<(), Failure> {
        let leaving: Vec<_> = images
            .into_iter()
            .map(|image| self.records.leave_batch(&batch.tenant, batch.id, image))
            .collect();
        stream::iter(leaving)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// What is in a batch, by the ids, deleted pictures among them.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn members(&self, batch: &Batch) -> Result<Vec<BatchMember>, Failure> {
        self.records
            .batch_members(&batch.tenant, batch.id, Batch::MAX_MEMBERS)
            .await
    }

    /// The pictures in a batch, by their ids. Places of deleted ones are cleared away.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn pictures(&self, batch: &Batch) -> Result<Vec<Image>, Failure> {
        let members = self.members(batch).await?;
        let ids: Vec<ImageId> = members.iter().map(|member| member.image_id).collect();
        let mut images = self.records.images_of(&batch.tenant, &ids).await?;
        images.sort_by_key(|image| image.id);
        let there: HashSet<ImageId> = images.iter().map(|image| image.id).collect();
        self.leave(batch, ids.into_iter().filter(|id| !there.contains(id)))
            .await?;
        Ok(images)
    }

    /// What is in a batch, by the ids; deleted pictures only where there are very many.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn members_now(&self, batch: &Batch) -> Result<Vec<BatchMember>, Failure> {
        let mut members = self.members(batch).await?;
        if members.len() <= HELD_AGAINST {
            let ids: Vec<ImageId> = members.iter().map(|member| member.image_id).collect();
            let images = self.records.images_of(&batch.tenant, &ids).await?;
            let there: HashSet<ImageId> = images.into_iter().map(|image| image.id).collect();
            members.retain(|member| there.contains(&member.image_id));
        }
        Ok(members)
    }

    /// The groups of a batch without the photographs that left it, and what is in it. No groups before there are any.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn groups_now(
        &self,
        batch: &Batch,
    ) -> Result<(Option<Grouping>, Vec<BatchMember>), Failure> {
        let (grouping, members) = tokio::try_join!(self.groups.read(batch), self.members_now(batch))?;
        let there: HashSet<ImageId> = members.iter().map(|member| member.image_id).collect();
        let grouping = grouping.map(|grouping| grouping.without(|image| !there.contains(&image)));
        Ok((grouping, members))
    }

    /// Calls a job off, if it is not over.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn call_off(&self, tenant: &TenantId, id: Option<JobId>) -> Result<(), Failure> {
        let Some(id) = id else { return Ok(()) };
        let ended = attempted(|| async {
            let Some(job) = self.records.job(tenant, id).await? else {
                return Ok(());
            };
            if job.state.is_final() {
                return Ok(());
            }
            self.records
                .save_job(job.cancelled(self.ground.clock.now())?)
                .await
                .map(|_| ())
        });
        match ended.await {
            // A worker tells of its progress again and again: it finds out by itself that it is not wanted any more.
            Err(failure) if failure.code == Code::Conflict => Ok(()),
            ended => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_nobodys() {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        let texts = [id, "7", "", &id.to_uppercase(), id].map(ToOwned::to_owned);
        assert_eq!(
            ids_in(&texts).into_iter().collect::<Vec<_>>(),
            [id.parse::<ImageId>().unwrap()]
        );
    }

    #[test]
    fn one_request_names_so_many_and_no_more() {
        assert!(check_number(&vec![String::new(); 10_000]).is_ok());
        assert!(check_number(&vec![String::new(); 10_001]).is_err());
    }
}
