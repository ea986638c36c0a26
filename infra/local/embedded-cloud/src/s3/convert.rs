//! Between the types of the protocol and those of the store.

use std::collections::BTreeMap;

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use s3s::dto::{ETag, ETagCondition, Metadata, Tag, Timestamp};

use s3s::{S3Result, TrailingHeaders, s3_error};
use time::OffsetDateTime;

use crate::store::WriteCondition;
use crate::store::receive::Announced;
use crate::store::record::{Algorithm, Checksums};

/// Takes the five digest fields out of an input type of the protocol.
macro_rules! checksums_of {
    ($input:expr) => {
        crate::store::record::Checksums {
            crc32: $input.checksum_crc32.clone(),
            crc32c: $input.checksum_crc32c.clone(),
            crc64nvme: $input.checksum_crc64nvme.clone(),
            sha1: $input.checksum_sha1.clone(),
            sha256: $input.checksum_sha256.clone(),
            composite: false,
        }
    };
}

/// Puts the five digests into an output type of the protocol.
macro_rules! put_checksums {
    ($output:expr, $checksums:expr) => {{
        let checksums: &crate::store::record::Checksums = $checksums;
        $output.checksum_crc32.clone_from(&checksums.crc32);
        $output.checksum_crc32c.clone_from(&checksums.crc32c);
        $output.checksum_crc64nvme.clone_from(&checksums.crc64nvme);
        $output.checksum_sha1.clone_from(&checksums.sha1);
        $output.checksum_sha256.clone_from(&checksums.sha256);
    }};
}

/// Takes what describes an object out of an input type of the protocol.
macro_rules! description_of {
    ($input:expr) => {
        crate::store::record::Description {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: crate::s3::convert::stored_encoding($input.content_encoding.as_deref()),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone().map(Into::into),
            metadata: crate::s3::convert::metadata($input.metadata.clone()),
            tags: crate::s3::convert::tags_of_header($input.tagging.as_deref())?,
        }
    };
}

/// Puts what describes an object into an output type of the protocol.
macro_rules! put_description {
    ($output:expr, $description:expr) => {{
        let description: &crate::store::record::Description = $description;
        $output.content_type = Some(
            description
                .content_type
                .clone()
                .unwrap_or_else(|| "binary/octet-stream".to_owned()),
        );
        $output.cache_control.clone_from(&description.cache_control);
        $output
            .content_disposition
            .clone_from(&description.content_disposition);
        $output.content_encoding.clone_from(&description.content_encoding);
        $output.content_language.clone_from(&description.content_language);
        $output.expires = description.expires.map(Into::into);
        $output.metadata =
            (!description.metadata.is_empty()).then(|| description.metadata.clone().into_iter().collect());
    }};
}

pub(crate) use {checksums_of, description_of, put_checksums, put_description};

/// The content encoding without `aws-chunked`, which ends with the transfer.
pub(crate) fn stored_encoding(encoding: Option<&str>) -> Option<String> {
    let kept: Vec<_> = encoding?
        .split(',')
        .map(str::trim)
        .filter(|token| !token.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    let kept = kept.join(",");
    (!kept.is_empty()).then_some(kept)
}

/// User metadata in a fixed order.
pub(crate) fn metadata(metadata: Option<Metadata>) -> BTreeMap<String, String> {
    metadata.unwrap_or_default().into_iter().collect()
}

/// The tags of the header `x-amz-tagging`: `key=value&key=value`, form-encoded.
pub(crate) fn tags_of_header(header: Option<&str>) -> S3Result<Vec<(String, String)>> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let decoded = percent_decode_str(&text)
            .decode_utf8()
            .map(|text| text.into_owned());
        decoded.map_err(|_| s3_error!(InvalidTag, "a tag is not UTF-8"))
    };
    let pairs = header
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty());
    let tags = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(key)?, decode(value)?))
    });
    checked_tags(tags.collect::<S3Result<Vec<_>>>()?)
}

/// The tags of a tag set.
pub(crate) fn tags_of_set(set: Vec<Tag>) -> S3Result<Vec<(String, String)>> {
    checked_tags(
        set.into_iter()
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect(),
    )
}

fn checked_tags(tags: Vec<(String, String)>) -> S3Result<Vec<(String, String)>> {
    let mut keys: Vec<_> = tags.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    if tags.len() > 10
        || keys.iter().any(|key| key.is_empty())
        || keys.windows(2).any(|pair| pair.first() == pair.last())
    {
        return Err(s3_error!(
            InvalidTag,
            "at most 10 tags with different, non-empty keys"
        ));
    }
    Ok(tags)
}

/// Tags as a tag set.
pub(crate) fn tag_set(tags: &[(String, String)]) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag {
            key: Some(key.clone()),
            value: Some(value.clone()),
        })
        .collect()
}

/// The entity tag with quotes.
pub(crate) fn etag(value: &str) -> ETag {
    ETag::Strong(value.to_owned())
}

/// A time of the store as a time of the protocol.
pub(crate) fn timestamp(time: OffsetDateTime) -> Timestamp {
    Timestamp::from(time)
}

/// A length as the protocol writes it.
pub(crate) fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The condition of `If-Match` and `If-None-Match` of a write.
pub(crate) fn write_condition(
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> S3Result<WriteCondition> {
    match (if_match, if_none_match) {
        (None, None) => Ok(WriteCondition::None),
        (None, Some(ETagCondition::Any)) => Ok(WriteCondition::Absent),
        (Some(ETagCondition::Any), None) => Ok(WriteCondition::Present),
        (Some(ETagCondition::ETag(etag)), None) => Ok(WriteCondition::Matches(etag.value().to_owned())),
        (None, Some(ETagCondition::ETag(_))) | (Some(_), Some(_)) => Err(s3_error!(
            NotImplemented,
            "writes know If-Match and If-None-Match: *, one at a time"
        )),
    }
}

/// What headers announce about the body of a request, given its length, MD5 and digests.
pub(crate) fn announced(
    headers: &HeaderMap,
    content_length: Option<i64>,
    md5: Option<String>,
    checksums: Checksums,
) -> Announced {
    let trailers = headers
        .get_all("x-amz-trailer")
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let names: Vec<_> = trailers
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let is_named = |algorithm: &Algorithm| {
        names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(algorithm.header()))
    };
    Announced {
        length: content_length.and_then(|length| u64::try_from(length).ok()),
        md5,
        checksums,
        algorithms: Algorithm::ALL.into_iter().filter(is_named).collect(),
    }
}

/// The digests that came behind the body.
pub(crate) fn trailing_checksums(trailers: Option<&TrailingHeaders>) -> Checksums {
    let mut checksums = Checksums::default();
    if let Some(headers) = trailers.and_then(TrailingHeaders::take) {
        for algorithm in Algorithm::ALL {
            let value = headers
                .get(algorithm.header())
                .and_then(|value| value.to_str().ok());
            checksums.set(algorithm, value.map(str::to_owned));
        }
    }
    checksums
}

/// What S3 leaves as it is when it encodes keys in listings and events.
const KEPT_IN_KEYS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/');

/// A key as S3 writes it in event records and in listings with `encoding-type=url`: percent-encoded, `/` kept, a
/// space as `+`.
pub(crate) fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, KEPT_IN_KEYS)
        .to_string()
        .replace("%20", "+")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_encoded_as_s3_does() {
        assert_eq!(encode_key("in/a b+1.png"), "in/a+b%2B1.png");
        assert_eq!(encode_key("é~*-_.%"), "%C3%A9%7E*-_.%25");
    }

    #[test]
    fn aws_chunked_is_not_stored() {
        assert_eq!(stored_encoding(Some("aws-chunked")), None);
        assert_eq!(
            stored_encoding(Some("aws-chunked, gzip")),
            Some("gzip".to_owned())
        );
        assert_eq!(stored_encoding(Some("br")), Some("br".to_owned()));
    }

    #[test]
    fn tags_are_decoded_and_counted() {
        let tags = tags_of_header(Some("a=b+c&d%26=%C3%A9")).unwrap();
        assert_eq!(
            tags,
            [
                ("a".to_owned(), "b c".to_owned()),
                ("d&".to_owned(), "é".to_owned())
            ]
        );
        assert!(tags_of_header(Some("a=1&a=2")).is_err());
        let eleven: Vec<_> = (0..11).map(|number| format!("k{number}=v")).collect();
        assert!(tags_of_header(Some(&eleven.join("&"))).is_err());
    }

    proptest! {
        #[test]
        fn an_encoded_key_decodes_to_the_key(key in "\\PC{0,40}") {
            let decoded = encode_key(&key).replace('+', " ");
            prop_assert_eq!(percent_decode_str(&decoded).decode_utf8().unwrap(), key.as_str());
        }
    }
}
