//! The HTTP client: HTTP/1.1, plain or over TLS, each answer within its time.

use std::{error::Error, io, sync::OnceLock, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header, uri::Scheme};
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::error::Fault;

/// The most bytes of an ordinary answer that are read into memory.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What a request carries.
pub(super) type RequestBody = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is at hand.
pub(super) fn full(bytes: impl Into<Bytes>) -> RequestBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Keeps connections, and reads the machine's certificates only when the first `https` address is called.
pub(super) struct HttpClient {
    plain: Client<HttpConnector, RequestBody>,
    secure: OnceLock<Client<HttpsConnector<HttpConnector>, RequestBody>>,
}

impl HttpClient {
    pub(super) fn new() -> Self {
        Self {
            plain: Client::builder(TokioExecutor::new()).build(connector(true)),
            secure: OnceLock::new(),
        }
    }

    /// Sends a request and waits at most `patience` for the head of its answer, whatever the answer says.
    pub(super) async fn send(
        &self,
        request: Request<RequestBody>,
        patience: Duration,
    ) -> Result<Response<Incoming>, Fault> {
        let answer = if request.uri().scheme() == Some(&Scheme::HTTPS) {
            self.secure()?.request(request)
        } else {
            self.plain.request(request)
        };
        match tokio::time::timeout(patience, answer).await {
            Ok(answer) => answer.map_err(|error| Fault::Connection(root_cause(&error))),
            Err(_) => Err(Fault::NoAnswer(patience)),
        }
    }

    fn secure(&self) -> Result<&Client<HttpsConnector<HttpConnector>, RequestBody>, Fault> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| {
                Fault::Unintelligible(format!("TLS without certificates of authorities: {error}"))
            })?
            .https_only()
            .enable_http1()
            .wrap_connector(connector(false));
        Ok(self
            .secure
            .get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)))
    }
}

fn connector(http_only: bool) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(http_only);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(5)));
    connector
}

/// What lies at the bottom of an error: "Connection refused" rather than "client error".
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Reads a JSON answer of success; any other is the fault that it tells of.
pub(super) async fn json<T: DeserializeOwned>(answer: Response<Incoming>) -> Result<T, Fault> {
    json_within(answer, ANSWER_BYTES).await
}

/// The same, of up to `limit` bytes.
pub(super) async fn json_within<T: DeserializeOwned>(
    answer: Response<Incoming>,
    limit: usize,
) -> Result<T, Fault> {
    let answer = success(answer).await?;
    let bytes = collect(answer.into_body(), limit).await?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::Unintelligible(error.to_string()))
}

/// Lets answers of success through; any other is the fault that it tells of.
pub(super) async fn success(answer: Response<Incoming>) -> Result<Response<Incoming>, Fault> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let bytes = collect(body, ANSWER_BYTES).await.unwrap_or_default();
    Err(refusal(parts.status, &parts.headers, &bytes))
}

async fn collect(body: Incoming, limit: usize) -> Result<Bytes, Fault> {
    let collected = Limited::new(body, limit).collect();
    match tokio::time::timeout(Duration::from_secs(30), collected).await {
        Ok(collected) => collected
            .map(http_body_util::Collected::to_bytes)
            .map_err(|error| Fault::Connection(error.to_string())),
        Err(_) => Err(Fault::Connection("the answer broke off".to_owned())),
    }
}

/// What an answer other than success says: a problem of the API, a message of the gateway, or an error of S3.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
    #[derive(Default, Deserialize)]
    struct Problem {
        code: Option<String>,
        detail: Option<String>,
        message: Option<String>,
    }

    let text = String::from_utf8_lossy(body);
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    let element = |name: &str| -> Option<String> {
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        let (content, _) = after.split_once(&format!("</{name}>"))?;
        Some(content.to_owned())
    };
    let detail = problem
        .detail
        .or(problem.message)
        .or_else(|| match (element("Code"), element("Message")) {
            (Some(code), Some(message)) => Some(format!("{message} ({code})")),
            (code, message) => message.or(code),
        });
    let retry_after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Fault::Refused {
        status,
        code: problem.code,
        detail: detail.unwrap_or_else(|| status.to_string()),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (String, String) {
        let fault = refusal(
            StatusCode::from_u16(status).unwrap(),
            &HeaderMap::new(),
            body.as_bytes(),
        );
        (fault.code(), fault.to_string())
    }

    #[test]
    fn refusals_speak_in_the_words_of_whoever_refused() {
        let problem = r#"{"type":"/docs#file_too_large","title":"Payload Too Large","status":413,
            "detail":"File too large. Max size: 10485760 bytes","code":"file_too_large","request_id":"1"}"#;
        let expected = (
            "file_too_large".to_owned(),
            "File too large. Max size: 10485760 bytes".to_owned(),
        );
        assert_eq!(told(413, problem), expected);
        let gateway = r#"{"message":"Unauthorized"}"#;
        assert_eq!(
            told(401, gateway),
            ("http_401".to_owned(), "Unauthorized".to_owned())
        );
        let s3 = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        assert_eq!(
            told(403, s3),
            (
                "http_403".to_owned(),
                "Request has expired (AccessDenied)".to_owned()
            )
        );
        assert_eq!(
            told(502, "<html>"),
            ("http_502".to_owned(), "502 Bad Gateway".to_owned())
        );
        assert_eq!(
            told(500, "\u{0}\u{1b}"),
            ("http_500".to_owned(), "500 Internal Server Error".to_owned())
        );
    }

    #[test]
    fn only_a_number_of_seconds_is_a_wait() {
        for (value, expected) in [
            ("3", Some(3)),
            ("Fri, 31 Dec 1999 23:59:59 GMT", None),
            ("-1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            let fault = refusal(StatusCode::TOO_MANY_REQUESTS, &headers, b"");
            let Fault::Refused { retry_after, .. } = fault else {
                panic!("{fault:?}")
            };
            assert_eq!(retry_after, expected.map(Duration::from_secs), "{value}");
        }
    }
}
