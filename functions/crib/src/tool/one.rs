//! `GET`, `PUT` and `DELETE /tools/{tool_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Code, ToolId};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ToolView, written};
use crate::{
    Service,
    attempts::attempted,
    field::Field,
    path::PathIds,
    phrases::TOOL_IN_USE,
    text::{Labels, Line},
};

/// A tool
#[utoipa::path(get, path = "/tools/{tool_id}", tag = "crib", params(("tool_id" = ToolId, Path)), responses(
    (status = 200, description = "The tool", body = ToolView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_tool(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<Json<ToolView>> {
    Ok(Json(service.tool(&tenant, ids.id(0), language).await?.into()))
}

/// What is to change. What is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ToolChange {
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String)]
    name: Field<Line>,
    /// 1 to 255 characters, unlike every other's.
    #[serde(default)]
    #[schema(value_type = String)]
    serial_number: Field<Line>,
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String)]
    category: Field<Line>,
    /// What models call it: at most 20 labels of at most 100 characters, in the place of those that there are.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    labels: Field<Labels>,
}

/// Change a tool
#[utoipa::path(put, path = "/tools/{tool_id}", tag = "crib", request_body = ToolChange,
    params(("tool_id" = ToolId, Path)), responses(
    (status = 200, description = "The tool as it is now", body = ToolView),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "Another has this serial number", body = Problem),
    (status = 422, description = "A field is out of its range, or null", body = Problem),
))]
pub(crate) async fn update_tool(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
    body: JsonBody<ToolChange>,
) -> HttpResult<Json<ToolView>> {
    let change = body.value;
    let name = change.name.changed("name")?;
    let serial_number = change.serial_number.changed("serial_number")?;
    let category = change.category.changed("category")?;
    let labels = change.labels.changed("labels")?;
    let view = attempted(|| async {
        let before = service.tool(&tenant, ids.id(0), language).await?;
        let mut after = before.clone();
        if let Some(Line(name)) = name.clone() {
            after.name = name;
        }
        if let Some(Line(number)) = serial_number.clone() {
            after.serial_number = number;
        }
        if let Some(Line(category)) = category.clone() {
            after.category = category;
        }
        if let Some(Labels(labels)) = labels.clone() {
            after.labels = labels;
        }
        if after == before {
            return Ok(before.into());
        }
        written(service.records.save_tool(&before, after).await?, language)
    });
    Ok(Json(view.await?))
}

/// Delete a tool
///
/// One that is in a kit cannot be deleted.
#[utoipa::path(delete, path = "/tools/{tool_id}", tag = "crib", params(("tool_id" = ToolId, Path)), responses(
    (status = 204, description = "The tool is gone"),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It is in a kit", body = Problem),
))]
pub(crate) async fn delete_tool(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<StatusCode> {
    let deletion = attempted(|| async {
        let tool = service.tool(&tenant, ids.id(0), language).await?;
        if tool.uses > 0 {
            return Err(TOOL_IN_USE.failure(Code::Conflict, language));
        }
        service.records.delete_tool(&tool).await
    });
    deletion.await?;
    Ok(StatusCode::NO_CONTENT)
}
