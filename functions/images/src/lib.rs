//! Lists and deletes images, and redrives jobs.

mod delete;
mod list;
mod redrive;

use std::sync::Arc;

use axum::routing::get;
use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Queues, Records};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    queues: Queues,
    ground: Ground,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let service = Service {
        files: connection.files()?,
        records: connection.records()?,
        queues: connection.queues(),
        ground: Ground::default(),
    };
    service.queues.expect_jobs()?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_images))
        .route("/images/", get(list::list_images))
        .routes(routes!(delete::delete_image))
        .routes(routes!(redrive::redrive_job))
}
