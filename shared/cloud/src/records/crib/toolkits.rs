//! The kits of a crib, and what belongs into them.

use std::collections::BTreeSet;

use darkroom_domain::{
    Failure, RecordKey, Subject, TenantId, ToolId, ToolkitId, ToolkitItemId,
    crib::{MAX_TOOLKITS, Toolkit},
    record_key::TOOLKIT_PREFIX,
};

use super::{
    super::{
        Records,
        item::Record,
        table::{Transaction, changed_meanwhile, put},
    },
    CribEntry, Series,
    entry::Counted,
};

impl Record for Toolkit {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Toolkit(self.id))
    }
}

/// The tools that come into a kit, and those that leave it.
fn exchanged(before: &Toolkit, after: &Toolkit) -> (Vec<ToolId>, Vec<ToolId>) {
    let [before, after] = [before, after].map(|toolkit| {
        let tools = toolkit.items.iter().map(|item| item.tool_id);
        tools.collect::<BTreeSet<ToolId>>()
    });
    let coming = after.difference(&before).copied().collect();
    let leaving = before.difference(&after).copied().collect();
    (coming, leaving)
}

impl Records {
    /// How many items may come into a kit and leave it at once: a transaction takes a hundred writes, of which the kit is
    /// one.
    pub const ITEMS_AT_ONCE: usize = 99;

    /// The kit, if there is one. A crib that nobody ever asked for anything is furnished first.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn toolkit(&self, tenant: &TenantId, id: ToolkitId) -> Result<Option<Toolkit>, Failure> {
        let key = RecordKey::new(tenant.clone(), Subject::Toolkit(id));
        match self.get(&key).await? {
            None => {
                self.crib(tenant).await?;
                self.get(&key).await
            }
            found => Ok(found),
        }
    }

    /// All kits of a crib, by their ids. One that nobody ever asked for anything is furnished first.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn toolkits(&self, tenant: &TenantId) -> Result<Vec<Toolkit>, Failure> {
        let toolkits = self.present_toolkits(tenant).await?;
        if !toolkits.is_empty() {
            return Ok(toolkits);
        }
        self.crib(tenant).await?;
        self.present_toolkits(tenant).await
    }

    async fn present_toolkits(&self, tenant: &TenantId) -> Result<Vec<Toolkit>, Failure> {
        let any = RecordKey::new(tenant.clone(), Subject::Toolkit(ToolkitId::new(0)));
        let most = usize::try_from(MAX_TOOLKITS).unwrap_or(usize::MAX);
        self.partition(&any, TOOLKIT_PREFIX, None, most).await
    }

    /// An id for a kit, above all that were given before.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn next_toolkit_id(&self, tenant: &TenantId) -> Result<ToolkitId, Failure> {
        self.next(tenant, Series::Toolkits).await.map(ToolkitId::new)
    }

    /// An id for a place of a kit, above all that were given before.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn next_toolkit_item_id(&self, tenant: &TenantId) -> Result<ToolkitItemId, Failure> {
        self.next(tenant, Series::Items).await.map(ToolkitItemId::new)
    }

    /// Writes a kit that is new, and empty.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_toolkit(&self, toolkit: Toolkit) -> Result<CribEntry<Toolkit>, Failure> {
        self.enter(toolkit, None, Counted::Toolkits).await
    }

    /// Writes a kit back, which was read as `before`, if nobody wrote it since, and raises the version. Tools that come
    /// into it and leave it, at most [`Self::ITEMS_AT_ONCE`], are told at the same moment. None where one of those that
    /// come is not there.
    ///
    /// # Errors
    /// `conflict` when somebody wrote the kit, or deleted it; `unavailable` or `internal`.
    pub async fn save_toolkit(&self, before: &Toolkit, after: Toolkit) -> Result<Option<Toolkit>, Failure> {
        let after = Toolkit {
            version: before.version.saturating_add(1),
            ..after
        };
        let (coming, leaving) = exchanged(before, &after);
        if coming.is_empty() && leaving.is_empty() {
            self.replace(&after, before.version).await?;
            return Ok(Some(after));
        }
        let mut writes = vec![put(self.replacement(&after, before.version)?)];
        for (tools, by) in [(&coming, 1), (&leaving, -1)] {
            for tool in tools {
                let key = RecordKey::new(after.tenant.clone(), Subject::Tool(*tool));
                writes.push(self.uses(&key, by)?);
            }
        }
        match self.transact(writes).await? {
            Transaction::Done => Ok(Some(after)),
            Transaction::Refused(failed) if failed.first() == Some(&false) => Ok(None),
            Transaction::Refused(_) => Err(changed_meanwhile()),
        }
    }

    /// Forgets an empty kit if nobody wrote it since it was read.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn delete_toolkit(&self, toolkit: &Toolkit) -> Result<(), Failure> {
        self.leave(&toolkit.key(), toolkit.version, None, Counted::Toolkits)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::crib::{ToolkitItem, seed};

    #[test]
    fn only_tools_that_come_or_leave_are_told() {
        let before = seed(&TenantId::single()).toolkits.remove(0);
        let mut after = before.clone();
        after.items[0].quantity = 5;
        assert_eq!(exchanged(&before, &after), (vec![], vec![]));
        after.items.remove(1);
        after.items.push(ToolkitItem {
            id: ToolkitItemId::new(99),
            tool_id: ToolId::new(17),
            quantity: 1,
        });
        assert_eq!(
            exchanged(&before, &after),
            (vec![ToolId::new(17)], vec![ToolId::new(2)])
        );
    }

    #[test]
    fn a_kit_that_is_out_reads_back_with_who_has_it() {
        let mut toolkit = seed(&TenantId::single()).toolkits.remove(1);
        toolkit.issued = Some(darkroom_domain::crib::OpenIssue {
            user_id: darkroom_domain::UserId::new(3),
            transaction_id: darkroom_domain::TransactionId::new(4),
            issued_at: darkroom_domain::Timestamp::from_unix_milliseconds(5).unwrap(),
        });
        let item = toolkit.to_item().unwrap();
        assert_eq!(item["SK"].as_s().unwrap(), "TOOLKIT#0000000002");
        assert_eq!(crate::records::item::from_item::<Toolkit>(item).unwrap(), toolkit);
    }
}
