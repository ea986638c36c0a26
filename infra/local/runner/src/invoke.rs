//! One invocation of one function, as Lambda does it: a context, a deadline, a panic kept in.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use darkroom_lambda::{Function, FunctionError};
use lambda_runtime::{Config, Context, LambdaEvent};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tracing::Instrument;

use crate::clock;
use crate::template::FunctionDefinition;

/// A function that can be invoked.
pub(crate) struct Invoker {
    name: String,
    arn: String,
    timeout: Duration,
    function: Function,
    configuration: Arc<Config>,
    permits: Arc<Semaphore>,
}

impl fmt::Debug for Invoker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Invoker")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why an invocation gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvocationError {
    /// The function said so.
    #[error("{0}")]
    Function(FunctionError),
    /// The function took longer than its timeout.
    #[error("timed out after {0:?}")]
    TimedOut(Duration),
    /// The function panicked.
    #[error("panicked: {0}")]
    Panicked(String),
    /// The runner stopped meanwhile.
    #[error("abandoned, as the runner stops")]
    Abandoned,
}

impl Invoker {
    pub(crate) fn new(definition: &FunctionDefinition, function: Function, concurrency: usize) -> Self {
        let mut configuration = Config::default();
        configuration.function_name.clone_from(&definition.name);
        configuration.memory = i32::try_from(definition.memory_megabytes).unwrap_or(i32::MAX);
        let reserved = definition
            .reserved_concurrency
            .map(|reserved| usize::try_from(reserved).unwrap_or(usize::MAX));
        let concurrency = reserved.unwrap_or(concurrency).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            name: definition.name.clone(),
            arn: definition.arn.clone(),
            timeout: definition.timeout,
            function,
            configuration: Arc::new(configuration),
            permits: Arc::new(Semaphore::new(concurrency)),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Invokes the function once it may run. Dropping the future ends the invocation.
    pub(crate) async fn invoke(&self, event: Value) -> Result<Value, InvocationError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| InvocationError::Abandoned)?;
        let request_id = clock::request_id().to_string();
        let mut context = Context::default();
        context.request_id.clone_from(&request_id);
        context.deadline = clock::milliseconds(clock::since_epoch().saturating_add(self.timeout));
        context.invoked_function_arn.clone_from(&self.arn);
        context.env_config = Arc::clone(&self.configuration);
        let span = tracing::info_span!("invocation", function = %self.name, request_id);
        let function = Arc::clone(&self.function);
        // A task of its own: a function that computes for long cannot hold up the clock that ends it.
        let task = tokio::spawn(
            async move {
                let _permit = permit;
                function.handle(LambdaEvent::new(event, context)).await
            }
            .instrument(span.clone()),
        );
        let _ended_on_drop = AbortOnDrop(task.abort_handle());
        let outcome = match tokio::time::timeout(self.timeout, task).await {
            Err(_) => Err(InvocationError::TimedOut(self.timeout)),
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => Err(InvocationError::Function(error)),
            Ok(Err(join)) => Err(match join.try_into_panic() {
                Ok(panic) => InvocationError::Panicked(panic_message(panic.as_ref())),
                Err(_) => InvocationError::Abandoned,
            }),
        };
        if let Err(error) = &outcome {
            span.in_scope(|| tracing::error!(%error, "the invocation failed"));
        }
        outcome
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&'static str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use darkroom_lambda::Handler;
    use serde_json::json;

    use super::*;

    /// A function made of a closure.
    pub(crate) struct Plain<F>(pub(crate) F);

    #[async_trait]
    impl<F, Answer> Handler for Plain<F>
    where
        F: Fn(LambdaEvent<Value>) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<Value, FunctionError>> + Send,
    {
        async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
            (self.0)(event).await
        }
    }

    pub(crate) fn definition(name: &str, timeout: Duration) -> FunctionDefinition {
        FunctionDefinition {
            logical_id: name.to_owned(),
            name: format!("darkroom-{name}"),
            arn: format!("arn:aws:lambda:us-east-1:000000000000:function:darkroom-{name}"),
            binary: name.to_owned(),
            memory_megabytes: 256,
            timeout,
            reserved_concurrency: None,
            environment: std::collections::BTreeMap::new(),
            queue_events: Vec::new(),
            schedules: Vec::new(),
        }
    }

    pub(crate) fn invoker<F, Answer>(timeout: Duration, function: F) -> Invoker
    where
        F: Fn(LambdaEvent<Value>) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        Invoker::new(&definition("plain", timeout), Arc::new(Plain(function)), 2)
    }

    #[tokio::test]
    async fn the_context_names_request_function_and_deadline() {
        let invoker = invoker(Duration::from_secs(60), async |event: LambdaEvent<Value>| {
            Ok(json!({
                "request": event.context.request_id,
                "arn": event.context.invoked_function_arn,
                "deadline": event.context.deadline,
                "name": event.context.env_config.function_name,
                "memory": event.context.env_config.memory,
                "event": event.payload,
            }))
        });
        let before = clock::milliseconds(clock::since_epoch());
        let answer = invoker.invoke(json!({"n": 1})).await.unwrap();
        let deadline = answer["deadline"].as_u64().unwrap();
        assert!(
            (before + 60_000..before + 65_000).contains(&deadline),
            "{deadline} against {before}"
        );
        assert_eq!(answer["request"].as_str().unwrap().len(), 36);
        assert_eq!(
            answer["arn"],
            "arn:aws:lambda:us-east-1:000000000000:function:darkroom-plain"
        );
        assert_eq!(
            (&answer["name"], &answer["memory"]),
            (&json!("darkroom-plain"), &json!(256))
        );
        assert_eq!(answer["event"], json!({"n": 1}));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_a_function() {
        static ENDED: AtomicUsize = AtomicUsize::new(0);
        let invoker = invoker(Duration::from_secs(3), async |_| {
            tokio::time::sleep(Duration::from_secs(10)).await;
            ENDED.fetch_add(1, Ordering::SeqCst);
            Ok(Value::Null)
        });
        let error = invoker.invoke(Value::Null).await.unwrap_err();
        assert_eq!(error, InvocationError::TimedOut(Duration::from_secs(3)));
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(
            ENDED.load(Ordering::SeqCst),
            0,
            "the function ran on past its deadline"
        );
    }

    #[tokio::test]
    async fn a_panic_is_one_failed_invocation() {
        let invoker = invoker(Duration::from_secs(3), async |event: LambdaEvent<Value>| {
            assert!(event.payload != json!("bad"), "a bad event");
            Ok(json!("fine"))
        });
        let error = invoker.invoke(json!("bad")).await.unwrap_err();
        assert_eq!(error, InvocationError::Panicked("a bad event".to_owned()));
        assert_eq!(invoker.invoke(json!("good")).await, Ok(json!("fine")));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_run_at_once_than_may() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let invoker = Arc::new(invoker(Duration::from_secs(60), async |_| {
            MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            RUNNING.fetch_sub(1, Ordering::SeqCst);
            Ok(Value::Null)
        }));
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let invoker = Arc::clone(&invoker);
            all.spawn(async move { invoker.invoke(Value::Null).await });
        }
        while let Some(outcome) = all.join_next().await {
            assert!(outcome.unwrap().is_ok());
        }
        assert_eq!(MOST.load(Ordering::SeqCst), 2);
    }
}
