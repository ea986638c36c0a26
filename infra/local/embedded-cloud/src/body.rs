//! The body of an answer, whichever service gives it.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use s3s::StdError;

/// A body of any service.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, StdError>;

/// A body of known bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> AnswerBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
