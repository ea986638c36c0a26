//! `GET /transactions/{transaction_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::TransactionId;
use darkroom_http::{HttpResult, Language, Problem, Tenant};

use super::{TransactionView, not_found};
use crate::{Service, path::PathIds};

/// One transaction
#[utoipa::path(get, path = "/transactions/{transaction_id}", tag = "transactions", params(
    ("transaction_id" = TransactionId, Path),
    ("accept-language" = Option<String>, Header, description = "`en` or `ru`: the language of texts"),
), responses(
    (status = 200, description = "It", body = TransactionView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn show_transaction(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    path: PathIds,
) -> HttpResult<Json<TransactionView>> {
    let id = path.id(0).ok_or_else(|| not_found(language))?;
    let transaction = service.records.transaction(&tenant, id).await?;
    Ok(Json(transaction.ok_or_else(|| not_found(language))?.into()))
}
