//! `GET /users/`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_http::{HttpResult, Problem, Query, Tenant};

use super::UserView;
use crate::{
    Service,
    page::{ListQuery, Page},
};

/// List people
#[utoipa::path(get, path = "/users/", tag = "crib", params(
    ("limit" = Option<u32>, Query, description = "From 1 to 100; 20 where it is missing"),
    ("offset" = Option<u32>, Query, description = "How many to leave out; 0 where it is missing"),
), responses(
    (status = 200, description = "Some people, by their ids", body = Page<UserView>),
    (status = 422, description = "The part is none", body = Problem),
))]
pub(crate) async fn list_users(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(query): Query<ListQuery>,
) -> HttpResult<Json<Page<UserView>>> {
    let page = query.page()?;
    // A crib may know many people, and counts them: no more of them are read than the part asks for.
    let (crib, users) = tokio::try_join!(
        service.records.crib(&tenant),
        service.records.users(&tenant, page.end())
    )?;
    let total = usize::try_from(crib.user_count).unwrap_or(usize::MAX);
    Ok(Json(page.of_beginning(users, total).told()))
}
