//! Promises uploads by presigned URL, and takes small files directly.

mod archive;
mod complete;
mod declaration;
mod direct;
mod many;
mod order;
mod parts;
mod photographs;
mod promise;
mod sorting;

use std::sync::Arc;

use axum::routing::post;
use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Queues, Records};
use darkroom_domain::{ImageLimits, JobKind};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use darkroom_model_store::ModelStore;
use darkroom_picture_archive::ArchiveIntake;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    queues: Queues,
    intake: ArchiveIntake,
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
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let queues = connection.queues();
    queues.expect_jobs(&[
        JobKind::ArchiveSegmentation,
        JobKind::ArchivePrediction,
        JobKind::Thumbnail,
        JobKind::Embed,
    ])?;
    let service = Service {
        // Only their descriptions are asked for here.
        models: Arc::new(ModelStore::new(environment, &files, &[])?),
        intake: ArchiveIntake::new(files.clone(), records.clone(), queues.clone(), ground.clone()),
        files,
        records,
        queues,
        ground,
        limits: darkroom_cloud::image_limits(environment)?,
        archive_bytes: darkroom_cloud::archive_bytes(environment)?,
    };
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
        .routes(routes!(many::create_uploads))
        .routes(routes!(archive::upload_archive))
        .routes(routes!(parts::list_parts))
        .routes(routes!(complete::complete_upload))
        .routes(routes!(direct::create_image))
        .route("/images/", post(direct::create_image))
        .routes(routes!(photographs::upload_photographs))
        .routes(routes!(photographs::upload_and_add))
}
