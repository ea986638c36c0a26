//! The start of a function's process.

use darkroom_cloud::Environment;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::function::Constructor;

/// Runs a function under Lambda's runtime API until Lambda ends it: the whole of every `main`.
///
/// # Errors
/// When the environment is not what the template promises, or the runtime API does not answer.
pub async fn run(constructor: Constructor) -> Result<(), Error> {
    let environment = Environment::of_process();
    let filter = EnvFilter::try_new(environment.get("LOG_LEVEL").unwrap_or("info"))?;
    // Lambda puts the time beside every line.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_env_filter(filter)
        .init();
    let function = constructor(&environment)?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let function = function.clone();
        async move { function.handle(event).await.map_err(Diagnostic::from) }
    }))
    .await
}
