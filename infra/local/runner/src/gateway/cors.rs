//! CORS, answered by the gateway itself.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;

use crate::template::Cors;

/// The answer to a preflight request, which no function and no authorizer sees; `None` when it is no preflight.
pub(super) fn preflight(cors: &Cors, parts: &Parts) -> Option<Response<Full<Bytes>>> {
    let is_preflight = parts.method == Method::OPTIONS
        && parts.headers.contains_key(ORIGIN)
        && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    if origin(cors, &parts.headers, headers) {
        list(headers, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
        list(headers, ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
        if let Some(seconds) = cors.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
    }
    Some(response)
}

/// Adds to an answer what lets a page of an allowed origin read it.
pub(super) fn add(cors: &Cors, request: &HeaderMap, response: &mut HeaderMap) {
    if origin(cors, request, response) {
        list(response, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
    }
}

fn origin(cors: &Cors, request: &HeaderMap, response: &mut HeaderMap) -> bool {
    let Some(origin) = request.get(ORIGIN) else {
        return false;
    };
    let any = cors.allow_origins.iter().any(|allowed| allowed == "*");
    if any {
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        return true;
    }
    response.append(VARY, HeaderValue::from_static("origin"));
    let allowed = origin.to_str().is_ok_and(|origin| {
        cors.allow_origins
            .iter()
            .any(|allowed| match allowed.strip_suffix('*') {
                Some(scheme @ ("https://" | "http://")) => origin.starts_with(scheme),
                _ => allowed.eq_ignore_ascii_case(origin),
            })
    });
    if allowed {
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if cors.allow_credentials {
            response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
    allowed
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if let (false, Ok(value)) = (values.is_empty(), HeaderValue::try_from(values.join(","))) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn cors(origins: &[&str], allow_credentials: bool) -> Cors {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Cors {
            allow_origins: texts(origins),
            allow_methods: texts(&["GET", "POST"]),
            allow_headers: texts(&["authorization"]),
            expose_headers: texts(&["etag", "location"]),
            max_age: Some(600),
            allow_credentials,
        }
    }

    fn sent(cors: &Cors, origin: &str) -> HeaderMap {
        let request = Request::options("/")
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, "GET");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let response = preflight(cors, &parts).unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        response.into_parts().0.headers
    }

    #[test]
    fn origins() {
        for (allowed, origin, expected) in [
            ("*", "https://a.example", Some("*")),
            (
                "https://a.example",
                "https://a.example",
                Some("https://a.example"),
            ),
            ("https://a.example", "https://b.example", None),
            ("https://a.example", "https://a.example.evil", None),
            ("https://*", "https://b.example", Some("https://b.example")),
            ("https://*", "http://b.example", None),
        ] {
            let headers = sent(&cors(&[allowed], false), origin);
            let value = headers
                .get(ACCESS_CONTROL_ALLOW_ORIGIN)
                .map(|value| value.to_str().unwrap());
            assert_eq!(value, expected, "{allowed} {origin}");
            assert_eq!(
                headers.contains_key(ACCESS_CONTROL_ALLOW_METHODS),
                expected.is_some()
            );
            assert_eq!(headers.contains_key(VARY), allowed != "*");
        }
    }

    #[test]
    fn a_preflight_is_told_everything() {
        let headers = sent(&cors(&["https://a.example"], true), "https://a.example");
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "authorization"),
            (ACCESS_CONTROL_MAX_AGE, "600"),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        ] {
            assert_eq!(headers.get(&name).unwrap(), value, "{name}");
        }
    }

    #[test]
    fn other_requests_are_no_preflight() {
        let cors = cors(&["*"], false);
        for request in [
            Request::get("/")
                .header(ORIGIN, "https://a")
                .header(ACCESS_CONTROL_REQUEST_METHOD, "GET"),
            Request::options("/").header(ACCESS_CONTROL_REQUEST_METHOD, "GET"),
            Request::options("/").header(ORIGIN, "https://a"),
        ] {
            assert!(preflight(&cors, &request.body(()).unwrap().into_parts().0).is_none());
        }
    }

    #[test]
    fn answers_are_readable_only_across_origins() {
        let (mut with, mut without) = (HeaderMap::new(), HeaderMap::new());
        let request = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("https://a"))]);
        add(&cors(&["*"], false), &request, &mut with);
        add(&cors(&["*"], false), &HeaderMap::new(), &mut without);
        assert_eq!(with.get(ACCESS_CONTROL_EXPOSE_HEADERS).unwrap(), "etag,location");
        assert!(without.is_empty());
    }
}
