//! Reading and writing items: one, or several at once.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{AttributeValue, ConditionCheck, KeysAndAttributes, Put, TransactWriteItem},
};
use darkroom_domain::{Code, Failure, RecordKey};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Records,
    item::{Item, Record, from_item, key_of, string},
};
use crate::{
    clock::{Ids, RandomIds},
    fault::{fault, unreadable},
};

/// How a transaction ended.
pub(super) enum Transaction {
    /// Everything was written.
    Done,
    /// Nothing was written; whose condition did not hold, in the order of the writes.
    Refused(Vec<bool>),
}

/// How many records DynamoDB hands out at once.
const MANY: usize = 100;

/// How many times as many are asked for at the same time.
const AT_ONCE: usize = 8;

/// Milliseconds between tries, at the least; up to twice as much, so that those who were in each other's way part.
const PAUSES: [u64; 5] = [20, 40, 80, 160, 320];

/// Writes one record. While a transaction is at it DynamoDB refuses every other write: then again, a little later each time.
pub(super) async fn uncontended<T, E, F>(mut write: impl FnMut() -> F) -> Result<T, E>
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, E>>,
{
    let spread = RandomIds.next().as_u64_pair().1;
    for pause in PAUSES {
        match write().await {
            Err(error) if error.code() == Some("TransactionConflictException") => {
                tokio::time::sleep(Duration::from_millis(pause + spread % pause)).await;
            }
            ended => return ended,
        }
    }
    write().await
}

pub(super) fn put(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

pub(super) fn changed_meanwhile() -> Failure {
    Failure::temporary(
        Code::Conflict,
        "Somebody else changed this at the same moment. Try again.",
    )
}

impl Records {
    pub(super) async fn get<T: Record>(&self, key: &RecordKey) -> Result<Option<T>, Failure> {
        let result = self
            .clients
            .dynamodb()
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key_of(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("GetItem", error))?;
        result.item.map(from_item).transpose()
    }

    /// All records of the partition of `key` whose sort key begins with `prefix`, in its order, behind the record
    /// `after`; at most `limit`.
    pub(super) async fn partition<T: Record>(
        &self,
        key: &RecordKey,
        prefix: &str,
        after: Option<&RecordKey>,
        limit: usize,
    ) -> Result<Vec<T>, Failure> {
        let mut records = Vec::new();
        let mut start = after.map(key_of);
        loop {
            let result = self
                .clients
                .dynamodb()
                .query()
                .table_name(&self.table)
                .key_condition_expression("PK = :partition AND begins_with(SK, :prefix)")
                .expression_attribute_values(":partition", string(key.partition()))
                .expression_attribute_values(":prefix", string(prefix))
                .consistent_read(true)
                // One more than is wanted is read, for nothing: that there is no page behind it need not be asked.
                .set_limit(limit.checked_add(1).and_then(|limit| i32::try_from(limit).ok()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| fault("Query", error))?;
            for item in result.items.unwrap_or_default() {
                if records.len() == limit {
                    return Ok(records);
                }
                records.push(from_item(item)?);
            }
            start = result.last_evaluated_key;
            if start.is_none() {
                return Ok(records);
            }
        }
    }

    /// Those of these records that there are, in no order.
    pub(super) async fn many<T: Record>(
        &self,
        keys: impl IntoIterator<Item = RecordKey>,
    ) -> Result<Vec<T>, Failure> {
        let keys: Vec<Item> = keys.into_iter().map(|key| key_of(&key)).collect();
        let chunks = keys.chunks(MANY).map(|chunk| self.some::<T>(chunk.to_vec()));
        let found: Vec<Vec<T>> = stream::iter(chunks.collect::<Vec<_>>())
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn some<T: Record>(&self, mut wanted: Vec<Item>) -> Result<Vec<T>, Failure> {
        let mut records = Vec::with_capacity(wanted.len());
        for _ in 0..5 {
            if wanted.is_empty() {
                return Ok(records);
            }
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .consistent_read(true)
                .build()
                .map_err(|error| unreadable("keys", error))?;
            let result = self
                .clients
                .dynamodb()
                .batch_get_item()
                .request_items(&self.table, keys)
                .send()
                .await
                .map_err(|error| fault("BatchGetItem", error))?;
            for item in result.responses.unwrap_or_default().into_values().flatten() {
                records.push(from_item(item)?);
            }
            wanted = result
                .unprocessed_keys
                .unwrap_or_default()
                .into_values()
                .flat_map(|keys| keys.keys)
                .collect();
        }
        Err(Failure::temporary(
            Code::Unavailable,
            "Not everything could be read. Try again.",
        ))
    }

    pub(super) async fn put_new<T: Record>(&self, record: &T) -> Result<(), Failure> {
        self.put_one(self.creation(record)?).await
    }

    pub(super) async fn replace<T: Record>(&self, record: &T, version: u64) -> Result<(), Failure> {
        self.put_one(self.replacement(record, version)?).await
    }

    pub(super) async fn put_one(&self, put: Put) -> Result<(), Failure> {
        let request = self
            .clients
            .dynamodb()
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_values(put.expression_attribute_values);
        let result = uncontended(|| request.clone().send()).await;
        result.map(|_| ()).map_err(|error| {
            if error
                .as_service_error()
                .is_some_and(PutItemError::is_conditional_check_failed_exception)
            {
                changed_meanwhile()
            } else {
                fault("PutItem", error)
            }
        })
    }

    /// Forgets a record, whatever it says; one that is not there is forgotten already.
    pub(super) async fn delete_one(&self, key: &RecordKey) -> Result<(), Failure> {
        let request = self
            .clients
            .dynamodb()
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_of(key)));
        uncontended(|| request.clone().send())
            .await
            .map(|_| ())
            .map_err(|error| fault("DeleteItem", error))
    }

    pub(super) fn creation<T: Record>(&self, record: &T) -> Result<Put, Failure> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(record.to_item()?))
            .condition_expression("attribute_not_exists(PK)")
            .build()
            .map_err(|error| unreadable("put", error))
    }

    /// Writes a record whatever is there.
    pub(super) fn overwriting<T: Record>(&self, record: &T) -> Result<Put, Failure> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(record.to_item()?))
            .build()
            .map_err(|error| unreadable("put", error))
    }

    pub(super) fn replacement<T: Record>(&self, record: &T, version: u64) -> Result<Put, Failure> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(record.to_item()?))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .build()
            .map_err(|error| unreadable("put", error))
    }

    /// Holds a record's being there against a condition, within a transaction.
    pub(super) fn exists(&self, key: &RecordKey) -> Result<TransactWriteItem, Failure> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(key)))
            .condition_expression("attribute_exists(PK)")
            .build()
            .map_err(|error| unreadable("condition", error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Writes everything or nothing. Where another transaction is at one of the records, it is tried again, a little
    /// later each time.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transaction, Failure> {
        // One token for all tries: what was written although its answer was lost is not refused, but written already.
        let token = RandomIds.next();
        // Those who were in each other's way must not meet again.
        let spread = token.as_u64_pair().1;
        let token = token.to_string();
        for pause in PAUSES {
            let pause = pause + spread % pause;
            match self.transact_once(writes.clone(), &token).await {
                Err(failure) if failure.code == Code::Unavailable => {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                ended => return ended,
            }
        }
        self.transact_once(writes, &token).await
    }

    async fn transact_once(
        &self,
        writes: Vec<TransactWriteItem>,
        token: &str,
    ) -> Result<Transaction, Failure> {
        let count = writes.len();
        let result = self
            .clients
            .dynamodb()
            .transact_write_items()
            .client_request_token(token)
            .set_transact_items(Some(writes))
            .send()
            .await;
        let error = match result {
            Ok(_) => return Ok(Transaction::Done),
            Err(error) => error,
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
        else {
            return Err(fault("TransactWriteItems", error));
        };
        let mut failed = Vec::with_capacity(count);
        for reason in cancelled.cancellation_reasons() {
            match reason.code() {
                Some("ConditionalCheckFailed") => failed.push(true),
                None | Some("None") => failed.push(false),
                // Another transaction was at one of the records, or there was too much to do.
                Some(code) => {
                    return Err(
                        Failure::temporary(Code::Unavailable, "Too much at once. Try again.").because(code),
                    );
                }
            }
        }
        Ok(Transaction::Refused(failed))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use aws_sdk_dynamodb::error::ErrorMetadata;

    use super::*;

    async fn tries(code: &str, refusals: u32) -> (u32, bool) {
        let tried = Cell::new(0);
        let ended = uncontended(async || {
            tried.set(tried.get() + 1);
            if tried.get() <= refusals {
                Err(ErrorMetadata::builder().code(code).build())
            } else {
                Ok(())
            }
        })
        .await;
        (tried.get(), ended.is_ok())
    }

    #[tokio::test]
    async fn a_write_waits_for_the_transaction_before_it_and_for_nothing_else() {
        assert_eq!(tries("TransactionConflictException", 2).await, (3, true));
        assert_eq!(tries("ConditionalCheckFailedException", 2).await, (1, false));
    }
}
