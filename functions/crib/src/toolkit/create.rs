//! `POST /toolkits/`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use darkroom_cloud::CribEntry;
use darkroom_domain::{Code, crib::Toolkit};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ToolkitView;
use crate::{
    Service,
    field::Field,
    phrases::NO_MORE_TOOLKITS,
    text::{Description, Line},
};

/// A kit that is new.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewToolkit {
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String, required = true, example = "Основной набор инструментов")]
    name: Field<Line>,
    /// At most 1024 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Field<Description>,
}

/// Add a kit
///
/// It is empty, and another than every other, whatever it is called.
#[utoipa::path(post, path = "/toolkits/", tag = "crib", request_body = NewToolkit, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 201, description = "The kit is known", body = ToolkitView),
    (status = 409, description = "There are as many kits as there may be", body = Problem),
    (status = 422, description = "A field is missing or out of its range", body = Problem),
))]
pub(crate) async fn create_toolkit(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    body: JsonBody<NewToolkit>,
) -> HttpResult<Response> {
    let name = body.value.name.required("name")?;
    let description = body.value.description.optional("description")?;
    let work = async {
        let toolkit = Toolkit {
            id: service.records.next_toolkit_id(&tenant).await?,
            tenant: tenant.clone(),
            name: name.0,
            description: description.map(|description| description.0),
            items: Vec::new(),
            issued: None,
            uses: 0,
            version: 1,
        };
        match service.records.create_toolkit(toolkit).await? {
            CribEntry::Done(toolkit) => Ok((StatusCode::CREATED, ToolkitView::of(toolkit, &[]))),
            CribEntry::Taken | CribEntry::Full => {
                Err(NO_MORE_TOOLKITS.failure(Code::Conflict, language).into())
            }
        }
    };
    let now = service.ground.clock.now();
    let work = Box::pin(work);
    idempotent(
        &service.records,
        &tenant,
        "POST toolkits",
        &headers,
        &body.bytes,
        now,
        work,
    )
    .await
}
