//! Bodies with many ids.

use axum::extract::{FromRequest, Request};
use darkroom_domain::{Code, Failure};
use darkroom_http::HttpError;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

/// The most bytes of a body: what one event of Lambda holds.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// A body of JSON that may name every photograph of a batch. No body at all is an empty object.
///
/// 400 without the right content type, above 6 MiB, or where it is no JSON; 422 where it does not fit the type.
#[derive(Clone, Debug)]
pub(crate) struct Body<T> {
    /// What it says.
    pub(crate) value: T,
    /// The bytes it says it in.
    pub(crate) bytes: Vec<u8>,
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let is_json = is_json(request.headers());
        let bytes = Limited::new(request.into_body(), MAX_BYTES)
            .collect()
            .await
            .map_err(|_| Failure::permanent(Code::InvalidRequest, "The body is too large."))?
            .to_bytes()
            .to_vec();
        if !is_json && !bytes.is_empty() {
            return Err(
                Failure::permanent(Code::InvalidRequest, "The body must be application/json.").into(),
            );
        }
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpError> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    let json: serde_json::Value = serde_json::from_slice(text).map_err(|error| {
        Failure::permanent(Code::InvalidRequest, format!("The body is not JSON: {error}."))
    })?;
    T::deserialize(json).map_err(|error| HttpError::validation(&["body"], error.to_string()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Bytes;

    use super::*;

    async fn read(content_type: &str, body: Vec<u8>) -> Result<Vec<u32>, HttpError> {
        #[derive(serde::Deserialize)]
        struct Numbers {
            #[serde(default)]
            numbers: Vec<u32>,
        }
        let request = Request::builder()
            .header(header::CONTENT_TYPE, content_type)
            .body(Bytes::from(body))
            .unwrap();
        let body = Body::<Numbers>::from_request(request, &()).await?;
        Ok(body.value.numbers)
    }

    #[tokio::test]
    async fn bodies_are_json_and_bounded() {
        let json = "Application/JSON; charset=utf-8";
        assert_eq!(read(json, br#"{"numbers":[7]}"#.to_vec()).await.unwrap(), [7]);
        assert!(read("", Vec::new()).await.unwrap().is_empty(), "nothing is {{}}");
        for (content_type, body) in [
            ("text/plain", b"{}".to_vec()),
            (json, b"{".to_vec()),
            (json, br#"{"numbers":["x"]}"#.to_vec()),
            (json, b"[".repeat(100_000)),
            (json, vec![b' '; MAX_BYTES + 1]),
        ] {
            assert!(read(content_type, body).await.is_err());
        }
    }
}
