//! Lists and deletes images; lists, counts, cancels, redrives and clears jobs.

mod delete;
mod jobs;
mod list;
mod metadata;
mod photographs;

use std::sync::Arc;

use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Queues, Records, Removal};
use darkroom_domain::{ArchiveId, Code, Failure, Job, JobId, JobKind, TenantId};
use darkroom_http::{HttpResult, http_function, not_found};
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
    };
    service.queues.expect_jobs(&JobKind::ALL)?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_images))
        .routes(routes!(photographs::list_photographs))
        .routes(routes!(metadata::get_metadata))
        .routes(routes!(delete::delete_image))
        .routes(routes!(jobs::list::list_jobs, jobs::dismiss::clear_jobs))
        .routes(routes!(jobs::stats::job_stats))
        .routes(routes!(jobs::dismiss::dismiss_job))
        .routes(routes!(jobs::cancel::cancel_job))
        .routes(routes!(jobs::redrive::redrive_job))
}

impl Service {
    /// Clears an archive of pictures away, with all that was made of it.
    async fn clear_archive(&self, tenant: &TenantId, id: ArchiveId) -> Result<(), Failure> {
        // A worker may be writing to its record at this very moment. Should it be quicker each time, the janitor clears up.
        for _ in 0..3 {
            let Some(archive) = self.records.archive(tenant, id).await? else {
                return Ok(());
            };
            match self.removal.archive(archive, self.ground.clock.now()).await {
                Err(failure) if failure.code == Code::Conflict => {}
                ended => return ended,
            }
        }
        Ok(())
    }

    /// The job, if it is on the list.
    async fn job(&self, tenant: &TenantId, id: JobId) -> HttpResult<Job> {
        let job = self.records.job(tenant, id).await?;
        Ok(job.filter(Job::is_listed).ok_or_else(not_found::<JobId>)?)
    }
}
