//! Requests that may be sent twice and act once: the header `Idempotency-Key`.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use darkroom_cloud::{IdempotentAnswer, Records, Replay};
use darkroom_domain::{Failure, TenantId, Timestamp};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::problem::{HttpError, HttpResult};

/// Answers with what `work` comes to: a status and a body of JSON.
///
/// A request with an idempotency key that was answered before, by the same `route` to the same tenant, gets the same
/// answer without any work.
///
/// # Errors
/// Those of the work; 422 for a key that is none or was used with another `body`; 409 while the first is under way.
pub async fn idempotent<T: Serialize>(
    records: &Records,
    tenant: &TenantId,
    route: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    work: impl Future<Output = HttpResult<(StatusCode, T)>>,
) -> HttpResult<Response> {
    let written = async { written(&work.await?) };
    respond(answered_once(records, tenant, route, headers, body, now, written).await?)
}

/// What `work` comes to, where the answer itself is made of it each time anew.
///
/// The same request, in the sense of [`idempotent`], comes to the same without any work.
///
/// # Errors
/// Those of [`idempotent`].
pub async fn once<T: Serialize + DeserializeOwned>(
    records: &Records,
    tenant: &TenantId,
    route: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    work: impl Future<Output = HttpResult<T>>,
) -> HttpResult<T> {
    let written = async { written(&(StatusCode::OK, work.await?)) };
    let answer = answered_once(records, tenant, route, headers, body, now, written).await?;
    Ok(serde_json::from_str(&answer.body).map_err(Failure::unknown)?)
}

async fn answered_once(
    records: &Records,
    tenant: &TenantId,
    route: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    work: impl Future<Output = HttpResult<IdempotentAnswer>>,
) -> HttpResult<IdempotentAnswer> {
    let Some(key) = idempotency_key(headers)? else {
        return work.await;
    };
    match records.begin(tenant, route, &key, body, now).await? {
        Replay::Answered(answer) => Ok(answer),
        Replay::New(record) => match work.await {
            Ok(answer) => {
                remembered(|| records.complete(&record, &answer)).await;
                Ok(answer)
            }
            Err(error) => {
                records.abandon(&record).await?;
                Err(error)
            }
        },
    }
}

/// How often an answer is written down before it is given without.
const ATTEMPTS: u32 = 4;
/// How much longer each pause is than the one before.
const PAUSE: Duration = Duration::from_millis(50);
/// How long all that may take: somebody waits for the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes down an answer to work that is done, trying again where that fails. The work is done all the same: what cannot be
/// written down is logged, and the answer given.
async fn remembered<F: Future<Output = Result<(), Failure>>>(mut complete: impl FnMut() -> F) {
    let attempts = async {
        for tried in 1..ATTEMPTS {
            match complete().await {
                Err(failure) if failure.is_retryable() => tokio::time::sleep(PAUSE * tried).await,
                ended => return ended,
            }
        }
        complete().await
    };
    match tokio::time::timeout(PATIENCE, attempts).await {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => {
            tracing::warn!(code = %failure.code, "an answer is not remembered: {failure}");
        }
        Err(_) => tracing::warn!("an answer is not remembered: it took too long"),
    }
}

fn written<T: Serialize>((status, body): &(StatusCode, T)) -> HttpResult<IdempotentAnswer> {
    let body = serde_json::to_string(body).map_err(Failure::unknown)?;
    Ok(IdempotentAnswer {
        status: status.as_u16(),
        body,
    })
}

fn respond(answer: IdempotentAnswer) -> HttpResult<Response> {
    let status = StatusCode::from_u16(answer.status).map_err(Failure::unknown)?;
    let mut response = (status, answer.body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn idempotency_key(headers: &HeaderMap) -> HttpResult<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(HttpError::validation(
            &["header", "idempotency-key"],
            "must be 1 to 255 ASCII characters",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::Code;
    use std::cell::Cell;

    /// How often an answer is written down that is `refused` so many times.
    async fn attempts(failure: Failure, refused: u32) -> u32 {
        let tried = Cell::new(0);
        let complete = async || {
            tried.set(tried.get() + 1);
            if tried.get() > refused {
                Ok(())
            } else {
                Err(failure.clone())
            }
        };
        remembered(complete).await;
        tried.get()
    }

    #[tokio::test]
    async fn an_answer_is_written_down_again_where_that_may_help_and_given_in_any_case() {
        let passing = Failure::temporary(Code::Unavailable, "Later.");
        assert_eq!(attempts(passing.clone(), 0).await, 1);
        assert_eq!(attempts(passing.clone(), 2).await, 3);
        assert_eq!(attempts(passing, u32::MAX).await, ATTEMPTS);
        let lasting = Failure::permanent(Code::InvalidRequest, "Never.");
        assert_eq!(attempts(lasting, u32::MAX).await, 1);
    }

    #[test]
    fn keys_have_a_length() {
        let with = |value: &str| {
            HeaderMap::from_iter([("idempotency-key".parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
        assert_eq!(idempotency_key(&with("k")).unwrap(), Some("k".to_owned()));
        assert!(idempotency_key(&with("")).is_err());
        assert!(idempotency_key(&with(&"k".repeat(256))).is_err());
    }
}
