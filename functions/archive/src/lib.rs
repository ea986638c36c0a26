//! Packs datasets into archives, and makes datasets of them; takes archives of pictures apart, and puts what was made of
//! the pictures together.

mod export;
mod identities;
mod import;
mod manifest;
mod pictures;
mod progress;
mod source;
mod work;

use std::time::Duration;

use darkroom_cloud::{
    Analyses, Connection, Environment, EnvironmentError, Files, Ground, Queues, Records, Removal,
    archive_bytes, archive_lifetime, image_limits,
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
    picture_archive_limits: ArchiveLimits,
    archive_lifetime: Duration,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let bytes = archive_bytes(environment)?;
    let archivist = Archivist {
        analyses: Analyses::new(files.clone(), records.clone(), ground.clock.clone()),
        removal: Removal::new(files.clone(), records.clone()),
        files,
        records: records.clone(),
        queues: connection.queues(),
        ground: ground.clone(),
        image_limits: image_limits(environment)?,
        archive_limits: ArchiveLimits {
            bytes,
            ..ArchiveLimits::DEFAULT
        },
        picture_archive_limits: ArchiveLimits::of_pictures(bytes),
        archive_lifetime: archive_lifetime(environment)?,
    };
    archivist.queues.expect_jobs(&[
        JobKind::Thumbnail,
        JobKind::ArchiveSegmentation,
        JobKind::Segment,
        JobKind::Detect,
    ])?;
    Ok(job_function(archivist, records, ground.clock))
}
