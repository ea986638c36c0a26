//! Something fixed that is served as it is.

use std::io::Write;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// Kept, but asked for by its tag each time: a deployment shows at once.
const ASKED_FOR_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
/// Kept for a year, the longest that is agreed upon (RFC 9111, 5.3), and never asked for again (RFC 8246).
const KEPT_FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A text, its type and its tag; packed once for all who take it packed.
pub(crate) struct Document {
    plain: Bytes,
    packed: Bytes,
    headers: HeaderMap,
    tag: String,
}

impl Document {
    pub(crate) fn new(content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let plain = text.into();
        let mut tag = hex::encode(Sha256::digest(&plain));
        tag.truncate(32);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CACHE_CONTROL, ASKED_FOR_EACH_TIME);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        Self {
            packed: gzip(&plain),
            plain,
            headers,
            tag,
        }
    }

    /// A page that may load what `policy` says, tells nobody where its links lead from, and is reached into by no other.
    pub(crate) fn page(markup: String, policy: HeaderValue) -> Self {
        Self::new("text/html; charset=utf-8", markup)
            .with_header(header::CONTENT_SECURITY_POLICY, policy)
            .with_header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
            .with_header(
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            )
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// For what never changes under its name.
    pub(crate) fn for_ever(self) -> Self {
        self.with_header(header::CACHE_CONTROL, KEPT_FOR_EVER)
    }

    /// All of it; or, where the request names its tag, that it is unchanged (RFC 9110, 13.1.2).
    pub(crate) fn answer(&self, request: &HeaderMap) -> Response<Body> {
        let is_packed = !self.packed.is_empty() && takes_gzip(request);
        let tag = format!("\"{}{}\"", self.tag, if is_packed { "-gzip" } else { "" });
        let is_known = list(request, &header::IF_NONE_MATCH)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
        let mut response = Response::default();
        response.headers_mut().clone_from(&self.headers);
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if is_packed {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            *response.body_mut() = Body::from(self.packed.clone());
        } else {
            *response.body_mut() = Body::from(self.plain.clone());
        }
        response
    }
}

/// The text packed, or nothing where that does not work: then it goes out as it is.
fn gzip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(text).and_then(|()| encoder.finish());
    packed.unwrap_or_default().into()
}

/// Whether `gzip` is named and not refused by `q=0` (RFC 9110, 12.5.3).
fn takes_gzip(request: &HeaderMap) -> bool {
    list(request, &header::ACCEPT_ENCODING).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

/// The members of a header that is a list.
pub(crate) fn list<'a>(request: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    request
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
impl Document {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.plain).unwrap()
    }

    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}
