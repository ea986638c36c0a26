//! Zip files in and out, within limits. No storage, no network.
//!
//! | module | what it does |
//! |---|---|
//! | [`limits`] | how much an archive may hold |
//! | [`reading`] | an archive's directory, checked whole before anything is unpacked, and single entries of it |
//! | [`writing`] | an archive piece by piece into something that cannot be turned back, such as a multipart upload |
//!
//! The headers are read and written here, after APPNOTE.TXT 6.3.10 of PKWARE, whose section numbers the comments name;
//! there is one reading of them, so that what was checked is what is unpacked. An archive that two programs could
//! understand differently is refused rather than interpreted.

mod fault;
mod fields;
mod layout;
pub mod limits;
mod name;
pub mod reading;
pub mod writing;

pub use limits::ArchiveLimits;
pub use reading::{Archive, Entry};
pub use writing::{ArchiveWriter, DeflatedEntry};
