//! `/toolkits/`: the kits that tools make up.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod one;

use darkroom_domain::{
    Code, Failure, TenantId, Timestamp, ToolkitId, TransactionId, UserId,
    crib::{OpenIssue, Tool, Toolkit},
};
use darkroom_http::{Language, TOOLKIT_NOT_FOUND};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    item::{ToolkitItemView, item_views},
};

/// Who has a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolkitIssue {
    user_id: UserId,
    transaction_id: TransactionId,
    issued_at: Timestamp,
}

impl From<OpenIssue> for ToolkitIssue {
    fn from(issue: OpenIssue) -> Self {
        Self {
            user_id: issue.user_id,
            transaction_id: issue.transaction_id,
            issued_at: issue.issued_at,
        }
    }
}

/// A kit, without what belongs into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolkitSummary {
    id: ToolkitId,
    #[schema(example = "Основной набор инструментов")]
    name: String,
    #[schema(example = "Стандартный набор инструментов для технических работ")]
    description: Option<String>,
    /// Who has it; null while it is in the crib.
    issued: Option<ToolkitIssue>,
}

impl From<Toolkit> for ToolkitSummary {
    fn from(toolkit: Toolkit) -> Self {
        Self {
            id: toolkit.id,
            name: toolkit.name,
            description: toolkit.description,
            issued: toolkit.issued.map(ToolkitIssue::from),
        }
    }
}

/// A kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolkitView {
    #[serde(flatten)]
    toolkit: ToolkitSummary,
    /// What belongs into it, by the ids of the items.
    items: Vec<ToolkitItemView>,
}

impl ToolkitView {
    /// A kit of some of the tools that there are.
    pub(crate) fn of(toolkit: Toolkit, tools: &[Tool]) -> Self {
        Self {
            items: item_views(&toolkit, tools),
            toolkit: toolkit.into(),
        }
    }
}

impl Service {
    /// The kit with this id.
    pub(crate) async fn toolkit(
        &self,
        tenant: &TenantId,
        id: Option<ToolkitId>,
        language: Language,
    ) -> Result<Toolkit, Failure> {
        let toolkit = match id {
            Some(id) => self.records.toolkit(tenant, id).await?,
            None => None,
        };
        toolkit.ok_or_else(|| TOOLKIT_NOT_FOUND.failure(Code::NotFound, language))
    }

    /// A kit as it is told. Its tools are read behind it: none of them can have gone as long as it is in the kit.
    async fn told_toolkit(&self, toolkit: Toolkit) -> Result<ToolkitView, Failure> {
        let tools = self.tools_of(&toolkit).await?;
        Ok(ToolkitView::of(toolkit, &tools))
    }

    /// The tools that a kit needs to be told; none are read for one that is empty.
    pub(crate) async fn tools_of(&self, toolkit: &Toolkit) -> Result<Vec<Tool>, Failure> {
        if toolkit.items.is_empty() {
            return Ok(Vec::new());
        }
        self.records.tools(&toolkit.tenant).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::crib::seed;
    use serde_json::json;

    #[test]
    fn a_kit_is_told_as_it_was_recorded_and_who_has_it() {
        let seed = seed(&TenantId::single());
        let mut toolkit = seed.toolkits[0].clone();
        toolkit.items.truncate(1);
        toolkit.issued = Some(OpenIssue {
            user_id: UserId::new(5),
            transaction_id: TransactionId::new(6),
            issued_at: Timestamp::UNIX_EPOCH,
        });
        let told = serde_json::to_value(ToolkitView::of(toolkit, &seed.tools)).unwrap();
        assert_eq!(
            told,
            json!({
                "id": 1,
                "name": "Основной набор инструментов",
                "description": "Стандартный набор инструментов для технических работ",
                "issued": {"user_id": 5, "transaction_id": 6, "issued_at": "1970-01-01T00:00:00.000Z"},
                "items": [{
                    "id": 1, "toolkit_id": 1, "tool_id": 1, "quantity": 1,
                    "tool": {
                        "id": 1, "name": "Отвертка «-»", "serial_number": "TOOL-001",
                        "category": "Отвертки", "labels": ["1"],
                    },
                }],
            })
        );
    }
}
