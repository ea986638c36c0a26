//! `/api/v1/IO/archive/…`: datasets out and in. The packing and unpacking is a worker's.

pub(crate) mod download;
pub(crate) mod export;
pub(crate) mod import;
