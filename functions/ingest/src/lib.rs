//! Decides whether what arrived is allowed and new.

mod arrival;
mod examine;
mod hand_over;
mod sort;

use std::sync::Arc;

use async_trait::async_trait;
use darkroom_cloud::{
    Clock, Connection, Environment, EnvironmentError, Files, Ground, Queues, Records, image_limits,
};
use darkroom_domain::{Code, Failure, ImageLimits, JobKind};
use darkroom_lambda::{Deadline, Function, Message, MessageHandler, batch_function};

/// What the worker works with.
#[derive(Clone, Debug)]
struct Ingest {
    files: Files,
    records: Records,
    queues: Queues,
    ground: Ground,
    limits: ImageLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let ground = Ground::default();
    let ingest = Ingest {
        files: connection.files()?,
        records: connection.records()?,
        queues: connection.queues(),
        ground: ground.clone(),
        limits: image_limits(environment)?,
    };
    ingest
        .queues
        .expect_jobs(&[JobKind::Thumbnail, JobKind::DatasetImport, JobKind::Embed])?;
    let clock: Arc<dyn Clock> = ground.clock;
    Ok(batch_function(ingest, clock))
}

#[async_trait]
impl MessageHandler for Ingest {
    async fn handle(&self, message: &Message, _: Deadline) -> Result<(), Failure> {
        let arrivals = arrival::arrivals(&message.body).map_err(|cause| {
            Failure::permanent(Code::InvalidRequest, "A message that nobody of ours wrote.").because(cause)
        })?;
        // One event that has to be tried again takes its neighbours with it: they are safe to see twice.
        let mut first_failure = None;
        for arrival in arrivals {
            if let Err(failure) = self.examine(&arrival).await {
                tracing::warn!(upload_id = %arrival.upload, code = %failure.code, "not examined: {failure}");
                first_failure.get_or_insert(failure);
            }
        }
        first_failure.map_or(Ok(()), Err)
    }
}
