//! Darkroom on one machine: the whole cloud in one process, and the command line client.

pub mod functions;
pub mod openapi;
pub mod push;
pub mod serve;
