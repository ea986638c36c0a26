//! The event that a function is sent for a request: payload format 2.0.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, HeaderMap, USER_AGENT};
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::route::Found;
use crate::clock;
use crate::template::Deployment;

/// The most bytes of JSON that Lambda passes to or from a function.
pub(super) const MOST_PAYLOAD_BYTES: usize = 6_291_456;

/// How long the tokens of a local caller are said to hold, in seconds.
const TOKEN_SECONDS: i64 = 3_600;

const STAGE: &str = "$default";

/// The time as the Common Log Format writes it.
const LOG_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");

/// What the gateway knows beside the request itself.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    pub(super) peer: SocketAddr,
    pub(super) request_id: &'a str,
    pub(super) tenant: Option<&'a str>,
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) api_id: &'a str,
    pub(super) stage_variables: &'a BTreeMap<String, String>,
    pub(super) deployment: &'a Deployment,
}

pub(super) fn event(parts: &Parts, body: &[u8], found: &Found<'_>, caller: &Caller<'_>) -> Value {
    event_at(parts, body, found, caller, clock::now())
}

fn event_at(
    parts: &Parts,
    body: &[u8],
    found: &Found<'_>,
    caller: &Caller<'_>,
    now: OffsetDateTime,
) -> Value {
    let query = parts.uri.query().unwrap_or_default();
    let route_key = found.endpoint.key.to_string();
    let domain = parts
        .headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map_or_else(
            || "localhost".to_owned(),
            |host| host.split(':').next().unwrap_or(host).to_owned(),
        );
    let mut context = json!({
        "accountId": caller.deployment.account_id,
        "apiId": caller.api_id,
        "domainPrefix": domain.split('.').next().unwrap_or_default(),
        "domainName": domain,
        "http": {
            "method": parts.method.as_str(),
            "path": found.path,
            "protocol": format!("{:?}", parts.version),
            "sourceIp": caller.peer.ip().to_string(),
            "userAgent": parts.headers.get(USER_AGENT).map(text).unwrap_or_default(),
        },
        "requestId": caller.request_id,
        "routeKey": route_key,
        "stage": STAGE,
        "time": now.format(LOG_TIME).unwrap_or_default(),
        "timeEpoch": i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
    });
    if let (Some(tenant), Some(context)) = (caller.tenant, context.as_object_mut()) {
        let issued = now.unix_timestamp();
        // Claims reach a function as text, whatever they are in the token.
        let claims = json!({
            "sub": tenant,
            "iss": caller.issuer,
            "aud": caller.audience,
            "iat": issued.to_string(),
            "exp": issued.saturating_add(TOKEN_SECONDS).to_string(),
        });
        context.insert(
            "authorizer".to_owned(),
            json!({ "jwt": { "claims": claims, "scopes": null } }),
        );
    }
    let is_text = is_text(&parts.headers);
    let text_body = if is_text {
        std::str::from_utf8(body).ok()
    } else {
        None
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": found.path,
        "rawQueryString": query,
        "headers": headers(&parts.headers, caller),
        "requestContext": context,
        "isBase64Encoded": !body.is_empty() && text_body.is_none(),
    });
    if let Some(event) = event.as_object_mut() {
        let cookies = cookies(&parts.headers);
        if !cookies.is_empty() {
            event.insert("cookies".to_owned(), Value::from(cookies));
        }
        let parameters = query_parameters(query);
        if !parameters.is_empty() {
            event.insert("queryStringParameters".to_owned(), Value::Object(parameters));
        }
        if !found.parameters.is_empty() {
            event.insert("pathParameters".to_owned(), json!(found.parameters));
        }
        if !caller.stage_variables.is_empty() {
            event.insert("stageVariables".to_owned(), json!(caller.stage_variables));
        }
        if !body.is_empty() {
            let body = text_body.map_or_else(|| STANDARD.encode(body), str::to_owned);
            event.insert("body".to_owned(), Value::String(body));
        }
    }
    event
}

/// Header values are bytes; what is not UTF-8 is shown as far as it is.
fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn headers(headers: &HeaderMap, caller: &Caller<'_>) -> Map<String, Value> {
    let mut out = Map::new();
    for name in headers.keys().filter(|name| *name != COOKIE) {
        let values: Vec<String> = headers.get_all(name).iter().map(text).collect();
        out.insert(name.as_str().to_owned(), Value::String(values.join(",")));
    }
    let peer = caller.peer.ip().to_string();
    let forwarded = match out.get("x-forwarded-for").and_then(Value::as_str) {
        Some(before) => format!("{before}, {peer}"),
        None => peer,
    };
    out.insert("x-forwarded-for".to_owned(), Value::String(forwarded));
    out.insert("x-forwarded-proto".to_owned(), Value::from("http"));
    let port = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok()?.rsplit_once(':')?.1.parse::<u16>().ok())
        .unwrap_or(80);
    out.insert("x-forwarded-port".to_owned(), Value::String(port.to_string()));
    out
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .map(text)
        .flat_map(|header| {
            header
                .split(';')
                .map(|cookie| cookie.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Decoded; a parameter that stands there more than once has its values joined by commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.entry(decode(name)).or_default().push(decode(value));
    }
    parameters
        .into_iter()
        .map(|(name, values)| (name, Value::String(values.join(","))))
        .collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// Whether a body travels as it is. All others travel as base64.
fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let Some(content_type) = headers.get(CONTENT_TYPE).map(text) else {
        return false;
    };
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence.as_str(),
            "application/json"
                | "application/javascript"
                | "application/xml"
                | "application/x-www-form-urlencoded"
        )
}

/// The length of a value as JSON, without writing it anywhere.
pub(super) fn json_bytes(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        // Counting cannot fail; should it, nothing is too small to refuse.
        Err(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use http::{Method, Request};
    use time::macros::datetime;

    use super::super::route::{Endpoint, Router};
    use super::*;
    use crate::gateway::RouteKey;
    use crate::invoke::tests::invoker;

    fn made(key: &str, request: Request<()>, body: &[u8], tenant: Option<&str>) -> Value {
        let router = Router::new(vec![Endpoint {
            key: RouteKey::parse(key).unwrap(),
            authorized: tenant.is_some(),
            timeout: Duration::from_secs(30),
            invoker: Arc::new(invoker(Duration::from_secs(1), async |_| Ok(Value::Null))),
        }]);
        let (parts, ()) = request.into_parts();
        let found = router.find(&parts.method, parts.uri.path()).unwrap();
        let caller = Caller {
            peer: "192.0.2.1:4711".parse().unwrap(),
            request_id: "JKJaXmPLvHcESHA=",
            tenant,
            issuer: "https://issuer.example.com",
            audience: "darkroom",
            api_id: "Api",
            stage_variables: &BTreeMap::from([("variable".to_owned(), "value".to_owned())]),
            deployment: &Deployment::default(),
        };
        event_at(
            &parts,
            body,
            &found,
            &caller,
            datetime!(2026-03-12 19:03:58.390 UTC),
        )
    }

    #[test]
    fn the_whole_event() {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/images/a%20b/tags?parameter1=value1&parameter1=value%202&parameter2=a+b&flag")
            .header("Host", "darkroom.localhost:8080")
            .header("Content-Type", "text/plain; charset=utf-8")
            .header("User-Agent", "agent/1")
            .header("X-Many", "one")
            .header("X-Many", "two")
            .header("X-Forwarded-For", "198.51.100.7")
            .header("Authorization", "Bearer secret")
            .header("Cookie", "first=1; second=2")
            .header("Cookie", "third=3")
            .body(())
            .unwrap();
        let event = made(
            "POST /images/{image_id}/tags",
            request,
            "Hello from the client".as_bytes(),
            Some("ann"),
        );
        let expected = json!({
            "version": "2.0",
            "routeKey": "POST /images/{image_id}/tags",
            "rawPath": "/images/a b/tags",
            "rawQueryString": "parameter1=value1&parameter1=value%202&parameter2=a+b&flag",
            "cookies": ["first=1", "second=2", "third=3"],
            "headers": {
                "host": "darkroom.localhost:8080",
                "content-type": "text/plain; charset=utf-8",
                "user-agent": "agent/1",
                "x-many": "one,two",
                "authorization": "Bearer secret",
                "x-forwarded-for": "198.51.100.7, 192.0.2.1",
                "x-forwarded-port": "8080",
                "x-forwarded-proto": "http"
            },
            "queryStringParameters": {"parameter1": "value1,value 2", "parameter2": "a b", "flag": ""},
            "pathParameters": {"image_id": "a b"},
            "stageVariables": {"variable": "value"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "Api",
                "domainName": "darkroom.localhost",
                "domainPrefix": "darkroom",
                "authorizer": {
                    "jwt": {
                        "claims": {
                            "sub": "ann",
                            "iss": "https://issuer.example.com",
                            "aud": "darkroom",
                            "iat": "1773342238",
                            "exp": "1773345838"
                        },
                        "scopes": null
                    }
                },
                "http": {
                    "method": "POST",
                    "path": "/images/a b/tags",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "agent/1"
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "POST /images/{image_id}/tags",
                "stage": "$default",
                "time": "12/Mar/2026:19:03:58 +0000",
                "timeEpoch": 1_773_342_238_390_i64
            },
            "body": "Hello from the client",
            "isBase64Encoded": false
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let event = made(
            "$default",
            Request::builder().uri("/").body(()).unwrap(),
            b"",
            None,
        );
        for absent in ["cookies", "queryStringParameters", "pathParameters", "body"] {
            assert_eq!(event.get(absent), None, "{absent}");
        }
        assert_eq!(event["rawQueryString"], "");
        assert_eq!(event["isBase64Encoded"], false);
        assert_eq!(event["requestContext"].get("authorizer"), None);
    }

    #[test]
    fn only_text_travels_as_text() {
        for (content_type, body, is_base64) in [
            (Some("application/json"), "{}".as_bytes(), false),
            (Some("application/problem+json; charset=utf-8"), b"{}", false),
            (Some("Application/XML"), b"<a/>", false),
            (Some("image/svg+xml"), b"<svg/>", false),
            (Some("application/javascript"), b"1", false),
            (Some("application/x-www-form-urlencoded"), b"a=b", false),
            (Some("text/csv"), b"a,b", false),
            (Some("text/plain"), b"\xff\xfe", true),
            (Some("image/png"), b"png", true),
            (Some("multipart/form-data; boundary=x"), b"--x", true),
            (Some("application/octet-stream"), b"abc", true),
            (None, b"abc", true),
        ] {
            let mut request = Request::builder().method(Method::POST).uri("/");
            if let Some(content_type) = content_type {
                request = request.header(CONTENT_TYPE, content_type);
            }
            let event = made("POST /", request.body(()).unwrap(), body, None);
            assert_eq!(event["isBase64Encoded"], is_base64, "{content_type:?}");
            let sent = event["body"].as_str().unwrap();
            let decoded = if is_base64 {
                STANDARD.decode(sent).unwrap()
            } else {
                sent.as_bytes().to_vec()
            };
            assert_eq!(decoded, body, "{content_type:?}");
        }
    }
}
