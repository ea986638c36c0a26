//! The documentation page and the API document: the same for everybody, and whole without any other origin.

mod document;
mod error_codes;
mod page;

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use darkroom_cloud::{Environment, EnvironmentError};
use darkroom_http::open_http_function;
use darkroom_lambda::Function;
use http::HeaderMap;
use utoipa_axum::{router::OpenApiRouter, routes};

use document::Document;

/// The API document, as `darkroom openapi` prints it.
const API_DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The function. Nothing of its environment matters to it: what it serves is open to all.
///
/// # Errors
/// None.
pub fn function(_: &Environment) -> Result<Function, EnvironmentError> {
    Ok(open_http_function(router()))
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn router() -> Router {
    let (router, _) = routes().split_for_parts();
    router
}

fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(documentation))
        .routes(routes!(openapi))
}

/// The documentation
///
/// A page for people, made of `/openapi.json`, where requests can be tried.
#[utoipa::path(get, path = "/docs", tag = "service", responses(
    (status = 200, description = "The page", body = String, content_type = "text/html"),
    (status = 304, description = "Unchanged since the `ETag` that `If-None-Match` names"),
))]
async fn documentation(headers: HeaderMap) -> Response<Body> {
    page::PAGE.answer(&headers)
}

/// The API document
///
/// OpenAPI, for programs.
#[utoipa::path(get, path = "/openapi.json", tag = "service", responses(
    (status = 200, description = "The document", body = Object, content_type = "application/json"),
    (status = 304, description = "Unchanged since the `ETag` that `If-None-Match` names"),
))]
async fn openapi(headers: HeaderMap) -> Response<Body> {
    static DOCUMENT: std::sync::LazyLock<Document> =
        std::sync::LazyLock::new(|| Document::new("application/json", API_DOCUMENT.to_owned()));
    DOCUMENT.answer(&headers).into_response()
}

#[cfg(test)]
mod tests {
    use http::{Request, StatusCode, header};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str, known: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path)
            .header(header::IF_NONE_MATCH, known)
            .body(Body::empty())
            .unwrap();
        let (parts, body) = router().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (
            parts.status,
            parts.headers,
            String::from_utf8(bytes.to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn both_are_sent_once_and_asked_for_again_by_their_tag() {
        for (path, kind) in [
            ("/docs", "text/html; charset=utf-8"),
            ("/openapi.json", "application/json"),
        ] {
            let (status, headers, body) = get(path, "\"another\"").await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers[header::CONTENT_TYPE], kind);
            assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
            assert!(!body.is_empty());
            let tag = headers[header::ETAG].to_str().unwrap();
            for known in [tag.to_owned(), format!("\"another\", W/{tag}"), "*".to_owned()] {
                let (status, headers, body) = get(path, &known).await;
                assert_eq!(status, StatusCode::NOT_MODIFIED, "{known}");
                assert_eq!(headers[header::ETAG], tag);
                assert!(body.is_empty());
            }
        }
    }

    #[test]
    fn the_document_is_one() {
        let document: serde_json::Value = serde_json::from_str(API_DOCUMENT).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3."));
        assert!(document["paths"].is_object());
        let own = serde_json::to_value(api()).unwrap();
        let paths: Vec<_> = own["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/docs", "/openapi.json"]);
    }
}
