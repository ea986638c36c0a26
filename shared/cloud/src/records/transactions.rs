//! Kits that go out and come back: what changes together, and the list of it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use darkroom_domain::{
    Failure, PredictionId, RecordKey, Subject, TenantId, Timestamp, ToolkitId, TransactionId, UserId,
    crib::{Toolkit, Transaction, TransactionKind, TransactionStatus},
    record_key::TRANSACTION_PREFIX,
};
use serde::Serialize;

use super::{
    Records,
    item::{Item, Record, from_item, key_of, string},
    table::{self, put},
};
use crate::fault::{fault, unreadable};

impl Record for Transaction {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Transaction(self.id))
    }
}

/// Which transactions of a crib.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Those of this person.
    pub user_id: Option<UserId>,
    /// Those of this kit.
    pub toolkit_id: Option<ToolkitId>,
    /// Those in this state.
    pub status: Option<TransactionStatus>,
    /// Those this way.
    pub kind: Option<TransactionKind>,
    /// Those from this moment on.
    pub from: Option<Timestamp>,
    /// Those before this moment.
    pub to: Option<Timestamp>,
}

/// Some transactions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionPage {
    /// What is on the page.
    pub items: Vec<Transaction>,
    /// The transaction behind which the next page begins, if there is one.
    pub next: Option<TransactionId>,
}

/// How many transactions are looked at for one answer. Behind that the next page must do.
const AT_ONCE: usize = 10_000;
/// How many of them are asked for in one go where most may not fit.
const IN_ONE_GO: usize = 500;

type Names = HashMap<String, String>;

/// The parts of a filter as DynamoDB wants them: an expression, its names and its values.
#[derive(Debug, Default)]
struct Conditions {
    expressions: Vec<String>,
    names: Names,
    values: Item,
}

impl Conditions {
    /// One more condition: that the attribute `name` compares so with `value`, if there is one.
    fn and(mut self, name: &str, compares: &str, value: Option<impl Serialize>) -> Result<Self, Failure> {
        let Some(value) = value else { return Ok(self) };
        let place = format!(":filter{}", self.expressions.len());
        let value = serde_dynamo::to_attribute_value(value).map_err(|error| unreadable("filter", error))?;
        self.expressions.push(format!("#{name} {compares} {place}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(place, value);
        Ok(self)
    }
}

impl TransactionFilter {
    fn conditions(&self) -> Result<Conditions, Failure> {
        Conditions::default()
            .and("user_id", "=", self.user_id)?
            .and("toolkit_id", "=", self.toolkit_id)?
            .and("status", "=", self.status)?
            .and("kind", "=", self.kind)?
            .and("transaction_time", ">=", self.from)?
            .and("transaction_time", "<", self.to)
    }
}

impl Records {
    /// The transaction, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn transaction(
        &self,
        tenant: &TenantId,
        id: TransactionId,
    ) -> Result<Option<Transaction>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Transaction(id)))
            .await
    }

    /// Writes down that a kit went out: the transaction `give`, the kit as it was changed by it, that the person is named
    /// once more, and that its predictions are evidence. All or nothing; false where the kit changed since it was read,
    /// or the person or a prediction is gone.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn issue_kit(&self, give: &Transaction, kit: Toolkit) -> Result<bool, Failure> {
        let writes = self.movement(give, kit)?;
        Ok(matches!(self.transact(writes).await?, table::Transaction::Done))
    }

    /// Writes down that a kit came back: the transaction `take`, its counterpart `give`, the kit as it was changed by it,
    /// that the person is named once more, and that its predictions are evidence. All or nothing; false where kit or
    /// `give` changed since they were read, or the person or a prediction is gone.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn return_kit(
        &self,
        take: &Transaction,
        give: Transaction,
        kit: Toolkit,
    ) -> Result<bool, Failure> {
        let version = give.version;
        let give = Transaction {
            version: version.saturating_add(1),
            ..give
        };
        let mut writes = self.movement(take, kit)?;
        writes.push(put(self.replacement(&give, version)?));
        Ok(matches!(self.transact(writes).await?, table::Transaction::Done))
    }

    /// Writes down what an inspection found, and that its inspector is named once more. All or nothing; none where the
    /// transaction changed since it was read, or the inspector is gone.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn save_inspection(
        &self,
        inspected: Transaction,
        inspector: UserId,
    ) -> Result<Option<Transaction>, Failure> {
        let version = inspected.version;
        let inspected = Transaction {
            version: version.saturating_add(1),
            ..inspected
        };
        let user = RecordKey::new(inspected.tenant.clone(), Subject::User(inspector));
        let writes = vec![put(self.replacement(&inspected, version)?), self.uses(&user, 1)?];
        let done = matches!(self.transact(writes).await?, table::Transaction::Done);
        Ok(done.then_some(inspected))
    }

    /// Transactions of a crib, newest first, behind the one with the id `after`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn transaction_page(
        &self,
        tenant: &TenantId,
        filter: &TransactionFilter,
        after: Option<TransactionId>,
        limit: usize,
    ) -> Result<TransactionPage, Failure> {
        let place = |id| RecordKey::new(tenant.clone(), Subject::Transaction(id));
        let partition = place(TransactionId::new(0)).partition();
        let mut items: Vec<Transaction> = Vec::new();
        let mut looked_at = 0_usize;
        let mut start = after.map(|id| key_of(&place(id)));
        loop {
            let conditions = filter.conditions()?;
            let is_filtered = !conditions.expressions.is_empty();
            let in_one_go = if is_filtered {
                IN_ONE_GO
            } else {
                limit.saturating_add(1)
            };
            let result = self
                .clients
                .dynamodb()
                .query()
                .table_name(&self.table)
                .key_condition_expression("PK = :partition AND begins_with(SK, :prefix)")
                .set_filter_expression(is_filtered.then(|| conditions.expressions.join(" AND ")))
                .set_expression_attribute_names(is_filtered.then_some(conditions.names))
                .set_expression_attribute_values(Some(conditions.values))
                .expression_attribute_values(":partition", string(&partition))
                .expression_attribute_values(":prefix", string(TRANSACTION_PREFIX))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(i32::try_from(in_one_go).map_err(|error| unreadable("limit", error))?)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| fault("Query", error))?;
            looked_at = looked_at.saturating_add(usize::try_from(result.scanned_count).unwrap_or_default());
            for item in result.items.unwrap_or_default() {
                if items.len() == limit {
                    let next = items.last().map(|transaction| transaction.id);
                    return Ok(TransactionPage { items, next });
                }
                items.push(from_item(item)?);
            }
            let Some(last) = result.last_evaluated_key else {
                return Ok(TransactionPage { items, next: None });
            };
            if looked_at >= AT_ONCE {
                let next = transaction_of(&last);
                return Ok(TransactionPage { items, next });
            }
            start = Some(last);
        }
    }

    /// What is written however a kit moves.
    fn movement(&self, transaction: &Transaction, kit: Toolkit) -> Result<Vec<TransactWriteItem>, Failure> {
        let tenant = &transaction.tenant;
        let version = kit.version;
        let kit = Toolkit {
            version: version.saturating_add(1),
            ..kit
        };
        let user = RecordKey::new(tenant.clone(), Subject::User(transaction.user_id));
        let mut writes = vec![
            put(self.creation(transaction)?),
            put(self.replacement(&kit, version)?),
            self.uses(&user, 1)?,
        ];
        for prediction in &transaction.predictions {
            writes.push(self.made_evidence(tenant, *prediction)?);
        }
        Ok(writes)
    }

    /// Keeps a prediction for good. It must be there.
    fn made_evidence(&self, tenant: &TenantId, id: PredictionId) -> Result<TransactWriteItem, Failure> {
        let key = RecordKey::new(tenant.clone(), Subject::Prediction(id));
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(&key)))
            .update_expression("SET is_evidence = :yes REMOVE expires_at")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .build()
            .map_err(|error| unreadable("update", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The transaction that a key leads to.
fn transaction_of(key: &Item) -> Option<TransactionId> {
    let text = |name: &str| key.get(name)?.as_s().ok();
    match RecordKey::parse(text("PK")?, text("SK")?).ok()?.subject {
        Subject::Transaction(id) => Some(id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_what_it_compares_as_it_is_written() {
        assert!(
            TransactionFilter::default()
                .conditions()
                .unwrap()
                .expressions
                .is_empty()
        );
        let moment = Timestamp::from_unix_milliseconds(0).unwrap();
        let filter = TransactionFilter {
            user_id: Some(UserId::new(7)),
            toolkit_id: None,
            status: Some(TransactionStatus::ManualCheck),
            kind: Some(TransactionKind::Take),
            from: Some(moment),
            to: Some(moment),
        };
        let conditions = filter.conditions().unwrap();
        assert_eq!(
            conditions.expressions,
            [
                "#user_id = :filter0",
                "#status = :filter1",
                "#kind = :filter2",
                "#transaction_time >= :filter3",
                "#transaction_time < :filter4"
            ]
        );
        let item = transaction().to_item().unwrap();
        for (place, name) in [
            (":filter0", "user_id"),
            (":filter1", "status"),
            (":filter2", "kind"),
        ] {
            assert_eq!(conditions.names[&format!("#{name}")], name);
            assert_eq!(conditions.values[place], item[name], "{name}");
        }
        assert_eq!(conditions.values[":filter3"], item["transaction_time"]);
    }

    #[test]
    fn a_transaction_is_kept_whole_and_found_by_its_key() {
        let item = transaction().to_item().unwrap();
        assert_eq!(transaction_of(&item), Some(transaction().id));
        assert_eq!(from_item::<Transaction>(item).unwrap(), transaction());
        assert_eq!(transaction_of(&Item::new()), None);
    }

    fn transaction() -> Transaction {
        Transaction {
            id: TransactionId::new(12),
            tenant: TenantId::single(),
            user_id: UserId::new(7),
            toolkit_id: ToolkitId::new(1),
            kind: TransactionKind::Take,
            transaction_time: Timestamp::from_unix_milliseconds(0).unwrap(),
            status: TransactionStatus::ManualCheck,
            details: Vec::new(),
            predictions: Vec::new(),
            counterpart: Some(TransactionId::new(11)),
            inspection: None,
            version: 1,
        }
    }
}
