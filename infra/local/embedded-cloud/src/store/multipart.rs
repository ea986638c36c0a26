//! Multipart uploads: parts are files of their own until the upload is completed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use s3s::crypto::{Checksum, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};

use super::bucket::{Upload, part_path, upload_record_path};
use super::durable::write_json;
use super::object_file::{ObjectFileError, read_footer, write_footer};
use super::objects::check_key;
use super::receive::{HashingWriter, Received};
use super::record::{Algorithm, Checksums, ObjectRecord, PartRecord, UploadRecord};
use super::{Draft, Store, StoreError, WriteCondition};
use crate::clock;

/// Every part but the last has at least so many bytes.
const MINIMUM_PART_SIZE: u64 = 5 * 1024 * 1024;

/// A part as the client lists it to complete an upload.
#[derive(Debug, Clone)]
pub(crate) struct CompletionPart {
    pub(crate) number: u16,
    pub(crate) etag: String,
    pub(crate) checksums: Checksums,
}

/// What the client says to complete an upload.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    pub(crate) parts: Vec<CompletionPart>,
    /// Digests of the whole, or composite ones.
    pub(crate) checksums: Checksums,
    pub(crate) condition: WriteCondition,
}

/// An upload in progress, as lists show it.
#[derive(Debug, Clone)]
pub(crate) struct UploadSummary {
    pub(crate) id: String,
    pub(crate) record: Arc<UploadRecord>,
}

impl Store {
    /// Begins an upload and returns its identifier.
    pub(crate) fn create_upload(&self, bucket: &str, record: UploadRecord) -> Result<String, StoreError> {
        check_key(&record.key)?;
        let id = format!("{:032x}", self.sequence.next()?);
        let directory = self.read(bucket, |bucket| bucket.directories.upload(&id))?;
        std::fs::create_dir(&directory)?;
        write_json(
            self.durability,
            &self.temporary,
            &upload_record_path(&directory),
            &record,
        )?;
        if let Some(parent) = directory.parent() {
            self.durability.directory(parent)?;
        }
        let upload = Upload {
            record: Arc::new(record),
            parts: BTreeMap::new(),
            joining: Arc::default(),
        };
        let mut index = self.index();
        index
            .get_mut(bucket)
            .ok_or(StoreError::NoSuchBucket)?
            .uploads
            .insert(id.clone(), upload);
        Ok(id)
    }

    /// The upload with this identifier and key.
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, StoreError> {
        self.read(bucket, |bucket| {
            bucket
                .uploads
                .get(id)
                .filter(|upload| upload.record.key == key)
                .cloned()
        })?
        .ok_or(StoreError::NoSuchUpload)
    }

    /// All uploads in progress, by key, then in the order in which they began.
    pub(crate) fn uploads(&self, bucket: &str) -> Result<Vec<UploadSummary>, StoreError> {
        let mut uploads: Vec<_> = self.read(bucket, |bucket| {
            let summary = |(id, upload): (&String, &Upload)| UploadSummary {
                id: id.clone(),
                record: Arc::clone(&upload.record),
            };
            bucket.uploads.iter().map(summary).collect()
        })?;
        uploads.sort_by(|a: &UploadSummary, b| (&a.record.key, &a.id).cmp(&(&b.record.key, &b.id)));
        Ok(uploads)
    }

    /// Makes a received body a part of an upload, in place of an earlier one with the same number.
    pub(crate) fn commit_part(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        number: u16,
        received: Received,
    ) -> Result<Arc<PartRecord>, StoreError> {
        let record = Arc::new(PartRecord {
            number,
            size: received.size,
            etag: received.etag(),
            modified: clock::now(),
            checksums: received.checksums,
        });
        let mut file = received.file;
        write_footer(file.as_file_mut(), record.size, &*record)?;
        self.durability.file(file.as_file())?;
        let directory = {
            let mut index = self.index();
            let bucket = index.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
            let directory = bucket.directories.upload(id);
            let upload = bucket
                .uploads
                .get_mut(id)
                .filter(|upload| upload.record.key == key);
            let upload = upload.ok_or(StoreError::NoSuchUpload)?;
            file.persist(part_path(&directory, number))
                .map_err(|error| error.error)?;
            upload.parts.insert(number, Arc::clone(&record));
            directory
        };
        self.durability.directory(&directory)?;
        Ok(record)
    }

    /// Joins the listed parts to an object.
    pub(crate) fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        completion: Completion,
    ) -> Result<Arc<ObjectRecord>, StoreError> {
        let joining = Arc::clone(&self.upload(bucket, key, id)?.joining);
        // Nothing is left half changed by a thread that panicked.
        let _joining = joining.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = self.upload(bucket, key, id)?;
        let directory = self.read(bucket, |bucket| bucket.directories.upload(id))?;
        let parts = chosen_parts(&upload, &completion.parts)?;
        let composite = composite_checksums(&upload, &parts, &completion);
        let mut algorithms = if completion.checksums.composite || !composite.is_empty() {
            Vec::new()
        } else {
            completion.checksums.algorithms()
        };
        algorithms.extend(upload.record.algorithm.filter(|_| upload.record.full_object));
        let mut joined = self.join_parts(&directory, &parts, &algorithms)?;
        if !composite.is_empty() {
            joined.checksums = composite;
        }
        for algorithm in completion.checksums.algorithms() {
            if joined.checksums.get(algorithm) != completion.checksums.get(algorithm) {
                return Err(StoreError::BadDigest(algorithm.name()));
            }
        }
        let draft = Draft {
            key: key.to_owned(),
            description: upload.record.description.clone(),
            condition: completion.condition,
            etag: Some(multipart_etag(&parts)?),
            upload: Some(id.to_owned()),
        };
        let record = self.commit(bucket, draft, joined)?;
        self.discard_upload(directory);
        Ok(record)
    }

    /// Ends an upload and deletes its parts.
    pub(crate) fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> Result<(), StoreError> {
        let directory = {
            let mut index = self.index();
            let bucket = index.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
            if bucket
                .uploads
                .get(id)
                .is_none_or(|upload| upload.record.key != key)
            {
                return Err(StoreError::NoSuchUpload);
            }
            bucket.uploads.remove(id);
            bucket.directories.upload(id)
        };
        self.discard_upload(directory);
        Ok(())
    }

    fn join_parts(
        &self,
        directory: &std::path::Path,
        parts: &[Arc<PartRecord>],
        algorithms: &[Algorithm],
    ) -> Result<Received, StoreError> {
        let mut writer = HashingWriter::create(&self.temporary, algorithms)?;
        for part in parts {
            let mut file = File::open(part_path(directory, part.number))
                .map_err(|_| StoreError::InvalidPart(part.number))?;
            let (_, found): (u64, PartRecord) = read_footer(&mut file).map_err(|error| match error {
                ObjectFileError::Io(error) => StoreError::Storage(error),
                ObjectFileError::Damaged(_) => StoreError::InvalidPart(part.number),
            })?;
            // A part may have been uploaded again since the list was checked.
            if found != **part {
                return Err(StoreError::InvalidPart(part.number));
            }
            std::io::Seek::rewind(&mut file)?;
            writer.append_from(file, part.size)?;
        }
        Ok(writer.finish())
    }

    /// The upload is no longer in the index; what cannot be deleted now is offered again at the next start,
    /// which is what the protocol allows.
    fn discard_upload(&self, directory: PathBuf) {
        let deleted = std::fs::remove_file(upload_record_path(&directory))
            .and_then(|()| self.durability.directory(&directory))
            .and_then(|()| std::fs::remove_dir_all(&directory));
        if let Err(error) = deleted {
            tracing::warn!(%error, directory = %directory.display(), "the parts of an upload cannot be deleted");
        }
    }
}

fn chosen_parts(upload: &Upload, listed: &[CompletionPart]) -> Result<Vec<Arc<PartRecord>>, StoreError> {
    if !listed.is_sorted_by(|a, b| a.number < b.number) {
        return Err(StoreError::InvalidPartOrder);
    }
    let mut chosen = Vec::with_capacity(listed.len());
    for part in listed {
        let invalid = StoreError::InvalidPart(part.number);
        let Some(record) = upload
            .parts
            .get(&part.number)
            .filter(|record| record.etag == part.etag)
        else {
            return Err(invalid);
        };
        let digest_differs = |algorithm: &Algorithm| {
            record
                .checksums
                .get(*algorithm)
                .is_some_and(|have| Some(have) != part.checksums.get(*algorithm))
        };
        if part.checksums.algorithms().iter().any(digest_differs) {
            return Err(invalid);
        }
        chosen.push(Arc::clone(record));
    }
    match chosen.split_last() {
        None => Err(StoreError::InvalidPart(0)),
        Some((_, all_but_last)) => all_but_last
            .iter()
            .find(|part| part.size < MINIMUM_PART_SIZE)
            .map_or(Ok(chosen.clone()), |part| {
                Err(StoreError::PartTooSmall(part.number))
            }),
    }
}

/// `<MD5 of the MD5s of the parts>-<number of parts>`.
fn multipart_etag(parts: &[Arc<PartRecord>]) -> Result<String, StoreError> {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(hex::decode(&part.etag).map_err(|_| StoreError::InvalidPart(part.number))?);
    }
    Ok(format!("{}-{}", hex::encode(md5.finalize()), parts.len()))
}

/// `<digest of the digests of the parts>-<number of parts>`, if the upload announced an algorithm for this and
/// every part has the digest.
fn composite_checksums(upload: &Upload, parts: &[Arc<PartRecord>], completion: &Completion) -> Checksums {
    let announced = upload.record.algorithm.filter(|_| !upload.record.full_object);
    let named = completion
        .checksums
        .algorithms()
        .into_iter()
        .filter(|_| completion.checksums.composite);
    let mut checksums = Checksums {
        composite: true,
        ..Checksums::default()
    };
    for algorithm in announced.into_iter().chain(named) {
        let digests: Option<Vec<Vec<u8>>> = parts
            .iter()
            .map(|part| {
                part.checksums
                    .get(algorithm)
                    .and_then(|digest| BASE64.decode(digest).ok())
            })
            .collect();
        let composite =
            digests.map(|digests| format!("{}-{}", digest(algorithm, &digests.concat()), parts.len()));
        checksums.set(algorithm, composite);
    }
    if checksums.is_empty() {
        Checksums::default()
    } else {
        checksums
    }
}

fn digest(algorithm: Algorithm, bytes: &[u8]) -> String {
    match algorithm {
        Algorithm::Crc32 => BASE64.encode(Crc32::checksum(bytes)),
        Algorithm::Crc32c => BASE64.encode(Crc32c::checksum(bytes)),
        Algorithm::Crc64Nvme => BASE64.encode(Crc64Nvme::checksum(bytes)),
        Algorithm::Sha1 => BASE64.encode(Sha1::checksum(bytes)),
        Algorithm::Sha256 => BASE64.encode(Sha256::checksum(bytes)),
    }
}
