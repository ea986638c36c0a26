//! `GET`, `PUT` and `DELETE /users/{user_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Code, UserId, crib::Role};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{UserView, written};
use crate::{Service, attempts::attempted, field::Field, path::PathIds, phrases::USER_IN_USE, text::Line};

/// A person
#[utoipa::path(get, path = "/users/{user_id}", tag = "crib", params(("user_id" = UserId, Path)), responses(
    (status = 200, description = "The person", body = UserView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_user(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<Json<UserView>> {
    Ok(Json(service.user(&tenant, ids.id(0), language).await?.into()))
}

/// What is to change. What is missing stays; a role that is null is no longer known.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UserChange {
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String)]
    name: Field<Line>,
    /// 1 to 255 characters, unlike everybody else's.
    #[serde(default)]
    #[schema(value_type = String)]
    employee_number: Field<Line>,
    /// What the person may do.
    #[serde(default)]
    #[schema(value_type = Option<Role>)]
    role: Field<Role>,
}

/// Change a person
#[utoipa::path(put, path = "/users/{user_id}", tag = "crib", request_body = UserChange,
    params(("user_id" = UserId, Path)), responses(
    (status = 200, description = "The person as it is now", body = UserView),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "Another has this employee number", body = Problem),
    (status = 422, description = "A field is out of its range, or null where it may not be", body = Problem),
))]
pub(crate) async fn update_user(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
    body: JsonBody<UserChange>,
) -> HttpResult<Json<UserView>> {
    let name = body.value.name.changed("name")?;
    let employee_number = body.value.employee_number.changed("employee_number")?;
    let role = body.value.role.cleared("role")?;
    let view = attempted(|| async {
        let before = service.user(&tenant, ids.id(0), language).await?;
        let mut after = before.clone();
        if let Some(Line(name)) = name.clone() {
            after.name = name;
        }
        if let Some(Line(number)) = employee_number.clone() {
            after.employee_number = number;
        }
        if let Some(role) = role {
            after.role = role;
        }
        if after == before {
            return Ok(before.into());
        }
        written(service.records.save_user(&before, after).await?, language)
    });
    Ok(Json(view.await?))
}

/// Delete a person
///
/// Whom transactions or inspections name cannot be deleted.
#[utoipa::path(delete, path = "/users/{user_id}", tag = "crib", params(("user_id" = UserId, Path)), responses(
    (status = 204, description = "The person is gone"),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "Transactions or inspections name the person", body = Problem),
))]
pub(crate) async fn delete_user(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    ids: PathIds,
) -> HttpResult<StatusCode> {
    let deletion = attempted(|| async {
        let user = service.user(&tenant, ids.id(0), language).await?;
        if user.uses > 0 {
            return Err(USER_IN_USE.failure(Code::Conflict, language));
        }
        service.records.delete_user(&user).await
    });
    deletion.await?;
    Ok(StatusCode::NO_CONTENT)
}
