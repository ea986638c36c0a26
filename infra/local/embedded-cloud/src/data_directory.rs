//! The data directory, and the right of one process to it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::options::DataDirectory;
use crate::start_error::StartError;
use crate::store::durable::Durability;

/// A data directory that this process alone uses, until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    path: PathBuf,
    /// Declared before the temporary directory: the lock file is closed before it is deleted.
    _lock: File,
    temporary: Option<TempDir>,
}

impl OpenDirectory {
    /// Creates the directory if there is none, and takes the lock.
    pub(crate) fn open(data: &DataDirectory) -> Result<Self, StartError> {
        let (path, temporary) = match data {
            DataDirectory::Persistent(path) => (path.clone(), None),
            DataDirectory::Ephemeral => {
                let temporary = TempDir::with_prefix("embedded-cloud-").map_err(|source| {
                    StartError::DirectoryUnusable {
                        directory: std::env::temp_dir(),
                        source,
                    }
                })?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let unusable = |source| StartError::DirectoryUnusable {
            directory: path.clone(),
            source,
        };
        std::fs::create_dir_all(&path).map_err(unusable)?;
        let lock = lock(&path.join("lock")).map_err(|error| match error {
            TryLockError::WouldBlock => StartError::DirectoryInUse {
                directory: path.clone(),
            },
            TryLockError::Error(source) => unusable(source),
        })?;
        Ok(Self {
            path,
            _lock: lock,
            temporary,
        })
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the directory is deleted at the end.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.temporary.is_some()
    }

    /// Whether what is written here is worth waiting for the disk.
    pub(crate) fn durability(&self) -> Durability {
        if self.is_ephemeral() {
            Durability::Relaxed
        } else {
            Durability::Synchronised
        }
    }
}

/// The operating system gives the lock back when the process ends, however it ends.
fn lock(path: &Path) -> Result<File, TryLockError> {
    let opened = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path);
    let file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}
