//! A client that signs requests (Signature Version 4) and nothing more.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test that calls it")]

use bytes::Bytes;
use darkroom_embedded_cloud::EmbeddedCloud;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustack_auth::canonical::build_canonical_request;
use rustack_auth::hash_payload;
use rustack_auth::sigv4::{build_string_to_sign, compute_signature, derive_signing_key};
use time::OffsetDateTime;
use time::macros::format_description;

/// A client of one embedded cloud.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    endpoint: String,
    secret: String,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    pub(crate) fn new(cloud: &EmbeddedCloud) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self {
            endpoint: cloud.endpoint(),
            secret: "test".to_owned(),
            http,
        }
    }

    pub(crate) fn with_secret(self, secret: &str) -> Self {
        Self {
            secret: secret.to_owned(),
            ..self
        }
    }

    pub(crate) async fn s3(&self, method: Method, path: &str, body: &'static [u8]) -> Answer {
        self.signed("s3", method, path, None, body.to_vec()).await
    }

    pub(crate) async fn dynamodb(&self, operation: &str, body: &str) -> Answer {
        let target = format!("DynamoDB_20120810.{operation}");
        self.signed(
            "dynamodb",
            Method::POST,
            "/",
            Some(&target),
            body.as_bytes().to_vec(),
        )
        .await
    }

    pub(crate) async fn sqs(&self, operation: &str, body: &str) -> Answer {
        let target = format!("AmazonSQS.{operation}");
        self.signed("sqs", Method::POST, "/", Some(&target), body.as_bytes().to_vec())
            .await
    }

    pub(crate) async fn unsigned(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::default()).unwrap()).await
    }

    async fn signed(
        &self,
        service: &str,
        method: Method,
        path: &str,
        target: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        #[expect(
            clippy::disallowed_methods,
            reason = "signatures are checked against the clock of the system"
        )]
        let now = OffsetDateTime::now_utc();
        let stamp = now
            .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
            .unwrap();
        let day = &stamp[..8];
        let host = self.endpoint.trim_start_matches("http://");
        let payload = hash_payload(&body);
        let mut headers = vec![
            ("host", host),
            ("x-amz-content-sha256", &*payload),
            ("x-amz-date", &*stamp),
        ];
        headers.extend(target.map(|target| ("x-amz-target", target)));
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let canonical = build_canonical_request(method.as_str(), path, "", &headers, &names, &payload);
        let scope = format!("{day}/us-east-1/{service}/aws4_request");
        let text = build_string_to_sign(&stamp, &scope, &hash_payload(canonical.as_bytes()));
        let key = derive_signing_key(&self.secret, day, "us-east-1", service).unwrap();
        let signature = compute_signature(&key, &text).unwrap();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={}, Signature={signature}",
            names.join(";")
        );
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint))
            .header("authorization", authorization)
            .header("content-type", "application/x-amz-json-1.0");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.send(request.body(Full::from(body)).unwrap()).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let (parts, body) = self.http.request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}
