//! How far a long computation is, and whether it is still wanted.

use std::ops::ControlFlow;

use thiserror::Error;

/// How far a computation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The share that is done, 0 to 1; it never falls. An estimate: how much is left depends on the vectors.
    pub fraction: f32,
}

/// The computation was given up because it was asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Tells a caller the share that is done of a whole, of which the present stage is a part.
pub(crate) struct Reporter<'p> {
    callback: &'p mut dyn FnMut(Progress) -> ControlFlow<()>,
    begin: f64,
    end: f64,
    told: f32,
}

impl<'p> Reporter<'p> {
    pub(crate) fn new(callback: &'p mut dyn FnMut(Progress) -> ControlFlow<()>) -> Self {
        Self {
            callback,
            begin: 0.0,
            end: 1.0,
            told: 0.0,
        }
    }

    /// Begins a stage, at the end of which `share` of what was left is done too.
    pub(crate) fn stage(&mut self, share: f64) {
        self.begin = f64::from(self.told);
        self.end = self.begin + (1.0 - self.begin) * share;
    }

    /// Tells that `fraction` of the stage is done.
    pub(crate) fn report(&mut self, fraction: f64) -> Result<(), Cancelled> {
        let whole = self.begin + (self.end - self.begin) * fraction.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "digits are lost that nobody sees")]
        let whole = whole as f32;
        self.told = self.told.max(whole);
        match (self.callback)(Progress { fraction: self.told }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Cancelled),
        }
    }
}
