//! Reading objects: conditions, ranges, bodies in bounded memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderValue};
use s3s::dto::{ETagCondition, StreamingBlob, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use time::OffsetDateTime;
use tokio::task::spawn_blocking;

use super::convert::etag;
use crate::store::receive::joined;
use crate::store::record::ObjectRecord;

/// So much of a body is read and handed on at a time.
const CHUNK: usize = 256 * 1024;

/// The conditions of a GET or HEAD.
#[derive(Debug, Default)]
pub(crate) struct ReadConditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// Applies them in the order of RFC 9110, section 13.2.2.
    pub(crate) fn check(self, record: &ObjectRecord) -> S3Result<()> {
        let current = etag(&record.etag);
        // Dates of HTTP have no fractions of a second.
        let modified = record.modified.replace_nanosecond(0).unwrap_or(record.modified);
        match self.if_match {
            Some(ETagCondition::ETag(wanted)) if !wanted.strong_cmp(&current) => {
                return Err(s3_error!(PreconditionFailed));
            }
            Some(_) => {}
            None => {
                if self
                    .if_unmodified_since
                    .is_some_and(|since| modified > OffsetDateTime::from(since))
                {
                    return Err(s3_error!(PreconditionFailed));
                }
            }
        }
        let unchanged = match self.if_none_match {
            Some(ETagCondition::ETag(known)) => known.weak_cmp(&current),
            Some(ETagCondition::Any) => true,
            None => self
                .if_modified_since
                .is_some_and(|since| modified <= OffsetDateTime::from(since)),
        };
        if unchanged {
            Err(not_modified(record))
        } else {
            Ok(())
        }
    }
}

fn not_modified(record: &ObjectRecord) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", record.etag)) {
        headers.insert(http::header::ETAG, value);
    }
    error.set_headers(headers);
    error
}

/// The bytes that a range asks for, and the value of `Content-Range`.
pub(crate) fn requested_bytes(
    range: Option<s3s::dto::Range>,
    size: u64,
) -> S3Result<(Range<u64>, Option<String>)> {
    let Some(range) = range else {
        return Ok((0..size, None));
    };
    let bytes = range.check(size).map_err(|_| {
        let mut error = S3Error::new(S3ErrorCode::InvalidRange);
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
            headers.insert(http::header::CONTENT_RANGE, value);
        }
        error.set_headers(headers);
        error
    })?;
    let content_range = format!("bytes {}-{}/{size}", bytes.start, bytes.end.saturating_sub(1));
    Ok((bytes, Some(content_range)))
}

/// A stream of these bytes of a file.
pub(crate) fn body(mut file: File, bytes: Range<u64>) -> std::io::Result<StreamingBlob> {
    file.seek(SeekFrom::Start(bytes.start))?;
    let mut left = bytes.end.saturating_sub(bytes.start);
    // The first chunk, which is often all, while the caller is where blocking is allowed.
    let first = read_chunk(&mut file, &mut left)?;
    let rest = stream::try_unfold((file, left), |(mut file, mut left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = spawn_blocking(move || {
            let chunk = read_chunk(&mut file, &mut left)?;
            Ok(Some((chunk, (file, left))))
        });
        read.await.map_err(joined)?
    });
    Ok(StreamingBlob::wrap(Box::pin(futures::StreamExt::chain(
        stream::iter([Ok::<_, std::io::Error>(first)]),
        rest,
    ))))
}

fn read_chunk(file: &mut File, left: &mut u64) -> std::io::Result<Bytes> {
    let length = usize::try_from(*left).map_or(CHUNK, |left| left.min(CHUNK));
    let mut chunk = vec![0; length];
    file.read_exact(&mut chunk)?;
    *left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
    Ok(Bytes::from(chunk))
}
