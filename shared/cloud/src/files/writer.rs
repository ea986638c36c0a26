//! Files that are written piece by piece: S3's multipart uploads.

use std::time::Duration;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use darkroom_domain::{Failure, FileKey};

use super::{Files, parts::patient};
use crate::fault::{fault, unreadable};

/// A file that is being written. It is not there before [`FileWriter::finish`]; what is neither finished nor given up is
/// forgotten by the bucket within a day.
#[derive(Debug)]
pub struct FileWriter {
    files: Files,
    key: String,
    upload: String,
    pending: Vec<u8>,
    parts: Vec<CompletedPart>,
    bytes: u64,
}

impl FileWriter {
    /// Bytes of each part but the last. S3 takes ten thousand of at least 5 MiB: this makes 80 GB.
    pub const PART: usize = 8 * 1024 * 1024;
    /// How long the bucket may take to put the parts together.
    const JOINING: Duration = Duration::from_secs(200);

    /// Adds bytes to the end. At most one part and these bytes are held in memory.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.pending.extend_from_slice(bytes);
        while self.pending.len() >= Self::PART {
            let rest = self.pending.split_off(Self::PART);
            let part = std::mem::replace(&mut self.pending, rest);
            self.send(part.into()).await?;
        }
        Ok(())
    }

    /// Puts the file in its place and tells its size in bytes.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn finish(mut self) -> Result<u64, Failure> {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() || self.parts.is_empty() {
            self.send(rest.into()).await?;
        }
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(self.parts))
            .build();
        self.files
            .clients
            .s3()
            .complete_multipart_upload()
            .bucket(&self.files.bucket)
            .key(&self.key)
            .upload_id(&self.upload)
            .multipart_upload(parts)
            .customize()
            .config_override(patient(Self::JOINING))
            .send()
            .await
            .map_err(|error| fault("CompleteMultipartUpload", error))?;
        Ok(self.bytes)
    }

    /// Gives the file up: what was sent of it goes.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn abort(self) -> Result<(), Failure> {
        self.files
            .clients
            .s3()
            .abort_multipart_upload()
            .bucket(&self.files.bucket)
            .key(&self.key)
            .upload_id(&self.upload)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("AbortMultipartUpload", error))
    }

    async fn send(&mut self, part: Bytes) -> Result<(), Failure> {
        let number = i32::try_from(self.parts.len().saturating_add(1))
            .map_err(|error| unreadable("part number", error))?;
        self.bytes = self.bytes.saturating_add(part.len() as u64);
        let sent = self
            .files
            .clients
            .s3()
            .upload_part()
            .bucket(&self.files.bucket)
            .key(&self.key)
            .upload_id(&self.upload)
            .part_number(number)
            .body(ByteStream::from(part))
            .send()
            .await
            .map_err(|error| fault("UploadPart", error))?;
        self.parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build(),
        );
        Ok(())
    }
}

impl Files {
    /// Begins a file that is written piece by piece.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn writer(&self, key: &FileKey, content_type: &str) -> Result<FileWriter, Failure> {
        let upload = self.begin_parts(key, content_type).await?;
        Ok(FileWriter {
            files: self.clone(),
            key: key.to_string(),
            upload,
            pending: Vec::new(),
            parts: Vec::new(),
            bytes: 0,
        })
    }
}
