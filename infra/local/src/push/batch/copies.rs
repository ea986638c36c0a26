//! Files of one push that have the same content.

use std::{collections::HashMap, path::PathBuf};

use super::report::{PhotographReport, PhotographResult};
use crate::push::fingerprint::Fingerprint;

/// A file that has been read.
pub(super) struct Photograph {
    /// Its place among the files of the push.
    pub(super) position: usize,
    pub(super) path: PathBuf,
    pub(super) fingerprint: Fingerprint,
}

/// Files with the same content: the first of each goes at once, the others in rounds after it.
#[derive(Default)]
pub(super) struct Copies {
    /// By digest, the place of the first, and how many copies of it there are.
    pub(super) first: HashMap<String, (usize, usize)>,
    /// The first copies, then the second ones, and so on: no two in a round have the same content.
    pub(super) rounds: Vec<Vec<Photograph>>,
}

impl Copies {
    /// Keeps the photograph for later unless it is the first with its content.
    pub(super) fn unless_first(&mut self, photograph: Photograph) -> Option<Photograph> {
        let sha256 = photograph.fingerprint.sha256.clone();
        let Some((_, copies)) = self.first.get_mut(&sha256) else {
            self.first.insert(sha256, (photograph.position, 0));
            return Some(photograph);
        };
        match self.rounds.get_mut(*copies) {
            Some(round) => round.push(photograph),
            None => self.rounds.push(vec![photograph]),
        }
        *copies = copies.saturating_add(1);
        None
    }
}

/// What the API has decided against, it decides against once more: the copy is told the same.
pub(super) fn refused(copy: &Photograph, first: &PhotographReport) -> Option<PhotographReport> {
    (first.result == PhotographResult::Rejected).then(|| {
        let mut report = PhotographReport::new(&copy.path);
        report.result = first.result;
        report.error.clone_from(&first.error);
        report
    })
}
