//! Something fixed that is served as it is.

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// A text, its type and its tag.
pub(crate) struct Document {
    text: String,
    headers: HeaderMap,
}

impl Document {
    pub(crate) fn new(content_type: &'static str, text: String) -> Self {
        let digest = hex::encode(Sha256::digest(&text));
        let tag = format!("\"{}\"", digest.get(..32).unwrap_or(&digest));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        // Kept, but asked for by its tag each time: a deployment shows at once.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        Self { text, headers }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// All of it; or, where the request names its tag, that it is unchanged (RFC 9110, 13.1.2).
    pub(crate) fn answer(&self, request: &HeaderMap) -> Response<Body> {
        let tag = self
            .headers
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok())
            .unwrap_or_default();
        let is_known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
        let mut response = Response::default();
        response.headers_mut().clone_from(&self.headers);
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = Body::from(self.text.clone());
        }
        response
    }
}

#[cfg(test)]
impl Document {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}
