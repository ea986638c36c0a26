//! What an archive under way holds so far.

use std::{collections::HashSet, fmt};

use darkroom_domain::Failure;

use super::records::{Member, end};
use crate::{
    fault::invalid,
    name::{fault_of, shown, without_slash},
};

/// The entries written so far, as the directory will hold them.
#[derive(Default)]
pub(super) struct Contents {
    directory: Vec<u8>,
    entries: u64,
    names: HashSet<String>,
    /// Whether an entry was begun and has not come to its end, which nothing can follow.
    unfinished: bool,
}

impl Contents {
    /// Begins an entry: checks that it can follow, and keeps its name from being used again.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), Failure> {
        self.must_be_whole()?;
        if let Some(fault) = fault_of(name) {
            return Err(invalid(format!("The name {} {fault}.", shown(name.as_bytes()))));
        }
        if !self.names.insert(without_slash(name).to_owned()) {
            return Err(invalid(format!(
                "The archive has an entry {} already.",
                shown(name.as_bytes())
            )));
        }
        self.unfinished = true;
        Ok(())
    }

    /// Adds the entry that was begun and is written whole now.
    pub(super) fn add(&mut self, member: &Member<'_>) {
        self.directory.extend(member.directory_record());
        self.entries += 1;
        self.unfinished = false;
    }

    /// The directory that begins at `offset`, and the end records behind it.
    pub(super) fn into_directory(self, offset: u64) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        self.must_be_whole()?;
        let end = end(self.entries, offset, self.directory.len() as u64);
        Ok((self.directory, end))
    }

    fn must_be_whole(&self) -> Result<(), Failure> {
        if self.unfinished {
            return Err(Failure::unknown(
                "an entry of an archive was begun and not finished",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Contents")
            .field("entries", &self.entries)
            .field("unfinished", &self.unfinished)
            .finish_non_exhaustive()
    }
}
