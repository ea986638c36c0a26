//! What the API knows of batches.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use darkroom_domain::BatchId;
use http::{Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{GroupingRequest, NearDuplicates};
use crate::push::{
    api::{Api, Report},
    error::Fault,
    fingerprint::Fingerprint,
    http_client::json_within,
    retry::with_retries,
};

/// The most bytes of an answer that lists photographs or groups.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// How many photographs or groups are listed in one answer.
const PAGE: u64 = 1_000;

/// How old a promise may grow before another is asked for: promises hold for 15 minutes.
pub(super) const PROMISE_AGE: Duration = Duration::from_secs(10 * 60);

/// A batch to send into.
#[derive(Clone, Copy, Debug)]
pub(in crate::push) struct OpenBatch {
    pub(super) id: BatchId,
    /// Whether it was made just now.
    pub(super) is_new: bool,
}

#[derive(Deserialize)]
struct BatchListed {
    id: BatchId,
    batch_name: String,
}

#[derive(Serialize)]
struct NewBatch<'a> {
    name: &'a str,
    image_ids: [&'a str; 0],
}

/// What is told of one file that is to be sent.
#[derive(Serialize)]
pub(super) struct Declaration<'a> {
    filename: &'a str,
    content_type: &'a str,
    size: u64,
    sha256: &'a str,
}

impl<'a> Declaration<'a> {
    pub(super) fn new(filename: &'a str, fingerprint: &'a Fingerprint) -> Self {
        Self {
            filename,
            content_type: fingerprint.media_type,
            size: fingerprint.size,
            sha256: &fingerprint.sha256,
        }
    }
}

#[derive(Serialize)]
struct Declarations<'a> {
    batch_id: BatchId,
    uploads: &'a [Declaration<'a>],
}

#[derive(Deserialize)]
struct Promises {
    results: Vec<Promise>,
}

/// What the API says to one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Promise {
    /// These bytes are known: this is the image, and it is in the batch.
    Duplicate { duplicate_of: String },
    /// Where and how to send the bytes.
    Upload(Delivery),
    /// It will not have it.
    Refused { error: Refusal },
    /// Another of the same question has the same bytes.
    Within {
        #[serde(rename = "duplicate_within")]
        _position: u64,
    },
}

/// Where and how to send the bytes of one file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Delivery {
    pub(super) upload_id: String,
    pub(super) method: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

/// Why one file is not wanted.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) detail: String,
}

/// How far the photographs of a batch are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Readiness {
    pub(super) total: u64,
    pub(super) described: u64,
    pub(super) failed: u64,
    pub(super) waiting: u64,
}

/// How far an analysis is.
#[derive(Debug, Deserialize)]
pub(super) struct BatchStatus {
    pub(super) status: String,
    #[serde(default)]
    pub(super) progress: Option<Share>,
    #[serde(default)]
    pub(super) error: Option<Report>,
}

/// So much of so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Share {
    pub(super) done: u64,
    pub(super) total: u64,
}

/// What `GET /batches/{id}/groups` answers.
#[derive(Debug, Deserialize)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// How many photographs are in none.
    #[serde(default)]
    pub(super) ungrouped: u64,
    #[serde(default)]
    pub(super) moved: u64,
    #[serde(default)]
    pub(super) next_offset: Option<u64>,
}

/// What `GET /batches/{id}/duplicates` answers.
#[derive(Deserialize)]
struct DuplicatesCounted {
    total: u64,
}

/// One group, explained.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) label: String,
    pub(super) size: u64,
    #[serde(default)]
    pub(super) medoid: Option<String>,
    #[serde(default)]
    pub(super) best: Option<String>,
    #[serde(default)]
    pub(super) spread: Option<f64>,
    #[serde(default)]
    pub(super) ranking_metric: Option<String>,
}

/// What `GET /batches/{id}` lists.
#[derive(Debug, Deserialize)]
pub(super) struct Members {
    #[serde(default)]
    image_associations: Vec<Member>,
    #[serde(default)]
    pub(super) next_offset: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Member {
    image: MemberImage,
}

#[derive(Debug, Deserialize)]
struct MemberImage {
    id: String,
    original_filename: String,
}

impl Members {
    /// Id and file name of each.
    pub(super) fn into_names(self) -> impl Iterator<Item = (String, String)> {
        self.image_associations
            .into_iter()
            .map(|member| (member.image.id, member.image.original_filename))
    }
}

impl Api {
    /// The batch of this name, the oldest if there are several; a new one if there is none.
    ///
    /// Each attempt looks first: a batch whose making was not answered is found and not made again.
    pub(super) async fn open_batch(&self, name: &str) -> Result<OpenBatch, Fault> {
        let path = format!("/batches/?name={}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        let body = serialized(&NewBatch { name, image_ids: [] })?;
        with_retries(async |_| {
            let listed: Vec<BatchListed> = self.ask(Method::GET, &path, Bytes::new()).await?;
            let found = listed
                .into_iter()
                .filter(|batch| batch.batch_name == name)
                .map(|batch| batch.id)
                .min();
            if let Some(id) = found {
                return Ok(OpenBatch { id, is_new: false });
            }
            let made: BatchListed = self.ask(Method::POST, "/batches/", body.clone()).await?;
            Ok(OpenBatch {
                id: made.id,
                is_new: true,
            })
        })
        .await
    }

    /// Asks where to send these files: an answer for each, in their order. The key makes the question safe to repeat.
    pub(super) async fn promise_photographs(
        &self,
        batch_id: BatchId,
        uploads: &[Declaration<'_>],
        idempotency_key: &str,
    ) -> Result<Vec<Promise>, Fault> {
        let body = serialized(&Declarations { batch_id, uploads })?;
        let promises: Promises = with_retries(async |_| {
            let request = self
                .request(Method::POST, "/uploads/batch")
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", idempotency_key);
            json_within(self.call(request, body.clone()).await?, ANSWER_BYTES).await
        })
        .await?;
        let (asked, answered) = (uploads.len(), promises.results.len());
        if asked != answered {
            let message = format!("{answered} answers for {asked} files");
            return Err(Fault::Unintelligible(message));
        }
        Ok(promises.results)
    }

    pub(super) async fn readiness(&self, batch: BatchId) -> Result<Readiness, Fault> {
        self.get(&format!("/batches/{batch}/readiness")).await
    }

    /// Has the photographs of a batch grouped. To say it again begins anew, and comes to the same.
    pub(super) async fn analyze(
        &self,
        batch: BatchId,
        request: &GroupingRequest,
    ) -> Result<BatchStatus, Fault> {
        let path = format!("/batches/{batch}/analyze");
        let body = serialized(request)?;
        with_retries(async |_| self.ask(Method::PUT, &path, body.clone()).await).await
    }

    pub(super) async fn batch_status(&self, batch: BatchId) -> Result<BatchStatus, Fault> {
        self.get(&format!("/batches/{batch}?limit=1")).await
    }

    pub(super) async fn groups(&self, batch: BatchId, offset: u64) -> Result<Groups, Fault> {
        self.get(&format!("/batches/{batch}/groups?limit={PAGE}&offset={offset}"))
            .await
    }

    /// How many photographs are nearly the same as another, in each way in which they can be.
    pub(super) async fn near_duplicates(&self, batch: BatchId) -> Result<NearDuplicates, Fault> {
        let count = async |likeness: &str| -> Result<u64, Fault> {
            let path = format!("/batches/{batch}/duplicates?likeness={likeness}&limit=1");
            let counted: DuplicatesCounted = self.get(&path).await?;
            Ok(counted.total)
        };
        Ok(NearDuplicates {
            exact: count("exact").await?,
            reencoded: count("reencoded").await?,
            similar: count("similar").await?,
        })
    }

    pub(super) async fn members(&self, batch: BatchId, offset: u64) -> Result<Members, Fault> {
        self.get(&format!("/batches/{batch}?limit={PAGE}&offset={offset}"))
            .await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        with_retries(async |_| self.ask(Method::GET, path, Bytes::new()).await).await
    }

    /// One question, not repeated.
    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> Result<T, Fault> {
        let mut request = self.request(method, path);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        json_within(self.call(request, body).await?, ANSWER_BYTES).await
    }
}

fn serialized(value: &impl Serialize) -> Result<Bytes, Fault> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(|error| Fault::Unintelligible(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_to_a_file_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<Promise>(text);
        assert!(
            matches!(read(r#"{"duplicate_of":"7"}"#), Ok(Promise::Duplicate { duplicate_of }) if duplicate_of == "7")
        );
        let upload = r#"{"upload_id":"1","method":"PUT","url":"http://s3/k","headers":{},"expires_at":"z"}"#;
        assert!(matches!(read(upload), Ok(Promise::Upload(_))));
        let refused = r#"{"error":{"code":"file_too_large","detail":"too large"}}"#;
        assert!(matches!(read(refused), Ok(Promise::Refused { error }) if error.code == "file_too_large"));
        assert!(matches!(
            read(r#"{"duplicate_within":0}"#),
            Ok(Promise::Within { .. })
        ));
        for hostile in ["{}", "[]", r#"{"duplicate_within":-1}"#, r#"{"upload_id":"1"}"#] {
            assert!(read(hostile).is_err(), "{hostile}");
        }
    }
}
