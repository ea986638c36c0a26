//! Sets that grow together, and what pairs join.

/// Disjoint sets of the numbers from 0: each is named by one of its members.
#[derive(Debug)]
pub(crate) struct DisjointSets {
    parents: Vec<u32>,
    sizes: Vec<u32>,
}

impl DisjointSets {
    /// Every number a set of its own.
    pub(crate) fn new(numbers: usize) -> Self {
        Self {
            parents: (0..).take(numbers).collect(),
            sizes: vec![1; numbers],
        }
    }

    /// The name of the set that holds a number.
    pub(crate) fn find(&mut self, number: u32) -> u32 {
        let mut at = number;
        loop {
            let parent = self.parent(at);
            if parent == at {
                return at;
            }
            let above = self.parent(parent);
            if let Some(link) = self.parents.get_mut(at as usize) {
                *link = above;
            }
            at = above;
        }
    }

    /// How many numbers are in the set of this name.
    pub(crate) fn size(&self, name: u32) -> u32 {
        self.sizes.get(name as usize).copied().unwrap_or(1)
    }

    /// Makes one set of two. Gives its name and the name that is no more; `None` if they were one already.
    pub(crate) fn unite(&mut self, a: u32, b: u32) -> Option<(u32, u32)> {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return None;
        }
        let (kept, gone) = if self.size(a) < self.size(b) {
            (b, a)
        } else {
            (a, b)
        };
        let size = self.size(a) + self.size(b);
        if let (Some(parent), Some(whole)) = (
            self.parents.get_mut(gone as usize),
            self.sizes.get_mut(kept as usize),
        ) {
            *parent = kept;
            *whole = size;
        }
        Some((kept, gone))
    }

    fn parent(&self, number: u32) -> u32 {
        self.parents.get(number as usize).copied().unwrap_or(number)
    }
}

/// The sets into which pairs join the numbers below `count`: only sets of two or more, each in ascending order, by their
/// least members. A pair with a number that is not below `count` joins nothing.
#[must_use]
pub fn components(count: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut sets = DisjointSets::new(count);
    for (a, b) in pairs {
        if let (true, Ok(a), Ok(b)) = (a < count && b < count, u32::try_from(a), u32::try_from(b)) {
            sets.unite(a, b);
        }
    }
    let mut places = vec![None; count];
    let mut components: Vec<Vec<usize>> = Vec::new();
    for (number, name) in (0..count).zip(0..) {
        let name = sets.find(name);
        if sets.size(name) < 2 {
            continue;
        }
        let Some(place) = places.get_mut(name as usize) else {
            continue;
        };
        let place = *place.get_or_insert_with(|| {
            components.push(Vec::new());
            components.len() - 1
        });
        if let Some(component) = components.get_mut(place) {
            component.push(number);
        }
    }
    components
}
