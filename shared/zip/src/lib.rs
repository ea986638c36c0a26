//! Zip files in and out, within limits. No storage, no network.
//!
//! | module | what it does |
//! |---|---|
//! | [`limits`] | how much an archive may hold |
//! | [`reading`] | an archive's directory, checked before anything is unpacked, and single entries of it: [`Archive`] refuses the whole for one entry that is not in order, [`survey`] says of each entry what is wrong with it |
//! | [`writing`] | an archive piece by piece into something that cannot be turned back, such as a multipart upload |
//!
//! The headers are read and written here, after APPNOTE.TXT 6.3.10 of PKWARE, whose section numbers the comments name;
//! there is one reading of them, so that what was checked is what is unpacked. An archive that two programs could
//! understand differently is refused rather than interpreted. Names alone are interpreted, and only by [`survey`], which
//! takes archives from people and their many programs: there a name says what a file is called, and never where it is.

mod fault;
mod fields;
mod layout;
pub mod limits;
mod name;
pub mod reading;
pub mod writing;

pub use limits::ArchiveLimits;
pub use reading::{Archive, Entry, PackedEntry, SurveyedEntry, survey};
pub use writing::{ArchiveWriter, DeclaredEntry, DeflatedEntry};
