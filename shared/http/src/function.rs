//! How a router becomes a function.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use async_trait::async_trait;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use darkroom_cloud::{Environment, EnvironmentError};
use darkroom_domain::{Code, Failure};
use darkroom_lambda::{Function, FunctionError, Handler};
use http::{HeaderValue, header};
use http_body_util::{BodyExt, Full};
use lambda_http::{
    Adapter,
    lambda_runtime::LambdaEvent,
    request::{LambdaRequest, RequestContext},
};
use serde_json::Value;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    problem::{HttpError, problem_response},
    tenancy::{Tenancy, Tenant},
};

/// The function that answers HTTP API events (payload format 2.0) by `routes`, whose handlers share `service`.
///
/// Around every handler: the tenant of the request, errors as problems, panics as a 500, one line in the log.
///
/// # Errors
/// When the environment does not say where the tenant comes from.
pub fn http_function<S: Send + Sync + 'static>(
    environment: &Environment,
    routes: OpenApiRouter<Arc<S>>,
    service: S,
) -> Result<Function, EnvironmentError> {
    let tenancy = Tenancy::of(environment)?;
    let (router, _) = routes.split_for_parts();
    Ok(function_of(router.with_state(Arc::new(service)), tenancy))
}

/// The same for routes that are everybody's: nobody is asked who he is.
pub fn open_http_function(router: Router) -> Function {
    function_of(router, Tenancy::Single)
}

fn function_of(router: Router, tenancy: Tenancy) -> Function {
    let router = router
        .fallback(async || HttpError::from(Failure::not_found("There is nothing at this path.")))
        .method_not_allowed_fallback(async || {
            HttpError::from(Failure::permanent(
                Code::MethodNotAllowed,
                "This path has no such method.",
            ))
        })
        // Lambda has bounded the whole event already, and each extractor bounds what it takes.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(move |request, next| finish(tenancy, request, next)));
    Arc::new(HttpFunction { router })
}

struct HttpFunction {
    router: Router,
}

#[async_trait]
impl Handler for HttpFunction {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
        let request: LambdaRequest =
            serde_json::from_value(event.payload).map_err(FunctionError::invalid_event)?;
        let router = self.router.clone();
        let service = tower::service_fn(move |request| {
            let answered = router.clone().oneshot(request);
            async { whole(answered.await).await }
        });
        let answer = Adapter::from(service)
            .oneshot(LambdaEvent::new(request, event.context))
            .await?;
        serde_json::to_value(answer).map_err(FunctionError::invalid_event)
    }
}

/// The answer with its body in one piece, as Lambda passes it on.
async fn whole(answered: Result<Response, Infallible>) -> Result<http::Response<Full<Bytes>>, FunctionError> {
    let (parts, body) = answered.unwrap_or_else(|never| match never {}).into_parts();
    let bytes = body
        .collect()
        .await
        .map_err(FunctionError::invalid_event)?
        .to_bytes();
    Ok(http::Response::from_parts(parts, Full::new(bytes)))
}

async fn finish(tenancy: Tenancy, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let request_id = request_id(&request);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(String::new, |path| path.as_str().to_owned());
    let tenant = tenancy.tenant(request.extensions());
    let name = tenant.as_ref().map(ToString::to_string).unwrap_or_default();
    if let Some(tenant) = tenant {
        request.extensions_mut().insert(Tenant(tenant));
    }
    let answered = futures::FutureExt::catch_unwind(AssertUnwindSafe(next.run(request))).await;
    let mut response =
        answered.unwrap_or_else(|_| HttpError::from(Failure::unknown("a handler panicked")).into_response());
    let mut code = None;
    let mut cause = None;
    if let Some(error) = response.extensions_mut().remove::<HttpError>() {
        let (status, problem, underneath) = error.into_problem(&request_id);
        code = Some(problem.code);
        cause = underneath;
        response = problem_response(status, problem);
    }
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let status = response.status().as_u16();
    let code = code.map(tracing::field::display);
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::error!(request_id, %method, route, status, code, cause, duration_ms, tenant = name, "answered");
    } else {
        tracing::info!(request_id, %method, route, status, code, duration_ms, tenant = name, "answered");
    }
    response
}

fn request_id(request: &Request) -> String {
    let context = request.extensions().get::<RequestContext>();
    let Some(RequestContext::ApiGatewayV2(context)) = context else {
        return String::new();
    };
    context.request_id.clone().unwrap_or_default()
}
