//! The photo sorter: batches of photographs, what is known of each photograph, and the groups they fall into.

mod batch;
mod description;
mod grouping;
mod labels;
mod member;
mod parameters;
mod ranks;
#[cfg(test)]
mod tests;

pub use batch::{Batch, BatchState};
pub use description::{Description, QualityScore, VectorSpace};
pub use grouping::{Group, GroupedPhotograph, Grouping, Likeness, NearDuplicate, Ranking};
pub use labels::{UNGROUPED, check_label, labels_of_clusters};
pub use member::{BatchMember, DistinctPair};
pub use parameters::{GroupingMetric, GroupingParameters, UnknownDistance};
