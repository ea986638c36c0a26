//! Promises uploads by presigned URL, and takes small files directly.

mod archive;
mod complete;
mod declaration;
mod direct;
mod parts;
mod promise;

use std::sync::Arc;

use axum::routing::post;
use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Queues, Records};
use darkroom_domain::{ImageLimits, JobKind};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use darkroom_model_store::ModelStore;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    queues: Queues,
    models: Arc<ModelStore>,
    ground: Ground,
    limits: ImageLimits,
    archive_bytes: u64,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let files = connection.files()?;
    let service = Service {
        // Only their descriptions are asked for here.
        models: Arc::new(ModelStore::new(environment, &files, &[])?),
        files,
        records: connection.records()?,
        queues: connection.queues(),
        ground: Ground::default(),
        limits: darkroom_cloud::image_limits(environment)?,
        archive_bytes: darkroom_cloud::archive_bytes(environment)?,
    };
    service.queues.expect_jobs(&[JobKind::ArchiveSegmentation])?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(promise::create_upload))
        .routes(routes!(archive::upload_archive))
        .routes(routes!(parts::list_parts))
        .routes(routes!(complete::complete_upload))
        .routes(routes!(direct::create_image))
        .route("/images/", post(direct::create_image))
}
