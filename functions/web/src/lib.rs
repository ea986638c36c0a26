//! The page that people look at, the documentation and the API document: the same for everybody, and whole without any
//! other origin than the bucket's.

mod docs;
mod document;
#[cfg(test)]
mod drift;
mod error_codes;
mod lean;
mod page;
mod welcome;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use darkroom_cloud::{Connection, Environment, EnvironmentError};
use darkroom_domain::Failure;
use darkroom_http::{HttpResult, open_http_function};
use darkroom_lambda::Function;
use http::{HeaderMap, header};
use utoipa_axum::{router::OpenApiRouter, routes};

use document::Document;
use welcome::{WELCOME, Welcome};

/// The API document, as `darkroom openapi` prints it.
const API_DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// What the handlers serve.
struct Service {
    page: Document,
}

/// The function. Of its environment only the bucket matters to it, whose origin the page may speak to: what it serves is
/// open to all.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let files = Connection::of(environment)?.files()?;
    Ok(open_http_function(router(&files.origin())))
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn router(bucket_origin: &str) -> Router {
    let (router, _) = routes().split_for_parts();
    router.with_state(Arc::new(Service {
        page: page::page(bucket_origin),
    }))
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(welcome))
        .routes(routes!(documentation))
        .routes(routes!(openapi))
        // Files of the page are no part of the API.
        .route("/assets/{version}/{*path}", get(asset))
}

/// Welcome
///
/// For browsers the page, for programs where to look.
#[utoipa::path(get, path = "/", tag = "service", responses(
    (status = 200, description = "Where to look; the page, if `Accept` names `text/html`", content(
        (Welcome = "application/json"), (String = "text/html"))),
    (status = 304, description = "The page is unchanged since the `ETag` that `If-None-Match` names"),
))]
async fn welcome(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response<Body> {
    let takes_page = document::list(&headers, &header::ACCEPT).any(|range| {
        range
            .split(';')
            .next()
            .is_some_and(|kind| kind.trim() == "text/html")
    });
    if takes_page {
        service.page.answer(&headers)
    } else {
        ([(header::VARY, "accept")], Json(WELCOME)).into_response()
    }
}

/// The documentation
///
/// A page for people, made of `/openapi.json`, where requests can be tried.
#[utoipa::path(get, path = "/docs", tag = "service", responses(
    (status = 200, description = "The page", body = String, content_type = "text/html"),
    (status = 304, description = "Unchanged since the `ETag` that `If-None-Match` names"),
))]
async fn documentation(headers: HeaderMap) -> Response<Body> {
    docs::PAGE.answer(&headers)
}

/// The API document
///
/// OpenAPI, for programs.
#[utoipa::path(get, path = "/openapi.json", tag = "service", responses(
    (status = 200, description = "The document", body = Object, content_type = "application/json"),
    (status = 304, description = "Unchanged since the `ETag` that `If-None-Match` names"),
))]
async fn openapi(headers: HeaderMap) -> Response<Body> {
    static DOCUMENT: std::sync::LazyLock<Document> =
        std::sync::LazyLock::new(|| Document::new("application/json", API_DOCUMENT));
    DOCUMENT.answer(&headers)
}

/// A file of the page. One of another state than this is not there: whoever asks for it has the page of another
/// deployment, and its files in his cache or none.
async fn asset(
    Path((version, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> HttpResult<Response<Body>> {
    let asset =
        page::asset(&version, &path).ok_or_else(|| Failure::not_found("There is nothing at this path."))?;
    Ok(asset.answer(&headers))
}

#[cfg(test)]
mod tests;
