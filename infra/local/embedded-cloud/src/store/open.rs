//! Opening a store: sweep what a crash left, and rebuild the index.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::bucket::{Bucket, BucketDirectories, Upload, object_file_name, part_path, upload_record_path};
use super::durable::Durability;
use super::object_file::{ObjectFileError, read_footer};
use super::record::{ObjectRecord, PartRecord, UploadRecord};
use super::sequence::Sequence;
use super::{BucketConfiguration, Store};

impl Store {
    /// Opens the store in the directory `root`, which is created if there is none. No other process may have it
    /// open.
    pub(crate) fn open(root: &Path, durability: Durability) -> io::Result<Self> {
        let temporary = root.join("temporary");
        let buckets = root.join("buckets");
        if temporary.exists() {
            std::fs::remove_dir_all(&temporary)?;
        }
        std::fs::create_dir_all(&temporary)?;
        std::fs::create_dir_all(&buckets)?;
        durability.directory(root)?;
        let mut index = BTreeMap::new();
        for entry in std::fs::read_dir(&buckets)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(OsStr::to_str).map(str::to_owned) else {
                continue;
            };
            if let Some(bucket) =
                load_bucket(BucketDirectories::below(path), &root.join("damaged").join(&name))?
            {
                index.insert(name, bucket);
            }
        }
        let floor = index
            .values()
            .flat_map(|bucket: &Bucket| bucket.objects.values().map(|record| record.sequence))
            .max()
            .unwrap_or(0);
        let sequence = Sequence::open(root.join("sequence"), &temporary, durability, floor)?;
        Ok(Self {
            root: root.to_owned(),
            temporary,
            durability,
            sequence,
            index: Mutex::new(index),
            configuring: Mutex::new(()),
            _directory: None,
        })
    }
}

fn load_bucket(directories: BucketDirectories, damaged: &Path) -> io::Result<Option<Bucket>> {
    let configuration = match std::fs::read(directories.configuration()) {
        Ok(bytes) => bytes,
        // A bucket whose creation was not finished.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::remove_dir_all(&directories.root)?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let configuration: BucketConfiguration = serde_json::from_slice(&configuration).map_err(|error| {
        let path = directories.configuration();
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
    })?;
    let objects = load_objects(&directories.objects, damaged)?;
    let mut uploads = BTreeMap::new();
    for entry in std::fs::read_dir(&directories.uploads)? {
        let path = entry?.path();
        let Some(id) = path.file_name().and_then(OsStr::to_str) else {
            continue;
        };
        if let Some(upload) = load_upload(&path)? {
            uploads.insert(id.to_owned(), upload);
        }
    }
    Ok(Some(Bucket {
        directories,
        configuration: Arc::new(configuration),
        objects,
        uploads,
    }))
}

fn load_objects(directory: &Path, damaged: &Path) -> io::Result<BTreeMap<String, Arc<ObjectRecord>>> {
    let paths = std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = paths.len().div_ceil(workers).max(64);
    let records = std::thread::scope(|scope| {
        let workers: Vec<_> = paths
            .chunks(share)
            .map(|paths| scope.spawn(move || load_records(paths, damaged)))
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a reader of objects panicked")))
            })
            .collect::<io::Result<Vec<_>>>()
    })?;
    Ok(records
        .into_iter()
        .flatten()
        .map(|record| (record.key.clone(), Arc::new(record)))
        .collect())
}

fn load_records(paths: &[PathBuf], damaged: &Path) -> io::Result<Vec<ObjectRecord>> {
    let mut records = Vec::with_capacity(paths.len());
    for path in paths {
        let read: Result<(u64, ObjectRecord), _> = File::open(path)
            .map_err(ObjectFileError::Io)
            .and_then(|mut file| read_footer(&mut file));
        let reason = match read {
            Ok((size, record))
                if size == record.size
                    && path.file_name() == Some(OsStr::new(&object_file_name(&record.key))) =>
            {
                records.push(record);
                continue;
            }
            Ok(_) => "it is not the object its name says",
            Err(ObjectFileError::Damaged(reason)) => reason,
            Err(ObjectFileError::Io(error)) => return Err(error),
        };
        // Not deleted: whatever happened to the disk, somebody may want to look at what is left.
        tracing::warn!(file = %path.display(), reason, "an object file is damaged and set aside");
        std::fs::create_dir_all(damaged)?;
        if let Some(name) = path.file_name() {
            std::fs::rename(path, damaged.join(name))?;
        }
    }
    Ok(records)
}

fn load_upload(directory: &Path) -> io::Result<Option<Upload>> {
    let record: Option<UploadRecord> = match std::fs::read(upload_record_path(directory)) {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Not begun or not discarded to the end.
    let Some(record) = record else {
        std::fs::remove_dir_all(directory)?;
        return Ok(None);
    };
    let mut parts = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("part")) {
            continue;
        }
        let read: Result<(u64, PartRecord), _> = read_footer(&mut File::open(&path)?);
        match read {
            Ok((size, part)) if size == part.size && path == part_path(directory, part.number) => {
                parts.insert(part.number, Arc::new(part));
            }
            Ok(_) | Err(ObjectFileError::Damaged(_)) => std::fs::remove_file(&path)?,
            Err(ObjectFileError::Io(error)) => return Err(error),
        }
    }
    Ok(Some(Upload {
        record: Arc::new(record),
        parts,
        joining: Arc::default(),
    }))
}
