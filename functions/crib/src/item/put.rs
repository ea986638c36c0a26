//! `POST /toolkits/{toolkit_id}/items`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{
    Code, ToolId, ToolkitId,
    crib::{MAX_ITEMS, Toolkit, ToolkitItem},
};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ToolkitItemView;
use crate::{
    Service,
    attempts::attempted,
    field::Field,
    path::PathIds,
    phrases::{NO_MORE_ITEMS, NO_TOOL},
    text::Quantity,
};

/// A tool that belongs into a kit, and how many of it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewToolkitItem {
    #[serde(default)]
    #[schema(value_type = ToolId, required = true)]
    tool_id: Field<ToolId>,
    #[serde(default)]
    #[schema(value_type = u32, required = true, minimum = 1, maximum = 1000)]
    quantity: Field<Quantity>,
}

/// Put a tool into a kit
///
/// Where the tool belongs there already, the quantity takes the place of the earlier one.
#[utoipa::path(post, path = "/toolkits/{toolkit_id}/items", tag = "crib", request_body = NewToolkitItem,
    params(("toolkit_id" = ToolkitId, Path)), responses(
    (status = 201, description = "The item as it is now", body = ToolkitItemView),
    (status = 404, description = "There is no such kit, or no such tool", body = Problem),
    (status = 409, description = "The kit has as many items as it may have", body = Problem),
    (status = 422, description = "A field is missing or out of its range", body = Problem),
))]
pub(crate) async fn put_toolkit_item(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
    body: JsonBody<NewToolkitItem>,
) -> HttpResult<(StatusCode, Json<ToolkitItemView>)> {
    let tool_id = body.value.tool_id.required("tool_id")?;
    let Quantity(quantity) = body.value.quantity.required("quantity")?;
    // An id that a lost race had no use for serves the next attempt.
    let fresh_id = tokio::sync::OnceCell::new();
    let change = attempted(|| async {
        let before = service.toolkit(&tenant, ids.id(0), language).await?;
        let tool = service.tool(&tenant, Some(tool_id), language).await?;
        let id = match before.item_of(tool_id) {
            Some(item) => item.id,
            None => {
                *fresh_id
                    .get_or_try_init(|| service.records.next_toolkit_item_id(&tenant))
                    .await?
            }
        };
        let item = ToolkitItem {
            id,
            tool_id,
            quantity,
        };
        let after =
            with_item(before.clone(), item).ok_or_else(|| NO_MORE_ITEMS.failure(Code::Conflict, language))?;
        if after != before && service.records.save_toolkit(&before, after).await?.is_none() {
            return Err(NO_TOOL.failure(Code::NotFound, language));
        }
        Ok(ToolkitItemView::of(before.id, item, tool))
    });
    Ok((StatusCode::CREATED, Json(change.await?)))
}

/// The kit with this item, in the place of the one of the same tool; none where there is no room for one more.
fn with_item(mut toolkit: Toolkit, item: ToolkitItem) -> Option<Toolkit> {
    if let Some(present) = toolkit
        .items
        .iter_mut()
        .find(|present| present.tool_id == item.tool_id)
    {
        present.quantity = item.quantity;
        return Some(toolkit);
    }
    if toolkit.items.len() >= MAX_ITEMS {
        return None;
    }
    let place = toolkit
        .items
        .partition_point(|present: &ToolkitItem| present.id < item.id);
    toolkit.items.insert(place, item);
    Some(toolkit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{TenantId, ToolkitItemId, crib::seed};

    fn item(id: u32, tool: u32, quantity: u32) -> ToolkitItem {
        ToolkitItem {
            id: ToolkitItemId::new(id),
            tool_id: ToolId::new(tool),
            quantity,
        }
    }

    #[test]
    fn a_tool_has_one_place_and_items_keep_their_order() {
        let mut toolkit = seed(&TenantId::single()).toolkits.remove(0);
        toolkit.items.clear();
        for added in [item(20, 1, 1), item(18, 2, 2), item(99, 1, 7)] {
            toolkit = with_item(toolkit, added).unwrap();
        }
        assert_eq!(toolkit.items, [item(18, 2, 2), item(20, 1, 7)]);
    }

    #[test]
    fn a_full_kit_takes_no_other_tool() {
        let mut toolkit = seed(&TenantId::single()).toolkits.remove(0);
        toolkit.items = (1..).take(MAX_ITEMS).map(|id| item(id, id, 1)).collect();
        assert!(with_item(toolkit.clone(), item(1, 1, 9)).is_some());
        assert!(with_item(toolkit, item(9999, 9999, 1)).is_none());
    }
}
