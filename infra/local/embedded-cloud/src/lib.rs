//! S3, SQS and DynamoDB in this process, on one loopback port.
//!
//! The wire protocols and the checks of signatures are those of the real services, so the AWS SDKs work with
//! no change but the endpoint, presigned addresses and forms included. Objects are files of a store of this crate that survives
//! the end of the process at any moment; tables are one `SQLite` file; messages of queues are in memory.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), darkroom_embedded_cloud::StartError> {
//! use darkroom_embedded_cloud::{EmbeddedCloud, EmbeddedCloudOptions};
//!
//! let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral()).await?;
//! assert!(cloud.endpoint().starts_with("http://127.0.0.1:"));
//! cloud.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! What differs from AWS: there are no versions of objects, no access control beyond the one key pair, no
//! throttling; messages have at most 256 KiB; a form is held to 256 MiB. The protocol crate `s3s` logs every refused
//! request as an error, expected ones too: quiet it with a filter such as `s3s=off`.

mod body;
mod clock;
mod cloud;
mod data_directory;
mod dynamodb;
mod options;
mod router;
mod s3;
mod server;
mod sqs;
mod start_error;
mod store;
mod unread;

pub use cloud::EmbeddedCloud;
pub use options::{Credentials, DataDirectory, EmbeddedCloudOptions};
pub use start_error::StartError;
