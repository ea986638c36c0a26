//! `POST /tools/`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use darkroom_domain::crib::Tool;
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ToolView, written};
use crate::{
    Service,
    field::Field,
    text::{Labels, Line},
};

/// A tool that is new.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewTool {
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String, required = true, example = "Разводной ключ")]
    name: Field<Line>,
    /// 1 to 255 characters, unlike every other's.
    #[serde(default)]
    #[schema(value_type = String, required = true, example = "TOOL-008")]
    serial_number: Field<Line>,
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String, required = true, example = "Ключи")]
    category: Field<Line>,
    /// What models call it: at most 20 labels of at most 100 characters. Without any it is never recognised.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["8"]))]
    labels: Field<Labels>,
}

/// Add a tool
#[utoipa::path(post, path = "/tools/", tag = "crib", request_body = NewTool, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 201, description = "The tool is known", body = ToolView),
    (status = 409, description = "Another has this serial number, or there are as many tools as there may be", body = Problem),
    (status = 422, description = "A field is missing or out of its range", body = Problem),
))]
pub(crate) async fn create_tool(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    body: JsonBody<NewTool>,
) -> HttpResult<Response> {
    let new = body.value;
    let name = new.name.required("name")?;
    let serial_number = new.serial_number.required("serial_number")?;
    let category = new.category.required("category")?;
    let labels = new.labels.changed("labels")?.unwrap_or_default();
    let work = async {
        let tool = Tool {
            id: service.records.next_tool_id(&tenant).await?,
            tenant: tenant.clone(),
            name: name.0,
            serial_number: serial_number.0,
            category: category.0,
            labels: labels.0,
            uses: 0,
            version: 1,
        };
        let entry = service.records.create_tool(tool).await?;
        Ok((StatusCode::CREATED, written(entry, language)?))
    };
    let now = service.ground.clock.now();
    let work = Box::pin(work);
    idempotent(
        &service.records,
        &tenant,
        "POST tools",
        &headers,
        &body.bytes,
        now,
        work,
    )
    .await
}
