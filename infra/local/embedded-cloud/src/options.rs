//! How an embedded cloud is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Everything that can be chosen about an embedded cloud.
#[derive(Debug, Clone)]
pub struct EmbeddedCloudOptions {
    /// Where objects and tables are kept.
    pub data: DataDirectory,
    /// The loopback address to listen on; port 0 takes any free port.
    pub address: SocketAddr,
    /// The key pair that requests must be signed with.
    pub credentials: Credentials,
    /// The region that queues, events and bucket locations name.
    pub region: String,
    /// The twelve digits of the account that queues and events name.
    pub account: String,
}

impl EmbeddedCloudOptions {
    /// Data that is deleted with the [`EmbeddedCloud`](crate::EmbeddedCloud), on any free port of 127.0.0.1: for
    /// tests.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self {
            data: DataDirectory::Ephemeral,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials: Credentials::default(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
        }
    }

    /// Data that stays in `directory`, on any free port of 127.0.0.1.
    #[must_use]
    pub fn persistent(directory: impl Into<PathBuf>) -> Self {
        Self {
            data: DataDirectory::Persistent(directory.into()),
            ..Self::ephemeral()
        }
    }
}

/// Where an embedded cloud keeps objects and tables. Messages of queues are always in memory only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataDirectory {
    /// In this directory, which is created if there is none. What has been acknowledged survives a crash.
    Persistent(PathBuf),
    /// In a temporary directory that is deleted at the end.
    Ephemeral,
}

/// A key pair for signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key identifier.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

impl Default for Credentials {
    /// `test` and `test`, as local emulators of AWS use.
    fn default() -> Self {
        Self {
            access_key: "test".to_owned(),
            secret_key: "test".to_owned(),
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}
