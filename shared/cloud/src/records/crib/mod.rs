//! The tool crib: what it knows as a whole, its people, tools and kits.
//!
//! What refers to something raises its `uses`, and with it its `version`, in the transaction that makes the reference: whoever
//! deletes what nobody refers to does so on the condition that the version is the one that was read.

mod entry;
mod toolkits;
mod tools;
mod users;

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, TransactWriteItem, Update},
};
use darkroom_domain::{
    Failure, RecordKey, Subject, TenantId, TransactionId,
    crib::{Crib, seed},
};

pub use self::entry::CribEntry;
use self::entry::{EmployeeNumberRecord, SerialNumberRecord};
use super::{
    Records,
    item::{Record, key_of},
    table::{Transaction, put, uncontended},
};
use crate::fault::{fault, unreadable};

impl Record for Crib {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Crib)
    }
}

/// What ids of a crib are counted up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Series {
    Users,
    Tools,
    Toolkits,
    Items,
    Transactions,
}

impl Series {
    /// The field of [`Crib`] that knows the last id.
    const fn last(self) -> &'static str {
        match self {
            Self::Users => "last_user",
            Self::Tools => "last_tool",
            Self::Toolkits => "last_toolkit",
            Self::Items => "last_item",
            Self::Transactions => "last_transaction",
        }
    }
}

fn number(value: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

fn crib_key(tenant: &TenantId) -> RecordKey {
    RecordKey::new(tenant.clone(), Subject::Crib)
}

impl Records {
    /// What a crib as a whole knows. One that nobody ever asked for anything is furnished first.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn crib(&self, tenant: &TenantId) -> Result<Crib, Failure> {
        let key = crib_key(tenant);
        if let Some(crib) = self.get(&key).await? {
            return Ok(crib);
        }
        self.furnish(tenant).await?;
        let crib = self.get(&key).await?;
        crib.ok_or_else(|| Failure::unknown("a crib that was furnished is not there"))
    }

    /// What a model must be sure of where a request does not say; none leaves it to the model.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn set_confidence(&self, tenant: &TenantId, confidence: Option<f32>) -> Result<(), Failure> {
        self.crib(tenant).await?;
        let confidence =
            serde_dynamo::to_attribute_value(confidence).map_err(|error| unreadable("number", error))?;
        let request = self
            .clients
            .dynamodb()
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(&crib_key(tenant))))
            .update_expression("SET confidence = :confidence")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":confidence", confidence);
        uncontended(|| request.clone().send())
            .await
            .map(|_| ())
            .map_err(|error| fault("UpdateItem", error))
    }

    /// An id for a transaction, above all that were given before. One that comes to nothing leaves a gap.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn next_transaction_id(&self, tenant: &TenantId) -> Result<TransactionId, Failure> {
        self.next(tenant, Series::Transactions)
            .await
            .map(TransactionId::new)
    }

    /// Counts what names the record of this key: people are named by transactions and inspections, kits by transactions, tools
    /// by kits. `by` is below 0 where it no longer does. Refused where there is none. A record that the same transaction writes anyway is counted there.
    pub(super) fn uses(&self, key: &RecordKey, by: i32) -> Result<TransactWriteItem, Failure> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(key)))
            .update_expression("ADD uses :by, version :one")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":by", number(by))
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(|error| unreadable("update", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The next number of a series.
    async fn next(&self, tenant: &TenantId, series: Series) -> Result<u32, Failure> {
        if let Some(number) = self.counted_up(tenant, series).await? {
            return Ok(number);
        }
        self.furnish(tenant).await?;
        let number = self.counted_up(tenant, series).await?;
        number.ok_or_else(|| Failure::unknown("a crib that was furnished is not there"))
    }

    /// The next number of a series; none where the crib was never furnished.
    async fn counted_up(&self, tenant: &TenantId, series: Series) -> Result<Option<u32>, Failure> {
        let request = self
            .clients
            .dynamodb()
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(&crib_key(tenant))))
            .update_expression(format!("ADD {} :one", series.last()))
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        match uncontended(|| request.clone().send()).await {
            Ok(updated) => updated
                .attributes()
                .and_then(|attributes| attributes.get(series.last()))
                .and_then(|value| value.as_n().ok())
                .and_then(|number| number.parse().ok())
                .map(Some)
                .ok_or_else(|| unreadable("number", series.last())),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(fault("UpdateItem", error)),
        }
    }

    /// Furnishes a crib that is not there yet, all or nothing. Who found nothing looks again behind this: the crib may have been
    /// furnished, by this call or another, since the first look.
    async fn furnish(&self, tenant: &TenantId) -> Result<(), Failure> {
        let seed = seed(tenant);
        let mut writes = vec![put(self.creation(&seed.crib)?)];
        for tool in &seed.tools {
            writes.push(put(self.creation(tool)?));
            writes.push(put(self.creation(&SerialNumberRecord::of(tool))?));
        }
        for toolkit in &seed.toolkits {
            writes.push(put(self.creation(toolkit)?));
        }
        match self.transact(writes).await? {
            // Refused: another did the same at the same moment, or before.
            Transaction::Done | Transaction::Refused(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::crib::{Tool, Toolkit};

    use crate::records::item::from_item;

    #[test]
    fn everything_that_a_crib_is_furnished_with_reads_back() {
        let seed = seed(&TenantId::single());
        let item = seed.crib.to_item().unwrap();
        assert_eq!(item["PK"].as_s().unwrap(), "TENANT#default|CRIB#");
        assert_eq!(from_item::<Crib>(item).unwrap(), seed.crib);
        for tool in seed.tools {
            let item = tool.to_item().unwrap();
            assert!(!item.contains_key("expires_at") && item.contains_key("version"));
            assert_eq!(from_item::<Tool>(item).unwrap(), tool);
        }
        for toolkit in seed.toolkits {
            assert_eq!(from_item::<Toolkit>(toolkit.to_item().unwrap()).unwrap(), toolkit);
        }
    }

    #[test]
    fn series_count_fields_that_a_crib_has() {
        let crib = seed(&TenantId::single()).crib.to_item().unwrap();
        for series in [
            Series::Users,
            Series::Tools,
            Series::Toolkits,
            Series::Items,
            Series::Transactions,
        ] {
            assert!(crib[series.last()].is_n(), "{series:?}");
        }
    }

    #[test]
    fn a_crib_is_furnished_in_one_transaction() {
        let seed = seed(&TenantId::single());
        // DynamoDB takes a hundred writes at once: the crib, each tool and its serial number, each kit.
        assert!(1 + 2 * seed.tools.len() + seed.toolkits.len() <= 100);
    }
}
