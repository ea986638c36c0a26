//! One port for three services: who a request is for, and what S3 does about origins around its operations.

use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::Service;
use s3s::service::S3Service;

use crate::body::{AnswerBody, full};
use crate::dynamodb::Tables;
use crate::s3::cors;
use crate::sqs::QueueService;
use crate::store::Store;
use crate::unread::DrainedBody;

/// The services behind the port.
#[derive(Debug, Clone)]
pub(crate) struct Router {
    pub(crate) objects: S3Service,
    pub(crate) queues: QueueService,
    pub(crate) tables: Tables,
    pub(crate) store: Arc<Store>,
}

impl Router {
    /// Answers a request.
    pub(crate) async fn call(self, request: Request<Incoming>) -> Result<Response<AnswerBody>, Infallible> {
        let target = request
            .headers()
            .get("x-amz-target")
            .map(|value| value.as_bytes());
        Ok(match target {
            Some(target) if target.starts_with(b"AmazonSQS") => {
                let Ok(response) = self.queues.call(request).await;
                response.map(|body| body.map_err(Into::into).boxed_unsync())
            }
            Some(target) if target.starts_with(b"DynamoDB") => self.tables.call(request).await,
            _ => self.call_s3(request).await,
        })
    }

    async fn call_s3(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        if request.method() == Method::OPTIONS {
            let answer = cors::preflight(&self.store, request.uri().path(), request.headers());
            let mut response = Response::new(full(answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            return response;
        }
        let origin_headers = cors::actual_headers(
            &self.store,
            request.uri().path(),
            request.method(),
            request.headers(),
        );
        // A client that waits to be told to go on sends no body after a refusal, and its next request must not be
        // taken for one: its connection is closed instead.
        let waits = request.headers().contains_key(http::header::EXPECT);
        let request = if waits {
            request.map(s3s::Body::from)
        } else {
            request.map(|body| s3s::Body::http_body(DrainedBody::from(body)))
        };
        let is_form = request.method() == Method::POST && is_form(request.headers());
        let mut response = match self.objects.call(request).await {
            Ok(response) if is_form => forbid_refused_form(response),
            Ok(response) => response,
            Err(error) => {
                tracing::error!(error = %s3s::StdError::from(error), "an answer cannot be written");
                let mut response = Response::new(s3s::Body::empty());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
        .map(BodyExt::boxed_unsync);
        if waits && !response.status().is_success() {
            response
                .headers_mut()
                .insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        }
        response.headers_mut().extend(origin_headers);
        response
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"))
}

/// A form that breaks its policy is forbidden in S3; the protocol crate calls the policy malformed.
fn forbid_refused_form(response: Response<s3s::Body>) -> Response<s3s::Body> {
    let refusal = response
        .body()
        .bytes()
        .filter(|_| response.status() == StatusCode::BAD_REQUEST);
    let Some(text) = refusal
        .as_deref()
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
    else {
        return response;
    };
    let is_about_a_condition = text.contains("<Code>InvalidPolicyDocument</Code>")
        && ["Policy condition", "does not match"]
            .iter()
            .any(|words| text.contains(words));
    if !is_about_a_condition {
        return response;
    }
    let text = text
        .replace("<Code>InvalidPolicyDocument</Code>", "<Code>AccessDenied</Code>")
        .replace("<Message>", "<Message>Invalid according to Policy: ");
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::FORBIDDEN;
    parts.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(parts, s3s::Body::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str, message: &str) -> Response<s3s::Body> {
        let text = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let response = Response::builder()
            .status(StatusCode::BAD_REQUEST)
            .header("content-length", text.len());
        forbid_refused_form(response.body(s3s::Body::from(text)).unwrap())
    }

    #[test]
    fn a_form_that_breaks_its_policy_is_forbidden() {
        let response = answer(
            "InvalidPolicyDocument",
            "Policy condition 'eq' for field 'content-type' failed",
        );
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(!response.headers().contains_key("content-length"));
        let text = response.into_body().bytes().unwrap();
        assert!(
            text.starts_with(b"<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy")
        );
    }

    #[test]
    fn other_refusals_of_forms_stay_as_they_are() {
        for (code, message) in [
            (
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed object size.",
            ),
            ("InvalidPolicyDocument", "failed to parse POST policy"),
        ] {
            assert_eq!(answer(code, message).status(), StatusCode::BAD_REQUEST);
        }
    }
}
