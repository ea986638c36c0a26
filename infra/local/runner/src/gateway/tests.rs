use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use darkroom_lambda::FunctionError;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use super::body::MOST_BODY_BYTES;
use super::event::{MOST_PAYLOAD_BYTES, json_bytes};
use super::*;
use crate::invoke::tests::invoker;
use crate::template::{Authorizer, Route};

/// What the function of these tests does is said by the path.
async fn function(event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
    match event.payload["rawPath"].as_str() {
        Some("/slow") => {
            tokio::time::sleep(Duration::from_secs(40)).await;
            Ok(Value::Null)
        }
        Some("/fail") => Err(FunctionError::invalid_event("no")),
        Some("/panic") => panic!("on purpose"),
        Some("/malformed") => Ok(json!({"statusCode": "fine"})),
        Some("/large") => Ok(json!({"statusCode": 200, "body": "x".repeat(MOST_PAYLOAD_BYTES)})),
        _ => Ok(json!({
            "statusCode": 200,
            "headers": {"content-type": "application/json", "access-control-allow-origin": "https://evil.example"},
            "body": json!({
                "bytes": json_bytes(&event.payload),
                "claims": event.payload["requestContext"]["authorizer"]["jwt"]["claims"],
                "id": event.payload["requestContext"]["requestId"],
            }).to_string(),
        })),
    }
}

fn gateway() -> Gateway {
    let route = |key: &str, authorized| Route {
        logical_id: key.to_owned(),
        key: RouteKey::parse(key).unwrap(),
        function: "plain".to_owned(),
        authorized,
        timeout: Duration::from_secs(30),
    };
    let api = Api {
        logical_id: "Api".to_owned(),
        cors: Some(Cors {
            allow_origins: vec!["https://page.example".to_owned()],
            allow_methods: vec!["GET".to_owned()],
            ..Cors::default()
        }),
        stage_variables: BTreeMap::new(),
        authorizer: Some(Authorizer {
            logical_id: "Authorizer".to_owned(),
            issuer: "http://issuer".to_owned(),
            audience: vec!["darkroom".to_owned()],
        }),
        routes: vec![
            route("ANY /{proxy+}", false),
            route("GET /guarded/{id}", true),
            route("POST /guarded", true),
        ],
    };
    let invokers = BTreeMap::from([(
        "plain".to_owned(),
        Arc::new(invoker(Duration::from_secs(60), function)),
    )]);
    let tokens = [Token {
        tenant: "ann".to_owned(),
        secret: "s3cret".to_owned(),
    }];
    Gateway::new(
        Some(&api),
        &invokers,
        Tokens::new(&tokens).unwrap(),
        Arc::default(),
        CancellationToken::new(),
    )
}

async fn answered(request: http::request::Builder, body: impl Into<Bytes>) -> (Response<()>, Value) {
    let request = request.body(Full::new(body.into())).unwrap();
    let response = gateway().handle(request, "192.0.2.1:1".parse().unwrap()).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    (Response::from_parts(parts, ()), body)
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_said_as_aws_says_it() {
    for (method, path, status, text) in [
        ("GET", "/fail", 500, "Internal Server Error"),
        ("GET", "/panic", 500, "Internal Server Error"),
        ("GET", "/malformed", 500, "Internal Server Error"),
        ("GET", "/large", 500, "Internal Server Error"),
        ("GET", "/slow", 503, "Service Unavailable"),
        ("GET", "/", 404, "Not Found"),
        ("GET", "/a/%zz", 400, "Bad Request"),
        ("GET", "/guarded/1", 401, "Unauthorized"),
        ("POST", "/guarded", 401, "Unauthorized"),
    ] {
        let (response, body) = answered(Request::builder().method(method).uri(path), "").await;
        assert_eq!(
            (response.status().as_u16(), body),
            (status, message(text)),
            "{method} {path}"
        );
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()["apigw-requestid"].len(), 36);
        assert_eq!(
            response.headers().get("www-authenticate").is_some(),
            status == 401
        );
    }
}

#[tokio::test]
async fn a_token_is_a_tenant() {
    let (response, body) = answered(
        Request::get("/guarded/1").header(AUTHORIZATION, "Bearer s3cret"),
        "",
    )
    .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        (&body["claims"]["sub"], &body["claims"]["iss"]),
        (&json!("ann"), &json!("http://issuer"))
    );
    assert_eq!(
        response.headers()["apigw-requestid"].to_str().unwrap(),
        body["id"].as_str().unwrap()
    );
    // Where no token is asked for, none is believed.
    let (_, body) = answered(Request::get("/open").header(AUTHORIZATION, "Bearer s3cret"), "").await;
    assert_eq!(body["claims"], Value::Null);
}

#[tokio::test]
async fn preflights_and_headers_are_the_gateways() {
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/guarded/1")
        .header(ORIGIN, "https://page.example")
        .header("access-control-request-method", "GET");
    let (response, _) = answered(preflight, "").await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-methods"], "GET");
    for path in ["/open", "/guarded/1", "/"] {
        let (response, _) = answered(Request::get(path).header(ORIGIN, "https://page.example"), "").await;
        assert_eq!(
            response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN],
            "https://page.example",
            "{path}"
        );
    }
    let (response, _) = answered(Request::get("/open").header(ORIGIN, "https://evil.example"), "").await;
    assert_eq!(response.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN), None);
}

#[tokio::test]
async fn the_limit_of_a_body() {
    for (bytes, announced) in [(MOST_BODY_BYTES + 1, true), (MOST_BODY_BYTES + 1, false)] {
        let mut request = Request::post("/open").header(CONTENT_TYPE, "text/plain");
        if announced {
            request = request.header("content-length", bytes);
        }
        let (response, body) = answered(request, vec![b'x'; bytes]).await;
        assert_eq!(
            (response.status(), body),
            (StatusCode::PAYLOAD_TOO_LARGE, message("Request Entity Too Large"))
        );
    }
    let parts = Request::new(()).into_parts().0;
    for (bytes, taken) in [
        (MOST_BODY_BYTES - 1, true),
        (MOST_BODY_BYTES, true),
        (MOST_BODY_BYTES + 1, false),
    ] {
        let read = body::read(&parts, Full::new(Bytes::from(vec![0; bytes]))).await;
        assert_eq!(
            read.map(|body| body.len()),
            if taken { Ok(bytes) } else { Err(Refused::TooLarge) }
        );
    }
}

#[tokio::test]
async fn the_limit_of_an_event() {
    let post = || Request::post("/open").header(CONTENT_TYPE, "text/plain");
    let (_, body) = answered(post(), "x").await;
    let frame = usize::try_from(body["bytes"].as_u64().unwrap()).unwrap() - 1;
    let fitting = MOST_PAYLOAD_BYTES - frame;
    for (bytes, status) in [(fitting - 1, 200), (fitting, 200), (fitting + 1, 413)] {
        let (response, _) = answered(post(), vec![b'x'; bytes]).await;
        assert_eq!(
            response.status().as_u16(),
            status,
            "{} bytes over",
            bytes.abs_diff(fitting)
        );
    }
    // As base64 a body takes a third more.
    let binary = Request::post("/open").header(CONTENT_TYPE, "image/png");
    let (response, _) = answered(binary, vec![0; 4_800_000]).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_limit_of_headers() {
    let used = "GET".len() + "/open".len() + "x-long".len();
    for (over, status) in [(-1_isize, 200), (0, 200), (1, 431)] {
        let length = (MOST_HEADER_BYTES - used).checked_add_signed(over).unwrap();
        let (response, _) = answered(Request::get("/open").header("x-long", "x".repeat(length)), "").await;
        assert_eq!(response.status().as_u16(), status, "{over}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let parts = Request::new(()).into_parts().0;
    let silent = http_body_util::StreamBody::new(Silent);
    assert_eq!(body::read(&parts, silent).await, Err(Refused::TooSlow));
}

/// A body that sends nothing and does not end.
struct Silent;

impl futures::Stream for Silent {
    type Item = Result<hyper::body::Frame<Bytes>, std::io::Error>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Pending
    }
}
