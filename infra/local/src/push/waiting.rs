//! Waiting for work that somebody else does.

use std::time::{Duration, Instant};

use super::{error::Fault, retry::Backoff};

/// What an answer says of work that is waited for.
pub(super) enum Step<T, M> {
    /// It is over.
    Done(T),
    /// It is under way. Another mark than the time before means that it has moved.
    Moving(M),
    /// Nobody says how far it is, for a reason that may pass.
    Unknown(Fault),
}

/// Asks, less and less often, until the work is over or has not moved for as long as `patience`.
///
/// # Errors
/// What `ask` says; when patience ends, [`Fault::Unfinished`], or why nobody says anything.
pub(super) async fn wait<T, M: PartialEq>(
    patience: Duration,
    ask: impl AsyncFn() -> Result<Step<T, M>, Fault>,
) -> Result<T, Fault> {
    let mut since = Instant::now();
    let mut backoff = Backoff::POLLING;
    let mut last = None;
    loop {
        let mut silence = None;
        match ask().await? {
            Step::Done(answer) => return Ok(answer),
            Step::Moving(mark) => {
                if last.as_ref().is_some_and(|last| *last != mark) {
                    since = Instant::now();
                }
                last = Some(mark);
            }
            Step::Unknown(fault) => silence = Some(fault),
        }
        let left = patience.saturating_sub(since.elapsed());
        if left.is_zero() {
            return Err(silence.unwrap_or(Fault::Unfinished(patience)));
        }
        tokio::time::sleep(backoff.next().min(left)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn what_moves_is_waited_for_and_what_stands_still_is_not() {
        let asked = Cell::new(0_u32);
        let patience = Duration::from_millis(400);
        let began = Instant::now();
        let moving = wait(patience, async || {
            asked.set(asked.get() + 1);
            Ok(if began.elapsed() > Duration::from_millis(900) {
                Step::Done("done")
            } else {
                Step::Moving(asked.get())
            })
        });
        assert_eq!(moving.await.unwrap(), "done");
        let began = Instant::now();
        let still = wait(patience, async || Ok(Step::<(), _>::Moving(7)));
        assert!(matches!(still.await, Err(Fault::Unfinished(_))));
        assert!(began.elapsed() < Duration::from_millis(900));
    }

    #[tokio::test]
    async fn silence_passes_or_is_what_is_told() {
        let asked = Cell::new(0_u32);
        let silent = || Fault::Connection("refused".to_owned());
        let passing = wait(Duration::from_secs(5), async || {
            asked.set(asked.get() + 1);
            Ok(match asked.get() {
                1 | 2 => Step::Unknown(silent()),
                3 => Step::Moving(()),
                number => Step::Done(number),
            })
        });
        assert_eq!(passing.await.unwrap(), 4);
        let lasting = wait(Duration::from_millis(200), async || {
            Ok(Step::<(), ()>::Unknown(silent()))
        });
        assert!(matches!(lasting.await, Err(Fault::Connection(_))));
    }
}
