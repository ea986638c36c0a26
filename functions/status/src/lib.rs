//! Tells of uploads, images and jobs, and of the health of the service. Answers are JSON, never pixels.

mod archive;
mod health;
mod image;
mod job;
mod upload;

use std::sync::Arc;

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
    service.queues.expect_ingest()?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::base_health))
        .routes(routes!(upload::get_upload))
        .routes(routes!(image::get_image))
        .routes(routes!(job::get_job))
        .routes(routes!(archive::archive_status))
        .routes(routes!(archive::archive_time_left))
        .routes(routes!(archive::statistics))
}
