//! Failures: a stable code that clients branch on, a text that may be shown, and what to do about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a caller can rely on: codes are added, never renamed, and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is not well-formed.
    InvalidRequest,
    /// A field of the request is missing or out of its range.
    ValidationFailed,
    /// The caller is not known.
    Unauthorized,
    /// Somebody in another role may do this.
    Forbidden,
    /// There is no such thing, or not for this tenant.
    NotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The thing is not in a state that allows this.
    Conflict,
    /// The body is above what a direct request carries: ask for a presigned upload instead.
    UsePresignedUpload,
    /// The idempotency key was used with another request.
    IdempotencyKeyReused,
    /// A request with this idempotency key is still under way.
    IdempotencyInProgress,
    /// The upload has no file name.
    FilenameMissing,
    /// The file has no bytes.
    EmptyFile,
    /// The file has more bytes than the limit.
    FileTooLarge,
    /// The file is not of an accepted format.
    UnsupportedFormat,
    /// The file's content is of another format than was declared.
    FormatMismatch,
    /// The stored bytes are not as many as were declared.
    SizeMismatch,
    /// The stored bytes have another SHA-256 than was declared.
    DigestMismatch,
    /// The picture has more pixels or longer sides than the limits.
    ImageTooLarge,
    /// The file cannot be decoded: truncated or damaged.
    CorruptImage,
    /// A decoder broke down on this file.
    DecodePanic,
    /// The work on this picture did not finish in its time.
    Timeout,
    /// The archive is damaged, encrypted, or not of the shape it must have.
    InvalidArchive,
    /// The archive has more entries, more bytes or a greater compression than the limits.
    ArchiveTooLarge,
    /// Its owner called it off.
    Cancelled,
    /// The result was kept as long as it is kept, and is gone.
    Expired,
    /// The model cannot be loaded, or does not do what its manifest says.
    ModelFailed,
    /// The deployment has no model for this.
    ModelMissing,
    /// Photographs of the batch are not described yet.
    EmbeddingsMissing,
    /// The batch has more photographs than the deployment can group.
    BatchTooLarge,
    /// The object was not uploaded before the promise ran out.
    UploadExpired,
    /// The file was gone when the work on it began.
    FileMissing,
    /// All attempts at this work failed.
    AttemptsExhausted,
    /// A service that this one relies on does not answer.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// The code as it stands in answers and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ValidationFailed => "validation_failed",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::UsePresignedUpload => "use_presigned_upload",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::IdempotencyInProgress => "idempotency_in_progress",
            Self::FilenameMissing => "filename_missing",
            Self::EmptyFile => "empty_file",
            Self::FileTooLarge => "file_too_large",
            Self::UnsupportedFormat => "unsupported_format",
            Self::FormatMismatch => "format_mismatch",
            Self::SizeMismatch => "size_mismatch",
            Self::DigestMismatch => "digest_mismatch",
            Self::ImageTooLarge => "image_too_large",
            Self::CorruptImage => "corrupt_image",
            Self::DecodePanic => "decode_panic",
            Self::Timeout => "timeout",
            Self::InvalidArchive => "invalid_archive",
            Self::ArchiveTooLarge => "archive_too_large",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::ModelFailed => "model_failed",
            Self::ModelMissing => "model_missing",
            Self::EmbeddingsMissing => "embeddings_missing",
            Self::BatchTooLarge => "batch_too_large",
            Self::UploadExpired => "upload_expired",
            Self::FileMissing => "file_missing",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a worker does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// It will fail again in the same way: mark the work failed and acknowledge the message.
    Permanent,
    /// It may well work later: give the message back.
    Temporary,
    /// Nobody knows: give the message back, and let the dead-letter queue end it.
    Unknown,
}

/// A failure on its way to whoever must know of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}{}", .cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default())]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// A text for the caller. Nothing internal stands in it.
    pub detail: String,
    /// What a worker does about it.
    pub policy: RetryPolicy,
    /// What happened underneath; for the log only.
    pub cause: Option<String>,
}

impl Failure {
    /// A failure that repeating does not mend.
    pub fn permanent(code: Code, detail: impl Into<String>) -> Self {
        Self::new(code, detail, RetryPolicy::Permanent)
    }

    /// A failure that may pass.
    pub fn temporary(code: Code, detail: impl Into<String>) -> Self {
        Self::new(code, detail, RetryPolicy::Temporary)
    }

    /// A failure nobody has thought of.
    pub fn unknown(cause: impl std::fmt::Display) -> Self {
        Self::new(
            Code::Internal,
            "Something went wrong on our side.",
            RetryPolicy::Unknown,
        )
        .because(cause)
    }

    /// There is no such thing, or not for this tenant.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::permanent(Code::NotFound, detail)
    }

    /// The same failure with what lies underneath, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Whether repeating the work may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.policy != RetryPolicy::Permanent
    }

    /// What a record keeps of it: a text that quotes a stranger at length is cut, for records and lists have their room.
    #[must_use]
    pub fn to_report(&self) -> FailureReport {
        let mut detail = self.detail.clone();
        if detail.len() > Self::MAX_DETAIL_BYTES {
            detail.truncate(detail.floor_char_boundary(Self::MAX_DETAIL_BYTES));
            detail.push('…');
        }
        FailureReport {
            code: self.code,
            detail,
        }
    }

    /// Bytes of the text that a record keeps.
    const MAX_DETAIL_BYTES: usize = 1024;

    fn new(code: Code, detail: impl Into<String>, policy: RetryPolicy) -> Self {
        Self {
            code,
            detail: detail.into(),
            policy,
            cause: None,
        }
    }
}

/// What records and answers tell of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureReport {
    /// The stable code.
    pub code: Code,
    /// What happened, for a person.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_they_serialize() {
        for code in [
            Code::InvalidRequest,
            Code::UsePresignedUpload,
            Code::ImageTooLarge,
            Code::DecodePanic,
            Code::Internal,
        ] {
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::Value::from(code.as_str())
            );
        }
    }

    #[test]
    fn the_cause_is_for_the_log_only() {
        let failure = Failure::unknown("socket closed");
        assert!(failure.to_string().contains("socket closed"));
        assert!(!failure.to_report().detail.contains("socket"));
        assert!(failure.is_retryable());
    }

    #[test]
    fn a_record_keeps_a_text_of_its_length() {
        let long = Failure::permanent(Code::InvalidArchive, "é".repeat(5000));
        let kept = long.to_report().detail;
        assert!(kept.len() < 1030 && kept.ends_with('…'), "{}", kept.len());
    }
}
