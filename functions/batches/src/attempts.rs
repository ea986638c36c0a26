//! Changes of a record that others may change at the same moment.

use darkroom_domain::{Code, Failure};

/// How often a change is tried: each time on the record as it is then.
const ATTEMPTS: u32 = 5;

/// Does it again where somebody was quicker.
///
/// # Errors
/// Those of the work; `conflict` when somebody was quicker each time.
pub(crate) async fn attempted<T, F: Future<Output = Result<T, Failure>>>(
    mut work: impl FnMut() -> F,
) -> Result<T, Failure> {
    for _ in 1..ATTEMPTS {
        match work().await {
            Err(failure) if failure.code == Code::Conflict => {}
            ended => return ended,
        }
    }
    work().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn only_conflicts_are_tried_again_and_not_for_ever() {
        for (code, tries) in [(Code::Conflict, 5), (Code::NotFound, 1), (Code::Unavailable, 1)] {
            let count = Cell::new(0);
            let ended: Result<(), Failure> = attempted(|| {
                count.set(count.get() + 1);
                async { Err(Failure::permanent(code, "no")) }
            })
            .await;
            assert_eq!((ended.unwrap_err().code, count.get()), (code, tries));
        }
        let count = Cell::new(0);
        let ended = attempted(|| {
            count.set(count.get() + 1);
            let count = count.get();
            async move {
                if count < 3 {
                    Err(Failure::permanent(Code::Conflict, "somebody was quicker"))
                } else {
                    Ok(count)
                }
            }
        });
        assert_eq!(ended.await.unwrap(), 3);
    }
}
