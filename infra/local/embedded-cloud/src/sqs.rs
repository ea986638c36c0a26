//! SQS in memory: `rustack-sqs`, and what it lacks of the behaviour of AWS.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use rustack_auth::StaticCredentialProvider;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::body::SqsResponseBody;
use rustack_sqs_http::dispatch::SqsHandler;
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};
use rustack_sqs_model::error::{SqsError, SqsErrorCode};
use rustack_sqs_model::input::SendMessageInput;
use rustack_sqs_model::operations::SqsOperation;
use serde_json::Value;

/// The HTTP service of the queues.
pub(crate) type QueueService = SqsHttpService<QueueHandler>;

/// The queues of this process.
#[derive(Debug, Clone)]
pub(crate) struct Queues {
    provider: Arc<RustackSqs>,
}

impl Queues {
    /// No queues yet; their addresses will be at `host` and `port`.
    pub(crate) fn new(host: &str, port: u16, region: &str, account: &str) -> Self {
        let config = SqsConfig {
            skip_signature_validation: false,
            default_region: region.to_owned(),
            account_id: account.to_owned(),
            host: host.to_owned(),
            port,
        };
        Self {
            provider: Arc::new(RustackSqs::new(config)),
        }
    }

    /// The HTTP service, which checks signatures.
    pub(crate) fn service(&self, region: &str, credentials: Arc<StaticCredentialProvider>) -> QueueService {
        let handler = QueueHandler {
            inner: RustackSqsHandler::new(Arc::clone(&self.provider)),
        };
        let config = SqsHttpConfig {
            skip_signature_validation: false,
            region: region.to_owned(),
            credential_provider: Some(credentials),
        };
        SqsHttpService::new(Arc::new(handler), config)
    }

    /// Sends a message to the queue with this ARN.
    pub(crate) async fn send(&self, arn: &str, message: String) -> Result<(), SqsError> {
        let queue_url = self.provider.queue_url_for_arn(arn)?;
        let input = SendMessageInput {
            queue_url,
            message_body: message,
            ..SendMessageInput::default()
        };
        self.provider.send_message(input).await.map(|_| ())
    }

    /// Ends waiting receives and stops the queues.
    pub(crate) async fn shut_down(&self) {
        self.provider.shutdown_all().await;
    }
}

/// Puts requests right, or refuses them, before they reach the queues.
#[derive(Debug)]
pub(crate) struct QueueHandler {
    inner: RustackSqsHandler,
}

impl SqsHandler for QueueHandler {
    fn handle_operation(
        &self,
        operation: SqsOperation,
        body: Bytes,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<SqsResponseBody>, SqsError>> + Send>> {
        let body = match operation {
            SqsOperation::CreateQueue | SqsOperation::SetQueueAttributes => with_numeric_receive_count(&body),
            SqsOperation::DeleteMessage | SqsOperation::ChangeMessageVisibility => {
                if let Err(error) = check_receipt_handle(&body) {
                    return Box::pin(std::future::ready(Err(error)));
                }
                None
            }
            _ => None,
        }
        .unwrap_or(body);
        self.inner.handle_operation(operation, body)
    }
}

/// Writes the `maxReceiveCount` of a redrive policy as a number: AWS takes it as a string, too. `None` if there is
/// nothing to change.
fn with_numeric_receive_count(body: &[u8]) -> Option<Bytes> {
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let policy_text = request.get_mut("Attributes")?.get_mut("RedrivePolicy")?;
    let mut policy: Value = serde_json::from_str(policy_text.as_str()?).ok()?;
    let count = policy.get_mut("maxReceiveCount")?;
    let number: u32 = count.as_str()?.trim().parse().ok()?;
    *count = number.into();
    *policy_text = policy.to_string().into();
    serde_json::to_vec(&request).ok().map(Bytes::from)
}

/// Refuses receipt handles that this service cannot have given: it writes `<message>:<time>:<nonce>` in base64. A
/// handle of a message that is gone is fine.
fn check_receipt_handle(body: &[u8]) -> Result<(), SqsError> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    // Without one, the service says which field is missing.
    let Some(handle) = request.get("ReceiptHandle").and_then(Value::as_str) else {
        return Ok(());
    };
    let text = BASE64
        .decode(handle)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    if text.is_some_and(|text| text.split(':').count() == 3) {
        Ok(())
    } else {
        let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
        Err(SqsError::new(SqsErrorCode::ReceiptHandleIsInvalid, message))
    }
}

#[cfg(test)]
impl Queues {
    /// Creates a queue and gives its ARN.
    pub(crate) async fn create(&self, name: &str) -> String {
        let input = rustack_sqs_model::input::CreateQueueInput {
            queue_name: name.to_owned(),
            ..rustack_sqs_model::input::CreateQueueInput::default()
        };
        self.provider.create_queue(input).await.unwrap();
        format!("arn:aws:sqs:us-east-1:000000000000:{name}")
    }

    /// Takes what is in a queue now, in order.
    pub(crate) async fn receive_all(&self, name: &str) -> Vec<String> {
        let queue_url = self
            .provider
            .queue_url_for_arn(&format!("arn:aws:sqs:us-east-1:000000000000:{name}"))
            .unwrap();
        let input = rustack_sqs_model::input::ReceiveMessageInput {
            queue_url,
            max_number_of_messages: Some(10),
            ..rustack_sqs_model::input::ReceiveMessageInput::default()
        };
        let messages = self.provider.receive_message(input).await.unwrap().messages;
        messages.into_iter().filter_map(|message| message.body).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_receive_count_in_quotes_becomes_a_number_and_nothing_else_changes() {
        let request = |policy: &str| {
            json!({ "QueueName": "q", "Attributes": { "RedrivePolicy": policy, "DelaySeconds": "1" } })
                .to_string()
        };
        let changed = with_numeric_receive_count(
            request(r#"{"deadLetterTargetArn":"arn:aws:sqs:r:a:d","maxReceiveCount":"5"}"#).as_bytes(),
        );
        let changed: Value = serde_json::from_slice(&changed.unwrap()).unwrap();
        assert_eq!(changed["Attributes"]["DelaySeconds"], "1");
        let policy: Value =
            serde_json::from_str(changed["Attributes"]["RedrivePolicy"].as_str().unwrap()).unwrap();
        assert_eq!(
            policy,
            json!({ "deadLetterTargetArn": "arn:aws:sqs:r:a:d", "maxReceiveCount": 5 })
        );

        for untouched in [
            r#"{"maxReceiveCount":5}"#,
            r#"{"maxReceiveCount":"-1"}"#,
            "not json",
            "{}",
        ] {
            assert_eq!(with_numeric_receive_count(request(untouched).as_bytes()), None);
        }
        assert_eq!(with_numeric_receive_count(b"{}"), None);
    }

    #[test]
    fn only_handles_of_the_right_shape_pass() {
        let check =
            |handle: &str| check_receipt_handle(json!({ "ReceiptHandle": handle }).to_string().as_bytes());
        let given = rustack_sqs_core::message::generate_receipt_handle("message");
        assert!(check(&given).is_ok());
        for garbage in ["garbage", "", "Z2FyYmFnZQ=="] {
            assert!(check(garbage).is_err(), "{garbage}");
        }
        assert!(check_receipt_handle(b"{}").is_ok());
    }
}
