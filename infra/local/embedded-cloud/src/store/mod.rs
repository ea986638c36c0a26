//! Buckets and objects on a disk, in a way that survives the end of the process at any moment.
//!
//! An object is one file (see [`object_file`]): it is written aside, synchronised and renamed to its place, so
//! readers and crashes see the old object or the new one. An index in memory, rebuilt at start from the files,
//! answers everything but bodies. Conditions are decided and files renamed under the lock of the index; what
//! takes long (receiving, hashing, synchronising) happens outside it. All methods block: call them where
//! blocking is allowed.

pub(crate) mod bucket;
pub(crate) mod durable;
pub(crate) mod error;
pub(crate) mod listing;
mod multipart;
mod object_file;
mod objects;
mod open;
pub(crate) mod receive;
pub(crate) mod record;
mod sequence;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::bucket::BucketConfiguration;
use self::bucket::{Bucket, BucketDirectories};
use self::durable::{Durability, write_json};
pub(crate) use self::error::StoreError;
pub(crate) use self::multipart::{Completion, CompletionPart};
pub(crate) use self::objects::check_key;
pub(crate) use self::objects::{Draft, WriteCondition};
use self::sequence::Sequence;
use crate::clock;
use crate::data_directory::OpenDirectory;

/// The store. Create with [`Store::open`].
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    temporary: PathBuf,
    durability: Durability,
    sequence: Sequence,
    index: Mutex<BTreeMap<String, Bucket>>,
    /// Held while configurations are read, changed and written; taken before the index.
    configuring: Mutex<()>,
    /// The right to the directory, for as long as anything can still be written.
    _directory: Option<OpenDirectory>,
}

impl Store {
    /// Keeps the right to a data directory until the last user of this store is gone.
    pub(crate) fn keeping(self, directory: OpenDirectory) -> Self {
        Self {
            _directory: Some(directory),
            ..self
        }
    }

    /// Where bodies are received. Files here are deleted at the next start.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// The next number of the sequence of this store, as events and identifiers carry it.
    pub(crate) fn next_sequence(&self) -> Result<u64, StoreError> {
        Ok(self.sequence.next()?)
    }

    /// Creates a bucket.
    pub(crate) fn create_bucket(&self, name: &str) -> Result<(), StoreError> {
        if !s3s::path::check_bucket_name(name) {
            return Err(StoreError::InvalidBucketName);
        }
        let _configuring = self.configuring();
        if self.index().contains_key(name) {
            return Err(StoreError::BucketAlreadyOwnedByYou);
        }
        let directories = BucketDirectories::below(self.root.join("buckets").join(name));
        std::fs::create_dir_all(&directories.objects)?;
        std::fs::create_dir_all(&directories.uploads)?;
        self.durability.directory(&self.root.join("buckets"))?;
        let configuration = BucketConfiguration::new(clock::now());
        write_json(
            self.durability,
            &self.temporary,
            &directories.configuration(),
            &configuration,
        )?;
        let bucket = Bucket {
            directories,
            configuration: Arc::new(configuration),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        };
        self.index().insert(name.to_owned(), bucket);
        Ok(())
    }

    /// Deletes a bucket that has no objects; uploads in progress are lost with it.
    pub(crate) fn delete_bucket(&self, name: &str) -> Result<(), StoreError> {
        let _configuring = self.configuring();
        let discarded = self
            .temporary
            .join(format!("bucket-{:016x}", self.sequence.next()?));
        {
            let mut index = self.index();
            let bucket = index.get(name).ok_or(StoreError::NoSuchBucket)?;
            if !bucket.objects.is_empty() {
                return Err(StoreError::BucketNotEmpty);
            }
            std::fs::rename(&bucket.directories.root, &discarded)?;
            index.remove(name);
        }
        self.durability.directory(&self.root.join("buckets"))?;
        std::fs::remove_dir_all(&discarded)?;
        Ok(())
    }

    /// The names of all buckets in order, with their configurations.
    pub(crate) fn buckets(&self) -> Vec<(String, Arc<BucketConfiguration>)> {
        let index = self.index();
        index
            .iter()
            .map(|(name, bucket)| (name.clone(), Arc::clone(&bucket.configuration)))
            .collect()
    }

    /// The configuration of a bucket.
    pub(crate) fn configuration(&self, bucket: &str) -> Result<Arc<BucketConfiguration>, StoreError> {
        self.read(bucket, |bucket| Arc::clone(&bucket.configuration))
    }

    /// Changes the configuration of a bucket.
    pub(crate) fn configure(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut BucketConfiguration),
    ) -> Result<(), StoreError> {
        let _configuring = self.configuring();
        let (mut configuration, path) = self.read(bucket, |bucket| {
            (
                BucketConfiguration::clone(&bucket.configuration),
                bucket.directories.configuration(),
            )
        })?;
        change(&mut configuration);
        write_json(self.durability, &self.temporary, &path, &configuration)?;
        let mut index = self.index();
        index
            .get_mut(bucket)
            .ok_or(StoreError::NoSuchBucket)?
            .configuration = Arc::new(configuration);
        Ok(())
    }

    fn index(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn configuring(&self) -> MutexGuard<'_, ()> {
        self.configuring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, bucket: &str, look: impl FnOnce(&Bucket) -> T) -> Result<T, StoreError> {
        self.index().get(bucket).map(look).ok_or(StoreError::NoSuchBucket)
    }
}
