//! Why a system on one machine does not start.

use std::path::PathBuf;

use darkroom_cloud::EnvironmentError;
use darkroom_embedded_cloud::StartError;
use darkroom_runner::{RunnerError, TemplateError, TokenError};

/// Why the system does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could reach the API, and nothing would keep them out.
    #[error("{0} can be reached from other machines: give at least one --token NAME=SECRET")]
    Exposed(std::net::IpAddr),
    /// An option is for the embedded cloud, and another is used.
    #[error("{0} is of no use while AWS_ENDPOINT_URL is set: the services at that address are used")]
    OptionWithoutEffect(&'static str),
    /// There are no keys for the services.
    #[error(
        "AWS_ENDPOINT_URL is set to another machine: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set too"
    )]
    KeysMissing,
    /// The services of others do not answer.
    #[error("nothing answers at AWS_ENDPOINT_URL={endpoint}: {reason}")]
    EndpointSilent {
        /// The address.
        endpoint: String,
        /// What happened instead.
        reason: String,
    },
    /// The template that was named cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    TemplateUnreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The directory that was named has no models.
    #[error("there is no manifest.toml in {}: --models names the directory with your own models", .0.display())]
    NoModels(PathBuf),
    /// The directory with the models cannot be told to the functions.
    #[error("--models {}: its path must be UTF-8", .0.display())]
    ModelsUnnameable(PathBuf),
    /// The template cannot be run.
    #[error("the template: {0}")]
    Template(#[from] TemplateError),
    /// A token is unfit.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The embedded cloud does not start.
    #[error(transparent)]
    Cloud(#[from] StartError),
    /// The environment lacks something.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The runner does not start.
    #[error(transparent)]
    Runner(#[from] RunnerError),
}

impl ServeError {
    /// Whether the options are at fault rather than the machine.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Exposed(_)
                | Self::OptionWithoutEffect(_)
                | Self::KeysMissing
                | Self::NoModels(_)
                | Self::ModelsUnnameable(_)
                | Self::Token(_)
        )
    }
}
