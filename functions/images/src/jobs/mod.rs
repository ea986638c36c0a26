//! `/jobs`: all jobs of a tenant, whatever they do.

pub(crate) mod cancel;
pub(crate) mod dismiss;
pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod stats;
