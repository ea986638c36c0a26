//! Event source mappings: what Lambda's pollers do between a queue and a function.

mod batch;
mod poller;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use poller::{Mapping, run};
pub(crate) use source::SqsSource;
