//! Vectors in, labels out. No I/O.
//!
//! | function | what it does |
//! |---|---|
//! | [`group`] | HDBSCAN: groups by density, with probabilities, outlier scores, medoids |
//! | [`near_duplicates`] | pairs of vectors that point the same way |
//! | [`near_hashes`] | pairs of perceptual hashes that differ in few bits |
//! | [`components`] | the sets that pairs join |
//! | [`projection`] | a map in two dimensions |
//! | [`matching`](fn@matching) | which groups of the last grouping the new ones carry on |
//!
//! The way of a grouping, one module each: `space` (each distinct vector once, in an order of its own, and exact distances),
//! `bounds` over `kernel` (lower bounds of many distances at a time), `search` and `candidates` (the nearest by those bounds,
//! pair by pair of blocks), `core_distances`, `spanning_tree`, `hierarchy`, `condensed_tree`, `selection`, `membership`, `summary`.
//!
//! Single precision only rules out: whatever decides is computed in double precision, and where bounds do not suffice, all of
//! it is. So every answer is exact, and the same on every processor, on any number of threads and, but for numbering, in
//! any order of the vectors.

mod bounds;
mod candidates;
mod condensed_tree;
mod core_distances;
mod disjoint_sets;
mod eigen;
mod grouping;
mod hierarchy;
mod kernel;
mod matching;
mod membership;
mod metric;
mod near_duplicates;
mod near_hashes;
mod parameters;
mod progress;
mod projection;
mod search;
mod selection;
mod space;
mod spanning_tree;
mod strongest;
mod summary;
mod vectors;

pub use disjoint_sets::components;
pub use grouping::{Grouping, GroupingError, group, group_on};
pub use matching::{MIN_OVERLAP, matching};
pub use metric::{Metric, UnknownMetric};
pub use near_duplicates::{NearDuplicatesError, SimilarPair, SimilarPairs, near_duplicates};
pub use near_hashes::{DistanceError, NearPair, NearPairs, near_hashes};
pub use parameters::{Parameters, ParametersError};
pub use progress::{Cancelled, Progress};
pub use projection::projection;
pub use summary::GroupSummary;
pub use vectors::{Vectors, VectorsError};
