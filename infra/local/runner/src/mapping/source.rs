//! The queue as a mapping sees it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeName,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The most messages of one call.
pub(super) const MOST_PER_CALL: usize = 10;

/// A message as received.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    pub(crate) message_id: String,
    pub(crate) receipt_handle: String,
    pub(crate) body: String,
    pub(crate) md5_of_body: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// In the shape of the event.
    pub(crate) message_attributes: Map<String, Value>,
}

impl Received {
    /// How often the message was received, this time included.
    pub(super) fn receive_count(&self) -> u32 {
        self.attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
    }
}

/// The queue did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SourceError(pub(crate) String);

/// What a mapping asks of a queue. Handles are at most ten in one call.
#[async_trait]
pub(crate) trait Source: Debug + Send + Sync {
    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Received>, SourceError>;
    async fn delete(&self, handles: &[String]) -> Result<(), SourceError>;
    /// Hides each message for its number of seconds from now.
    async fn hide(&self, handles: &[(String, u32)]) -> Result<(), SourceError>;
}

/// A queue of SQS.
#[derive(Clone, Debug)]
pub(crate) struct SqsSource {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl SqsSource {
    pub(crate) const fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }
}

fn failed(error: impl std::error::Error) -> SourceError {
    SourceError(DisplayErrorContext(error).to_string())
}

#[async_trait]
impl Source for SqsSource {
    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Received>, SourceError> {
        let output = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(most.min(MOST_PER_CALL)).unwrap_or(1))
            .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or(0))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(failed)?;
        Ok(output
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(received)
            .collect())
    }

    async fn delete(&self, handles: &[String]) -> Result<(), SourceError> {
        let mut call = self.client.delete_message_batch().queue_url(&self.url);
        for (index, handle) in handles.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(handle);
            call = call.entries(entry.build().map_err(failed)?);
        }
        let output = call.send().await.map_err(failed)?;
        match output.failed.first() {
            None => Ok(()),
            Some(entry) => Err(SourceError(format!(
                "{}: {}",
                entry.code,
                entry.message().unwrap_or_default()
            ))),
        }
    }

    async fn hide(&self, handles: &[(String, u32)]) -> Result<(), SourceError> {
        let mut call = self.client.change_message_visibility_batch().queue_url(&self.url);
        for (index, (handle, seconds)) in handles.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(handle)
                .visibility_timeout(i32::try_from(*seconds).unwrap_or(i32::MAX));
            call = call.entries(entry.build().map_err(failed)?);
        }
        let output = call.send().await.map_err(failed)?;
        match output.failed.first() {
            None => Ok(()),
            Some(entry) => Err(SourceError(format!(
                "{}: {}",
                entry.code,
                entry.message().unwrap_or_default()
            ))),
        }
    }
}

fn received(message: aws_sdk_sqs::types::Message) -> Option<Received> {
    let attributes = message.attributes.unwrap_or_default();
    let message_attributes = message.message_attributes.unwrap_or_default();
    Some(Received {
        message_id: message.message_id?,
        receipt_handle: message.receipt_handle?,
        body: message.body.unwrap_or_default(),
        md5_of_body: message.md5_of_body.unwrap_or_default(),
        attributes: attributes
            .into_iter()
            .map(|(name, value)| (name.as_str().to_owned(), value))
            .collect(),
        message_attributes: message_attributes
            .into_iter()
            .map(|(name, value)| {
                let binary = value.binary_value().map(|bytes| STANDARD.encode(bytes.as_ref()));
                let value = json!({
                    "dataType": value.data_type(),
                    "stringValue": value.string_value(),
                    "binaryValue": binary,
                    "stringListValues": [],
                    "binaryListValues": [],
                });
                (name, value)
            })
            .collect(),
    })
}
