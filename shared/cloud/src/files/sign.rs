//! Requests that clients send to the bucket by themselves.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use darkroom_domain::{Failure, FileKey, Timestamp};

use super::{
    Files,
    post_policy::{PostPolicy, PresignedPost},
};
use crate::fault::{fault, unreadable};

/// A request that a client sends to the bucket by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPut {
    /// Where to, signature included.
    pub url: String,
    /// The headers that were signed, and must be sent exactly so.
    pub headers: Vec<(String, String)>,
}

/// What a download is called and shown as.
#[derive(Clone, Copy, Debug)]
pub struct Presentation<'a> {
    /// The `Content-Type` of the answer.
    pub content_type: &'a str,
    /// The `Content-Disposition` of the answer.
    pub disposition: &'a str,
    /// The `Cache-Control` of the answer, where there is to be one.
    pub cache_control: Option<&'a str>,
}

impl Files {
    /// Signs a PUT of exactly `size` bytes of `content_type`, and of `sha256` (lower-case hexadecimal) where it is
    /// known, to a key that nobody has written yet.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub async fn presign_put(
        &self,
        key: &FileKey,
        content_type: &str,
        size: u64,
        sha256: Option<&str>,
        expires_in: Duration,
    ) -> Result<PresignedPut, Failure> {
        let checksum = sha256.map(checksum_of_hex).transpose()?;
        let request = self
            .clients
            .s3()
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type(content_type)
            .content_length(i64::try_from(size).map_err(|error| unreadable("size", error))?)
            .if_none_match("*")
            .set_checksum_sha256(checksum)
            .presigned(presigning(expires_in)?)
            .await
            .map_err(|error| fault("presign PutObject", error))?;
        let mut headers: Vec<(String, String)> = request
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        headers.sort();
        Ok(PresignedPut {
            url: request.uri().to_owned(),
            headers,
        })
    }

    /// Signs a form that posts 1 to `max_size` bytes of `content_type`.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub fn presign_post(
        &self,
        key: &FileKey,
        content_type: &str,
        max_size: u64,
        now: Timestamp,
        expires_in: Duration,
    ) -> Result<PresignedPost, Failure> {
        PostPolicy {
            bucket: &self.bucket,
            url: self.clients.bucket_url(&self.bucket),
            key: &key.to_string(),
            content_type,
            sizes: 1..=max_size,
            region: self.clients.region(),
            credentials: self.clients.credentials(),
            now,
            expires_in,
        }
        .sign()
    }

    /// Signs a GET that may be sent from now on.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub async fn presign_get(
        &self,
        key: &FileKey,
        presentation: Presentation<'_>,
        expires_in: Duration,
    ) -> Result<String, Failure> {
        self.signed_get(key, presentation, presigning(expires_in)?).await
    }

    pub(super) async fn signed_get(
        &self,
        key: &FileKey,
        presentation: Presentation<'_>,
        validity: PresigningConfig,
    ) -> Result<String, Failure> {
        let request = self
            .clients
            .s3()
            .get_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .response_content_type(presentation.content_type)
            .response_content_disposition(presentation.disposition)
            .set_response_cache_control(presentation.cache_control.map(str::to_owned))
            .presigned(validity)
            .await
            .map_err(|error| fault("presign GetObject", error))?;
        Ok(request.uri().to_owned())
    }
}

pub(super) fn presigning(expires_in: Duration) -> Result<PresigningConfig, Failure> {
    PresigningConfig::expires_in(expires_in).map_err(|error| unreadable("duration", error))
}

/// The base64 that S3 writes a checksum in, of the hexadecimal that people do.
fn checksum_of_hex(sha256: &str) -> Result<String, Failure> {
    hex::decode(sha256)
        .map(|bytes| BASE64.encode(bytes))
        .map_err(|error| unreadable("digest", error))
}
