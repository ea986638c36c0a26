//! `GET /toolkits/{toolkit_id}/items`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::ToolkitId;
use darkroom_http::{HttpResult, Language, Problem, Tenant};

use super::{ToolkitItemView, item_views};
use crate::{Service, path::PathIds};

/// What belongs into a kit
#[utoipa::path(get, path = "/toolkits/{toolkit_id}/items", tag = "crib",
    params(("toolkit_id" = ToolkitId, Path)), responses(
    (status = 200, description = "All items, by their ids", body = Vec<ToolkitItemView>),
    (status = 404, description = "There is no such kit", body = Problem),
))]
pub(crate) async fn list_toolkit_items(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<Json<Vec<ToolkitItemView>>> {
    let toolkit = service.toolkit(&tenant, ids.id(0), language).await?;
    let tools = service.tools_of(&toolkit).await?;
    Ok(Json(item_views(&toolkit, &tools)))
}
