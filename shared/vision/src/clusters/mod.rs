//! K-means: of a picture's lightness, and of its colours.
//!
//! | module | what it does |
//! |---|---|
//! | [`options`] | how many clusters, when to stop, where to begin: OpenCV's parameters and their clamps |
//! | [`lightness`] | clusters of the 256 values of L |
//! | `iteration` | Lloyd's iteration over a histogram, step by step as OpenCV runs it over pixels |
//! | `optimal` | the partition of least compactness in one dimension |
//! | [`colors`] | clusters of a picture's colours, in RGB or in Lab |
//! | `census`, `octree` | a picture's colours, each once, in nested cubes that know their sums |
//! | `seeding`, `assignment`, `relocation`, `labeling` | the steps of k-means, on cubes instead of pixels |
//! | `lab` | CIE L\*a\*b\* in 8 bits |
//!
//! # Method
//!
//! K-means sees pixels only through their values. One pass counts each distinct value; what follows runs on the counts,
//! and gives exactly the sums that a run over all pixels would give. The colours stand in an octree whose cubes know
//! their bounding box, their pixels and the sums of their channels. A cube for all of whose box one centre is nearest is
//! added to it whole; others are opened (the filtering algorithm of Kanungo and others, 2002). An iteration thus
//! touches little more than the colours near the borders between clusters, and does so with no approximation.
//!
//! A general k-means on a matrix of pixels cannot use any of this: `linfa-clustering`, the one that is well kept in Rust,
//! took 2.6 times the processor time of OpenCV's on the same picture, where the method here takes a fortieth or less.
//! That is why there is one of our own.

mod assignment;
mod census;
pub mod colors;
mod iteration;
mod lab;
mod labeling;
pub mod lightness;
mod octree;
mod optimal;
pub mod options;
mod per_cluster;
mod random;
mod relocation;
mod seeding;

pub use colors::{ColorClusters, ColorSpace, of_colors};
pub use lightness::{LightnessClusters, of_lightness, painted};
pub use options::{Criteria, Init, Options};
