//! Making file system changes survive a crash: write aside, synchronise, rename, synchronise the directory.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use tempfile::NamedTempFile;

/// Whether changes are forced to the disk before they are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Files and directories are synchronised.
    Synchronised,
    /// The operating system writes when it likes: for data that is deleted with the process anyway.
    Relaxed,
}

impl Durability {
    /// Forces the content and length of a file to the disk.
    pub(crate) fn file(self, file: &File) -> io::Result<()> {
        match self {
            Self::Synchronised => file.sync_all(),
            Self::Relaxed => Ok(()),
        }
    }

    /// Forces the names in a directory to the disk: a rename or removal counts only after this.
    pub(crate) fn directory(self, directory: &Path) -> io::Result<()> {
        match self {
            Self::Synchronised if cfg!(unix) => File::open(directory)?.sync_all(),
            // Elsewhere directories cannot be opened as files, and renames are journalled by the file system.
            Self::Synchronised | Self::Relaxed => Ok(()),
        }
    }
}

/// Replaces `target` with `value` as JSON; a crash leaves the old or the new content, never a mixture.
pub(crate) fn write_json<T: Serialize>(
    durability: Durability,
    temporary: &Path,
    target: &Path,
    value: &T,
) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(temporary)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    durability.file(file.as_file())?;
    file.persist(target).map_err(|error| error.error)?;
    target
        .parent()
        .map_or(Ok(()), |parent| durability.directory(parent))
}
