//! Lists of objects.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as TOKEN;
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
    Object, ObjectStorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

use super::convert::{encode_key, etag, length, timestamp};
use super::{ObjectStorage, S3Answer, answer};
use crate::store::listing::{After, ListQuery, common_prefix};
use crate::store::record::ObjectRecord;

/// S3 never gives more at a time.
const LARGEST_PAGE: i32 = 1000;

impl ObjectStorage {
    pub(super) fn list_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Answer<ListObjectsV2Output> {
        let input = request.input;
        let limit = page_size(input.max_keys)?;
        let after = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => parse_token(token)?,
            (None, Some(key)) => After::Key(key.clone()),
            (None, None) => After::Start,
        };
        let page = self.store.list(
            &input.bucket,
            &query(&input.prefix, &input.delimiter, after, limit),
        )?;
        let write = Writer::new(input.encoding_type.as_ref());
        let contents: Vec<_> = page.objects.iter().map(|record| write.object(record)).collect();
        let prefixes: Vec<_> = page
            .common_prefixes
            .iter()
            .map(|prefix| write.common_prefix(prefix))
            .collect();
        let count = contents.len().saturating_add(prefixes.len());
        answer(ListObjectsV2Output {
            key_count: i32::try_from(count).ok(),
            contents: (!contents.is_empty()).then_some(contents),
            common_prefixes: (!prefixes.is_empty()).then_some(prefixes),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_ref().map(token),
            continuation_token: input.continuation_token,
            prefix: Some(write.text(&input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| write.text(&delimiter)),
            start_after: input.start_after.map(|key| write.text(&key)),
            max_keys: Some(limit),
            name: Some(input.bucket),
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        })
    }

    pub(super) fn list_v1(&self, request: S3Request<ListObjectsInput>) -> S3Answer<ListObjectsOutput> {
        let input = request.input;
        let limit = page_size(input.max_keys)?;
        let marker = input.marker.clone().unwrap_or_default();
        // A marker may be a rolled up prefix of the page before.
        let (prefix, delimiter) = (
            input.prefix.as_deref().unwrap_or_default(),
            input.delimiter.as_deref().unwrap_or_default(),
        );
        let after = if common_prefix(&marker, prefix, delimiter) == Some(marker.as_str()) {
            After::Prefix(marker.clone())
        } else if marker.is_empty() {
            After::Start
        } else {
            After::Key(marker.clone())
        };
        let page = self.store.list(
            &input.bucket,
            &query(&input.prefix, &input.delimiter, after, limit),
        )?;
        let write = Writer::new(input.encoding_type.as_ref());
        let contents: Vec<_> = page.objects.iter().map(|record| write.object(record)).collect();
        let prefixes: Vec<_> = page
            .common_prefixes
            .iter()
            .map(|prefix| write.common_prefix(prefix))
            .collect();
        let next_marker = match &page.next {
            Some(After::Key(text) | After::Prefix(text)) => Some(write.text(text)),
            Some(After::Start) | None => None,
        };
        answer(ListObjectsOutput {
            contents: (!contents.is_empty()).then_some(contents),
            common_prefixes: (!prefixes.is_empty()).then_some(prefixes),
            is_truncated: Some(page.next.is_some()),
            // Without a delimiter clients take the last key.
            next_marker: next_marker.filter(|_| !delimiter.is_empty()),
            marker: Some(write.text(&marker)),
            prefix: Some(write.text(prefix)),
            delimiter: input.delimiter.as_deref().map(|delimiter| write.text(delimiter)),
            max_keys: Some(limit),
            name: Some(input.bucket),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        })
    }
}

fn page_size(max_keys: Option<i32>) -> S3Result<i32> {
    match max_keys.unwrap_or(LARGEST_PAGE) {
        negative if negative < 0 => Err(s3_error!(InvalidArgument, "max-keys must not be negative")),
        size => Ok(size.min(LARGEST_PAGE)),
    }
}

fn query(prefix: &Option<String>, delimiter: &Option<String>, after: After, limit: i32) -> ListQuery {
    ListQuery {
        prefix: prefix.clone().unwrap_or_default(),
        delimiter: delimiter.clone().unwrap_or_default(),
        after,
        limit: usize::try_from(limit).unwrap_or(0),
    }
}

/// A continuation token: clients are to take it as opaque.
fn token(after: &After) -> String {
    TOKEN.encode(match after {
        After::Start => String::new(),
        After::Key(key) => format!("k{key}"),
        After::Prefix(prefix) => format!("p{prefix}"),
    })
}

fn parse_token(token: &str) -> S3Result<After> {
    let invalid = || s3_error!(InvalidArgument, "the continuation token provided is incorrect");
    let text = TOKEN
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(invalid)?;
    match (text.strip_prefix('k'), text.strip_prefix('p')) {
        (Some(key), _) => Ok(After::Key(key.to_owned())),
        (_, Some(prefix)) => Ok(After::Prefix(prefix.to_owned())),
        (None, None) => Err(invalid()),
    }
}

/// Writes names as the client wants them.
struct Writer {
    encodes: bool,
}

impl Writer {
    fn new(encoding: Option<&EncodingType>) -> Self {
        Self {
            encodes: encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL),
        }
    }

    fn text(&self, text: &str) -> String {
        if self.encodes {
            encode_key(text)
        } else {
            text.to_owned()
        }
    }

    fn object(&self, record: &Arc<ObjectRecord>) -> Object {
        Object {
            key: Some(self.text(&record.key)),
            size: Some(length(record.size)),
            e_tag: Some(etag(&record.etag)),
            last_modified: Some(timestamp(record.modified)),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Object::default()
        }
    }

    fn common_prefix(&self, prefix: &str) -> CommonPrefix {
        CommonPrefix {
            prefix: Some(self.text(prefix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_and_garbage_does_not() {
        for after in [After::Key("a/é".to_owned()), After::Prefix("p/".to_owned())] {
            assert_eq!(parse_token(&token(&after)).unwrap(), after);
        }
        assert!(parse_token("").is_err());
        assert!(parse_token("!").is_err());
        assert!(parse_token(&TOKEN.encode([0xff, 0xfe])).is_err());
    }
}
