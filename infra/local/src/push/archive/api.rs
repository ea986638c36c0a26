//! What the API answers about archives.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, header};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::SegmentationRequest;
use crate::push::{
    api::{Api, Report},
    error::Fault,
    http_client::{json_within, success},
    retry::with_retries,
};

/// The most bytes of an answer that lists parts or pictures: more than a function can answer.
const LIST_BYTES: usize = 16 * 1024 * 1024;

#[derive(Serialize)]
struct ArchiveUpload<'a> {
    filename: &'a str,
    content_type: &'static str,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    purpose: &'static str,
    #[serde(flatten)]
    request: &'a SegmentationRequest,
}

/// What `POST /uploads` answers about an archive.
#[derive(Debug, Deserialize)]
pub(super) struct ArchivePromise {
    pub(super) upload_id: String,
    pub(super) user_hash: String,
    #[serde(flatten)]
    pub(super) delivery: Delivery,
}

/// How an archive is sent.
#[derive(Debug, Deserialize)]
#[serde(tag = "method", rename_all = "UPPERCASE")]
pub(super) enum Delivery {
    /// In one request.
    Put {
        url: String,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// In parts, each to an address of its own.
    Multipart(PartsPromise),
}

/// Where the parts of an archive go.
#[derive(Debug, Deserialize)]
pub(super) struct PartsPromise {
    /// Bytes of each part but the last.
    pub(super) part_bytes: u64,
    pub(super) parts: Vec<Part>,
    /// The path of the API that is told when all of them are there.
    pub(super) complete: String,
}

/// A part of an archive.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Part {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) bytes: u64,
    #[serde(default)]
    pub(super) is_received: bool,
    /// Where to send it, while it is not there.
    pub(super) url: Option<String>,
}

/// What `GET /uploads/{id}/parts` answers.
#[derive(Debug, Deserialize)]
struct Parts {
    parts: Vec<Part>,
}

/// What `GET /api/status/{job_id}` answers.
#[derive(Debug, Deserialize)]
pub(super) struct ArchiveStatus {
    pub(super) status: String,
    pub(super) progress: Option<PictureProgress>,
    pub(super) result: Option<Segmented>,
    pub(super) error: Option<Report>,
}

/// How many pictures are through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct PictureProgress {
    pub(super) done: u64,
    pub(super) total: u64,
}

/// What came of an archive.
#[derive(Debug, Deserialize)]
pub(super) struct Segmented {
    pub(super) processed_files: Vec<IgnoredAny>,
    pub(super) errors: Vec<PictureError>,
}

/// A picture that could not be segmented.
#[derive(Debug, Deserialize)]
pub(super) struct PictureError {
    pub(super) file: String,
    pub(super) error: String,
    pub(super) code: String,
}

/// Where the result of an archive is fetched.
pub(super) fn download_path(user_hash: &str) -> String {
    format!("/api/download/{user_hash}")
}

impl Api {
    /// Asks where to send an archive of `size` bytes. The key makes the question safe to repeat.
    pub(super) async fn promise_archive(
        &self,
        filename: &str,
        (size, sha256): (u64, Option<&str>),
        request: &SegmentationRequest,
        idempotency_key: &str,
    ) -> Result<ArchivePromise, Fault> {
        let body = ArchiveUpload {
            filename,
            content_type: "application/zip",
            size,
            sha256,
            purpose: "archive",
            request,
        };
        let body = serde_json::to_vec(&body).map_err(|error| Fault::Unintelligible(error.to_string()))?;
        with_retries(async |_| {
            let request = self
                .request(Method::POST, "/uploads")
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", idempotency_key);
            json_within(self.call(request, body.clone().into()).await?, LIST_BYTES).await
        })
        .await
    }

    /// Which parts of an upload are there, and where to send the others.
    pub(super) async fn parts(&self, upload_id: &str) -> Result<Vec<Part>, Fault> {
        let Parts { parts } = self.list(&format!("/uploads/{upload_id}/parts")).await?;
        Ok(parts)
    }

    /// Tells that all parts are there.
    pub(super) async fn complete(&self, path: &str) -> Result<(), Fault> {
        // Behind the address of the API it could otherwise become a part of another one.
        if !path.starts_with('/') {
            return Err(Fault::Unintelligible(format!("{path:?} is no path of the API")));
        }
        with_retries(async |_| {
            let answer = self.call(self.request(Method::POST, path), Bytes::new()).await?;
            success(answer).await.map(drop)
        })
        .await
    }

    pub(super) async fn archive_status(&self, job_id: &str) -> Result<ArchiveStatus, Fault> {
        self.list(&format!("/api/status/{job_id}")).await
    }

    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        with_retries(async |_| {
            let answer = self.call(self.request(Method::GET, path), Bytes::new()).await?;
            json_within(answer, LIST_BYTES).await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_sending_are_understood() {
        let put = r#"{"upload_id":"1","user_hash":"h","method":"PUT","url":"http://s3/k","headers":{"a":"b"},"expires_at":"z"}"#;
        let promise: ArchivePromise = serde_json::from_str(put).unwrap();
        assert!(matches!(promise.delivery, Delivery::Put { headers, .. } if headers["a"] == "b"));
        let multipart = r#"{"upload_id":"1","user_hash":"h","method":"MULTIPART","part_bytes":8,"expires_at":"z",
            "parts":[{"number":1,"bytes":8,"url":"http://s3/k"}],"complete":"/uploads/1/complete"}"#;
        let promise: ArchivePromise = serde_json::from_str(multipart).unwrap();
        let Delivery::Multipart(promise) = promise.delivery else {
            panic!("{promise:?}")
        };
        let [part] = promise.parts.as_slice() else {
            panic!("{promise:?}")
        };
        assert!(!part.is_received && part.url.is_some());
        for unknown in [
            r#"{"upload_id":"1","user_hash":"h","method":"POST","url":"x"}"#,
            r#"{"upload_id":"1","method":"PUT","url":"x"}"#,
        ] {
            assert!(
                serde_json::from_str::<ArchivePromise>(unknown).is_err(),
                "{unknown}"
            );
        }
    }

    #[test]
    fn what_is_not_asked_is_not_sent() {
        let request = SegmentationRequest {
            confidence: Some(0.3),
            classes: vec!["dog".to_owned()],
            ..SegmentationRequest::default()
        };
        let body = ArchiveUpload {
            filename: "holiday.zip",
            content_type: "application/zip",
            size: 22,
            sha256: None,
            purpose: "archive",
            request: &request,
        };
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"filename":"holiday.zip","content_type":"application/zip","size":22,"purpose":"archive","confidence":0.3,"classes":["dog"]}"#
        );
    }
}
