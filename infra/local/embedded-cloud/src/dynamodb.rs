//! DynamoDB: `dynoxide`, served on a port of its own that only this process knows, behind a check of signatures.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use dynoxide::Database;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustack_auth::{AuthError, StaticCredentialProvider, hash_payload, verify_sigv4};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::body::{AnswerBody, full};

/// DynamoDB takes requests of up to 16 MB.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// The running service.
#[derive(Debug)]
pub(crate) struct TableServer {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Sends requests on to the service.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    credentials: Arc<StaticCredentialProvider>,
}

impl TableServer {
    /// Serves `database` on a free port.
    pub(crate) async fn start(
        database: Database,
        credentials: Arc<StaticCredentialProvider>,
    ) -> std::io::Result<(Self, Tables)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stopped).await {
                tracing::error!(%error, "the table service has ended");
            }
        });
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok((
            Self { stop, serving },
            Tables {
                client,
                address,
                credentials,
            },
        ))
    }

    /// Stops taking requests and waits for those in progress.
    pub(crate) async fn shut_down(self) {
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

impl Tables {
    /// Answers a request of a client.
    pub(crate) async fn call(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, LARGEST_REQUEST).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => {
                return refusal(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "SerializationException",
                    "The request cannot be read.",
                );
            }
        };
        if let Err(error) = verify_sigv4(&parts, &hash_payload(&body), &*self.credentials) {
            return unauthorised(&error);
        }
        match self.forward(parts, body).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "the table service does not answer");
                refusal(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalServerError",
                    "The table service does not answer.",
                )
            }
        }
    }

    async fn forward(
        &self,
        parts: Parts,
        body: Bytes,
    ) -> Result<Response<AnswerBody>, hyper_util::client::legacy::Error> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = parts.method;
        *request.headers_mut() = parts.headers;
        for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
            request.headers_mut().remove(name);
        }
        let mut uri = Uri::builder().scheme("http").authority(self.address.to_string());
        uri = uri.path_and_query(parts.uri.path_and_query().map_or("/", |path| path.as_str()));
        // Made of an address and of a path that was parsed already.
        *request.uri_mut() = uri.build().unwrap_or_default();
        let response = self.client.request(request).await?;
        Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
    }
}

fn unauthorised(error: &AuthError) -> Response<AnswerBody> {
    let status = StatusCode::BAD_REQUEST;
    match error {
        AuthError::AccessKeyNotFound(_) => refusal(
            status,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        AuthError::MissingAuthHeader => refusal(
            status,
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token",
        ),
        AuthError::InvalidAuthHeader | AuthError::InvalidCredential | AuthError::MissingHeader(_) => {
            refusal(status, "IncompleteSignatureException", &error.to_string())
        }
        _ => refusal(
            status,
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method.",
        ),
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<AnswerBody> {
    let body =
        serde_json::json!({ "__type": format!("com.amazon.coral.service#{code}"), "message": message });
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    response
}
