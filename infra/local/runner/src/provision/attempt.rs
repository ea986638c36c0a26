//! Calls that are tried again while an endpoint comes up or is slow.

use std::time::Duration;

use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use tokio::time::Instant;

/// How long an endpoint may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The rest between two tries, doubled each time up to the longest.
const SHORTEST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(2);

/// A resource could not be made, or is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{resource}: {cause}")]
pub struct ProvisionError {
    /// The resource, by kind and name.
    pub resource: String,
    /// What is wrong, in one line.
    pub cause: String,
}

impl ProvisionError {
    pub(super) fn new(resource: &str, cause: impl std::fmt::Display) -> Self {
        // Error bodies of emulators may be whole pages.
        let cause = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            resource: resource.to_owned(),
            cause,
        }
    }
}

/// What a call came to.
#[derive(Clone, Debug)]
pub(super) enum Outcome<T> {
    Done(T),
    /// The service refused, with this code and message.
    Refused(String, String),
}

/// Makes a call until it is answered. An endpoint that does not answer, or answers that it is not well, is asked again.
pub(super) async fn attempt<T, E, R, Answer>(
    resource: &str,
    call: impl Fn() -> Answer,
) -> Result<Outcome<T>, ProvisionError>
where
    Answer: Future<Output = Result<T, SdkError<E, R>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + Status + 'static,
{
    let until = Instant::now() + PATIENCE;
    let mut rest = SHORTEST_REST;
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(Outcome::Done(answer)),
            Err(error) => error,
        };
        let status = error.raw_response().map(Status::status);
        let later = match &error {
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
            // "Not implemented" stays so.
            _ => status.is_some_and(|status| status >= 500 && status != 501) || status == Some(429),
        };
        if !later && let Some(service) = error.as_service_error() {
            let code = service
                .code()
                .map_or_else(|| status.unwrap_or_default().to_string(), str::to_owned);
            let message = service.message().unwrap_or_default().to_owned();
            return Ok(Outcome::Refused(code, message));
        }
        if !later || Instant::now() + rest > until {
            return Err(ProvisionError::new(resource, DisplayErrorContext(error)));
        }
        tokio::time::sleep(rest).await;
        rest = rest.saturating_mul(2).min(LONGEST_REST);
    }
}

/// The status of a raw answer.
pub(super) trait Status {
    fn status(&self) -> u16;
}

impl Status for aws_sdk_sqs::config::http::HttpResponse {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }
}

/// Makes a call that has to be done.
pub(super) async fn require<T, E, R, Answer>(
    resource: &str,
    call: impl Fn() -> Answer,
) -> Result<T, ProvisionError>
where
    Answer: Future<Output = Result<T, SdkError<E, R>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + Status + 'static,
{
    match attempt(resource, call).await? {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(code, message) => Err(ProvisionError::new(resource, format!("{code}: {message}"))),
    }
}

/// Makes a call that is a pity to miss: an emulator without the feature is told of, and passed over.
pub(super) async fn prefer<T, E, R, Answer>(
    resource: &str,
    feature: &str,
    call: impl Fn() -> Answer,
) -> Result<(), ProvisionError>
where
    Answer: Future<Output = Result<T, SdkError<E, R>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + Status + 'static,
{
    match attempt(resource, call).await? {
        Outcome::Done(_) => Ok(()),
        Outcome::Refused(code, _) if is_not_implemented(&code) => {
            tracing::warn!(resource, feature, "the endpoint does not have this feature");
            Ok(())
        }
        Outcome::Refused(code, message) => Err(ProvisionError::new(
            resource,
            format!("{feature}: {code}: {message}"),
        )),
    }
}

fn is_not_implemented(code: &str) -> bool {
    ["NotImplemented", "501", "UnknownOperation", "InvalidAction"]
        .iter()
        .any(|known| code.contains(known))
}
