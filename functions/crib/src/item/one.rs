//! `GET`, `PUT` and `DELETE /toolkits/{toolkit_id}/items/{item_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{
    Code, Failure, TenantId, ToolkitId, ToolkitItemId,
    crib::{Toolkit, ToolkitItem},
};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ToolkitItemView, written};
use crate::{Service, attempts::attempted, field::Field, path::PathIds, phrases::NO_ITEM, text::Quantity};

/// An item of a kit
#[utoipa::path(get, path = "/toolkits/{toolkit_id}/items/{item_id}", tag = "crib",
    params(("toolkit_id" = ToolkitId, Path), ("item_id" = ToolkitItemId, Path)), responses(
    (status = 200, description = "The item", body = ToolkitItemView),
    (status = 404, description = "There is no such kit, or no such item in it", body = Problem),
))]
pub(crate) async fn get_toolkit_item(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<Json<ToolkitItemView>> {
    let (toolkit, item) = service.toolkit_item(&tenant, &ids, language).await?;
    Ok(Json(service.told_item(&toolkit, item, language).await?))
}

/// What is to change. What is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ToolkitItemChange {
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 1000)]
    quantity: Field<Quantity>,
}

/// Change the quantity of an item
#[utoipa::path(put, path = "/toolkits/{toolkit_id}/items/{item_id}", tag = "crib", request_body = ToolkitItemChange,
    params(("toolkit_id" = ToolkitId, Path), ("item_id" = ToolkitItemId, Path)), responses(
    (status = 200, description = "The item as it is now", body = ToolkitItemView),
    (status = 404, description = "There is no such kit, or no such item in it", body = Problem),
    (status = 409, description = "Others changed the kit all the time", body = Problem),
    (status = 422, description = "The quantity is out of its range, or null", body = Problem),
))]
pub(crate) async fn update_toolkit_item(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
    body: JsonBody<ToolkitItemChange>,
) -> HttpResult<Json<ToolkitItemView>> {
    let quantity = body.value.quantity.changed("quantity")?;
    let change = attempted(|| async {
        let (before, item) = service.toolkit_item(&tenant, &ids, language).await?;
        let changed = ToolkitItem {
            quantity: quantity.map_or(item.quantity, |quantity| quantity.0),
            ..item
        };
        if changed != item {
            let mut after = before.clone();
            after
                .items
                .iter_mut()
                .filter(|present| present.id == item.id)
                .for_each(|present| *present = changed);
            written(service.records.save_toolkit(&before, after).await?, language)?;
        }
        Ok((before, changed))
    });
    let (toolkit, item) = change.await?;
    Ok(Json(service.told_item(&toolkit, item, language).await?))
}

/// Take an item out of a kit
#[utoipa::path(delete, path = "/toolkits/{toolkit_id}/items/{item_id}", tag = "crib",
    params(("toolkit_id" = ToolkitId, Path), ("item_id" = ToolkitItemId, Path)), responses(
    (status = 204, description = "The item is gone"),
    (status = 404, description = "There is no such kit, or no such item in it", body = Problem),
    (status = 409, description = "Others changed the kit all the time", body = Problem),
))]
pub(crate) async fn delete_toolkit_item(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<StatusCode> {
    let deletion = attempted(|| async {
        let (before, item) = service.toolkit_item(&tenant, &ids, language).await?;
        let mut after = before.clone();
        after.items.retain(|present| present.id != item.id);
        written(service.records.save_toolkit(&before, after).await?, language)
    });
    deletion.await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Service {
    /// The kit and the item that a path names.
    async fn toolkit_item(
        &self,
        tenant: &TenantId,
        ids: &PathIds,
        language: Language,
    ) -> Result<(Toolkit, ToolkitItem), Failure> {
        let toolkit = self.toolkit(tenant, ids.id(0), language).await?;
        let id: Option<ToolkitItemId> = ids.id(1);
        let item = toolkit.items.iter().find(|item| Some(item.id) == id).copied();
        let item = item.ok_or_else(|| NO_ITEM.failure(Code::NotFound, language))?;
        Ok((toolkit, item))
    }

    async fn told_item(
        &self,
        toolkit: &Toolkit,
        item: ToolkitItem,
        language: Language,
    ) -> Result<ToolkitItemView, Failure> {
        let tool = self.tool(&toolkit.tenant, Some(item.tool_id), language).await?;
        Ok(ToolkitItemView::of(toolkit.id, item, tool))
    }
}
