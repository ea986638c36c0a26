//! `GET`, `PUT` and `DELETE /toolkits/{toolkit_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Code, ToolkitId, crib::Toolkit};
use darkroom_http::{HttpResult, JsonBody, Language, Phrase, Problem, TOOLKIT_NOT_FOUND, Tenant};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ToolkitView;
use crate::{
    Service,
    attempts::attempted,
    field::Field,
    path::PathIds,
    phrases::{TOOLKIT_HAS_ITEMS, TOOLKIT_IN_USE, TOOLKIT_IS_OUT},
    text::{Description, Line},
};

/// A kit
#[utoipa::path(get, path = "/toolkits/{toolkit_id}", tag = "crib", params(("toolkit_id" = ToolkitId, Path)), responses(
    (status = 200, description = "The kit", body = ToolkitView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_toolkit(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<Json<ToolkitView>> {
    let toolkit = service.toolkit(&tenant, ids.id(0), language).await?;
    Ok(Json(service.told_toolkit(toolkit).await?))
}

/// What is to change. What is missing stays; a description that is null is gone.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ToolkitChange {
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String)]
    name: Field<Line>,
    /// At most 1024 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Field<Description>,
}

/// Change a kit's name or description
#[utoipa::path(put, path = "/toolkits/{toolkit_id}", tag = "crib", request_body = ToolkitChange,
    params(("toolkit_id" = ToolkitId, Path)), responses(
    (status = 200, description = "The kit as it is now", body = ToolkitView),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "Others changed it all the time", body = Problem),
    (status = 422, description = "A field is out of its range, or null where it may not be", body = Problem),
))]
pub(crate) async fn update_toolkit(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
    body: JsonBody<ToolkitChange>,
) -> HttpResult<Json<ToolkitView>> {
    let name = body.value.name.changed("name")?;
    let description = body.value.description.cleared("description")?;
    let change = attempted(|| async {
        let before = service.toolkit(&tenant, ids.id(0), language).await?;
        let mut after = before.clone();
        if let Some(Line(name)) = name.clone() {
            after.name = name;
        }
        if let Some(description) = description.clone() {
            after.description = description.map(|description| description.0);
        }
        if after == before {
            return Ok(before);
        }
        let saved = service.records.save_toolkit(&before, after).await?;
        saved.ok_or_else(|| TOOLKIT_NOT_FOUND.failure(Code::NotFound, language))
    });
    let toolkit = change.await?;
    Ok(Json(service.told_toolkit(toolkit).await?))
}

/// Delete a kit
///
/// It must be empty and in the crib, and no transaction may name it.
#[utoipa::path(delete, path = "/toolkits/{toolkit_id}", tag = "crib", params(("toolkit_id" = ToolkitId, Path)), responses(
    (status = 204, description = "The kit is gone"),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It is out, transactions name it, or it has items", body = Problem),
))]
pub(crate) async fn delete_toolkit(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<StatusCode> {
    let deletion = attempted(|| async {
        let toolkit = service.toolkit(&tenant, ids.id(0), language).await?;
        match held_by(&toolkit) {
            Some(held) => Err(held.failure(Code::Conflict, language)),
            None => service.records.delete_toolkit(&toolkit).await,
        }
    });
    deletion.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a kit cannot be deleted, if it cannot. What nobody can help comes first: nobody shall empty a kit for nothing.
const fn held_by(toolkit: &Toolkit) -> Option<Phrase> {
    if toolkit.issued.is_some() {
        Some(TOOLKIT_IS_OUT)
    } else if toolkit.uses > 0 {
        Some(TOOLKIT_IN_USE)
    } else if !toolkit.items.is_empty() {
        Some(TOOLKIT_HAS_ITEMS)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{
        TenantId, Timestamp, TransactionId, UserId,
        crib::{OpenIssue, seed},
    };

    #[test]
    fn only_an_empty_kit_that_nobody_names_can_go() {
        let mut toolkit = seed(&TenantId::single()).toolkits.remove(0);
        assert_eq!(held_by(&toolkit), Some(TOOLKIT_HAS_ITEMS));
        toolkit.uses = 1;
        assert_eq!(held_by(&toolkit), Some(TOOLKIT_IN_USE));
        toolkit.issued = Some(OpenIssue {
            user_id: UserId::new(1),
            transaction_id: TransactionId::new(1),
            issued_at: Timestamp::UNIX_EPOCH,
        });
        assert_eq!(held_by(&toolkit), Some(TOOLKIT_IS_OUT));
        toolkit.issued = None;
        toolkit.uses = 0;
        toolkit.items.clear();
        assert_eq!(held_by(&toolkit), None);
    }
}
