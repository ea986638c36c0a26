//! Everything together: from a template and functions to something that answers.

mod start;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use darkroom_cloud::{Clients, Environment, EnvironmentError};
use darkroom_lambda::Constructor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gateway::{Token, TokenError};
use crate::provision::{Provision, ProvisionError};
use crate::template::{Template, TemplateError};

/// How long what is abandoned may take to give back its messages.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What is run, and how.
#[derive(Clone)]
pub struct RunnerOptions {
    /// The wiring.
    pub template: Template,
    /// How each function is made, by what is built for it without the house's prefix, such as `upload-url`.
    pub functions: BTreeMap<&'static str, Constructor>,
    /// The services that the functions work on, as the runner itself reaches them.
    pub clients: Clients,
    /// What every function finds in its environment beside what the template gives it: endpoint and keys.
    pub environment: Environment,
    /// Who may call routes that ask for a token. There are some exactly when the template asks.
    pub tokens: Vec<Token>,
    /// Where the API listens; port 0 is any that is free.
    pub listen: SocketAddr,
    /// What becomes of resources that are not there.
    pub provision: Provision,
    /// How soon a failed message comes again: so long times how often it was received, in whole seconds, a fraction
    /// counting as nothing. `None` is what Lambda does: after the queue's visibility timeout.
    pub retry_delay: Option<Duration>,
    /// How many batches of messages may be in work at once, over all queues; `None` is one for each processor.
    pub worker_concurrency: Option<usize>,
}

impl fmt::Debug for RunnerOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RunnerOptions")
            .field("functions", &self.functions.keys().collect::<Vec<_>>())
            .field("tokens", &self.tokens)
            .field("listen", &self.listen)
            .field("provision", &self.provision)
            .field("retry_delay", &self.retry_delay)
            .field("worker_concurrency", &self.worker_concurrency)
            .finish_non_exhaustive()
    }
}

/// Why nothing runs.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The template cannot be run.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template has a function that nobody makes.
    #[error("the template's function {logical_id} needs {binary}, which is not among the functions given")]
    FunctionWithoutCode {
        /// The logical id of the function.
        logical_id: String,
        /// What should be built for it.
        binary: String,
    },
    /// A function was given that the template does not have.
    #[error("the function {0} is given, but the template has none of that name")]
    FunctionWithoutWiring(&'static str),
    /// A function does not start with its environment.
    #[error("function {binary}: {source}")]
    Environment {
        /// The function.
        binary: String,
        /// What is wrong.
        source: EnvironmentError,
    },
    /// The tokens are unfit.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Routes ask for tokens and there are none.
    #[error("the route {0} asks for a token, and no token is given")]
    TokensMissing(String),
    /// There are tokens and no route asks for one.
    #[error("tokens are given, but no route of the template asks for one: set its parameter for an issuer")]
    TokensUnused,
    /// A resource could not be made.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Functions that run. Dropping it ends everything at once; [`Runner::shutdown`] ends it in good order.
#[derive(Debug)]
pub struct Runner {
    address: SocketAddr,
    stop: CancellationToken,
    abandon: CancellationToken,
    tasks: TaskTracker,
}

impl Runner {
    /// Makes what the template declares, then the functions, then lets requests, messages and schedules reach them.
    /// Every scheduled function is sent one event at once, with `{"start": true}` as its detail.
    ///
    /// # Errors
    /// When anything does not fit; nothing runs then.
    pub async fn start(options: RunnerOptions) -> Result<Self, RunnerError> {
        start::start(options).await
    }

    /// Where the API answers.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the API answers, as a URL without a slash at its end.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes nothing new, lets what runs end within `grace`, then gives back the messages of what has not.
    pub async fn shutdown(self, grace: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_ok() {
            return;
        }
        self.abandon.cancel();
        if tokio::time::timeout(LAST_WORDS, self.tasks.wait()).await.is_err() {
            tracing::warn!("something did not end in time");
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop.cancel();
        self.abandon.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_and_stopping_may_move_between_threads() {
        fn is_send<T: Send>(_: &T) {}
        let start = |options| is_send(&Runner::start(options));
        let stop = |runner: Runner| is_send(&runner.shutdown(Duration::ZERO));
        assert_eq!(size_of_val(&start) + size_of_val(&stop), 0);
    }
}
