//! The whole system, end to end, as clients see it.
//!
//! Every test starts a system of its own: the functions as template.yaml wires them, on the embedded cloud, or on the
//! endpoint that `DARKROOM_TEST_ENDPOINT` names, under a stack name of its own.

mod analysis;
mod archives;
mod crib;
mod datasets;
mod deletion;
mod hostile;
mod jobs;
mod kmeans;
mod links;
mod listing;
mod parts;
mod photograph;
mod pictures;
mod prediction;
mod promises;
mod recorded;
mod repetition;
mod results;
mod segmentation;
mod sorter;
mod system;
mod tenants;
mod upkeep;
mod wiring;
