//! Refusals of the store in the words of S3.

use s3s::{S3Error, S3ErrorCode};

use crate::store::StoreError;

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::InvalidBucketName => S3ErrorCode::InvalidBucketName,
            StoreError::BucketAlreadyOwnedByYou => S3ErrorCode::BucketAlreadyOwnedByYou,
            StoreError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StoreError::BucketNotEmpty => S3ErrorCode::BucketNotEmpty,
            StoreError::NoSuchKey => S3ErrorCode::NoSuchKey,
            StoreError::KeyTooLong => S3ErrorCode::KeyTooLongError,
            StoreError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StoreError::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            StoreError::InvalidPart(_) => S3ErrorCode::InvalidPart,
            StoreError::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            StoreError::PartTooSmall(_) => S3ErrorCode::EntityTooSmall,
            StoreError::IncompleteBody => S3ErrorCode::IncompleteBody,
            StoreError::BadDigest(_) => S3ErrorCode::BadDigest,
            StoreError::InvalidDigest(_) => S3ErrorCode::InvalidDigest,
            StoreError::PayloadHashMismatch => S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()),
            StoreError::ChunkSignatureMismatch => S3ErrorCode::SignatureDoesNotMatch,
            StoreError::MissingTrailer(_) => S3ErrorCode::InvalidRequest,
            StoreError::Storage(_) => S3ErrorCode::InternalError,
        };
        if let StoreError::Storage(source) = &error {
            tracing::error!(error = %source, "the store cannot read or write");
        }
        let mut answer = Self::with_message(code, error.to_string());
        if matches!(error, StoreError::PayloadHashMismatch) {
            answer.set_status_code(http::StatusCode::BAD_REQUEST);
        }
        answer
    }
}
