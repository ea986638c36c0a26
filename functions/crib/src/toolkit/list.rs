//! `GET /toolkits/`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_http::{HttpResult, Problem, Query, Tenant};

use super::ToolkitSummary;
use crate::{
    Service,
    page::{ListQuery, Page, mentions},
};

/// List kits
#[utoipa::path(get, path = "/toolkits/", tag = "crib", params(
    ("limit" = Option<u32>, Query, description = "From 1 to 100; 20 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many to leave out; 0 where it is missing"),
    ("q" = Option<String>, Query, description = "Only kits with this in their name, in any case"),
), responses(
    (status = 200, description = "Some kits, by their ids", body = Page<ToolkitSummary>),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn list_toolkits(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(query): Query<ListQuery>,
) -> HttpResult<Json<Page<ToolkitSummary>>> {
    let page = query.page()?;
    let mut toolkits = service.records.toolkits(&tenant).await?;
    if let Some(sought) = &query.q {
        toolkits.retain(|toolkit| mentions(sought, &[&toolkit.name]));
    }
    Ok(Json(page.of_list(toolkits).told()))
}
