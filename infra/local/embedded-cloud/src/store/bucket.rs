//! A bucket in memory, and its configuration, which is also on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use s3s::dto;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::record::{ObjectRecord, PartRecord, UploadRecord};

/// What has been configured for a bucket. A bucket exists exactly if the file with this does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BucketConfiguration {
    /// When the bucket was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    #[serde(default)]
    pub(crate) cors: Option<Vec<dto::CORSRule>>,
    #[serde(default)]
    pub(crate) lifecycle: Option<Vec<dto::LifecycleRule>>,
    #[serde(default)]
    pub(crate) notification: Option<dto::NotificationConfiguration>,
    #[serde(default)]
    pub(crate) public_access_block: Option<dto::PublicAccessBlockConfiguration>,
    #[serde(default)]
    pub(crate) encryption: Option<dto::ServerSideEncryptionConfiguration>,
    #[serde(default)]
    pub(crate) versioning: Option<dto::VersioningConfiguration>,
    #[serde(default)]
    pub(crate) ownership: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) policy: Option<String>,
    #[serde(default)]
    pub(crate) tags: Option<Vec<dto::Tag>>,
}

impl BucketConfiguration {
    /// A bucket without any configuration.
    pub(crate) fn new(created: OffsetDateTime) -> Self {
        Self {
            created,
            cors: None,
            lifecycle: None,
            notification: None,
            public_access_block: None,
            encryption: None,
            versioning: None,
            ownership: None,
            policy: None,
            tags: None,
        }
    }
}

/// A bucket as the index has it.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) directories: BucketDirectories,
    pub(crate) configuration: Arc<BucketConfiguration>,
    pub(crate) objects: BTreeMap<String, Arc<ObjectRecord>>,
    pub(crate) uploads: BTreeMap<String, Upload>,
}

/// A multipart upload as the index has it.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) record: Arc<UploadRecord>,
    pub(crate) parts: BTreeMap<u16, Arc<PartRecord>>,
    /// Held by whoever joins the parts, which takes its time: a second one waits instead of copying all of it too.
    pub(crate) joining: Arc<Mutex<()>>,
}

/// Where the files of a bucket are.
#[derive(Debug, Clone)]
pub(crate) struct BucketDirectories {
    pub(crate) root: PathBuf,
    pub(crate) objects: PathBuf,
    pub(crate) uploads: PathBuf,
}

impl BucketDirectories {
    /// The directories below `root`, the directory of the bucket.
    pub(crate) fn below(root: PathBuf) -> Self {
        Self {
            objects: root.join("objects"),
            uploads: root.join("uploads"),
            root,
        }
    }

    /// The file with the configuration.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.root.join("bucket.json")
    }

    /// The file of the object with this key.
    ///
    /// Keys are up to 1024 arbitrary bytes, so the name is the SHA-256 of the key: of fixed length, harmless in
    /// every file system, and different for different keys. The key itself is in the file.
    pub(crate) fn object(&self, key: &str) -> PathBuf {
        self.objects.join(object_file_name(key))
    }

    /// The directory of an upload. Only identifiers made by this store may be given.
    pub(crate) fn upload(&self, id: &str) -> PathBuf {
        self.uploads.join(id)
    }
}

/// The record of an upload in its directory.
pub(crate) fn upload_record_path(upload: &Path) -> PathBuf {
    upload.join("upload.json")
}

/// The file of a part in the directory of its upload.
pub(crate) fn part_path(upload: &Path, number: u16) -> PathBuf {
    upload.join(format!("{number:05}.part"))
}

/// The name of the file of the object with this key.
pub(crate) fn object_file_name(key: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_key_leaves_the_directory_and_no_two_share_a_file(
            a in "(\\.\\./|/|\\.|%2F|%|\\+| |é|\u{0}|\u{10FFFF}|[a-z]){0,64}",
            b in "(\\.\\./|/|\\.|%2F|%|\\+| |é|\u{0}|\u{10FFFF}|[a-z]){0,64}",
        ) {
            let name = object_file_name(&a);
            prop_assert_eq!(name.len(), 64);
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
            prop_assert_eq!(a == b, name == object_file_name(&b));
        }
    }
}
