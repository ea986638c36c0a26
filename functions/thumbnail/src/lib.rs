//! Makes the thumbnails of an image.

mod work;

use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Records, image_limits};
use darkroom_domain::ImageLimits;
use darkroom_lambda::{Function, job_function};

/// What the worker works with.
#[derive(Clone, Debug)]
struct Thumbnailer {
    files: Files,
    records: Records,
    ground: Ground,
    limits: ImageLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let thumbnailer = Thumbnailer {
        files: connection.files()?,
        records: connection.records()?,
        ground: Ground::default(),
        limits: image_limits(environment)?,
    };
    let (records, clock) = (thumbnailer.records.clone(), thumbnailer.ground.clock.clone());
    Ok(job_function(thumbnailer, records, clock))
}
