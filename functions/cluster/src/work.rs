//! The way of an analysis: what is known of the photographs, what that says, and how it becomes the groups of the batch.

use async_trait::async_trait;
use darkroom_cloud::Finish;
use darkroom_domain::{
    Batch, Code, Failure, FailureReport, Grouping, GroupingId, Job, JobMessage, JobResult, JobState,
    TenantId, ids::BatchId,
};
use darkroom_lambda::{Deadline, JobHandler};

use crate::{
    Clusterer,
    assemble::{Analysis, input_sha256, is_unchanged},
    described::Described,
    find::Input,
    vectors::Place,
};

/// How often the groups are written anew when the batch was changed at the same moment.
const TRIES: u32 = 5;

/// What is left to be written down. The job has its newest version: progress was written meanwhile.
#[derive(Debug)]
pub(crate) enum Output {
    /// Groups were found.
    Found(Box<Job>, Box<Analysis>),
    /// The batch has the groups already that would be found.
    Unchanged(Box<Job>, Box<Grouping>),
    /// So many photographs are another machine's.
    TooLarge(usize),
}

#[async_trait]
impl JobHandler for Clusterer {
    type Output = Output;

    async fn work(&self, job: &Job, deadline: Deadline) -> Result<Output, Failure> {
        let batch_id = job
            .task
            .batch_id()
            .ok_or_else(|| Failure::permanent(Code::InvalidRequest, "This is another worker's job."))?;
        let batch = self.turn(job, batch_id).await?.ok_or_else(nobody_waits)?;
        let mut job = job.clone();
        self.write_progress(&mut job, 0).await?;
        let ids = self.members(&batch).await?;
        if ids.is_empty() {
            return Err(Failure::permanent(
                Code::ValidationFailed,
                "Cannot analyze an empty batch.",
            ));
        }
        if ids.len() > self.most {
            self.queues.check_batch_analysis(ids.len())?;
            return Ok(Output::TooLarge(ids.len()));
        }
        let described = self.described(&job.tenant, &ids).await?;
        let parameters = batch.parameters.unwrap_or_default();
        let previous = self.groups.read(&batch).await?;
        let input = input_sha256(&described, parameters, previous.as_ref(), batch.discards_manual);
        if let Some(previous) = previous.filter(|known| is_unchanged(known, &input, batch.discards_manual)) {
            return Ok(Output::Unchanged(Box::new(job), Box::new(previous)));
        }
        let analysis = self.analysis(&mut job, &batch, described, deadline).await?;
        Ok(Output::Found(Box::new(job), Box::new(analysis)))
    }

    async fn complete(&self, job: Job, output: Output) -> Result<Finish, Failure> {
        match output {
            Output::Found(job, analysis) => self.publish(*job, *analysis).await,
            Output::Unchanged(job, grouping) => {
                let result = result_of(&grouping);
                self.confirm(*job, &grouping, result).await
            }
            Output::TooLarge(photographs) => {
                let message = JobMessage::for_job(&job);
                // Progress was written: the record is newer than the one that was claimed.
                let current = self.records.job(&job.tenant, job.id).await?;
                let is_ours = |current: &Job| {
                    current.state == JobState::Running && current.started_at == job.started_at
                };
                let Some(current) = current.filter(is_ours) else {
                    return Ok(Finish::Superseded);
                };
                let now = self.ground.clock.now();
                self.records.save_job(current.given_back(None, now)?).await?;
                self.queues.send_batch_analysis(&message, photographs).await?;
                Ok(Finish::Done)
            }
        }
    }

    /// The file of groups that no batch names goes. Nobody but a job that still may end needs one.
    async fn clear_up(&self, message: &JobMessage) -> Result<(), Failure> {
        let Some(batch_id) = message.task.batch_id() else {
            return Ok(());
        };
        let job = self.records.job(&message.tenant, message.job_id).await?;
        let may_end = job.is_some_and(|job| matches!(job.state, JobState::Queued | JobState::Running));
        if may_end {
            return Ok(());
        }
        self.withdraw(&message.tenant, batch_id, id_of(message.job_id))
            .await
    }

    async fn clear_up_failed(&self, job: &Job) -> Result<(), Failure> {
        self.clear_up(&JobMessage::for_job(job)).await
    }
}

impl Clusterer {
    /// The batch, if it waits for this job.
    async fn turn(&self, job: &Job, batch: BatchId) -> Result<Option<Batch>, Failure> {
        let batch = self.records.batch(&job.tenant, batch).await?;
        Ok(batch.filter(|batch| batch.job_id() == Some(job.id)))
    }

    /// Reads the vectors and finds what they say.
    async fn analysis(
        &self,
        job: &mut Job,
        batch: &Batch,
        mut described: Described,
        deadline: Deadline,
    ) -> Result<Analysis, Failure> {
        let parameters = batch.parameters.unwrap_or_default();
        let ids_taking_part = |described: &Described| {
            let photographs = described.photographs.iter();
            photographs
                .filter(|photograph| photograph.takes_part())
                .map(|photograph| photograph.id)
                .collect::<Vec<_>>()
        };
        let wanted = ids_taking_part(&described);
        let mut input = Input {
            parameters,
            ..Input::default()
        };
        let mut has_gaps = false;
        if let Some(space) = &described.space {
            let place = Place {
                tenant: &job.tenant,
                batch: batch.id,
                space: space.id,
                dimensions: space.dimensions,
            };
            let rows = self.vectors(place, &wanted).await?;
            let taking_part = described.photographs.iter_mut().filter(|one| one.takes_part());
            for (row, photograph) in taking_part.enumerate() {
                if !rows.is_read(row) {
                    has_gaps = true;
                    photograph.failure = Some(FailureReport {
                        code: Code::FileMissing,
                        detail: "Its vector could not be read.".to_owned(),
                    });
                }
            }
            input.dimensions = usize::try_from(space.dimensions).map_err(Failure::unknown)?;
            input.values = rows.into_values();
            let known = described.photographs.iter().filter(|one| one.takes_part());
            input.hashes = known
                .map(|one| {
                    one.description
                        .as_ref()
                        .and_then(|description| description.hash())
                })
                .collect();
            input.ids = ids_taking_part(&described);
        }
        let found = self.find(job, input, deadline).await?;
        Ok(Analysis {
            batch_id: batch.id,
            job_id: job.id,
            parameters,
            described,
            has_gaps,
            found,
        })
    }

    /// Writes the groups and shows them, if the batch still waits for them; the file that they replace goes.
    async fn publish(&self, mut job: Job, analysis: Analysis) -> Result<Finish, Failure> {
        let id = id_of(job.id);
        for _ in 0..TRIES {
            // What was ranked or renamed meanwhile is in the batch that is read here.
            let Some(batch) = self.turn(&job, analysis.batch_id).await? else {
                return Ok(Finish::Superseded);
            };
            let previous = self.groups.read(&batch).await?;
            let now = self.ground.clock.now();
            let grouping = analysis.assemble(id, previous.as_ref(), batch.discards_manual, now);
            self.groups.write(&job.tenant, &grouping).await?;
            let result = result_of(&grouping);
            let replaced = batch.grouping.filter(|replaced| *replaced != id);
            if self.finish(&job, batch, id, result).await? {
                if let Some(replaced) = replaced {
                    self.groups
                        .discard(&job.tenant, analysis.batch_id, replaced)
                        .await;
                }
                return Ok(Finish::Done);
            }
            let Some(current) = self.still_running(&job).await? else {
                return Ok(Finish::Superseded);
            };
            job = current;
        }
        Err(Failure::temporary(
            Code::Unavailable,
            "The batch was changed again and again. Try again.",
        ))
    }

    /// Shows the groups that the batch has.
    async fn confirm(&self, mut job: Job, grouping: &Grouping, result: JobResult) -> Result<Finish, Failure> {
        for _ in 0..TRIES {
            let Some(batch) = self.turn(&job, grouping.batch_id).await? else {
                return Ok(Finish::Superseded);
            };
            // Ranked meanwhile, they have another id.
            let id = batch.grouping.unwrap_or(grouping.id);
            if self.finish(&job, batch, id, result.clone()).await? {
                return Ok(Finish::Done);
            }
            let Some(current) = self.still_running(&job).await? else {
                return Ok(Finish::Superseded);
            };
            job = current;
        }
        Err(Failure::temporary(
            Code::Unavailable,
            "The batch was changed again and again. Try again.",
        ))
    }

    async fn finish(
        &self,
        job: &Job,
        batch: Batch,
        grouping: GroupingId,
        result: JobResult,
    ) -> Result<bool, Failure> {
        let now = self.ground.clock.now();
        let done = job.clone().done(vec![result], now)?;
        let batch = batch.grouped(job.id, grouping, now)?;
        self.records.finish_batch_analysis(batch, done).await
    }

    /// The job as it is now, if it is still this worker's attempt at it.
    async fn still_running(&self, job: &Job) -> Result<Option<Job>, Failure> {
        let current = self.records.job(&job.tenant, job.id).await?;
        Ok(current.filter(|current| {
            let is_this_attempt = (current.started_at, current.attempts) == (job.started_at, job.attempts);
            current.state == JobState::Running && is_this_attempt
        }))
    }

    /// Deletes a file of groups unless the batch names it.
    async fn withdraw(&self, tenant: &TenantId, batch_id: BatchId, id: GroupingId) -> Result<(), Failure> {
        let batch = self.records.batch(tenant, batch_id).await?;
        if batch.and_then(|batch| batch.grouping) != Some(id) {
            self.groups.discard(tenant, batch_id, id).await;
        }
        Ok(())
    }
}

/// The groups that a job makes: a second attempt writes the same file.
const fn id_of(job: darkroom_domain::JobId) -> GroupingId {
    GroupingId::from_uuid(*job.as_uuid())
}

fn nobody_waits() -> Failure {
    Failure::permanent(
        Code::Cancelled,
        "A newer analysis took its place, or the batch was changed by hand meanwhile.",
    )
}

fn result_of(grouping: &Grouping) -> JobResult {
    let ungrouped = grouping
        .photographs
        .iter()
        .filter(|one| one.label.is_none())
        .count();
    JobResult::Grouping {
        batch_id: grouping.batch_id,
        groups: u32::try_from(grouping.groups.len()).unwrap_or(u32::MAX),
        ungrouped: u32::try_from(ungrouped).unwrap_or(u32::MAX),
    }
}
