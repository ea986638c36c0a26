//! Objects: writing under a condition, reading, deleting, listing.

use std::fs::File;
use std::sync::Arc;

use super::listing::{ListQuery, Page, list};
use super::object_file::write_footer;
use super::receive::{HashingWriter, Received};
use super::record::{Description, ObjectRecord};
use super::{Store, StoreError};
use crate::clock;

/// What must hold of the object in place for a write or a deletion to happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum WriteCondition {
    /// Nothing.
    #[default]
    None,
    /// There is no object (`If-None-Match: *`).
    Absent,
    /// There is an object (`If-Match: *`).
    Present,
    /// There is an object with this entity tag (`If-Match: "…"`).
    Matches(String),
}

impl WriteCondition {
    fn check(&self, current: Option<&ObjectRecord>) -> Result<(), StoreError> {
        match (self, current) {
            (Self::None, _) | (Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Matches(etag), Some(current)) if *etag == current.etag => Ok(()),
            (Self::Present | Self::Matches(_), None) => Err(StoreError::NoSuchKey),
            (Self::Absent | Self::Matches(_), Some(_)) => Err(StoreError::PreconditionFailed),
        }
    }
}

/// An object to be written.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) key: String,
    pub(crate) description: Description,
    pub(crate) condition: WriteCondition,
    /// The entity tag, if it is not the MD5 of the body.
    pub(crate) etag: Option<String>,
    /// The upload that this completes: it must still be there, and is not afterwards.
    pub(crate) upload: Option<String>,
}

impl Store {
    /// Makes a received body visible as the object `draft.key`, if the condition holds, and returns only when it
    /// would survive a crash.
    pub(crate) fn commit(
        &self,
        bucket: &str,
        draft: Draft,
        received: Received,
    ) -> Result<Arc<ObjectRecord>, StoreError> {
        check_key(&draft.key)?;
        let record = Arc::new(ObjectRecord {
            etag: draft.etag.unwrap_or_else(|| received.etag()),
            key: draft.key,
            size: received.size,
            sequence: self.sequence.next()?,
            modified: clock::now(),
            description: draft.description,
            checksums: received.checksums,
        });
        let mut file = received.file;
        write_footer(file.as_file_mut(), record.size, &*record)?;
        self.durability.file(file.as_file())?;
        let directory = {
            let mut index = self.index();
            let bucket = index.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
            if draft
                .upload
                .as_ref()
                .is_some_and(|id| !bucket.uploads.contains_key(id))
            {
                return Err(StoreError::NoSuchUpload);
            }
            let current = bucket.objects.get(&record.key);
            draft.condition.check(current.map(Arc::as_ref))?;
            // Of writers at the same time the one with the higher number stays, as consumers of events expect;
            // the other one has been overwritten before anyone saw it.
            if current.is_none_or(|current| current.sequence < record.sequence) {
                file.persist(bucket.directories.object(&record.key))
                    .map_err(|error| error.error)?;
                bucket.objects.insert(record.key.clone(), Arc::clone(&record));
            }
            if let Some(id) = &draft.upload {
                bucket.uploads.remove(id);
            }
            bucket.directories.objects.clone()
        };
        self.durability.directory(&directory)?;
        Ok(record)
    }

    /// What is known about an object.
    pub(crate) fn object(&self, bucket: &str, key: &str) -> Result<Arc<ObjectRecord>, StoreError> {
        self.read(bucket, |bucket| bucket.objects.get(key).map(Arc::clone))?
            .ok_or(StoreError::NoSuchKey)
    }

    /// An object and its file, which stays readable when the object is replaced or deleted. The body is the first
    /// `size` bytes.
    pub(crate) fn open_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<(Arc<ObjectRecord>, File), StoreError> {
        let index = self.index();
        let bucket = index.get(bucket).ok_or(StoreError::NoSuchBucket)?;
        let record = bucket.objects.get(key).ok_or(StoreError::NoSuchKey)?;
        let file = File::open(bucket.directories.object(key))?;
        Ok((Arc::clone(record), file))
    }

    /// Deletes objects, each under its condition; the results are in the order of the keys. An absent object is
    /// deleted successfully.
    pub(crate) fn delete_objects(
        &self,
        bucket: &str,
        keys: &[(String, WriteCondition)],
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let (results, directory) = {
            let mut index = self.index();
            let bucket = index.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
            let mut delete = |key: &str, condition: &WriteCondition| {
                condition.check(bucket.objects.get(key).map(Arc::as_ref))?;
                if bucket.objects.contains_key(key) {
                    std::fs::remove_file(bucket.directories.object(key))?;
                    bucket.objects.remove(key);
                }
                Ok(())
            };
            let results = keys
                .iter()
                .map(|(key, condition)| delete(key, condition))
                .collect();
            (results, bucket.directories.objects.clone())
        };
        self.durability.directory(&directory)?;
        Ok(results)
    }

    /// Deletes an object if it is still the one with this sequence number.
    pub(crate) fn expire_object(&self, bucket: &str, key: &str, sequence: u64) -> Result<(), StoreError> {
        let directory = {
            let mut index = self.index();
            let bucket = index.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
            if bucket
                .objects
                .get(key)
                .is_none_or(|current| current.sequence != sequence)
            {
                return Ok(());
            }
            std::fs::remove_file(bucket.directories.object(key))?;
            bucket.objects.remove(key);
            bucket.directories.objects.clone()
        };
        Ok(self.durability.directory(&directory)?)
    }

    /// Copies the body of an open object file into a new temporary file.
    pub(crate) fn copy_body(&self, record: &ObjectRecord, file: File) -> Result<Received, StoreError> {
        let mut writer = HashingWriter::create(&self.temporary, &record.checksums.algorithms())?;
        writer.append_from(file, record.size)?;
        Ok(writer.finish())
    }

    /// Replaces the tags of an object, without changing when it was modified.
    pub(crate) fn set_tags(
        &self,
        bucket: &str,
        key: &str,
        tags: &[(String, String)],
    ) -> Result<(), StoreError> {
        loop {
            let (current, file) = self.open_object(bucket, key)?;
            let description = Description {
                tags: tags.to_vec(),
                ..current.description.clone()
            };
            let record = ObjectRecord {
                description,
                ..(*current).clone()
            };
            let mut file = self.copy_body(&current, file)?.file;
            write_footer(file.as_file_mut(), record.size, &record)?;
            self.durability.file(file.as_file())?;
            let directory = {
                let mut index = self.index();
                let bucket = index.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
                // Somebody may have replaced the object in the meantime: then its tags are the ones to change.
                if bucket
                    .objects
                    .get(key)
                    .is_none_or(|now| !Arc::ptr_eq(now, &current))
                {
                    continue;
                }
                file.persist(bucket.directories.object(key))
                    .map_err(|error| error.error)?;
                bucket.objects.insert(key.to_owned(), Arc::new(record));
                bucket.directories.objects.clone()
            };
            return Ok(self.durability.directory(&directory)?);
        }
    }

    /// One page of the objects of a bucket.
    pub(crate) fn list(&self, bucket: &str, query: &ListQuery) -> Result<Page, StoreError> {
        self.read(bucket, |bucket| list(&bucket.objects, query))
    }
}

/// Keys have 1 to 1024 bytes.
pub(crate) fn check_key(key: &str) -> Result<(), StoreError> {
    if key.is_empty() || key.len() > 1024 {
        Err(StoreError::KeyTooLong)
    } else {
        Ok(())
    }
}
