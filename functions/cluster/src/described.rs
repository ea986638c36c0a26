//! What is known of the photographs of a batch, and who is sent to find out what is not.

use std::collections::{HashMap, HashSet};

use darkroom_domain::{
    Batch, Code, Description, Failure, FailureReport, ImageId, Job, JobId, JobMessage, JobState, Task,
    TenantId, VectorSpace,
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{Clusterer, spaces};

/// How many records are written at once.
const AT_ONCE: usize = 16;
/// How many pictures are looked up before their records are let go again.
const PICTURES: usize = 5_000;

/// A photograph of the batch.
#[derive(Clone, Debug)]
pub(crate) struct Photograph {
    pub(crate) id: ImageId,
    /// What is known of it.
    pub(crate) description: Option<Description>,
    /// Why it is grouped with no other.
    pub(crate) failure: Option<FailureReport>,
}

impl Photograph {
    /// Whether it has a vector that can be compared.
    pub(crate) const fn takes_part(&self) -> bool {
        self.failure.is_none()
    }
}

/// The space of the vectors of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Space {
    pub(crate) id: VectorSpace,
    pub(crate) model: Option<String>,
    pub(crate) model_sha256: Option<String>,
    pub(crate) dimensions: u32,
}

/// The photographs of a batch, by their ids, and the space that their vectors are in; none if no photograph has one.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) photographs: Vec<Photograph>,
    pub(crate) space: Option<Space>,
}

/// What is to be done about a photograph that has no vector, or one of another space.
#[derive(Clone, Debug, PartialEq)]
enum Fate {
    /// Nobody was sent yet.
    Begin,
    /// Somebody is at it.
    Wait,
    /// There will be none.
    Failed(FailureReport),
}

impl Fate {
    fn of(job: Option<&Job>) -> Self {
        let Some(job) = job else { return Self::Begin };
        match job.state {
            JobState::Queued | JobState::Running => Self::Wait,
            JobState::Failed | JobState::Cancelled | JobState::Done => {
                Self::Failed(job.failure.clone().unwrap_or_else(|| FailureReport {
                    code: Code::EmbeddingsMissing,
                    detail: "No vector was made of it that can be compared with the others.".to_owned(),
                }))
            }
        }
    }
}

impl Clusterer {
    /// The photographs that are in a batch and there, by their ids; those that were deleted leave it.
    pub(crate) async fn members(&self, batch: &Batch) -> Result<Vec<ImageId>, Failure> {
        let (tenant, limit) = (&batch.tenant, Batch::MAX_MEMBERS.saturating_add(1));
        let members = self.records.batch_members(tenant, batch.id, limit).await?;
        let ids: Vec<ImageId> = members.into_iter().map(|member| member.image_id).collect();
        let mut there: HashSet<ImageId> = HashSet::with_capacity(ids.len());
        for some in ids.chunks(PICTURES) {
            let images = self.records.images_of(tenant, some).await?;
            there.extend(images.into_iter().map(|image| image.id));
        }
        let (mut kept, gone): (Vec<ImageId>, Vec<ImageId>) =
            ids.into_iter().partition(|id| there.contains(id));
        stream::iter(gone)
            .map(|id| self.records.leave_batch(tenant, batch.id, id))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        kept.sort_unstable();
        Ok(kept)
    }

    /// What is known of photographs, given by their ids in order.
    ///
    /// # Errors
    /// `embeddings_missing`, for good, as long as one of them is still being described: then those that nobody was sent to
    /// are begun.
    pub(crate) async fn described(&self, tenant: &TenantId, ids: &[ImageId]) -> Result<Described, Failure> {
        let descriptions = self.records.descriptions(tenant, ids).await?;
        let mut known: HashMap<ImageId, Description> = descriptions
            .into_iter()
            .map(|description| (description.image_id, description))
            .collect();
        let mut photographs: Vec<Photograph> = ids
            .iter()
            .map(|id| Photograph {
                id: *id,
                description: known.remove(id),
                failure: None,
            })
            .collect();
        let own_space = |photograph: &Photograph| {
            let space = photograph.description.as_ref()?.space?;
            Some((photograph.id, space))
        };
        let placed: Vec<spaces::Placed> = photographs.iter().filter_map(own_space).collect();
        let mut wanted: Vec<(ImageId, JobId)> = photographs
            .iter()
            .filter(|photograph| own_space(photograph).is_none())
            .map(|photograph| (photograph.id, JobId::describing(photograph.id)))
            .collect();
        let space = self.space_of(tenant, &placed).await?;
        if let Some(space) = space {
            let strangers = spaces::strangers(&placed, space).into_iter();
            wanted.extend(strangers.map(|(image, _)| (image, JobId::describing_anew(image, space))));
        }
        let mut failures = self.see_to(tenant, &wanted, ids.len()).await?;
        for photograph in &mut photographs {
            photograph.failure = failures.remove(&photograph.id);
        }
        let space = space.and_then(|id| {
            let mut descriptions = photographs.iter().filter_map(|one| one.description.as_ref());
            let first = descriptions.find(|description| description.space == Some(id))?;
            Some(Space {
                id,
                model: first.model.clone(),
                model_sha256: first.model_sha256.clone(),
                dimensions: first.dimensions,
            })
        });
        Ok(Described { photographs, space })
    }

    /// The space to group in, as [`spaces::target`] decides.
    async fn space_of(
        &self,
        tenant: &TenantId,
        placed: &[spaces::Placed],
    ) -> Result<Option<VectorSpace>, Failure> {
        let Some(most) = spaces::most_common(placed) else {
            return Ok(None);
        };
        let anew: Vec<JobId> = spaces::strangers(placed, most)
            .into_iter()
            .map(|(image, _)| JobId::describing_anew(image, most))
            .collect();
        let states: HashMap<JobId, JobState> = self
            .records
            .jobs(tenant, &anew)
            .await?
            .into_iter()
            .map(|job| (job.id, job.state))
            .collect();
        let state = |image| states.get(&JobId::describing_anew(image, most)).copied();
        Ok(spaces::target(placed, state))
    }

    /// Sees to photographs that are to be described by these jobs: those that never will be, and why.
    async fn see_to(
        &self,
        tenant: &TenantId,
        wanted: &[(ImageId, JobId)],
        of: usize,
    ) -> Result<HashMap<ImageId, FailureReport>, Failure> {
        let ids: Vec<JobId> = wanted.iter().map(|(_, job)| *job).collect();
        let jobs: HashMap<JobId, Job> = self
            .records
            .jobs(tenant, &ids)
            .await?
            .into_iter()
            .map(|job| (job.id, job))
            .collect();
        let mut failures = HashMap::new();
        let (mut begun, mut open) = (Vec::new(), 0_usize);
        for (image, id) in wanted {
            match Fate::of(jobs.get(id)) {
                Fate::Begin => {
                    open += 1;
                    begun.push((*image, *id));
                }
                Fate::Wait => open += 1,
                Fate::Failed(report) => {
                    failures.insert(*image, report);
                }
            }
        }
        if open == 0 {
            return Ok(failures);
        }
        let messages: Vec<Option<JobMessage>> = stream::iter(begun)
            .map(|(image, id)| self.begin(tenant, image, id))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let messages: Vec<JobMessage> = messages.into_iter().flatten().collect();
        self.queues.send_jobs(&messages).await?;
        Err(Failure::permanent(
            Code::EmbeddingsMissing,
            format!(
                "One or more images are missing feature embeddings. {open} of {of} are still being described."
            ),
        ))
    }

    /// Begins a job that describes a photograph, unless another did.
    async fn begin(
        &self,
        tenant: &TenantId,
        image_id: ImageId,
        id: JobId,
    ) -> Result<Option<JobMessage>, Failure> {
        let job = Job::queued(
            id,
            tenant.clone(),
            Task::Embed { image_id },
            self.ground.clock.now(),
        );
        match self.records.create_job(&job).await {
            Ok(()) => Ok(Some(JobMessage::for_job(&job))),
            Err(failure) if failure.code == Code::Conflict => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::Timestamp;
    use uuid::Uuid;

    #[test]
    fn who_failed_for_good_is_not_waited_for() {
        let now = Timestamp::UNIX_EPOCH;
        let image_id = ImageId::from_uuid(Uuid::from_u128(1));
        let queued = Job::queued(
            JobId::describing(image_id),
            TenantId::single(),
            Task::Embed { image_id },
            now,
        );
        assert_eq!(Fate::of(None), Fate::Begin);
        assert_eq!(Fate::of(Some(&queued)), Fate::Wait);
        let running = queued.claimed(now, now).unwrap();
        assert_eq!(Fate::of(Some(&running)), Fate::Wait);
        let report = FailureReport {
            code: Code::CorruptImage,
            detail: "It is broken.".to_owned(),
        };
        let failed = running.clone().failed(report.clone(), now).unwrap();
        assert_eq!(Fate::of(Some(&failed)), Fate::Failed(report));
        let cancelled = running.clone().cancelled(now).unwrap();
        assert!(matches!(Fate::of(Some(&cancelled)), Fate::Failed(report) if report.code == Code::Cancelled));
        // Done, and still without a vector that can be compared.
        let done = running.done(Vec::new(), now).unwrap();
        assert!(
            matches!(Fate::of(Some(&done)), Fate::Failed(report) if report.code == Code::EmbeddingsMissing)
        );
    }
}
