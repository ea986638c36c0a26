//! When to try again, and after how long.

use std::time::Duration;

use http::StatusCode;

use super::error::Fault;

/// How often something is tried at the most.
pub(super) const ATTEMPTS: u32 = 5;

/// The most that is waited because the server asks for it.
const LONGEST_PATIENCE: Duration = Duration::from_secs(30);

/// Waits that grow: each is half as long again as the one before, up to `longest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// For asking how far work is.
    pub(super) const POLLING: Self = Self {
        next: Duration::from_millis(80),
        longest: Duration::from_millis(2_000),
    };

    /// The wait before the next time.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 3 / 2).min(self.longest);
        wait
    }
}

/// How long to wait before trying again what failed at attempt number `attempt`, counted from 1; none where trying
/// again is of no use.
pub(super) fn wait_after(fault: &Fault, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let usual = Duration::from_millis(250) * 2_u32.saturating_pow(attempt - 1);
    match fault {
        Fault::Connection(_) | Fault::NoAnswer(_) => Some(usual),
        Fault::Refused {
            status, retry_after, ..
        } if is_temporary(*status) => {
            let asked = retry_after.unwrap_or_default();
            (asked <= LONGEST_PATIENCE).then(|| usual.max(asked))
        }
        Fault::Refused { .. }
        | Fault::NoDataset(_)
        | Fault::Unintelligible(_)
        | Fault::Rejected { .. }
        | Fault::Unfinished(_)
        | Fault::File { .. } => None,
    }
}

/// Whether what failed may work another time.
pub(super) fn may_pass(fault: &Fault) -> bool {
    wait_after(fault, 1).is_some()
}

fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
}

/// Does `operation`, which is told the number of the attempt, until it works or trying again is of no use.
pub(super) async fn with_retries<T>(operation: impl AsyncFn(u32) -> Result<T, Fault>) -> Result<T, Fault> {
    let mut attempt = 1;
    loop {
        match operation(attempt).await {
            Ok(value) => return Ok(value),
            Err(fault) => match wait_after(&fault, attempt) {
                None => return Err(fault),
                Some(wait) => {
                    tracing::debug!(%fault, attempt, ?wait, "trying again");
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, retry_after: Option<u64>) -> Fault {
        Fault::Refused {
            status: StatusCode::from_u16(status).unwrap(),
            code: None,
            detail: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(wait_after(&refused(status, None), 1).is_some(), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 412, 413, 415, 422, 501] {
            assert!(wait_after(&refused(status, None), 1).is_none(), "{status}");
        }
        assert!(wait_after(&Fault::Connection("refused".to_owned()), 1).is_some());
        assert!(wait_after(&Fault::Unintelligible("no JSON".to_owned()), 1).is_none());
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=ATTEMPTS)
            .map(|attempt| wait_after(&refused(503, None), attempt))
            .collect();
        assert_eq!(
            waits[..4],
            [250, 500, 1_000, 2_000].map(|wait| Some(Duration::from_millis(wait)))
        );
        assert_eq!(waits[4], None);
        let mut polling = Backoff::POLLING;
        let polled: Vec<_> = (0..20).map(|_| polling.next()).collect();
        assert!(polled.is_sorted());
        assert_eq!(polled.last(), Some(&Duration::from_secs(2)));
    }

    #[test]
    fn the_server_is_heeded_within_reason() {
        assert_eq!(
            wait_after(&refused(429, Some(7)), 1),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            wait_after(&refused(429, Some(0)), 1),
            Some(Duration::from_millis(250))
        );
        assert_eq!(wait_after(&refused(429, Some(86_400)), 1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_until_it_works() {
        let result = with_retries(async |attempt| {
            if attempt < 3 {
                Err(refused(503, None))
            } else {
                Ok(attempt)
            }
        });
        assert_eq!(result.await.unwrap(), 3);
        let fault = with_retries(async |attempt| -> Result<(), Fault> {
            assert!(attempt <= ATTEMPTS);
            Err(refused(500, None))
        });
        assert_eq!(fault.await.unwrap_err().code(), "http_500");
    }
}
