//! Finds things in pictures, and holds them against kits of tools: one or some at once, many by a job.
//!
//! | module | what it does |
//! |---|---|
//! | `form` | what a form asks for: the kit, and what the detector is told |
//! | `single` | `POST /predict/`: one picture |
//! | `batch` | `POST /predict/batch` and `POST /predict/zip`: one after the other, as long as the request has time |
//! | `zip` | the pictures of an archive in memory |
//! | `later` | what the request has no time for |
//! | `preference` | whether the client would rather not wait |
//! | `results` | `GET /predict/results/{id}`: what was found in pictures that a job looked at |
//! | `listing` | that as JSON, in the answer or in a file |
//! | `prediction` | `GET /predictions/{id}` |
//! | `kept_picture` | `POST /predictions`: a picture that is kept, without a kit |
//! | `wording` | what is said, in the caller's language |

mod batch;
mod form;
mod kept_picture;
mod later;
mod listing;
mod prediction;
mod preference;
mod request_time;
mod results;
mod single;
mod wording;
mod zip;

use std::sync::Arc;

use axum::routing::post;
use darkroom_cloud::{
    Connection, Environment, EnvironmentError, Ground, Records, archive_bytes, image_limits,
};
use darkroom_domain::{ImageLimits, JobKind, limits::MAX_ARCHIVED_PICTURE_BYTES};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use darkroom_model_store::ModelStore;
use darkroom_picture_archive::ArchiveIntake;
use darkroom_prediction::{PixelWork, Predictor, WEIGHTS};
use darkroom_zip::ArchiveLimits;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    records: Records,
    predictor: Predictor,
    intake: ArchiveIntake,
    archive_limits: ArchiveLimits,
    ground: Ground,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let queues = connection.queues();
    queues.expect_jobs(&[JobKind::ArchivePrediction])?;
    let intake = ArchiveIntake::new(files.clone(), records.clone(), queues, ground.clone());
    let predictor = Predictor {
        models: Arc::new(ModelStore::new(environment, &files, WEIGHTS)?),
        files,
        records: records.clone(),
        clock: ground.clock.clone(),
        // As of pictures that are looked at by a job: archives hold files that unpack to more than a form may have.
        limits: ImageLimits {
            bytes: MAX_ARCHIVED_PICTURE_BYTES,
            ..image_limits(environment)?
        },
        pixels: PixelWork::default(),
    };
    let service = Service {
        records,
        intake,
        predictor,
        archive_limits: ArchiveLimits::of_pictures(archive_bytes(environment)?),
        ground,
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
        .routes(routes!(single::predict))
        .route("/predict", post(single::predict))
        .routes(routes!(batch::predict_batch))
        .routes(routes!(zip::predict_zip))
        .routes(routes!(results::get_predictions))
        .routes(routes!(kept_picture::predict_kept))
        .routes(routes!(prediction::get_prediction))
}
