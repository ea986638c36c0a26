//! What a function answers, as a response: payload format 2.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
    TRANSFER_ENCODING,
};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;

use super::event::{MOST_PAYLOAD_BYTES, json_bytes};

/// Why an answer cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerFault {
    #[error("it is larger than {MOST_PAYLOAD_BYTES} bytes")]
    TooLarge,
    #[error("its statusCode is none")]
    Status,
    #[error("its headers or cookies are malformed")]
    Headers,
    #[error("its body is not text, or not the base64 that it is said to be")]
    Body,
}

/// Reads an answer. With `cors`, the function's own CORS headers count for nothing, as the gateway writes them.
pub(super) fn response(answer: Value, cors: bool) -> Result<Response<Full<Bytes>>, AnswerFault> {
    if json_bytes(&answer) > MOST_PAYLOAD_BYTES {
        return Err(AnswerFault::TooLarge);
    }
    let mut fields = match answer {
        Value::Object(fields) if fields.contains_key("statusCode") => fields,
        // Whatever is no answer of this format is the body of a good one.
        other => {
            let body = match other {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let mut response = Response::new(Full::from(body));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            return Ok(response);
        }
    };
    let status = fields
        .remove("statusCode")
        .and_then(status)
        .ok_or(AnswerFault::Status)?;
    let mut headers = HeaderMap::new();
    match fields.remove("headers") {
        None | Some(Value::Null) => {}
        Some(Value::Object(entries)) => {
            for (name, value) in entries {
                append(&mut headers, &name, &value)?;
            }
        }
        Some(_) => return Err(AnswerFault::Headers),
    }
    match fields.remove("multiValueHeaders") {
        None | Some(Value::Null) => {}
        Some(Value::Object(entries)) => {
            for (name, values) in entries {
                let Value::Array(values) = values else {
                    return Err(AnswerFault::Headers);
                };
                values
                    .iter()
                    .try_for_each(|value| append(&mut headers, &name, value))?;
            }
        }
        Some(_) => return Err(AnswerFault::Headers),
    }
    match fields.remove("cookies") {
        None | Some(Value::Null) => {}
        Some(Value::Array(cookies)) => {
            cookies
                .iter()
                .try_for_each(|cookie| append(&mut headers, SET_COOKIE.as_str(), cookie))?;
        }
        Some(_) => return Err(AnswerFault::Headers),
    }
    // The connection is the gateway's.
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    if cors {
        let own: Vec<HeaderName> = headers
            .keys()
            .filter(|name| name.as_str().starts_with("access-control-"))
            .cloned()
            .collect();
        for name in own {
            headers.remove(name);
        }
    }
    let is_base64 = fields
        .remove("isBase64Encoded")
        .is_some_and(|flag| flag == Value::Bool(true));
    let body = match fields.remove("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if is_base64 => {
            Bytes::from(STANDARD.decode(text).map_err(|_| AnswerFault::Body)?)
        }
        Some(Value::String(text)) => Bytes::from(text),
        Some(_) => return Err(AnswerFault::Body),
    };
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let body = if bodiless { Bytes::new() } else { body };
    if !body.is_empty() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    }
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn status(value: Value) -> Option<StatusCode> {
    let code = match value {
        Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    // What is only informational would leave the client waiting.
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| (200..600).contains(&status.as_u16()))
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), AnswerFault> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => return Ok(()),
        Value::Array(_) | Value::Object(_) => return Err(AnswerFault::Headers),
    };
    let name = HeaderName::try_from(name).map_err(|_| AnswerFault::Headers)?;
    let value = HeaderValue::try_from(text).map_err(|_| AnswerFault::Headers)?;
    headers.append(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::json;

    use super::*;

    async fn read(answer: Value) -> Result<(u16, Vec<(String, String)>, Vec<u8>), AnswerFault> {
        let response = response(answer, true)?;
        let (parts, body) = response.into_parts();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Ok((
            parts.status.as_u16(),
            headers,
            body.collect().await.unwrap().to_bytes().to_vec(),
        ))
    }

    fn header(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[tokio::test]
    async fn a_full_answer() {
        let (status, mut headers, body) = read(json!({
            "statusCode": 201,
            "headers": {"Location": "/images/1", "X-Count": 3, "content-length": "99", "Access-Control-Allow-Origin": "x"},
            "multiValueHeaders": {"x-many": ["a", "b"]},
            "cookies": ["a=1", "b=2; HttpOnly"],
            "isBase64Encoded": true,
            "body": "aGVsbG8=",
        }))
        .await
        .unwrap();
        headers.sort();
        let expected = [
            header("content-type", "text/plain;charset=utf-8"),
            header("location", "/images/1"),
            header("set-cookie", "a=1"),
            header("set-cookie", "b=2; HttpOnly"),
            header("x-count", "3"),
            header("x-many", "a"),
            header("x-many", "b"),
        ];
        assert_eq!(
            (status, headers.as_slice(), body.as_slice()),
            (201, expected.as_slice(), &b"hello"[..])
        );
    }

    #[tokio::test]
    async fn what_has_no_status_is_the_body() {
        let json_type = vec![header("content-type", "application/json")];
        for (answer, body) in [
            (json!({"message": "hello"}), r#"{"message":"hello"}"#),
            (json!("Hello from Lambda!"), "Hello from Lambda!"),
            (json!([1, 2]), "[1,2]"),
            (json!(null), "null"),
        ] {
            assert_eq!(
                read(answer).await,
                Ok((200, json_type.clone(), body.as_bytes().to_vec()))
            );
        }
    }

    #[tokio::test]
    async fn no_body_where_none_may_be() {
        for status in [204, 304] {
            let answer = read(json!({"statusCode": status, "body": "hello"}))
                .await
                .unwrap();
            assert_eq!(answer, (status, vec![], vec![]));
        }
        assert_eq!(
            read(json!({"statusCode": "404"})).await.unwrap(),
            (404, vec![], vec![])
        );
    }

    #[tokio::test]
    async fn malformed_answers_are_not_sent() {
        for (answer, fault) in [
            (json!({"statusCode": null}), AnswerFault::Status),
            (json!({"statusCode": 99}), AnswerFault::Status),
            (json!({"statusCode": 101}), AnswerFault::Status),
            (json!({"statusCode": 600}), AnswerFault::Status),
            (json!({"statusCode": 70_000}), AnswerFault::Status),
            (json!({"statusCode": 200.5}), AnswerFault::Status),
            (json!({"statusCode": 200, "headers": ["a"]}), AnswerFault::Headers),
            (
                json!({"statusCode": 200, "headers": {"a b": "c"}}),
                AnswerFault::Headers,
            ),
            (
                json!({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}),
                AnswerFault::Headers,
            ),
            (
                json!({"statusCode": 200, "headers": {"a": {}}}),
                AnswerFault::Headers,
            ),
            (json!({"statusCode": 200, "cookies": "a=1"}), AnswerFault::Headers),
            (json!({"statusCode": 200, "body": {"a": 1}}), AnswerFault::Body),
            (
                json!({"statusCode": 200, "body": "%%%", "isBase64Encoded": true}),
                AnswerFault::Body,
            ),
        ] {
            assert_eq!(read(answer.clone()).await, Err(fault), "{answer}");
        }
    }

    #[tokio::test]
    async fn the_limit_of_an_answer() {
        let frame = json_bytes(&json!({"statusCode": 200, "body": ""}));
        let of = |bytes: usize| json!({"statusCode": 200, "body": "x".repeat(bytes - frame)});
        assert!(read(of(MOST_PAYLOAD_BYTES - 1)).await.is_ok());
        assert!(read(of(MOST_PAYLOAD_BYTES)).await.is_ok());
        assert_eq!(read(of(MOST_PAYLOAD_BYTES + 1)).await, Err(AnswerFault::TooLarge));
    }
}
