use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

const BUCKET: &str = "https://bucket.example";

async fn get(path: &str, asked: &[(header::HeaderName, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(path);
    for (name, value) in asked {
        request = request.header(name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let (parts, body) = router(BUCKET).oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, bytes.to_vec())
}

/// Where the page says that its first module is.
async fn module() -> String {
    let (_, _, page) = get("/", &[(header::ACCEPT, "text/html")]).await;
    let page = String::from_utf8(page).unwrap();
    let (_, after) = page.split_once("type=\"module\" src=\"").unwrap();
    format!("/{}", after.split('"').next().unwrap())
}

#[tokio::test]
async fn all_are_sent_once_and_asked_for_again_by_their_tag() {
    for (path, kind, kept) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/docs", "text/html; charset=utf-8", "no-cache"),
        ("/openapi.json", "application/json", "no-cache"),
        (
            &module().await,
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ] {
        let html = (header::ACCEPT, "text/html,application/xhtml+xml;q=0.9");
        for encoding in ["identity", "gzip, br", "GZIP;q=0.5", "gzip;q=0"] {
            let encoding = (header::ACCEPT_ENCODING, encoding);
            let asked = [
                html.clone(),
                encoding.clone(),
                (header::IF_NONE_MATCH, "\"another\""),
            ];
            let (status, headers, body) = get(path, &asked).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(headers[header::CONTENT_TYPE], kind);
            assert_eq!(headers[header::CACHE_CONTROL], kept, "{path}");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert!(!body.is_empty());
            let tag = headers[header::ETAG].to_str().unwrap();
            for known in [tag.to_owned(), format!("\"another\", W/{tag}"), "*".to_owned()] {
                let asked = [html.clone(), encoding.clone(), (header::IF_NONE_MATCH, &known)];
                let (status, headers, body) = get(path, &asked).await;
                assert_eq!(status, StatusCode::NOT_MODIFIED, "{known}");
                assert_eq!(headers[header::ETAG], tag);
                assert!(body.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn packed_is_the_same_and_less() {
    let (_, headers, plain) = get("/openapi.json", &[]).await;
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
    let (_, headers, packed) = get("/openapi.json", &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert!(packed.len() * 4 < plain.len());
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(packed.as_slice()),
        &mut unpacked,
    )
    .unwrap();
    assert_eq!(unpacked, plain);
}

#[tokio::test]
async fn programs_are_welcomed_in_json() {
    for accept in ["*/*", "application/json", "text/htmlish"] {
        let (status, headers, body) = get("/", &[(header::ACCEPT, accept)]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::VARY], "accept");
        let welcome: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(welcome["docs"], "/docs");
    }
}

#[tokio::test]
async fn files_of_another_state_are_not_there() {
    let module = module().await;
    let (version, name) = module.trim_start_matches("/assets/").split_once('/').unwrap();
    assert_eq!(version.len(), 12);
    for path in [
        format!("/assets/0123456789ab/{name}"),
        format!("/assets/{version}/missing.js"),
        format!("/assets/{version}/../page.rs"),
    ] {
        assert_eq!(get(&path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn the_document_is_one() {
    let document: serde_json::Value = serde_json::from_str(API_DOCUMENT).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["paths"].is_object());
    let own = serde_json::to_value(api()).unwrap();
    let paths: Vec<_> = own["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/", "/docs", "/openapi.json"]);
}
