//! Finds clusters of lightness or colour in an image.

mod clusters;
mod work;

use darkroom_cloud::{
    Analyses, Connection, Environment, EnvironmentError, Files, Ground, Records, image_limits,
};
use darkroom_domain::ImageLimits;
use darkroom_lambda::{Function, job_function};

/// What the worker works with.
#[derive(Clone, Debug)]
struct Clusterer {
    files: Files,
    records: Records,
    analyses: Analyses,
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
    let clusterer = Clusterer {
        analyses: Analyses::new(files.clone(), records.clone(), ground.clock.clone()),
        files,
        records: records.clone(),
        ground: ground.clone(),
        limits: image_limits(environment)?,
    };
    Ok(job_function(clusterer, records, ground.clock))
}
