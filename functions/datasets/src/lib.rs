//! Datasets and their images; exports and imports begin here.

mod archive;
mod dataset;
mod image;
mod page;

use std::sync::Arc;

use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Queues, Records, Removal};
use darkroom_domain::{Dataset, DatasetId, Failure, ImageLimits, JobKind, TenantId};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    removal: Removal,
    queues: Queues,
    ground: Ground,
    limits: ImageLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records) = (connection.files()?, connection.records()?);
    let service = Service {
        removal: Removal::new(files.clone(), records.clone()),
        files,
        records,
        queues: connection.queues(),
        ground: Ground::default(),
        limits: darkroom_cloud::image_limits(environment)?,
    };
    service
        .queues
        .expect_jobs(&[JobKind::Thumbnail, JobKind::DatasetExport])?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(dataset::create::create_dataset))
        .routes(routes!(dataset::list::list_datasets))
        .routes(routes!(dataset::change::get_dataset))
        .routes(routes!(dataset::change::update_dataset))
        .routes(routes!(dataset::remove::remove_dataset))
        .routes(routes!(image::list::list_dataset_images))
        .routes(routes!(image::upload::upload_dataset_image))
        .routes(routes!(image::one::get_dataset_image))
        .routes(routes!(image::one::download_dataset_image))
        .routes(routes!(image::one::remove_dataset_image))
        .routes(routes!(archive::export::export_dataset))
        .routes(routes!(archive::export::export_status))
        .routes(routes!(archive::download::download_export))
        .routes(routes!(archive::import::import_dataset))
}

impl Service {
    /// The dataset that a path names, if it is ready; where there is none, `missing` is said.
    async fn dataset(
        &self,
        tenant: &TenantId,
        id: &str,
        missing: impl FnOnce() -> String,
    ) -> Result<Dataset, Failure> {
        let dataset = match id.parse::<DatasetId>() {
            Ok(id) => self.records.dataset(tenant, id).await?,
            Err(_) => None,
        };
        dataset
            .filter(Dataset::is_ready)
            .ok_or_else(|| Failure::not_found(missing()))
    }
}

/// What is said where there is no dataset.
fn no_dataset(id: &str) -> String {
    format!("Dataset with id {id} not found")
}
