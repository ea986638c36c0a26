//! The HTTP API: what API Gateway does between a client and a function, payload format 2.0.

mod answer;
mod authorization;
mod body;
mod connection;
mod cors;
mod event;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use tokio_util::sync::CancellationToken;

pub(crate) use authorization::Tokens;
pub use authorization::{Token, TokenError};
pub(crate) use connection::serve;
pub use route::{RouteKey, RouteKeyError};

use crate::clock;
use crate::invoke::{InvocationError, Invoker};
use crate::template::{Api, Cors, Deployment};
use body::Refused;
use event::Caller;
use route::{Endpoint, Router};

/// The most bytes that a request's line and headers may have together.
const MOST_HEADER_BYTES: usize = 10_240;

/// The header that names the request in every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// Answers requests by the routes of one API.
#[derive(Debug)]
pub(crate) struct Gateway {
    router: Router,
    api_id: String,
    stage_variables: BTreeMap<String, String>,
    cors: Option<Cors>,
    issuer: String,
    audience: String,
    tokens: Tokens,
    deployment: Arc<Deployment>,
    /// Ends what functions do for clients that may be gone.
    abandon: CancellationToken,
}

/// An answer that the gateway gives by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refusal(StatusCode, &'static str);

const BAD_REQUEST: Refusal = Refusal(StatusCode::BAD_REQUEST, "Bad Request");
const UNAUTHORIZED: Refusal = Refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
const NOT_FOUND: Refusal = Refusal(StatusCode::NOT_FOUND, "Not Found");
const REQUEST_TIMEOUT: Refusal = Refusal(StatusCode::REQUEST_TIMEOUT, "Request Timeout");
const TOO_LARGE: Refusal = Refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
const HEADERS_TOO_LARGE: Refusal = Refusal(
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    "Request Header Fields Too Large",
);
const INTERNAL: Refusal = Refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
const UNAVAILABLE: Refusal = Refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");

impl Refusal {
    fn response(self) -> Response<Full<Bytes>> {
        let Self(status, message) = self;
        let mut response = Response::new(Full::from(format!("{{\"message\":\"{message}\"}}")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

impl Gateway {
    /// `invokers` holds every function that routes name, by logical id; a route without one is left out.
    pub(crate) fn new(
        api: Option<&Api>,
        invokers: &BTreeMap<String, Arc<Invoker>>,
        tokens: Tokens,
        deployment: Arc<Deployment>,
        abandon: CancellationToken,
    ) -> Self {
        let endpoints = api.into_iter().flat_map(|api| &api.routes).filter_map(|route| {
            let invoker = Arc::clone(invokers.get(&route.function)?);
            Some(Endpoint {
                key: route.key.clone(),
                authorized: route.authorized,
                timeout: route.timeout,
                invoker,
            })
        });
        let authorizer = api.and_then(|api| api.authorizer.as_ref());
        Self {
            router: Router::new(endpoints.collect()),
            api_id: api.map(|api| api.logical_id.clone()).unwrap_or_default(),
            stage_variables: api.map(|api| api.stage_variables.clone()).unwrap_or_default(),
            cors: api.and_then(|api| api.cors.clone()),
            issuer: authorizer
                .map(|authorizer| authorizer.issuer.clone())
                .unwrap_or_default(),
            audience: authorizer
                .and_then(|authorizer| authorizer.audience.first())
                .cloned()
                .unwrap_or_default(),
            tokens,
            deployment,
            abandon,
        }
    }

    /// Answers one request, and logs that it did.
    pub(crate) async fn handle<B>(&self, request: Request<B>, peer: SocketAddr) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Display + Send,
    {
        let started = Instant::now();
        let request_id = clock::request_id().to_string();
        let (parts, body) = request.into_parts();
        let preflight = self.cors.as_ref().and_then(|cors| cors::preflight(cors, &parts));
        let mut response = match preflight {
            Some(response) => response,
            None => {
                let mut response = match self.route(&parts, body, peer, &request_id).await {
                    Ok(response) => response,
                    Err(refusal) => refusal.response(),
                };
                if let Some(cors) = &self.cors {
                    cors::add(cors, &parts.headers, response.headers_mut());
                }
                response
            }
        };
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        tracing::info!(
            method = %parts.method,
            path = parts.uri.path(),
            status = response.status().as_u16(),
            duration_ms = clock::milliseconds(started.elapsed()),
            request_id,
            "request"
        );
        response
    }

    async fn route<B>(
        &self,
        parts: &Parts,
        body: B,
        peer: SocketAddr,
        request_id: &str,
    ) -> Result<Response<Full<Bytes>>, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Display + Send,
    {
        if header_bytes(parts) > MOST_HEADER_BYTES {
            body::discard(body);
            return Err(HEADERS_TOO_LARGE);
        }
        let found = match self.router.find(&parts.method, parts.uri.path()) {
            Ok(found) => found,
            Err(refusal) => {
                body::discard(body);
                return Err(refusal);
            }
        };
        let tenant = match found
            .endpoint
            .authorized
            .then(|| self.tokens.tenant(&parts.headers))
        {
            None => None,
            Some(Some(tenant)) => Some(tenant),
            Some(None) => {
                body::discard(body);
                return Err(UNAUTHORIZED);
            }
        };
        let body = match body::read(parts, body).await {
            Ok(body) => body,
            Err(Refused::TooLarge) => return Err(TOO_LARGE),
            Err(Refused::TooSlow) => return Err(REQUEST_TIMEOUT),
            Err(Refused::Broken) => return Err(BAD_REQUEST),
        };
        let caller = Caller {
            peer,
            request_id,
            tenant,
            issuer: &self.issuer,
            audience: &self.audience,
            api_id: &self.api_id,
            stage_variables: &self.stage_variables,
            deployment: &self.deployment,
        };
        let event = event::event(parts, &body, &found, &caller);
        drop(body);
        if event::json_bytes(&event) > event::MOST_PAYLOAD_BYTES {
            return Err(TOO_LARGE);
        }
        // A task of its own: as in Lambda, a client that leaves does not end what it began.
        let invoker = Arc::clone(&found.endpoint.invoker);
        let abandon = self.abandon.clone();
        let invocation = tokio::spawn(async move {
            tokio::select! {
                outcome = invoker.invoke(event) => outcome,
                () = abandon.cancelled() => Err(InvocationError::Abandoned),
            }
        });
        match tokio::time::timeout(found.endpoint.timeout, invocation).await {
            Err(_) => Err(UNAVAILABLE),
            Ok(Ok(Ok(answer))) => answer::response(answer, self.cors.is_some()).map_err(|fault| {
                tracing::error!(function = found.endpoint.invoker.name(), %fault, "the answer cannot be sent");
                INTERNAL
            }),
            Ok(Ok(Err(_)) | Err(_)) => Err(INTERNAL),
        }
    }
}

fn header_bytes(parts: &Parts) -> usize {
    let line = parts.method.as_str().len()
        + parts
            .uri
            .path_and_query()
            .map_or(0, |path_and_query| path_and_query.as_str().len());
    let headers: usize = parts
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.as_bytes().len())
        .sum();
    line + headers
}

/// The next bytes of a body.
async fn next_data<B>(body: &mut B) -> Option<Result<Bytes, B::Error>>
where
    B: Body<Data = Bytes> + Unpin,
{
    loop {
        match body.frame().await? {
            Err(error) => return Some(Err(error)),
            Ok(frame) => match frame.into_data() {
                Ok(data) => return Some(Ok(data)),
                // Trailers say nothing to a function.
                Err(_) => continue,
            },
        }
    }
}
