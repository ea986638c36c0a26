//! Finds the groups of a batch of photographs.
//!
//! Its memory grows with the photographs: of `n` vectors of `d` numbers it holds `4 n d` bytes, somewhat more than that again
//! while distances are bounded, and about 2 KiB for all else that is known of each photograph.

mod assemble;
mod described;
mod find;
pub mod large_grouping;
mod pack;
mod progress;
mod spaces;
mod vectors;
mod work;

use darkroom_cloud::{
    Connection, Environment, EnvironmentError, Files, Ground, LAMBDA_MAX_PHOTOGRAPHS, Queues, Records,
};
use darkroom_domain::{Batch, JobKind};
use darkroom_lambda::{Function, job_function};
use darkroom_photograph::Groups;

/// What the worker works with.
#[derive(Clone, Debug)]
struct Clusterer {
    files: Files,
    records: Records,
    queues: Queues,
    groups: Groups,
    ground: Ground,
    /// The most photographs that it has room and time for.
    most: usize,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    worker(environment, LAMBDA_MAX_PHOTOGRAPHS)
}

/// The same worker where there is room for the largest batch.
///
/// # Errors
/// When the environment is not what the stack promises.
pub fn large_function(environment: &Environment) -> Result<Function, EnvironmentError> {
    worker(environment, Batch::MAX_MEMBERS)
}

fn worker(environment: &Environment, most: usize) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let clusterer = Clusterer {
        groups: Groups::new(files.clone(), records.clone(), ground.clone()),
        files,
        records: records.clone(),
        queues: connection.queues(),
        ground: ground.clone(),
        most,
    };
    clusterer.queues.expect_jobs(&[JobKind::Embed])?;
    Ok(job_function(clusterer, records, ground.clock))
}
