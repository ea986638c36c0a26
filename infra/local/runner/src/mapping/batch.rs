//! A batch: the event made of messages, and what the function's answer says about them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::source::Received;
use crate::invoke::InvocationError;

/// The event of a batch.
pub(super) fn event(messages: &[Received], queue_arn: &str, region: &str) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message.message_id,
                "receiptHandle": message.receipt_handle,
                "body": message.body,
                "attributes": message.attributes,
                "messageAttributes": message.message_attributes,
                "md5OfBody": message.md5_of_body,
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": region,
            })
        })
        .collect();
    json!({ "Records": records })
}

/// Which messages of a batch failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    None,
    Some(BTreeSet<String>),
    All,
}

impl Failed {
    pub(super) fn contains(&self, message_id: &str) -> bool {
        match self {
            Self::None => false,
            Self::Some(ids) => ids.contains(message_id),
            Self::All => true,
        }
    }
}

/// Judges an outcome as Lambda does. A list of failures counts only if every entry of it names a message of the batch:
/// else nothing is known of any message, and the whole batch failed.
pub(super) fn failed(
    outcome: &Result<Value, InvocationError>,
    reports_failures: bool,
    messages: &[Received],
) -> Failed {
    let answer = match outcome {
        Err(_) => return Failed::All,
        Ok(_) if !reports_failures => return Failed::None,
        Ok(answer) => answer,
    };
    let failures = match answer {
        Value::Null => return Failed::None,
        Value::Object(fields) => match fields.get("batchItemFailures") {
            None | Some(Value::Null) => return Failed::None,
            Some(Value::Array(failures)) => failures,
            Some(_) => return Failed::All,
        },
        _ => return Failed::All,
    };
    let mut ids = BTreeSet::new();
    for failure in failures {
        let known = failure
            .get("itemIdentifier")
            .and_then(Value::as_str)
            .filter(|id| messages.iter().any(|message| message.message_id == *id));
        match known {
            Some(id) => ids.insert(id.to_owned()),
            None => return Failed::All,
        };
    }
    if ids.is_empty() {
        Failed::None
    } else {
        Failed::Some(ids)
    }
}
