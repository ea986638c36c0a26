//! Batches of SQS messages: each succeeds or fails by itself.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use darkroom_cloud::Clock;
use darkroom_domain::{Failure, RetryPolicy};
use futures::FutureExt;
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use crate::{
    deadline::Deadline,
    function::{Function, FunctionError, Handler},
};

/// One message, as much of it as workers look at.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Names it in the answer to Lambda.
    pub message_id: String,
    /// What it says.
    pub body: String,
    /// Which queue it came by.
    #[serde(default, rename = "eventSourceARN")]
    pub queue_arn: String,
    /// What SQS notes on it.
    #[serde(default)]
    pub attributes: MessageAttributes,
}

/// What SQS notes on a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttributes {
    /// How often it was delivered, as a text.
    #[serde(default)]
    pub approximate_receive_count: String,
}

/// Does the work that one message asks for.
#[async_trait]
pub trait MessageHandler: Send + Sync + 'static {
    /// Does it within `deadline`. It must be safe to do twice, late and out of order.
    ///
    /// # Errors
    /// A permanent failure acknowledges the message: whoever must know was told. Any other gives it back.
    async fn handle(&self, message: &Message, deadline: Deadline) -> Result<(), Failure>;

    /// The time below which nothing is begun any more.
    fn least_time(&self) -> Duration {
        Duration::from_secs(5)
    }
}

/// The function that gives the messages of a batch to `handler`, one after the other: one picture's memory at a time.
pub fn batch_function(handler: impl MessageHandler, clock: Arc<dyn Clock>) -> Function {
    Arc::new(Batch { handler, clock })
}

/// Whether an event is a batch of SQS messages.
#[must_use]
pub fn is_batch(event: &Value) -> bool {
    event.get("Records").is_some_and(Value::is_array)
}

struct Batch<H> {
    handler: H,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchAnswer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

#[async_trait]
impl<H: MessageHandler> Handler for Batch<H> {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
        let deadline = Deadline::of(&event.context);
        let Some(Value::Array(records)) = event.payload.get("Records") else {
            return Err(FunctionError::invalid_event("no records"));
        };
        let mut failures = Vec::new();
        for record in records {
            // A record that cannot be read still has a name to be reported by; one without fails the batch.
            let message: Message =
                serde_json::from_value(record.clone()).map_err(FunctionError::invalid_event)?;
            let span = tracing::info_span!(
                "message",
                request_id = %event.context.request_id,
                message_id = %message.message_id,
                delivery = %message.attributes.approximate_receive_count,
            );
            if !self.acknowledge(&message, deadline).instrument(span).await {
                failures.push(ItemFailure {
                    item_identifier: message.message_id,
                });
            }
        }
        serde_json::to_value(BatchAnswer {
            batch_item_failures: failures,
        })
        .map_err(FunctionError::invalid_event)
    }
}

impl<H: MessageHandler> Batch<H> {
    /// Handles one message; whether it is over and done with.
    async fn acknowledge(&self, message: &Message, deadline: Deadline) -> bool {
        let began = self.clock.now();
        if deadline.left(began) < self.handler.least_time() {
            tracing::info!(code = "out_of_time", "given back untouched");
            return false;
        }
        let handled = AssertUnwindSafe(self.handler.handle(message, deadline))
            .catch_unwind()
            .await;
        let duration_ms = self.clock.now().since(began).as_millis();
        match handled {
            Ok(Ok(())) => {
                tracing::info!(duration_ms, "handled");
                true
            }
            Ok(Err(failure)) => {
                let acknowledged = failure.policy == RetryPolicy::Permanent;
                tracing::warn!(duration_ms, code = %failure.code, acknowledged, "failed: {failure}");
                acknowledged
            }
            Err(_) => {
                tracing::error!(
                    duration_ms,
                    code = "panic",
                    acknowledged = false,
                    "a worker panicked"
                );
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_cloud::clock::SystemClock;
    use darkroom_domain::{Code, Timestamp};
    use lambda_runtime::Context;
    use serde_json::json;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Scripted(Arc<Mutex<Vec<String>>>);

    #[async_trait]
    impl MessageHandler for Scripted {
        async fn handle(&self, message: &Message, _: Deadline) -> Result<(), Failure> {
            self.0.lock().unwrap().push(message.body.clone());
            match message.body.as_str() {
                "permanent" => Err(Failure::permanent(Code::CorruptImage, "")),
                "temporary" => Err(Failure::temporary(Code::Unavailable, "")),
                "unknown" => Err(Failure::unknown("?")),
                "panic" => panic!("a decoder broke"),
                _ => Ok(()),
            }
        }
    }

    fn event(bodies: &[&str], left: Duration) -> LambdaEvent<Value> {
        let records: Vec<Value> = bodies
            .iter()
            .map(|body| json!({ "messageId": format!("id-{body}"), "body": body, "attributes": {} }))
            .collect();
        let mut context = Context::default();
        let end: Timestamp = SystemClock.now().after(left);
        context.deadline = u64::try_from(end.unix_milliseconds()).unwrap();
        LambdaEvent::new(json!({ "Records": records }), context)
    }

    #[tokio::test]
    async fn one_poison_record_fails_alone() {
        let function = batch_function(Scripted::default(), Arc::new(SystemClock));
        let bodies = ["a", "permanent", "temporary", "unknown", "panic", "b"];
        let answer = function
            .handle(event(&bodies, Duration::from_secs(60)))
            .await
            .unwrap();
        assert_eq!(
            answer,
            json!({ "batchItemFailures": [
                { "itemIdentifier": "id-temporary" },
                { "itemIdentifier": "id-unknown" },
                { "itemIdentifier": "id-panic" },
            ] })
        );
    }

    #[tokio::test]
    async fn what_cannot_be_finished_is_not_begun() {
        let handler = Scripted::default();
        let seen = Arc::clone(&handler.0);
        let function = batch_function(handler, Arc::new(SystemClock));
        let answer = function
            .handle(event(&["a"], Duration::from_secs(3)))
            .await
            .unwrap();
        assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "id-a");
        assert!(seen.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_event_without_records_is_an_error() {
        let function = batch_function(Scripted::default(), Arc::new(SystemClock));
        let error = function
            .handle(LambdaEvent::new(json!({}), Context::default()))
            .await
            .unwrap_err();
        assert_eq!(error.kind, "invalid_event");
    }
}
