//! The work itself: a picture in, a file with its vector and a record of the rest out.

use async_trait::async_trait;
use darkroom_cloud::Finish;
use darkroom_domain::{
    Code, Description, Failure, FileKey, Image, ImageId, Job, JobMessage, JobResult, TenantId,
};
use darkroom_inference::Task;
use darkroom_lambda::{Deadline, JobHandler, jobs};
use darkroom_photograph::{
    Described, describe,
    describing::{is_current, update_description},
    vector,
};

use crate::Describer;

/// What is known of a picture now.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was known before.
    Known(Description),
    /// It was found out; the vector is written.
    Found(Described),
}

#[async_trait]
impl JobHandler for Describer {
    type Output = Outcome;

    /// Describes the picture, unless what is known of it is what would be found. The key of the vector follows from picture
    /// and model: doing it twice writes the same file.
    async fn work(&self, job: &Job, deadline: Deadline) -> Result<Outcome, Failure> {
        let darkroom_domain::Task::Embed { image_id } = job.task else {
            return Err(Failure::permanent(
                Code::InvalidRequest,
                "This is another worker's job.",
            ));
        };
        let image = self.records.image(&job.tenant, image_id).await?;
        let image = image.ok_or_else(|| Failure::permanent(Code::FileMissing, "The picture is gone."))?;
        let left = || deadline.left(self.ground.clock.now());
        let space = vector::current_space(&self.models, left()).await?;
        let known = self.records.description(&job.tenant, image_id).await?;
        if let Some(known) = known.filter(|known| is_current(known, space)) {
            return Ok(Outcome::Known(known));
        }
        let described = self.describe(&image, deadline).await?;
        let key = FileKey::Embedding {
            tenant: job.tenant.clone(),
            image: image_id,
            space: described.space,
        };
        let file = vector::encode(&described.vector);
        self.files.write(&key, vector::MEDIA_TYPE, file.into()).await?;
        log(image_id, &described);
        Ok(Outcome::Found(described))
    }

    async fn complete(&self, job: Job, outcome: Outcome) -> Result<Finish, Failure> {
        let description = match outcome {
            Outcome::Known(description) => description,
            Outcome::Found(described) => {
                let Some(description) = self.keep(&job, &described).await? else {
                    return Ok(Finish::Superseded);
                };
                description
            }
        };
        let result = JobResult::Description {
            model: description.model.unwrap_or_default(),
            dimensions: description.dimensions,
        };
        jobs::done(&self.records, &*self.ground.clock, job, vec![result]).await
    }

    /// What was made of a picture that is gone goes too; that of one that is there is the same whoever makes it.
    async fn clear_up(&self, message: &JobMessage) -> Result<(), Failure> {
        let Some(image_id) = message.task.image_id() else {
            return Ok(());
        };
        self.forget_if_gone(&message.tenant, image_id).await
    }
}

impl Describer {
    async fn describe(&self, image: &Image, deadline: Deadline) -> Result<Described, Failure> {
        let left = || deadline.left(self.ground.clock.now());
        let name = self.models.described(Task::Embed, None).await?.name;
        let model = self.models.model_within(Task::Embed, &name, left()).await?;
        let limits = self.limits;
        let file = self.files.original(&image.tenant, image.id, limits.bytes).await?;
        jobs::on_pixels(left(), move || describe(&file.bytes, &limits, &model)).await
    }

    /// Writes down what was found out; none where the picture has gone meanwhile.
    async fn keep(&self, job: &Job, described: &Described) -> Result<Option<Description>, Failure> {
        let Some(image_id) = job.task.image_id() else {
            return Ok(None);
        };
        let kept = update_description(
            &self.records,
            &*self.ground.clock,
            (&job.tenant, image_id),
            |description, now| described.describe(description, now),
        );
        match kept.await {
            Ok(description) => Ok(Some(description)),
            Err(failure) if failure.code == Code::NotFound => Ok(None),
            // The job is still this worker's: others do nothing but measure quality, and will have ended by the next attempt.
            Err(failure) if failure.code == Code::Conflict => Err(Failure::temporary(
                Code::Unavailable,
                "Others are changing what is known of this picture.",
            )
            .because(failure)),
            Err(failure) => Err(failure),
        }
    }

    async fn forget_if_gone(&self, tenant: &TenantId, image: ImageId) -> Result<(), Failure> {
        if self.records.image(tenant, image).await?.is_none() {
            self.records.forget_description(tenant, image).await?;
            self.files.delete_derived(tenant, image).await?;
        }
        Ok(())
    }
}

fn log(image: ImageId, described: &Described) {
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    let times = &described.times;
    tracing::info!(
        image = %image,
        model = described.model,
        space = %described.space,
        decode_ms = milliseconds(times.decoding),
        inference_ms = milliseconds(times.inference),
        hash_ms = milliseconds(times.hashing),
        quality_ms = milliseconds(times.quality),
        "described"
    );
}
