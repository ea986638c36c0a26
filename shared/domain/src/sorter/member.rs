//! Photographs of batches.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{BatchId, ImageId},
    tenant::TenantId,
    timestamp::Timestamp,
};

/// That a photograph is in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMember {
    /// Whose it is.
    pub tenant: TenantId,
    /// The batch.
    pub batch_id: BatchId,
    /// The photograph.
    pub image_id: ImageId,
    /// When it was put into it.
    pub added_at: Timestamp,
    /// Under which other names the very same file came into it, in the order of their coming; no more than
    /// [`Self::MAX_NAMES`].
    #[serde(default)]
    pub also_named: Vec<String>,
}

impl BatchMember {
    /// The most names of copies that are remembered.
    pub const MAX_NAMES: usize = 20;
}

/// That somebody said of two photographs of a batch that they are no duplicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistinctPair {
    /// Whose they are.
    pub tenant: TenantId,
    /// The batch.
    pub batch_id: BatchId,
    /// The one with the lower id.
    pub first: ImageId,
    /// The other.
    pub second: ImageId,
    /// When somebody said so.
    pub decided_at: Timestamp,
}

impl DistinctPair {
    /// Two ids in the order of pairs; none if they are the same.
    #[must_use]
    pub fn ordered(one: ImageId, other: ImageId) -> Option<(ImageId, ImageId)> {
        (one != other).then(|| (one.min(other), one.max(other)))
    }
}
