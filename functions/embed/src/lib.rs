//! Describes photographs: their vectors, perceptual hashes and quality.

mod work;

use std::sync::Arc;

use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Records, image_limits};
use darkroom_domain::ImageLimits;
use darkroom_lambda::{Function, job_function};
use darkroom_model_store::ModelStore;
use darkroom_photograph::WEIGHTS;

/// What the worker works with.
#[derive(Clone, Debug)]
struct Describer {
    files: Files,
    records: Records,
    models: Arc<ModelStore>,
    ground: Ground,
    limits: ImageLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let describer = Describer {
        models: Arc::new(ModelStore::new(environment, &files, WEIGHTS)?),
        files,
        records: records.clone(),
        ground: ground.clone(),
        limits: image_limits(environment)?,
    };
    Ok(job_function(describer, records, ground.clock))
}
