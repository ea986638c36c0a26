//! `GET /tools/`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::crib::Tool;
use darkroom_http::{HttpResult, Problem, Query, Tenant};

use super::ToolView;
use crate::{
    Service,
    page::{ListQuery, Page, mentions},
};

/// List tools
#[utoipa::path(get, path = "/tools/", tag = "crib", params(
    ("limit" = Option<u32>, Query, description = "From 1 to 100; 20 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many to leave out; 0 where it is missing"),
    ("category" = Option<String>, Query, description = "Only tools of exactly this category"),
    ("q" = Option<String>, Query, description = "Only tools with this in their name or serial number, in any case"),
), responses(
    (status = 200, description = "Some tools, by their ids", body = Page<ToolView>),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn list_tools(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(query): Query<ListQuery>,
) -> HttpResult<Json<Page<ToolView>>> {
    let page = query.page()?;
    let mut tools = service.records.tools(&tenant).await?;
    tools.retain(|tool| is_sought(tool, query.category.as_deref(), query.q.as_deref()));
    Ok(Json(page.of_list(tools).told()))
}

/// Whether a tool is one of those that are asked for. A filter that says nothing leaves out nothing.
fn is_sought(tool: &Tool, category: Option<&str>, sought: Option<&str>) -> bool {
    category.is_none_or(|category| category.is_empty() || category == tool.category)
        && sought.is_none_or(|sought| mentions(sought, &[&tool.name, &tool.serial_number]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{TenantId, crib::seed};

    fn found(category: Option<&str>, sought: Option<&str>) -> Vec<u32> {
        let mut tools = seed(&TenantId::single()).tools;
        tools.retain(|tool| is_sought(tool, category, sought));
        tools.iter().map(|tool| tool.id.number()).collect()
    }

    #[test]
    fn tools_are_found_by_category_name_and_serial_number() {
        assert_eq!(found(Some("Отвертки"), None), [1, 2, 3]);
        assert_eq!(found(Some("отвертки"), None), [0; 0], "a category is exact");
        assert_eq!(found(None, Some("ПАССАТИЖИ")), [5, 6]);
        assert_eq!(found(None, Some("table-00")), [12, 13, 14, 15, 16, 17]);
        assert_eq!(found(Some("Ключи"), Some("рожк")), [10]);
        assert_eq!(found(Some(""), Some("")).len(), 17);
    }
}
