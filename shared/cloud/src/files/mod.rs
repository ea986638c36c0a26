//! Files: Amazon S3.

mod list;
mod many_gets;
mod parts;
pub mod post_policy;
mod sign;
mod writer;

use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    primitives::ByteStream,
    types::{Delete, MetadataDirective, ObjectIdentifier},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use darkroom_domain::{ArchiveId, BatchId, Code, Failure, FileKey, TenantId, file_key, ids::ImageId};
use sha2::{Digest, Sha256};

pub use self::{
    parts::ReceivedPart,
    post_policy::PresignedPost,
    sign::{Presentation, PresignedPut},
    writer::FileWriter,
};
use crate::{
    clients::Clients,
    environment::{Environment, EnvironmentError},
    fault::{fault, unreadable},
};

/// What is known of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHead {
    /// Bytes.
    pub size: u64,
    /// The entity tag, quotes included: names this very content of the key.
    pub etag: String,
}

/// A file that was read, and what it hashes to.
#[derive(Clone, Debug)]
pub struct FileContent {
    /// All of its bytes.
    pub bytes: Bytes,
    /// Lower-case hexadecimal SHA-256.
    pub sha256: String,
}

/// The bucket.
#[derive(Clone, Debug)]
pub struct Files {
    clients: Clients,
    bucket: String,
}

impl Files {
    pub(crate) fn of(clients: &Clients, environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            clients: clients.clone(),
            bucket: environment.require("BUCKET_NAME")?.to_owned(),
        })
    }

    /// What is known of a file, or none if it is not there.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn head(&self, key: &FileKey) -> Result<Option<FileHead>, Failure> {
        let result = self
            .clients
            .s3()
            .head_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .send()
            .await;
        match result {
            Ok(head) => Ok(Some(FileHead {
                size: u64::try_from(head.content_length().unwrap_or_default())
                    .map_err(|error| unreadable("size", error))?,
                etag: head.e_tag().unwrap_or_default().to_owned(),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|service| service.is_not_found()) =>
            {
                Ok(None)
            }
            Err(error) => Err(fault("HeadObject", error)),
        }
    }

    /// Reads a file of at most `limit` bytes, hashing as it comes; none if it is not there, or has another content
    /// than `etag` names.
    ///
    /// # Errors
    /// `file_too_large` as soon as there is more than `limit`; `unavailable` or `internal`.
    pub async fn read(
        &self,
        key: &FileKey,
        etag: Option<&str>,
        limit: u64,
    ) -> Result<Option<FileContent>, Failure> {
        self.read_key(&key.to_string(), etag, limit).await
    }

    /// Reads a file of the operator's models, of at most `limit` bytes; none if it is not there.
    pub(crate) async fn model_file(&self, name: &str, limit: u64) -> Result<Option<Bytes>, Failure> {
        let content = self.read_key(&file_key::model_key(name), None, limit).await?;
        Ok(content.map(|content| content.bytes))
    }

    async fn read_key(
        &self,
        key: &str,
        etag: Option<&str>,
        limit: u64,
    ) -> Result<Option<FileContent>, Failure> {
        let result = self
            .clients
            .s3()
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .set_if_match(etag.map(str::to_owned))
            .send()
            .await;
        let mut object = match result {
            Ok(object) => object,
            Err(error) => {
                return match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                    Some("NoSuchKey" | "PreconditionFailed") => Ok(None),
                    _ => Err(fault("GetObject", error)),
                };
            }
        };
        let expected = object
            .content_length()
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or_default();
        let capacity = expected.min(usize::try_from(limit).unwrap_or(usize::MAX));
        let (mut content, mut hash) = (Vec::with_capacity(capacity), Sha256::new());
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| {
                Failure::temporary(Code::Unavailable, "The file could not be read to its end.").because(error)
            })?;
            if content.len().saturating_add(chunk.len()) as u64 > limit {
                return Err(Failure::permanent(
                    Code::FileTooLarge,
                    format!("File too large. Max size: {limit} bytes"),
                ));
            }
            hash.update(&chunk);
            content.extend_from_slice(&chunk);
        }
        Ok(Some(FileContent {
            bytes: content.into(),
            sha256: hex::encode(hash.finalize()),
        }))
    }

    /// Writes a file. S3 checks that it arrived whole.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn write(&self, key: &FileKey, content_type: &str, bytes: Bytes) -> Result<(), Failure> {
        let checksum = BASE64.encode(Sha256::digest(&bytes));
        self.clients
            .s3()
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type(content_type)
            .checksum_sha256(checksum)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("PutObject", error))
    }

    /// Reads the original of a picture, of at most `limit` bytes.
    ///
    /// # Errors
    /// `file_missing` when it is gone; those of [`Self::read`].
    pub async fn original(
        &self,
        tenant: &TenantId,
        image: ImageId,
        limit: u64,
    ) -> Result<FileContent, Failure> {
        let key = FileKey::Original {
            tenant: tenant.clone(),
            image,
        };
        self.read(&key, None, limit)
            .await?
            .ok_or_else(|| Failure::permanent(Code::FileMissing, "Image file not found on server"))
    }

    /// Reads at most `length` bytes from `offset` on, of the content that `etag` names or of whatever is there; none if it is
    /// not there any more.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn read_range(
        &self,
        key: &FileKey,
        etag: Option<&str>,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, Failure> {
        let last = offset.saturating_add(length).saturating_sub(1);
        let result = self
            .clients
            .s3()
            .get_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .set_if_match(etag.map(str::to_owned))
            .range(format!("bytes={offset}-{last}"))
            .send()
            .await;
        match result {
            Ok(object) => {
                let body = object.body.collect().await.map_err(|error| {
                    Failure::temporary(
                        Code::Unavailable,
                        "A file could not be read to its end. Try again.",
                    )
                    .because(error)
                })?;
                Ok(Some(body.into_bytes()))
            }
            Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                Some("NoSuchKey" | "PreconditionFailed") => Ok(None),
                _ => Err(fault("GetObject", error)),
            },
        }
    }

    /// Copies the content that `etag` names, within the bucket; false if it is not there any more.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn copy(
        &self,
        from: &FileKey,
        etag: &str,
        to: &FileKey,
        content_type: &str,
    ) -> Result<bool, Failure> {
        // Keys of ours hold nothing that a copy source would have to encode but the percent sign of encoded tenants.
        let source = format!("{}/{}", self.bucket, from).replace('%', "%25");
        let result = self
            .clients
            .s3()
            .copy_object()
            .bucket(&self.bucket)
            .key(to.to_string())
            .copy_source(source)
            .copy_source_if_match(etag)
            .metadata_directive(MetadataDirective::Replace)
            .content_type(content_type)
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                Some("NoSuchKey" | "PreconditionFailed") => Ok(false),
                _ => Err(fault("CopyObject", error)),
            },
        }
    }

    /// Deletes a file; one that is not there is deleted already.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn delete(&self, key: &FileKey) -> Result<(), Failure> {
        self.clients
            .s3()
            .delete_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("DeleteObject", error))
    }

    /// Deletes everything that was made of a picture.
    ///
    /// # Errors
    /// `unavailable` or `internal`; what is left is found by calling again.
    pub async fn delete_derived(&self, tenant: &TenantId, image: ImageId) -> Result<(), Failure> {
        self.delete_all(&FileKey::derived_prefix(tenant, image)).await
    }

    /// Deletes everything that was made of an archive.
    ///
    /// # Errors
    /// `unavailable` or `internal`; what is left is found by calling again.
    pub async fn delete_of_archive(&self, tenant: &TenantId, archive: ArchiveId) -> Result<(), Failure> {
        self.delete_all(&FileKey::archive_prefix(tenant, archive)).await
    }

    /// Deletes all files of a batch.
    ///
    /// # Errors
    /// `unavailable` or `internal`; what is left is found by calling again.
    pub async fn delete_of_batch(&self, tenant: &TenantId, batch: BatchId) -> Result<(), Failure> {
        self.delete_all(&FileKey::batch_prefix(tenant, batch)).await
    }

    async fn delete_all(&self, prefix: &str) -> Result<(), Failure> {
        loop {
            let page = self
                .clients
                .s3()
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                .send()
                .await
                .map_err(|error| fault("ListObjectsV2", error))?;
            let objects: Vec<ObjectIdentifier> = page
                .contents()
                .iter()
                .filter_map(|object| ObjectIdentifier::builder().key(object.key()?).build().ok())
                .collect();
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder()
                .set_objects(Some(objects))
                .quiet(true)
                .build()
                .map_err(|error| unreadable("list", error))?;
            let deleted = self
                .clients
                .s3()
                .delete_objects()
                .bucket(&self.bucket)
                .delete(delete)
                .send()
                .await
                .map_err(|error| fault("DeleteObjects", error))?;
            if let Some(error) = deleted.errors().first() {
                return Err(Failure::unknown(format!("DeleteObjects: {error:?}")));
            }
        }
    }

    /// Scheme, host and port of all links to files, as browsers compare them.
    #[must_use]
    pub fn origin(&self) -> String {
        let url = self.clients.bucket_url(&self.bucket);
        let authority = url.find("://").map_or(0, |at| at + 3);
        let end = url.get(authority..).and_then(|rest| rest.find('/'));
        let origin = end.and_then(|end| url.get(..authority + end));
        origin.unwrap_or(&url).to_owned()
    }

    /// Whether the bucket answers.
    ///
    /// # Errors
    /// `unavailable` or `internal` when it does not.
    pub async fn probe(&self) -> Result<(), Failure> {
        self.clients
            .s3()
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix("health/")
            .max_keys(1)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("ListObjectsV2", error))
    }
}
