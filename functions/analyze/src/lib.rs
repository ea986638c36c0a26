//! Crop, blur, means and quality of an image at once; k-means queued; what is known of an image.

mod blur;
mod categorized_mean;
mod crop;
mod kmeans;
mod mean_lines;
mod picture;
mod quality;
mod results;

use std::sync::Arc;

use darkroom_cloud::{Analyses, Connection, Environment, EnvironmentError, Files, Ground, Queues, Records};
use darkroom_domain::{ImageLimits, JobKind};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use darkroom_model_store::ModelStore;
use darkroom_photograph::Scoring;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    analyses: Analyses,
    queues: Queues,
    ground: Ground,
    limits: ImageLimits,
    scoring: Scoring,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let limits = darkroom_cloud::image_limits(environment)?;
    // Networks that measure quality are the operator's own: none is shipped.
    let models = Arc::new(ModelStore::new(environment, &files, &[])?);
    let service = Service {
        scoring: Scoring::new(
            files.clone(),
            records.clone(),
            models,
            ground.clock.clone(),
            limits,
        ),
        analyses: Analyses::new(files.clone(), records.clone(), ground.clock.clone()),
        files,
        records,
        queues: connection.queues(),
        ground,
        limits,
    };
    service.queues.expect_jobs(&[JobKind::Kmeans])?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(blur::gaussian_blur))
        .routes(routes!(mean_lines::calculate_mean_lines))
        .routes(routes!(mean_lines::get_mean_lines))
        .routes(routes!(categorized_mean::calculate_categorized_mean))
        .routes(routes!(categorized_mean::get_categorized_mean))
        .routes(routes!(crop::auto_crop))
        .routes(routes!(crop::crop_image))
        .routes(routes!(crop::get_crop))
        .routes(routes!(results::get_results))
        .routes(routes!(quality::single::image_quality))
        .routes(routes!(quality::batch::batch_quality))
        .routes(routes!(kmeans::queue_kmeans))
        .routes(routes!(kmeans::queue_kmeans_old))
        .routes(routes!(kmeans::result::get_kmeans))
        .routes(routes!(kmeans::result::get_kmeans_old))
        .routes(routes!(kmeans::picture::get_kmeans_picture))
        .routes(routes!(kmeans::picture::get_kmeans_picture_old))
}
