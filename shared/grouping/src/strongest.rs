//! The first of many, in little room.

use std::collections::BinaryHeap;

/// Keeps the least `limit` of what it is offered, and knows whether that was all.
#[derive(Debug)]
pub(crate) struct Least<T> {
    limit: usize,
    kept: BinaryHeap<T>,
    cut: bool,
}

impl<T: Ord> Least<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: BinaryHeap::new(),
            cut: false,
        }
    }

    /// Tells whether the item was kept. One that was not comes after all that are kept.
    pub(crate) fn take(&mut self, item: T) -> bool {
        if self.kept.len() < self.limit {
            self.kept.push(item);
            return true;
        }
        self.cut = true;
        match self.kept.peek_mut() {
            Some(mut greatest) if item < *greatest => {
                *greatest = item;
                true
            }
            _ => false,
        }
    }

    /// The greatest of those kept, once there are too many.
    pub(crate) fn bar(&self) -> Option<&T> {
        self.kept.peek().filter(|_| self.cut)
    }

    /// Those of all together in ascending order, and whether some were left out.
    pub(crate) fn join(limit: usize, all: Vec<Self>) -> (Vec<T>, bool) {
        let cut = all.iter().any(|each| each.cut);
        let mut kept: Vec<T> = all.into_iter().flat_map(|each| each.kept).collect();
        kept.sort_unstable();
        let cut = cut || kept.len() > limit;
        kept.truncate(limit);
        (kept, cut)
    }
}
