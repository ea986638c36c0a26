//! `/toolkits/{toolkit_id}/items`: what belongs into a kit.
//!
//! They may change while the kit is out: what went out stands in the transaction.

pub(crate) mod clear;
pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod put;

use darkroom_domain::{
    Failure, ToolId, ToolkitId, ToolkitItemId,
    crib::{Tool, Toolkit, ToolkitItem},
};
use darkroom_http::Language;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{tool::ToolView, transaction::changed_meanwhile};

/// A tool that belongs into a kit, and how many of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolkitItemView {
    id: ToolkitItemId,
    toolkit_id: ToolkitId,
    tool_id: ToolId,
    #[schema(minimum = 1, maximum = 1000)]
    quantity: u32,
    tool: ToolView,
}

impl ToolkitItemView {
    fn of(toolkit: ToolkitId, item: ToolkitItem, tool: Tool) -> Self {
        Self {
            id: item.id,
            toolkit_id: toolkit,
            tool_id: item.tool_id,
            quantity: item.quantity,
            tool: tool.into(),
        }
    }
}

/// What belongs into a kit, by the ids of the items. A tool that is not among `tools` has left the kit and the crib since
/// the kit was read, and is left out.
pub(crate) fn item_views(toolkit: &Toolkit, tools: &[Tool]) -> Vec<ToolkitItemView> {
    let told = |item: &ToolkitItem| {
        let tool = tools.iter().find(|tool| tool.id == item.tool_id)?;
        Some(ToolkitItemView::of(toolkit.id, *item, tool.clone()))
    };
    toolkit.items.iter().filter_map(told).collect()
}

/// The kit as it was written back. Where no tool comes into it, one that is not there can only have gone meanwhile: that is
/// worth another attempt.
fn written(saved: Option<Toolkit>, language: Language) -> Result<Toolkit, Failure> {
    saved.ok_or_else(|| changed_meanwhile(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempts::attempted;
    use darkroom_domain::{Code, TenantId, crib::seed};
    use std::cell::Cell;

    #[tokio::test]
    async fn what_was_not_written_is_tried_again_and_never_told_as_done() {
        let tried = Cell::new(0);
        let ended = attempted(async || {
            tried.set(tried.get() + 1);
            written(None, Language::English)
        });
        assert_eq!(ended.await.unwrap_err().code, Code::Conflict);
        assert!(tried.get() > 1);
        let kit = seed(&TenantId::single()).toolkits.remove(0);
        assert_eq!(written(Some(kit.clone()), Language::English), Ok(kit));
    }
}
