//! Looks for tools in the pictures of archives.

mod work;

use std::sync::Arc;

use darkroom_cloud::{Connection, Environment, EnvironmentError, Ground, image_limits};
use darkroom_domain::{ImageLimits, JobKind, limits::MAX_ARCHIVED_PICTURE_BYTES};
use darkroom_lambda::{Function, job_function};
use darkroom_model_store::ModelStore;
use darkroom_picture_archive::ArchivedPictures;
use darkroom_prediction::{PixelWork, Predictor, WEIGHTS};

/// What the worker works with.
#[derive(Clone, Debug)]
struct Detector {
    pictures: ArchivedPictures,
    predictor: Predictor,
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
    let detector = Detector {
        pictures: ArchivedPictures::new(files.clone(), records.clone(), queues, ground.clock.clone()),
        predictor: Predictor {
            models: Arc::new(ModelStore::new(environment, &files, WEIGHTS)?),
            files,
            records: records.clone(),
            clock: ground.clock.clone(),
            limits: ImageLimits {
                bytes: MAX_ARCHIVED_PICTURE_BYTES,
                ..image_limits(environment)?
            },
            pixels: PixelWork::default(),
        },
        ground: ground.clone(),
    };
    Ok(job_function(detector, records, ground.clock))
}
