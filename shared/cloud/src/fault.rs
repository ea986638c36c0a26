//! What the AWS clients report, as failures with a policy. Handled here and nowhere else.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use darkroom_domain::{Code, Failure};

/// The failure that an SDK error stands for: `unavailable`, to be tried again, where the service could not be reached
/// or had too much to do; otherwise a fault nobody has thought of.
pub(crate) fn fault<E, R>(operation: &'static str, error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let passing = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(service) => matches!(
            service.err().code(),
            Some(
                "ThrottlingException"
                    | "Throttling"
                    | "ProvisionedThroughputExceededException"
                    | "RequestLimitExceeded"
                    | "TransactionConflictException"
                    | "TransactionInProgressException"
                    | "InternalServerError"
                    | "InternalError"
                    | "InternalFailure"
                    | "ServiceUnavailable"
                    | "SlowDown"
                    | "RequestTimeout"
            )
        ),
        _ => false,
    };
    let cause = format!("{operation}: {}", DisplayErrorContext(&error));
    if passing {
        Failure::temporary(
            Code::Unavailable,
            "A service that this one relies on does not answer. Try again.",
        )
        .because(cause)
    } else {
        Failure::unknown(cause)
    }
}

/// Something that stands in a record or an answer and cannot be read.
pub(crate) fn unreadable(what: &'static str, cause: impl std::fmt::Display) -> Failure {
    Failure::unknown(format!("{what} cannot be read: {cause}"))
}
