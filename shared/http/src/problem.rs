//! Errors as clients see them: RFC 9457 problem details with a stable `code`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use darkroom_domain::{Code, Failure, FailureReport};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for a program (`code`) and for a person (`detail`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is described.
    #[serde(rename = "type")]
    #[schema(example = "/docs#not_found")]
    pub kind: String,
    /// The HTTP status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What happened, for a person.
    #[schema(example = "Image not found")]
    pub detail: String,
    /// Stable: a program may branch on it.
    pub code: Code,
    /// Which fields are at fault, where single ones are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Names this request in the logs.
    pub request_id: String,
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it stands, such as `["body", "size"]`.
    pub loc: Vec<String>,
    /// What is wrong with it.
    pub msg: String,
}

/// The error of every handler: a failure on its way to becoming a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    failure: Failure,
    errors: Vec<FieldError>,
    status: Option<StatusCode>,
}

/// The result of every handler.
pub type HttpResult<T> = Result<T, HttpError>;

impl HttpError {
    /// A field of the request is missing or out of its range: 422.
    pub fn validation(location: &[&str], message: impl Into<String>) -> Self {
        let message = message.into();
        let loc = location.iter().map(|&part| part.to_owned()).collect();
        Self {
            failure: Failure::permanent(Code::ValidationFailed, message.clone()),
            errors: vec![FieldError { loc, msg: message }],
            status: None,
        }
    }

    /// The same error under another status than its code has by itself, where a route's history demands it.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The same error, telling which fields are at fault.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// What is told of it where it stands beside what went well.
    #[must_use]
    pub fn to_report(&self) -> FailureReport {
        self.failure.to_report()
    }

    fn status(&self) -> StatusCode {
        self.status.unwrap_or_else(|| status_of(self.failure.code))
    }

    pub(crate) fn into_problem(self, request_id: &str) -> (StatusCode, Problem, Option<String>) {
        let status = self.status();
        let problem = Problem {
            kind: format!("/docs#{}", self.failure.code),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.failure.detail,
            code: self.failure.code,
            errors: self.errors,
            request_id: request_id.to_owned(),
        };
        (status, problem, self.failure.cause)
    }
}

impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            errors: Vec::new(),
            status: None,
        }
    }
}

/// The finishing layer of every function makes the body of it: only there is the request's id known.
impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer that a problem is sent as.
pub(crate) fn problem_response(status: StatusCode, problem: Problem) -> Response {
    let retryable = matches!(problem.code, Code::Unavailable | Code::IdempotencyInProgress);
    let mut response = (status, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if retryable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The HTTP status that a code is answered with.
#[must_use]
pub const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidRequest | Code::FilenameMissing => StatusCode::BAD_REQUEST,
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound | Code::FileMissing => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Conflict | Code::Cancelled | Code::IdempotencyInProgress | Code::EmbeddingsMissing => {
            StatusCode::CONFLICT
        }
        Code::UploadExpired | Code::Expired => StatusCode::GONE,
        Code::FileTooLarge | Code::ImageTooLarge | Code::ArchiveTooLarge | Code::UsePresignedUpload => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        Code::UnsupportedFormat | Code::FormatMismatch => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::ValidationFailed
        | Code::IdempotencyKeyReused
        | Code::EmptyFile
        | Code::SizeMismatch
        | Code::DigestMismatch
        | Code::CorruptImage
        | Code::InvalidArchive
        | Code::ModelMissing
        | Code::BatchTooLarge
        | Code::DecodePanic => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Unavailable | Code::Timeout => StatusCode::SERVICE_UNAVAILABLE,
        Code::AttemptsExhausted | Code::ModelFailed | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
