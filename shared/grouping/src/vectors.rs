//! What is grouped.

use thiserror::Error;

/// Vectors of equal length, one after the other, all finite. They are borrowed: the largest sets are near the size of the
/// memory.
#[derive(Clone, Copy, Debug)]
pub struct Vectors<'a> {
    values: &'a [f32],
    dimensions: usize,
}

/// Why values are no vectors.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VectorsError {
    /// Vectors have at least one dimension.
    #[error("vectors need at least one dimension")]
    NoDimensions,
    /// The values end within a vector.
    #[error("{values} values are no whole number of vectors of {dimensions} dimensions")]
    Incomplete {
        /// How many values there are.
        values: usize,
        /// The length of a vector.
        dimensions: usize,
    },
    /// A value is infinite or not a number.
    #[error("vector {vector} has a value that is not finite")]
    NotFinite {
        /// Its position, from 0.
        vector: usize,
    },
    /// More vectors than are ever numbered.
    #[error("{0} vectors are more than {max}", max = Vectors::MOST)]
    TooMany(usize),
}

impl<'a> Vectors<'a> {
    /// The most vectors in a set.
    pub const MOST: usize = (u32::MAX / 2) as usize;

    /// Vectors of `dimensions` values each, row by row. No values are no vectors, which is well.
    ///
    /// # Errors
    ///
    /// See [`VectorsError`].
    pub fn new(values: &'a [f32], dimensions: usize) -> Result<Self, VectorsError> {
        if dimensions == 0 {
            return Err(VectorsError::NoDimensions);
        }
        if !values.len().is_multiple_of(dimensions) {
            return Err(VectorsError::Incomplete {
                values: values.len(),
                dimensions,
            });
        }
        let vectors = Self { values, dimensions };
        if vectors.len() > Self::MOST {
            return Err(VectorsError::TooMany(vectors.len()));
        }
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            return Err(VectorsError::NotFinite {
                vector: position / dimensions,
            });
        }
        Ok(vectors)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len() / self.dimensions
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The length of each.
    #[must_use]
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// One of them; empty beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> &'a [f32] {
        let begin = index.saturating_mul(self.dimensions);
        let end = begin.saturating_add(self.dimensions);
        self.values.get(begin..end).unwrap_or_default()
    }

    /// All of them in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f32]> + use<'a> {
        self.values.chunks_exact(self.dimensions)
    }
}
