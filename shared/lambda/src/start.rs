//! The start of a function's process.

use darkroom_cloud::Environment;
use darkroom_domain::Timestamp;
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use crate::function::{Constructor, Function, FunctionError};

/// Runs a function under Lambda's runtime API until Lambda ends it: the whole of every `main`.
///
/// # Errors
/// When the environment is not what the template promises, or the runtime API does not answer.
pub async fn run(constructor: Constructor) -> Result<(), Error> {
    let environment = Environment::of_process();
    log(&environment)?;
    let function = constructor(&environment)?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let function = function.clone();
        async move { function.handle(event).await.map_err(Diagnostic::from) }
    }))
    .await
}

/// Begins the log of a process: JSON lines from the level on that `LOG_LEVEL` names.
///
/// # Errors
/// When it names none.
pub fn log(environment: &Environment) -> Result<(), Error> {
    let filter = EnvFilter::try_new(environment.get("LOG_LEVEL").unwrap_or("info"))?;
    // CloudWatch puts the time beside every line.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_env_filter(filter)
        .init();
    Ok(())
}

/// Gives one message to the function of a worker, outside of Lambda, and waits until `deadline` at the most.
///
/// # Errors
/// Those of the function; `given_back` when the message is to be given again.
pub async fn run_once(function: &Function, body: &str, deadline: Timestamp) -> Result<(), FunctionError> {
    const MESSAGE_ID: &str = "once";
    let mut context = Context::default();
    MESSAGE_ID.clone_into(&mut context.request_id);
    context.deadline = u64::try_from(deadline.unix_milliseconds()).unwrap_or_default();
    let event = json!({ "Records": [{ "messageId": MESSAGE_ID, "body": body, "attributes": {} }] });
    let answer = function.handle(LambdaEvent::new(event, context)).await?;
    let failures = answer.get("batchItemFailures").and_then(Value::as_array);
    match failures {
        Some(failures) if failures.is_empty() => Ok(()),
        _ => Err(FunctionError {
            kind: "given_back".to_owned(),
            message: "the work was not finished and is to be tried again".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Deadline, Message, MessageHandler, batch_function};
    use async_trait::async_trait;
    use darkroom_cloud::clock::{Clock, SystemClock};
    use darkroom_domain::{Code, Failure};
    use std::{sync::Arc, time::Duration};

    struct Scripted;

    #[async_trait]
    impl MessageHandler for Scripted {
        async fn handle(&self, message: &Message, deadline: Deadline) -> Result<(), Failure> {
            assert!(deadline.left(SystemClock.now()) > Duration::from_secs(3_000));
            match message.body.as_str() {
                "permanent" => Err(Failure::permanent(Code::Timeout, "")),
                "temporary" => Err(Failure::temporary(Code::Unavailable, "")),
                _ => Ok(()),
            }
        }
    }

    #[tokio::test]
    async fn one_message_ends_or_is_given_back() {
        let function = batch_function(Scripted, Arc::new(SystemClock));
        let later = SystemClock.now().after(Duration::from_secs(3_600));
        // What failed for good is written down: nobody needs to try it again.
        for body in ["well", "permanent"] {
            run_once(&function, body, later).await.unwrap();
        }
        let error = run_once(&function, "temporary", later).await.unwrap_err();
        assert_eq!(error.kind, "given_back");
        let error = run_once(&function, "well", SystemClock.now()).await.unwrap_err();
        assert_eq!(error.kind, "given_back", "there is no time");
    }
}
