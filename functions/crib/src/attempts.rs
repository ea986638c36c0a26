//! Changes that meet others at the same record.

use std::time::Duration;

use darkroom_domain::{Code, Failure};

/// How often a change is tried before its caller is told that there is too much going on. Of those who meet each time one
/// is through: so many may come at once.
const ATTEMPTS: u32 = 10;
/// How much longer each pause is than the one before.
const PAUSE: Duration = Duration::from_millis(5);

/// Reads, decides and writes, and again from the reading on where somebody else wrote in between.
pub(crate) async fn attempted<T, F: Future<Output = Result<T, Failure>>>(
    mut attempt: impl FnMut() -> F,
) -> Result<T, Failure> {
    for tried in 1..ATTEMPTS {
        match attempt().await {
            Err(failure) if failure.code == Code::Conflict && failure.is_retryable() => {
                tokio::time::sleep(PAUSE * tried).await;
            }
            ended => return ended,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    async fn attempts_until(failure: Failure, last: u32) -> (u32, Result<(), Failure>) {
        let count = Cell::new(0);
        let ended = attempted(async || {
            count.set(count.get() + 1);
            if count.get() < last {
                Err(failure.clone())
            } else {
                Ok(())
            }
        })
        .await;
        (count.get(), ended)
    }

    #[tokio::test]
    async fn only_a_race_is_run_again_and_not_for_ever() {
        let race = Failure::temporary(Code::Conflict, "Somebody else was first.");
        assert_eq!(attempts_until(race.clone(), 3).await, (3, Ok(())));
        assert_eq!(attempts_until(race.clone(), 99).await, (ATTEMPTS, Err(race)));
        for told in [
            Failure::permanent(Code::Conflict, "In use."),
            Failure::temporary(Code::Unavailable, "Later."),
            Failure::not_found("Gone."),
        ] {
            assert_eq!(attempts_until(told.clone(), 99).await, (1, Err(told)));
        }
    }
}
