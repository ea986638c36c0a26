//! What a function is, to Lambda and to the runner on one machine alike.

use std::sync::Arc;

use async_trait::async_trait;
use darkroom_cloud::{Environment, EnvironmentError};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

/// One function: an event in, an answer out, both the JSON that Lambda passes.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Handles one event within the deadline that its context names.
    ///
    /// # Errors
    /// What Lambda reports as a function error: the event source tries again.
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError>;
}

/// A function, shared by whatever invokes it.
pub type Function = Arc<dyn Handler>;

/// How a function is made of its environment; every function crate exports one as `function`.
pub type Constructor = fn(&Environment) -> Result<Function, EnvironmentError>;

/// A function failed as a whole. The kind is what CloudWatch shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// A short stable name, such as `invalid_event`.
    pub kind: String,
    /// What happened; for the log.
    pub message: String,
}

impl FunctionError {
    /// An event that is not of the shape this function takes.
    pub fn invalid_event(cause: impl std::fmt::Display) -> Self {
        Self {
            kind: "invalid_event".to_owned(),
            message: cause.to_string(),
        }
    }
}

impl From<darkroom_domain::Failure> for FunctionError {
    fn from(failure: darkroom_domain::Failure) -> Self {
        Self {
            kind: failure.code.to_string(),
            message: failure.to_string(),
        }
    }
}

impl From<FunctionError> for lambda_runtime::Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self {
            error_type: error.kind,
            error_message: error.message,
        }
    }
}
