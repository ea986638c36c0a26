//! Cross-origin requests: preflights and the headers of actual answers, from the rules of the bucket.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;
use s3s::dto::CORSRule;

use crate::store::Store;

/// The answer to a preflight: a status, headers, and the body of a refusal.
#[derive(Debug)]
pub(crate) struct Preflight {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Answers `OPTIONS` of a browser.
pub(crate) fn preflight(store: &Store, path: &str, request: &HeaderMap) -> Preflight {
    let Some(origin) = text(request, &ORIGIN) else {
        let message = "Insufficient information. Origin request header needed.";
        return refusal(StatusCode::BAD_REQUEST, "BadRequest", message);
    };
    let Some(method) = text(request, &ACCESS_CONTROL_REQUEST_METHOD) else {
        let message = "Invalid Access-Control-Request-Method: null";
        return refusal(StatusCode::BAD_REQUEST, "BadRequest", message);
    };
    let Some(rules) = rules(store, path) else {
        let message = "CORSResponse: CORS is not enabled for this bucket.";
        return refusal(StatusCode::FORBIDDEN, "AccessForbidden", message);
    };
    let requested: Vec<_> = request
        .get_all(ACCESS_CONTROL_REQUEST_HEADERS)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    let rule = rules
        .iter()
        .find(|rule| allows(rule, origin, method) && allows_headers(rule, &requested));
    let Some(rule) = rule else {
        let message = "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of \
                       Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers \
                       are not whitelisted by the resource's CORS spec.";
        return refusal(StatusCode::FORBIDDEN, "AccessForbidden", message);
    };
    let mut headers = answer_headers(rule, origin);
    if !requested.is_empty() {
        insert(&mut headers, ACCESS_CONTROL_ALLOW_HEADERS, &requested.join(", "));
    }
    if let Some(seconds) = rule.max_age_seconds {
        insert(&mut headers, ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
    }
    Preflight {
        status: StatusCode::OK,
        headers,
        body: String::new(),
    }
}

/// The headers that let a browser see the answer to an actual request; none if no rule applies.
pub(crate) fn actual_headers(store: &Store, path: &str, method: &Method, request: &HeaderMap) -> HeaderMap {
    let Some(origin) = text(request, &ORIGIN) else {
        return HeaderMap::new();
    };
    let rules = rules(store, path).unwrap_or_default();
    let rule = rules.iter().find(|rule| allows(rule, origin, method.as_str()));
    rule.map(|rule| answer_headers(rule, origin)).unwrap_or_default()
}

/// The rules of the bucket that the path begins with.
fn rules(store: &Store, path: &str) -> Option<Vec<CORSRule>> {
    let bucket = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let bucket = percent_decode_str(bucket).decode_utf8().ok()?;
    store.configuration(&bucket).ok()?.cors.clone()
}

fn answer_headers(rule: &CORSRule, origin: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if rule.allowed_origins.iter().any(|allowed| allowed == "*") {
        insert(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        insert(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(&mut headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    insert(
        &mut headers,
        ACCESS_CONTROL_ALLOW_METHODS,
        &rule.allowed_methods.join(", "),
    );
    if let Some(exposed) = rule.expose_headers.as_ref().filter(|exposed| !exposed.is_empty()) {
        insert(&mut headers, ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(", "));
    }
    insert(
        &mut headers,
        VARY,
        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    );
    headers
}

fn allows(rule: &CORSRule, origin: &str, method: &str) -> bool {
    rule.allowed_methods.iter().any(|allowed| allowed == method)
        && rule.allowed_origins.iter().any(|pattern| fits(pattern, origin))
}

fn allows_headers(rule: &CORSRule, requested: &[String]) -> bool {
    let patterns: Vec<_> = rule
        .allowed_headers
        .iter()
        .flatten()
        .map(|pattern| pattern.to_ascii_lowercase())
        .collect();
    requested
        .iter()
        .all(|name| patterns.iter().any(|pattern| fits(pattern, name)))
}

/// Whether a text fits a pattern with at most one `*`, which stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            text.len() >= start.len().saturating_add(end.len())
                && text.starts_with(start)
                && text.ends_with(end)
        }
        None => pattern == text,
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Preflight {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut headers = HeaderMap::new();
    insert(&mut headers, http::header::CONTENT_TYPE, "application/xml");
    Preflight {
        status,
        headers,
        body,
    }
}

fn text<'headers>(headers: &'headers HeaderMap, name: &HeaderName) -> Option<&'headers str> {
    headers.get(name)?.to_str().ok()
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // What rules and requests hold may not be a header value: then the header is left out, and the browser refuses.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::durable::Durability;

    fn store(rule: CORSRule) -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Durability::Relaxed).unwrap();
        store.create_bucket("photos").unwrap();
        store.create_bucket("closed").unwrap();
        store
            .configure("photos", |configuration| configuration.cors = Some(vec![rule]))
            .unwrap();
        (directory, store)
    }

    fn rule() -> CORSRule {
        CORSRule {
            allowed_origins: vec!["https://*.example".to_owned(), "http://localhost:3000".to_owned()],
            allowed_methods: vec!["PUT".to_owned()],
            allowed_headers: Some(vec!["Content-Type".to_owned(), "x-amz-*".to_owned()]),
            expose_headers: Some(vec!["ETag".to_owned()]),
            max_age_seconds: Some(300),
            id: None,
        }
    }

    fn request(origin: &str, method: &str, names: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        insert(&mut headers, ORIGIN, origin);
        insert(&mut headers, ACCESS_CONTROL_REQUEST_METHOD, method);
        insert(&mut headers, ACCESS_CONTROL_REQUEST_HEADERS, names);
        headers
    }

    #[test]
    fn a_preflight_is_allowed_only_as_far_as_the_rule_goes() {
        let (_directory, store) = store(rule());
        let names = "content-type, X-Amz-Meta-Job";
        let status =
            |path, origin, method, names| preflight(&store, path, &request(origin, method, names)).status;
        assert_eq!(
            status("/photos/k", "https://app.example", "PUT", names),
            StatusCode::OK
        );
        assert_eq!(
            status("/photos/k", "http://localhost:3000", "PUT", ""),
            StatusCode::OK
        );
        assert_eq!(
            status("/photos/k", "https://example.evil", "PUT", names),
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            status("/photos/k", "https://app.example", "DELETE", names),
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            status("/photos/k", "https://app.example", "PUT", "authorization"),
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            status("/closed/k", "https://app.example", "PUT", ""),
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            preflight(&store, "/photos/k", &HeaderMap::new()).status,
            StatusCode::BAD_REQUEST
        );

        let answer = preflight(&store, "/photos/k", &request("https://app.example", "PUT", names)).headers;
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert_eq!(
            answer[ACCESS_CONTROL_ALLOW_HEADERS],
            "content-type, x-amz-meta-job"
        );
        assert_eq!(answer[ACCESS_CONTROL_EXPOSE_HEADERS], "ETag");
        assert_eq!(answer[ACCESS_CONTROL_MAX_AGE], "300");
    }

    #[test]
    fn actual_answers_carry_the_headers_for_allowed_origins_only() {
        let (_directory, store) = store(rule());
        let headers = |origin| actual_headers(&store, "/photos/k", &Method::PUT, &request(origin, "", ""));
        assert_eq!(
            headers("https://a.example")[ACCESS_CONTROL_ALLOW_ORIGIN],
            "https://a.example"
        );
        assert!(headers("https://evil.test").is_empty());
    }

    #[test]
    fn a_star_does_not_match_overlapping_ends() {
        assert!(fits("*", "") && fits("a*a", "aa") && fits("http://*", "http://x"));
        assert!(!fits("a*a", "a") && !fits("https://*.example", "https://example"));
    }
}
