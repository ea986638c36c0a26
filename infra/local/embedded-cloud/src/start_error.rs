//! Why an embedded cloud does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why an embedded cloud does not start. Each message is one line that says what to look at.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has the data directory open.
    #[error("the data directory {} is in use by another process", directory.display())]
    DirectoryInUse {
        /// The directory.
        directory: PathBuf,
    },
    /// The data directory cannot be created, read or written, or what is in it is not understood.
    #[error("the data directory {} cannot be used: {source}", directory.display())]
    DirectoryUnusable {
        /// The directory.
        directory: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database of the tables cannot be opened.
    #[error("the table database in {} cannot be opened: {reason}", directory.display())]
    DatabaseUnusable {
        /// The data directory.
        directory: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// Opening the data directory did not come to an end, because the runtime stops or because of a defect.
    #[error("opening the data directory was interrupted: {0}")]
    Interrupted(#[source] tokio::task::JoinError),
    /// The address is not on loopback, where alone an emulator with well-known credentials may listen.
    #[error("{address} is not a loopback address: the embedded cloud listens on this machine only")]
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Something else listens on the port.
    #[error("port {} of {} is taken: choose another, or 0 for any", address.port(), address.ip())]
    PortTaken {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}
