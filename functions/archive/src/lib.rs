//! Packs datasets into archives, and makes datasets of them.

mod export;
mod import;
mod manifest;
mod progress;
mod work;

use darkroom_cloud::{
    Analyses, Connection, Environment, EnvironmentError, Files, Ground, Queues, Records, Removal,
    archive_bytes, image_limits,
};
use darkroom_domain::{ImageLimits, JobKind};
use darkroom_lambda::{Function, job_function};
use darkroom_zip::ArchiveLimits;

/// What the worker works with.
#[derive(Clone, Debug)]
struct Archivist {
    files: Files,
    records: Records,
    analyses: Analyses,
    removal: Removal,
    queues: Queues,
    ground: Ground,
    image_limits: ImageLimits,
    archive_limits: ArchiveLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let archivist = Archivist {
        analyses: Analyses::new(files.clone(), records.clone(), ground.clock.clone()),
        removal: Removal::new(files.clone(), records.clone()),
        files,
        records: records.clone(),
        queues: connection.queues(),
        ground: ground.clone(),
        image_limits: image_limits(environment)?,
        archive_limits: ArchiveLimits {
            bytes: archive_bytes(environment)?,
            ..ArchiveLimits::DEFAULT
        },
    };
    archivist.queues.expect_jobs(&[JobKind::Thumbnail])?;
    Ok(job_function(archivist, records, ground.clock))
}
