//! The API as the client sees it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use bytes::Bytes;
use darkroom_domain::DatasetId;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header, request::Builder};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};

use super::{
    error::{Fault, PushError},
    fingerprint::Fingerprint,
    http_client::{HttpClient, RequestBody, full, json, success},
    retry::with_retries,
    streaming::{Span, file_body, write},
};

/// How long an answer of the API may take: the gateway itself gives up after 30 s.
const PATIENCE: Duration = Duration::from_secs(35);

/// What `POST /uploads` answers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Promise {
    /// These bytes are known: this is the image.
    Duplicate { duplicate_of: String },
    /// Where and how to send the bytes.
    Upload {
        upload_id: String,
        method: String,
        url: String,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
}

/// What `GET /uploads/{id}` answers.
#[derive(Debug, Deserialize)]
pub(super) struct UploadState {
    pub(super) state: String,
    pub(super) image_id: Option<String>,
    /// The job that works on it, where it is an archive.
    pub(super) job_id: Option<String>,
    /// Whether the image was there before, with the same bytes.
    #[serde(default)]
    pub(super) duplicate: bool,
    pub(super) error: Option<Report>,
}

/// What `GET /images/{id}` answers.
#[derive(Debug, Deserialize)]
pub(super) struct ImageState {
    pub(super) status: String,
    pub(super) thumbnails: Option<BTreeMap<String, String>>,
    pub(super) error: Option<Report>,
}

/// Why the API has decided against something.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) code: String,
    pub(super) detail: String,
}

impl From<Report> for Fault {
    fn from(Report { code, detail }: Report) -> Self {
        Self::Rejected { code, detail }
    }
}

#[derive(Serialize)]
struct UploadRequest<'a> {
    filename: &'a str,
    content_type: &'a str,
    size: u64,
    sha256: &'a str,
    purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset_id: Option<DatasetId>,
}

/// The API at one address, for one caller.
pub(super) struct Api {
    client: HttpClient,
    /// Without a slash at its end.
    base: String,
    authorization: Option<HeaderValue>,
}

impl Api {
    pub(super) fn new(url: &str, token: Option<&str>) -> Result<Self, PushError> {
        let base = url.trim_end_matches('/').to_owned();
        let invalid = || PushError::InvalidUrl(url.to_owned());
        let uri: Uri = base.parse().map_err(|_| invalid())?;
        let is_plain = uri.query().is_none() && uri.host().is_some_and(|host| !host.is_empty());
        if !is_plain || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(invalid());
        }
        let authorization = token.map(|token| {
            let is_visible = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
            let value = is_visible
                .then(|| HeaderValue::from_str(&format!("Bearer {token}")).ok())
                .flatten();
            value.ok_or(PushError::InvalidToken).map(|mut value| {
                value.set_sensitive(true);
                value
            })
        });
        Ok(Self {
            client: HttpClient::new(),
            base,
            authorization: authorization.transpose()?,
        })
    }

    /// Whether anything at all answers, so that a wrong address is told once and not for every file.
    pub(super) async fn probe(&self) -> Result<(), PushError> {
        let probe = async |_| {
            self.call(self.request(Method::GET, "/health"), Bytes::new())
                .await
        };
        match with_retries(probe).await {
            Err(fault @ (Fault::Connection(_) | Fault::NoAnswer(_))) => Err(PushError::Unreachable {
                url: self.base.clone(),
                reason: fault.to_string(),
            }),
            // Another status, even that of a broken service, is told by what is asked next.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What is said where a dataset is not there.
    pub(super) fn no_dataset(&self, dataset_id: DatasetId) -> PushError {
        PushError::NoDataset {
            dataset_id,
            url: self.base.clone(),
        }
    }

    /// Asks where to send a file, for `dataset` if there is one. The key makes the question safe to repeat.
    pub(super) async fn create_upload(
        &self,
        filename: &str,
        fingerprint: &Fingerprint,
        dataset: Option<DatasetId>,
        idempotency_key: &str,
    ) -> Result<Promise, Fault> {
        let body = UploadRequest {
            filename,
            content_type: fingerprint.media_type,
            size: fingerprint.size,
            sha256: &fingerprint.sha256,
            purpose: if dataset.is_some() {
                "dataset_image"
            } else {
                "image"
            },
            dataset_id: dataset,
        };
        let body = serde_json::to_vec(&body).map_err(|error| Fault::Unintelligible(error.to_string()))?;
        with_retries(async |_| {
            let request = self
                .request(Method::POST, "/uploads")
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", idempotency_key);
            json(self.call(request, body.clone().into()).await?).await
        })
        .await
        .map_err(|fault| match dataset {
            Some(dataset) => fault.about_dataset(dataset),
            None => fault,
        })
    }

    /// Sends bytes of the file as promised: exactly these headers, and no token. `on_bytes` hears how many bytes have
    /// been sent since the beginning of the attempt.
    pub(super) async fn put(
        &self,
        path: &Path,
        span: Span,
        (method, url): (&str, &str),
        headers: &BTreeMap<String, String>,
        on_bytes: impl Fn(u64) + Clone + Send + 'static,
    ) -> Result<(), Fault> {
        let method: Method = method
            .parse()
            .map_err(|_| Fault::Unintelligible(format!("method {method:?}")))?;
        // A line of 16 KiB/s is slow, but it moves.
        let patience = PATIENCE + Duration::from_secs(span.length / (16 * 1024));
        with_retries(async |attempt| {
            let body = file_body(path, span, on_bytes.clone()).await?;
            let mut request = Request::builder().method(method.clone()).uri(url);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            if !headers
                .keys()
                .any(|name| name.eq_ignore_ascii_case("content-length"))
            {
                request = request.header(header::CONTENT_LENGTH, span.length);
            }
            let answer = self.client.send(build(request, body)?, patience).await?;
            // Nobody else has this address: what stands there is what an attempt has sent whose answer was lost.
            if attempt > 1 && answer.status() == StatusCode::PRECONDITION_FAILED {
                return Ok(());
            }
            success(answer).await.map(drop)
        })
        .await
    }

    pub(super) async fn upload(&self, id: &str) -> Result<UploadState, Fault> {
        let path = format!("/uploads/{id}");
        with_retries(async |_| json(self.call(self.request(Method::GET, &path), Bytes::new()).await?).await)
            .await
    }

    pub(super) async fn image(&self, id: &str) -> Result<ImageState, Fault> {
        let path = format!("/images/{id}");
        with_retries(async |_| json(self.call(self.request(Method::GET, &path), Bytes::new()).await?).await)
            .await
    }

    /// Writes the file at `path` of the API into `file`, and follows it to where the API says that it is: without the
    /// token, which is the API's alone.
    pub(super) async fn download(&self, path: &str, file: &Path) -> Result<(), Fault> {
        with_retries(async |_| {
            let mut answer = self.call(self.request(Method::GET, path), Bytes::new()).await?;
            if answer.status().is_redirection() {
                let location = answer
                    .headers()
                    .get(header::LOCATION)
                    .and_then(|value| value.to_str().ok());
                let location =
                    location.ok_or_else(|| Fault::Unintelligible("a redirect to nowhere".to_owned()))?;
                let location = self.absolute(location);
                answer = self
                    .client
                    .send(build(Request::get(location), full(Bytes::new()))?, PATIENCE)
                    .await?;
            }
            write(success(answer).await?, file).await
        })
        .await
    }

    fn absolute(&self, location: &str) -> String {
        if location.starts_with('/') {
            format!("{}{location}", self.base)
        } else {
            location.to_owned()
        }
    }

    /// Where it answers, without a slash at its end.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json");
        match &self.authorization {
            Some(authorization) => request.header(header::AUTHORIZATION, authorization),
            None => request,
        }
    }

    pub(super) async fn call(&self, request: Builder, body: Bytes) -> Result<Response<Incoming>, Fault> {
        self.client.send(build(request, full(body))?, PATIENCE).await
    }
}

fn build(request: Builder, body: RequestBody) -> Result<Request<RequestBody>, Fault> {
    let agent = concat!("darkroom/", env!("CARGO_PKG_VERSION"));
    let request = request.header(header::USER_AGENT, agent).body(body);
    request.map_err(|error| Fault::Unintelligible(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_tokens_are_checked_before_anything_is_sent() {
        for url in [
            "http://127.0.0.1:8333",
            "https://api.example.org/stage/",
            "http://[::1]:80",
        ] {
            assert!(Api::new(url, Some("secret")).is_ok(), "{url}");
        }
        for url in [
            "",
            "127.0.0.1:8333",
            "ftp://a",
            "http://",
            "http://a/?b=c",
            "/uploads",
            "http://a b",
        ] {
            assert!(
                matches!(Api::new(url, None), Err(PushError::InvalidUrl(_))),
                "{url}"
            );
        }
        for token in ["", "two words", "line\nbreak", "s\u{e9}cret"] {
            assert!(
                matches!(Api::new("http://a", Some(token)), Err(PushError::InvalidToken)),
                "{token:?}"
            );
        }
    }

    #[test]
    fn both_answers_to_an_upload_are_told_apart() {
        let duplicate: Promise = serde_json::from_str(r#"{"duplicate_of":"7"}"#).unwrap();
        assert!(matches!(duplicate, Promise::Duplicate { duplicate_of } if duplicate_of == "7"));
        let upload =
            r#"{"upload_id":"1","method":"PUT","url":"http://s3/k","headers":{"a":"b"},"expires_at":"z"}"#;
        assert!(matches!(
            serde_json::from_str(upload).unwrap(),
            Promise::Upload { .. }
        ));
        assert!(serde_json::from_str::<Promise>("{}").is_err());
    }
}
