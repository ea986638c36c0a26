//! The ports of the system and their one adapter each: [`Files`] (S3), [`Records`] (DynamoDB), [`Queues`] (SQS), and
//! the ground under them, [`Clock`] and [`Ids`].
//!
//! The adapters speak to AWS through its SDK, everywhere. On one machine only the endpoint is another.

pub mod analyses;
pub mod clients;
pub mod clock;
pub mod environment;
pub mod fan_in;
mod fault;
pub mod files;
pub mod models;
pub mod queues;
pub mod records;
pub mod removal;

pub use analyses::Analyses;
pub use clients::Clients;
pub use clock::{Clock, Ground, Ids};
pub use environment::{Environment, EnvironmentError, archive_bytes, archive_lifetime, image_limits};
pub use fan_in::FanIn;
pub use files::{
    FileContent, FileHead, FileWriter, Files, Presentation, PresignedPost, PresignedPut, ReceivedPart,
};
pub use models::ModelFiles;
pub use queues::{LAMBDA_MAX_PHOTOGRAPHS, Queues};
pub use records::{
    Acceptance, CribEntry, DueWork, Finish, IdempotentAnswer, ImportedImage, JobCounts, JobFilter, JobPage,
    Page, Records, Replay, TransactionFilter, TransactionPage,
};
pub use removal::Removal;

/// The connection that a function makes once, and the ports it takes of it. Nothing is sent before somebody asks.
#[derive(Clone, Debug)]
pub struct Connection {
    clients: Clients,
    environment: Environment,
}

impl Connection {
    /// The connection to the cloud that the environment names.
    ///
    /// # Errors
    /// When there are no credentials.
    pub fn of(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            clients: Clients::of(environment)?,
            environment: environment.clone(),
        })
    }

    /// The bucket that `BUCKET_NAME` names.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn files(&self) -> Result<Files, EnvironmentError> {
        Files::of(&self.clients, &self.environment)
    }

    /// The table that `TABLE_NAME` names.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn records(&self) -> Result<Records, EnvironmentError> {
        Records::of(&self.clients, &self.environment)
    }

    /// The queues that `INGEST_QUEUE_URL` and the variables of the workers name, as far as they do.
    #[must_use]
    pub fn queues(&self) -> Queues {
        Queues::of(&self.clients, &self.environment)
    }
}
