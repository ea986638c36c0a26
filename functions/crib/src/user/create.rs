//! `POST /users/`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use darkroom_domain::crib::{Role, User};
use darkroom_http::{HttpResult, JsonBody, Language, Problem, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{UserView, written};
use crate::{Service, field::Field, text::Line};

/// A person who is new.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewUser {
    /// 1 to 255 characters.
    #[serde(default)]
    #[schema(value_type = String, required = true, example = "Иван Петров")]
    name: Field<Line>,
    /// 1 to 255 characters, unlike everybody else's.
    #[serde(default)]
    #[schema(value_type = String, required = true, example = "E-1024")]
    employee_number: Field<Line>,
    /// What the person may do.
    #[serde(default)]
    #[schema(value_type = Option<Role>)]
    role: Field<Role>,
}

/// Add a person
#[utoipa::path(post, path = "/users/", tag = "crib", request_body = NewUser, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 201, description = "The person is known", body = UserView),
    (status = 409, description = "Another has this employee number, or there are as many people as there may be", body = Problem),
    (status = 422, description = "A field is missing or out of its range", body = Problem),
))]
pub(crate) async fn create_user(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    body: JsonBody<NewUser>,
) -> HttpResult<Response> {
    let NewUser {
        name,
        employee_number,
        role,
    } = body.value;
    let (name, employee_number) = (
        name.required("name")?,
        employee_number.required("employee_number")?,
    );
    let role = role.optional("role")?;
    let work = async {
        let user = User {
            id: service.records.next_user_id(&tenant).await?,
            tenant: tenant.clone(),
            name: name.0,
            employee_number: employee_number.0,
            role,
            uses: 0,
            version: 1,
        };
        let entry = service.records.create_user(user).await?;
        Ok((StatusCode::CREATED, written(entry, language)?))
    };
    let now = service.ground.clock.now();
    let work = Box::pin(work);
    idempotent(
        &service.records,
        &tenant,
        "POST users",
        &headers,
        &body.bytes,
        now,
        work,
    )
    .await
}
