//! Requests that may be sent twice and act once.
//!
//! The record is the one of AWS's Powertools: under way until a moment, or completed with its answer; one conditional
//! put decides who works.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use darkroom_domain::{Code, Failure, RecordKey, Subject, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Records,
    item::{Record, from_item, key_of, string},
};
use crate::fault::fault;

/// The answer to a request that was given before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotentAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON of the body.
    pub body: String,
}

/// What is known of a request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It is new: do the work, then [`Records::complete`] or [`Records::abandon`] it.
    New(RecordKey),
    /// It was answered before.
    Answered(IdempotentAnswer),
}

/// How long an answer is remembered.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a request may be under way: as long as the gateway waits for it.
const UNDER_WAY: Duration = Duration::from_secs(30);

#[derive(Debug, Serialize, Deserialize)]
struct IdempotencyRecord {
    tenant: TenantId,
    digest: String,
    request: String,
    answer: Option<IdempotentAnswer>,
    under_way_until: Timestamp,
    until: Timestamp,
}

impl Record for IdempotencyRecord {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Idempotency(self.digest.clone()))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

impl Records {
    /// Begins a request to `route` with an idempotency `key`, which is the same request only with the same `body`.
    ///
    /// # Errors
    /// `idempotency_key_reused` with another body; `idempotency_in_progress` while the first is under way;
    /// `unavailable` or `internal`.
    pub async fn begin(
        &self,
        tenant: &TenantId,
        route: &str,
        key: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Replay, Failure> {
        let record = IdempotencyRecord {
            tenant: tenant.clone(),
            digest: hex::encode(Sha256::digest(format!("{route}\n{key}"))),
            request: hex::encode(Sha256::digest(body)),
            answer: None,
            under_way_until: now.after(UNDER_WAY),
            until: now.after(KEEP),
        };
        let result = self
            .clients
            .dynamodb()
            .put_item()
            .table_name(&self.table)
            .set_item(Some(record.to_item()?))
            // Time to live is lazy: what has expired may still be there.
            .condition_expression(
                "attribute_not_exists(PK) OR expires_at < :seconds \
                 OR (attribute_type(answer, :null) AND under_way_until < :now)",
            )
            .expression_attribute_values(":seconds", AttributeValue::N(now.unix_seconds().to_string()))
            .expression_attribute_values(":null", string("NULL"))
            .expression_attribute_values(":now", string(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match result {
            Ok(_) => return Ok(Replay::New(record.key())),
            Err(error) => error,
        };
        let known = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => refused.item().cloned(),
            _ => return Err(fault("PutItem", error)),
        };
        let known: Option<IdempotencyRecord> = known.map(from_item).transpose()?;
        match known {
            Some(known) if known.request != record.request => Err(Failure::permanent(
                Code::IdempotencyKeyReused,
                "This idempotency key was used with another request.",
            )),
            Some(IdempotencyRecord {
                answer: Some(answer), ..
            }) => Ok(Replay::Answered(answer)),
            _ => Err(Failure::temporary(
                Code::IdempotencyInProgress,
                "A request with this idempotency key is still under way. Try again.",
            )),
        }
    }

    /// Remembers the answer to a request that was begun.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn complete(&self, key: &RecordKey, answer: &IdempotentAnswer) -> Result<(), Failure> {
        let answer = HashMap::from([
            ("status".to_owned(), AttributeValue::N(answer.status.to_string())),
            ("body".to_owned(), string(&answer.body)),
        ]);
        self.clients
            .dynamodb()
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(key)))
            .update_expression("SET answer = :answer")
            .expression_attribute_values(":answer", AttributeValue::M(answer))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("UpdateItem", error))
    }

    /// Forgets a request that was begun and came to nothing, so that it can be sent again.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn abandon(&self, key: &RecordKey) -> Result<(), Failure> {
        self.delete_one(key).await
    }
}
