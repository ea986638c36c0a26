//! How long each part of an answer took.

use std::time::{Duration, Instant};

use serde::Serialize;

/// Times of one answer, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// From the picture to the network's input.
    pub preprocess_ms: f64,
    /// In the network.
    pub inference_ms: f64,
    /// From the network's outputs to the answer.
    pub postprocess_ms: f64,
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Takes the times one after another.
pub(crate) struct Stopwatch {
    last: Instant,
    timing: Timing,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            last: Instant::now(),
            timing: Timing::default(),
        }
    }

    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        milliseconds(now.duration_since(std::mem::replace(&mut self.last, now)))
    }

    pub(crate) fn preprocessed(&mut self) {
        self.timing.preprocess_ms = self.lap();
    }

    pub(crate) fn inferred(&mut self) {
        self.timing.inference_ms = self.lap();
    }

    pub(crate) fn finish(mut self) -> Timing {
        self.timing.postprocess_ms = self.lap();
        self.timing
    }
}
