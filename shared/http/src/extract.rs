//! Extractors that answer with problems.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use darkroom_domain::{Code, Failure};
use http::{HeaderMap, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use crate::problem::HttpError;

/// The most bytes that a JSON body may have.
pub const JSON_BODY_BYTES: usize = 256 * 1024;

/// A body of JSON, and its bytes as they came.
///
/// 400 without the right content type, above `LIMIT` bytes ([`JSON_BODY_BYTES`] where nothing else is said), or where it is
/// no JSON; 422 where it does not fit the type.
#[derive(Clone, Debug)]
pub struct JsonBody<T, const LIMIT: usize = JSON_BODY_BYTES> {
    /// What it says.
    pub value: T,
    /// The bytes it says it in.
    pub bytes: Vec<u8>,
}

impl<S: Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for JsonBody<T, LIMIT> {
    type Rejection = HttpError;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        if !is_json(request.headers()) {
            return Err(
                Failure::permanent(Code::InvalidRequest, "The body must be application/json.").into(),
            );
        }
        let bytes = Limited::new(request.into_body(), LIMIT)
            .collect()
            .await
            .map_err(|_| Failure::permanent(Code::InvalidRequest, "The body is too large."))?
            .to_bytes()
            .to_vec();
        let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::permanent(Code::InvalidRequest, format!("The body is not JSON: {error}."))
        })?;
        let value =
            T::deserialize(json).map_err(|error| HttpError::validation(&["body"], format!("{error}")))?;
        Ok(Self { value, bytes })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// What an id in the path leads to; tells how its absence is put in words.
pub trait Named: FromStr {
    /// What is said where there is no such thing.
    const NOT_FOUND: &'static str;
}

impl Named for darkroom_domain::ArchiveId {
    const NOT_FOUND: &'static str = "Result archive not found";
}

impl Named for darkroom_domain::UploadId {
    const NOT_FOUND: &'static str = "Upload not found";
}

impl Named for darkroom_domain::ImageId {
    const NOT_FOUND: &'static str = "Image not found";
}

impl Named for darkroom_domain::DatasetId {
    const NOT_FOUND: &'static str = "Dataset not found";
}

impl Named for darkroom_domain::JobId {
    const NOT_FOUND: &'static str = "Job not found";
}

/// The failure for a thing that is not there, not this tenant's, or not even named by an id.
#[must_use]
pub fn not_found<Id: Named>() -> Failure {
    Failure::not_found(Id::NOT_FOUND)
}

/// The id that the path begins its parameters with. What is no id leads to nothing: 404.
#[derive(Clone, Copy, Debug)]
pub struct PathId<Id>(pub Id);

impl<S: Send + Sync, Id: Named> FromRequestParts<S> for PathId<Id> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let Path(parameters) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found::<Id>())?;
        let id = parameters.first().and_then(|(_, value)| value.parse().ok());
        Ok(Self(id.ok_or_else(not_found::<Id>)?))
    }
}

/// The query, read into a type; 422 where it does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| HttpError::validation(&["query"], rejection.body_text()))?;
        Ok(Self(query.0))
    }
}

/// Whether the client asks for a picture rather than for JSON: the first of the two kinds in its `Accept`.
#[must_use]
pub fn prefers_image(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept
        .split(',')
        .map(|range| {
            range
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        })
        .find_map(|range| match range.split_once('/') {
            Some(("image", _)) => Some(true),
            Some(("application", "json" | "*") | ("*" | "text", _)) => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_between_picture_and_record() {
        for (accept, expected) in [
            ("image/*", true),
            ("image/png, application/json;q=0.5", true),
            ("image/avif,image/webp,*/*;q=0.8", true),
            ("application/json", false),
            ("*/*", false),
            ("text/html,image/webp", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(prefers_image(&headers), expected, "{accept}");
        }
        assert!(!prefers_image(&HeaderMap::new()));
    }
}
