//! What the store answers when it cannot do what was asked.

use std::io;

/// A refusal or failure of the store. The protocol layer turns it into the S3 error of the same name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the bucket name is not valid")]
    InvalidBucketName,
    #[error("the bucket exists already")]
    BucketAlreadyOwnedByYou,
    #[error("there is no such bucket")]
    NoSuchBucket,
    #[error("the bucket is not empty")]
    BucketNotEmpty,
    #[error("there is no such key")]
    NoSuchKey,
    #[error("the key is longer than 1024 bytes or empty")]
    KeyTooLong,
    #[error("there is no such upload")]
    NoSuchUpload,
    #[error("a condition of the request does not hold")]
    PreconditionFailed,
    #[error("part {0} is not there, or has another entity tag or checksum")]
    InvalidPart(u16),
    #[error("the parts are not in ascending order")]
    InvalidPartOrder,
    #[error("part {0} is smaller than 5 MiB and not the last")]
    PartTooSmall(u16),
    #[error("the body ended early or is longer than announced")]
    IncompleteBody,
    #[error("the {0} of what was received is another one than announced")]
    BadDigest(&'static str),
    #[error("the {0} announced is not valid")]
    InvalidDigest(&'static str),
    #[error("the SHA-256 of the payload is another one than was signed")]
    PayloadHashMismatch,
    #[error("a chunk of the payload has a wrong signature")]
    ChunkSignatureMismatch,
    #[error("the trailer {0} was announced and did not come")]
    MissingTrailer(&'static str),
    #[error("{0}")]
    Storage(#[from] io::Error),
}
