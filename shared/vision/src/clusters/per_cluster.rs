//! One value for every cluster there can be.

use std::ops::{Index, IndexMut};

/// A value for each of 256 clusters. Its index is a byte, hence never outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PerCluster<T>([T; 256]);

impl<T: Copy> PerCluster<T> {
    /// The same value for all.
    pub(super) const fn filled(value: T) -> Self {
        Self([value; 256])
    }

    /// The given values for the first clusters, and `rest` for all others. Values after the 256th are left out.
    pub(super) fn beginning_with(values: impl IntoIterator<Item = T>, rest: T) -> Self {
        let mut all = Self::filled(rest);
        for (slot, value) in all.0.iter_mut().zip(values) {
            *slot = value;
        }
        all
    }

    /// The values, from cluster 0.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a byte is within an array of 256, and the compiler leaves the check out"
)]
impl<T> Index<u8> for PerCluster<T> {
    type Output = T;

    #[inline]
    fn index(&self, cluster: u8) -> &T {
        &self.0[usize::from(cluster)]
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a byte is within an array of 256, and the compiler leaves the check out"
)]
impl<T> IndexMut<u8> for PerCluster<T> {
    #[inline]
    fn index_mut(&mut self, cluster: u8) -> &mut T {
        &mut self.0[usize::from(cluster)]
    }
}
