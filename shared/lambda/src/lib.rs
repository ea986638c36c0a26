//! The edge to AWS Lambda: what a function is, its start-up, its deadline, SQS batches.

pub mod batch;
pub mod deadline;
pub mod function;
pub mod jobs;
pub mod s3_event;
mod start;

pub use batch::{Message, MessageHandler, batch_function};
pub use deadline::Deadline;
pub use function::{Constructor, Function, FunctionError, Handler};
pub use jobs::{JobHandler, job_function};
pub use s3_event::{CreatedObject, CreatedObjects};
pub use start::{log, run, run_once};
