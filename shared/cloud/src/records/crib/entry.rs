//! What comes into a crib and leaves it: counted, and told apart by a number that nobody else has.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use darkroom_domain::{
    Failure, RecordKey, Subject, TenantId, ToolId, UserId,
    crib::{MAX_TOOLKITS, MAX_TOOLS, MAX_USERS, Tool, User},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    super::{
        Records,
        item::{Record, key_of},
        table::{Transaction, changed_meanwhile, put},
    },
    crib_key, number,
};
use crate::fault::unreadable;

/// What became of something that was to be written into a crib.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CribEntry<T> {
    /// It is there, as it is now.
    Done(T),
    /// Another has its employee number or serial number.
    Taken,
    /// The crib knows as many as it may.
    Full,
}

/// Who has an employee number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EmployeeNumberRecord {
    tenant: TenantId,
    sha256: String,
    user_id: UserId,
}

impl EmployeeNumberRecord {
    pub(super) fn of(user: &User) -> Self {
        Self {
            tenant: user.tenant.clone(),
            sha256: sha256(&user.employee_number),
            user_id: user.id,
        }
    }
}

impl Record for EmployeeNumberRecord {
    fn key(&self) -> RecordKey {
        let subject = Subject::EmployeeNumber(self.sha256.clone());
        RecordKey::new(self.tenant.clone(), subject)
    }
}

/// Which tool has a serial number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SerialNumberRecord {
    tenant: TenantId,
    sha256: String,
    tool_id: ToolId,
}

impl SerialNumberRecord {
    pub(super) fn of(tool: &Tool) -> Self {
        Self {
            tenant: tool.tenant.clone(),
            sha256: sha256(&tool.serial_number),
            tool_id: tool.id,
        }
    }
}

impl Record for SerialNumberRecord {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::SerialNumber(self.sha256.clone()))
    }
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What a crib counts, so that it holds no more of it than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Users,
    Tools,
    Toolkits,
}

impl Counted {
    /// The field of the crib's record.
    const fn field(self) -> &'static str {
        match self {
            Self::Users => "user_count",
            Self::Tools => "tool_count",
            Self::Toolkits => "toolkit_count",
        }
    }

    /// How many there may be.
    const fn most(self) -> u32 {
        match self {
            Self::Users => MAX_USERS,
            Self::Tools => MAX_TOOLS,
            Self::Toolkits => MAX_TOOLKITS,
        }
    }
}

impl Records {
    /// Writes what is new to a crib, and the mark by which others see that its number is taken, all or nothing.
    pub(super) async fn enter<T: Record>(
        &self,
        entry: T,
        mark: Option<Put>,
        counted: Counted,
    ) -> Result<CribEntry<T>, Failure> {
        let tenant = entry.key().tenant;
        let is_marked = mark.is_some();
        let mut writes = vec![put(self.creation(&entry)?), self.come(&tenant, counted)?];
        writes.extend(mark.map(put));
        match self.transact(writes).await? {
            Transaction::Done => Ok(CribEntry::Done(entry)),
            Transaction::Refused(failed) => match failed.as_slice() {
                [_, _, true] if is_marked => Ok(CribEntry::Taken),
                [_, true, ..] => Ok(CribEntry::Full),
                _ => Err(changed_meanwhile()),
            },
        }
    }

    /// Writes something back if nobody wrote it since it had this `version`, and the mark of its new number in the place
    /// of the old one, all or nothing.
    pub(super) async fn alter<T: Record, M: Record + PartialEq>(
        &self,
        entry: T,
        version: u64,
        old: &M,
        new: &M,
    ) -> Result<CribEntry<T>, Failure> {
        if old == new {
            self.replace(&entry, version).await?;
            return Ok(CribEntry::Done(entry));
        }
        let writes = vec![
            put(self.replacement(&entry, version)?),
            put(self.creation(new)?),
            self.deletion(&old.key(), None)?,
        ];
        match self.transact(writes).await? {
            Transaction::Done => Ok(CribEntry::Done(entry)),
            Transaction::Refused(failed) => match failed.as_slice() {
                [false, true, ..] => Ok(CribEntry::Taken),
                _ => Err(changed_meanwhile()),
            },
        }
    }

    /// Forgets something of a crib if nobody wrote it since it had this `version`, and the mark of its number, all or
    /// nothing.
    pub(super) async fn leave(
        &self,
        key: &RecordKey,
        version: u64,
        mark: Option<&RecordKey>,
        counted: Counted,
    ) -> Result<(), Failure> {
        let mut writes = vec![
            self.deletion(key, Some(version))?,
            self.count(&key.tenant, counted, -1, None)?,
        ];
        if let Some(mark) = mark {
            writes.push(self.deletion(mark, None)?);
        }
        match self.transact(writes).await? {
            Transaction::Done => Ok(()),
            Transaction::Refused(_) => Err(changed_meanwhile()),
        }
    }

    fn come(&self, tenant: &TenantId, counted: Counted) -> Result<TransactWriteItem, Failure> {
        self.count(tenant, counted, 1, Some(counted.most()))
    }

    fn count(
        &self,
        tenant: &TenantId,
        counted: Counted,
        by: i32,
        below: Option<u32>,
    ) -> Result<TransactWriteItem, Failure> {
        let field = counted.field();
        let condition = match below {
            Some(_) => format!("{field} < :below"),
            None => "attribute_exists(PK)".to_owned(),
        };
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(&crib_key(tenant))))
            .update_expression(format!("ADD {field} :by"))
            .condition_expression(condition)
            .expression_attribute_values(":by", number(by));
        if let Some(below) = below {
            update = update.expression_attribute_values(":below", number(below));
        }
        let update = update.build().map_err(|error| unreadable("update", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn deletion(&self, key: &RecordKey, version: Option<u64>) -> Result<TransactWriteItem, Failure> {
        let mut delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(key)));
        if let Some(version) = version {
            let version =
                serde_dynamo::to_attribute_value(version).map_err(|error| unreadable("number", error))?;
            delete = delete
                .condition_expression("version = :version")
                .expression_attribute_values(":version", version);
        }
        let delete = delete.build().map_err(|error| unreadable("delete", error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::crib::seed;

    use crate::records::item::from_item;

    fn user(id: u32, employee_number: &str) -> User {
        User {
            id: UserId::new(id),
            tenant: TenantId::single(),
            name: "Иван".to_owned(),
            employee_number: employee_number.to_owned(),
            role: None,
            uses: 0,
            version: 1,
        }
    }

    #[test]
    fn the_same_number_is_the_same_mark_and_another_is_another() {
        let mark = |id, number| EmployeeNumberRecord::of(&user(id, number));
        assert_eq!(mark(1, "A-1").key(), mark(2, "A-1").key());
        assert_ne!(mark(1, "A-1").key(), mark(1, "a-1").key());
        assert_ne!(mark(1, "A-1").key(), mark(1, "A-1 ").key());
    }

    #[test]
    fn marks_lie_beside_what_they_mark_and_read_back() {
        let mark = EmployeeNumberRecord::of(&user(7, "№ 12"));
        let item = mark.to_item().unwrap();
        assert_eq!(item["PK"].as_s().unwrap(), "TENANT#default|USERS#");
        assert!(item["SK"].as_s().unwrap().starts_with("EMPLOYEE#"));
        assert_eq!(from_item::<EmployeeNumberRecord>(item).unwrap(), mark);
        let tool = &seed(&TenantId::single()).tools[0];
        let mark = SerialNumberRecord::of(tool);
        let item = mark.to_item().unwrap();
        assert_eq!(item["PK"], tool.to_item().unwrap()["PK"]);
        assert_eq!(from_item::<SerialNumberRecord>(item).unwrap(), mark);
    }

    #[test]
    fn a_crib_has_the_fields_that_are_counted() {
        let crib = seed(&TenantId::single()).crib.to_item().unwrap();
        for counted in [Counted::Users, Counted::Tools, Counted::Toolkits] {
            assert!(crib[counted.field()].is_n(), "{counted:?}");
        }
    }
}
