//! Files that arrive in parts: S3's multipart uploads.

use std::time::Duration;

use aws_sdk_s3::{
    config::timeout::TimeoutConfig,
    error::ProvideErrorMetadata,
    types::{CompletedMultipartUpload, CompletedPart},
};
use darkroom_domain::{Code, Failure, FileKey, Part};

use super::{Files, sign::presigning};
use crate::fault::{fault, unreadable};

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedPart {
    /// Which, and how many bytes.
    pub part: Part,
    /// The entity tag, quotes included: names this very content of the part.
    pub etag: String,
}

impl ReceivedPart {
    fn of(part: &aws_sdk_s3::types::Part) -> Result<Self, Failure> {
        Ok(Self {
            part: Part {
                number: u16::try_from(part.part_number().unwrap_or_default())
                    .map_err(|error| unreadable("part number", error))?,
                bytes: u64::try_from(part.size().unwrap_or_default())
                    .map_err(|error| unreadable("size", error))?,
            },
            etag: part.e_tag().unwrap_or_default().to_owned(),
        })
    }
}

impl Files {
    /// Begins a file that arrives in parts; tells what S3 calls it. What is neither joined nor aborted is forgotten by the
    /// bucket, a day later at the earliest.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn begin_parts(&self, key: &FileKey, content_type: &str) -> Result<String, Failure> {
        self.clients
            .s3()
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type(content_type)
            .send()
            .await
            .map_err(|error| fault("CreateMultipartUpload", error))?
            .upload_id
            .ok_or_else(|| unreadable("upload id", "there is none"))
    }

    /// Signs a PUT of exactly the bytes of `part`. A part that is sent again takes the place of the one before.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub async fn presign_part(
        &self,
        key: &FileKey,
        multipart: &str,
        part: Part,
        expires_in: Duration,
    ) -> Result<String, Failure> {
        let request = self
            .clients
            .s3()
            .upload_part()
            .bucket(&self.bucket)
            .key(key.to_string())
            .upload_id(multipart)
            .part_number(i32::from(part.number))
            .content_length(i64::try_from(part.bytes).map_err(|error| unreadable("size", error))?)
            .presigned(presigning(expires_in)?)
            .await
            .map_err(|error| fault("presign UploadPart", error))?;
        Ok(request.uri().to_owned())
    }

    /// The parts that have arrived, by their numbers; none if nothing arrives here any more: the parts were joined, or
    /// forgotten.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn received_parts(
        &self,
        key: &FileKey,
        multipart: &str,
    ) -> Result<Option<Vec<ReceivedPart>>, Failure> {
        let mut received = Vec::new();
        let mut after = None;
        loop {
            let result = self
                .clients
                .s3()
                .list_parts()
                .bucket(&self.bucket)
                .key(key.to_string())
                .upload_id(multipart)
                .set_part_number_marker(after)
                .send()
                .await;
            let page = match result {
                Ok(page) => page,
                Err(error) if error.code() == Some("NoSuchUpload") => return Ok(None),
                Err(error) => return Err(fault("ListParts", error)),
            };
            for part in page.parts() {
                received.push(ReceivedPart::of(part)?);
            }
            after = page
                .next_part_number_marker
                .filter(|_| page.is_truncated == Some(true));
            if after.is_none() {
                return Ok(Some(received));
            }
        }
    }

    /// Makes the file of these parts, which are in order; false if nothing arrives here any more: they were joined before,
    /// or forgotten.
    ///
    /// # Errors
    /// `conflict` when a part is another by now; `unavailable` when it takes longer than `within`, after which S3 may
    /// still succeed; `internal`.
    pub async fn join_parts(
        &self,
        key: &FileKey,
        multipart: &str,
        parts: &[ReceivedPart],
        within: Duration,
    ) -> Result<bool, Failure> {
        let parts = parts
            .iter()
            .map(|received| {
                CompletedPart::builder()
                    .part_number(i32::from(received.part.number))
                    .e_tag(&received.etag)
                    .build()
            })
            .collect();
        let result = self
            .clients
            .s3()
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key.to_string())
            .upload_id(multipart)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .customize()
            .config_override(patient(within))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) => match error.code() {
                Some("NoSuchUpload") => Ok(false),
                Some("InvalidPart") => Err(Failure::temporary(
                    Code::Conflict,
                    "A part was sent again at this very moment. Try again.",
                )),
                _ => Err(fault("CompleteMultipartUpload", error)),
            },
        }
    }

    /// Gives up a file that was to arrive in parts; one that does so no longer is given up already.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn abort_parts(&self, key: &FileKey, multipart: &str) -> Result<(), Failure> {
        let result = self
            .clients
            .s3()
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(key.to_string())
            .upload_id(multipart)
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            Err(error) => Err(fault("AbortMultipartUpload", error)),
        }
    }
}

/// S3 may take minutes to put a large file together, and says so only at the end.
pub(super) fn patient(within: Duration) -> aws_sdk_s3::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .read_timeout(within)
        .operation_timeout(within)
        .build();
    aws_sdk_s3::Config::builder().timeout_config(timeouts)
}
