//! `DELETE /toolkits/{toolkit_id}/items`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_cloud::Records;
use darkroom_domain::ToolkitId;
use darkroom_http::{HttpResult, Language, Problem, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::written;
use crate::{Service, attempts::attempted, path::PathIds};

/// How many items there were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToolkitCleared {
    deleted: usize,
}

/// Empty a kit
#[utoipa::path(delete, path = "/toolkits/{toolkit_id}/items", tag = "crib",
    params(("toolkit_id" = ToolkitId, Path)), responses(
    (status = 200, description = "It is empty", body = ToolkitCleared),
    (status = 404, description = "There is no such kit", body = Problem),
    (status = 409, description = "Others changed the kit all the time", body = Problem),
))]
pub(crate) async fn clear_toolkit_items(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<Json<ToolkitCleared>> {
    let mut deleted = 0_usize;
    loop {
        // Not all at once: one transaction cannot take so many.
        let some = attempted(|| async {
            let before = service.toolkit(&tenant, ids.id(0), language).await?;
            let mut after = before.clone();
            let leaving = after.items.len().min(Records::ITEMS_AT_ONCE);
            after.items.drain(..leaving);
            if leaving > 0 {
                written(service.records.save_toolkit(&before, after).await?, language)?;
            }
            Ok(leaving)
        });
        match some.await? {
            0 => return Ok(Json(ToolkitCleared { deleted })),
            some => deleted = deleted.saturating_add(some),
        }
    }
}
