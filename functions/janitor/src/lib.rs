//! Re-queues what stands still, expires what is due, ends what is dead.

mod dead_letters;
mod reconcile;

use std::sync::Arc;

use async_trait::async_trait;
use darkroom_cloud::{
    Connection, Environment, EnvironmentError, FanIn, Files, Ground, Queues, Records, Removal,
};
use darkroom_domain::JobKind;
use darkroom_lambda::{Function, FunctionError, Handler, batch::is_batch, batch_function};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

/// What the janitor works with.
#[derive(Clone, Debug)]
struct Janitor {
    files: Files,
    records: Records,
    removal: Removal,
    queues: Queues,
    fan_in: FanIn,
    ground: Ground,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let ground = Ground::default();
    let (files, records) = (connection.files()?, connection.records()?);
    let janitor = Janitor {
        removal: Removal::new(files.clone(), records.clone()),
        fan_in: FanIn::new(records.clone(), connection.queues(), ground.clock.clone()),
        files,
        records,
        queues: connection.queues(),
        ground: ground.clone(),
    };
    janitor.queues.expect_ingest()?;
    janitor.queues.expect_jobs(&JobKind::ALL)?;
    Ok(Arc::new(Rounds {
        dead_letters: batch_function(janitor.clone(), ground.clock),
        janitor,
    }))
}

/// Both of what the janitor is called for: dead letters come in batches, rounds by the clock.
struct Rounds {
    janitor: Janitor,
    dead_letters: Function,
}

#[async_trait]
impl Handler for Rounds {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
        if is_batch(&event.payload) {
            return self.dead_letters.handle(event).await;
        }
        // On one machine the runner calls once when it starts: then nobody is at work, whatever the records say.
        let starting = event
            .payload
            .pointer("/detail/start")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let round = self.janitor.reconcile(starting).await?;
        serde_json::to_value(round).map_err(FunctionError::invalid_event)
    }
}
