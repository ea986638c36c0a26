//! The bound on work on pixels that is done at once.

use std::{
    num::NonZero,
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use darkroom_domain::{Code, Failure};
use darkroom_lambda::jobs::on_pixels;
use tokio::sync::Semaphore;

/// What a large picture may take on a slow machine: with less time than that none is begun.
const LEAST: Duration = Duration::from_secs(3);

/// Bounds the work on pixels: no more is done at once than there are places. Work that was given up because its time was
/// over cannot be ended, and keeps its place until it ends by itself.
#[derive(Clone, Debug)]
pub struct PixelWork {
    places: Arc<Semaphore>,
    least: Duration,
}

impl Default for PixelWork {
    /// As many places as there are processors.
    fn default() -> Self {
        Self::new(available_parallelism().unwrap_or(NonZero::<usize>::MIN), LEAST)
    }
}

impl PixelWork {
    /// So many places; no work is begun that has less time than `least`.
    fn new(places: NonZero<usize>, least: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places.get())),
            least,
        }
    }

    /// Does work on pixels beside all else, within the time that is `left`.
    ///
    /// # Errors
    /// Those of the work; `timeout` when it does not finish, `decode_panic` when it breaks down; `unavailable` when too little
    /// time is left to begin it, or when no place is free in time.
    pub async fn run<T: Send + 'static>(
        &self,
        left: Duration,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let patience = left
            .checked_sub(self.least)
            .ok_or_else(|| unavailable("Too little time is left for this picture. Try again."))?;
        let place = tokio::time::timeout(patience, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| unavailable("Too many pictures are looked at right now. Try again."))?
            .map_err(Failure::unknown)?;
        on_pixels(left.saturating_sub(began.elapsed()), move || {
            let _place = place;
            work()
        })
        .await
    }
}

fn unavailable(detail: &str) -> Failure {
    Failure::temporary(Code::Unavailable, detail)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    fn one_place() -> PixelWork {
        PixelWork::new(NonZero::<usize>::MIN, MOMENT / 10)
    }

    #[tokio::test]
    async fn work_that_was_given_up_keeps_its_place_until_it_ends() {
        let pixels = one_place();
        let (end, ended) = mpsc::channel::<()>();
        let endless = move || ended.recv().map_err(Failure::unknown);
        let given_up = pixels.run(MOMENT, endless).await.unwrap_err();
        assert_eq!(given_up.code, Code::Timeout);
        let refused = pixels.run(MOMENT, || Ok(())).await.unwrap_err();
        assert_eq!(refused.code, Code::Unavailable);
        assert!(refused.is_retryable());
        end.send(()).unwrap();
        assert_eq!(pixels.run(LONG, || Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_breaks_down_gives_its_place_back() {
        let pixels = one_place();
        for _ in 0..3 {
            let broken: Result<(), _> = pixels.run(LONG, || panic!("a picture of the test's own")).await;
            assert_eq!(broken.unwrap_err().code, Code::DecodePanic);
        }
        assert_eq!(pixels.run(LONG, || Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn nothing_is_begun_that_could_not_end() {
        let pixels = PixelWork::new(NonZero::<usize>::MIN, MOMENT);
        let begun: Result<(), _> = pixels.run(MOMENT / 2, || panic!("it was begun")).await;
        assert_eq!(begun.unwrap_err().code, Code::Unavailable);
        // All of it may be work.
        assert_eq!(PixelWork::default().run(LEAST, || Ok(7)).await, Ok(7));
    }
}
