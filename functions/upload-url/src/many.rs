//! `POST /uploads/batch`: up to a thousand photographs are promised at once.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use darkroom_domain::{
    BatchId, Failure, FailureReport, ImageId, Purpose, TenantId, Timestamp, Upload, UploadId,
    upload::Declaration,
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Tenant, checked_filename, once};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Service,
    declaration::{checked_sha256, image_type},
    promise::{KnownFile, UploadPromise},
};

/// The most files of one request.
const MAX_FILES: usize = 1000;
/// The most bytes that a request of them has.
const BODY_BYTES: usize = 2 * 1024 * 1024;
/// How many of them are looked after at the same time.
const AT_ONCE: usize = 32;

/// Photographs that are going to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhotographsRequest {
    /// The batch that they join.
    batch_id: Option<BatchId>,
    /// What they are, 1 to 1000.
    #[schema(min_items = 1, max_items = 1000)]
    uploads: Vec<PhotographDeclaration>,
}

/// A photograph that is going to be sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhotographDeclaration {
    /// The file's name, up to 255 bytes. It is shown, never used as a path.
    #[schema(example = "IMG_0001.JPG")]
    filename: String,
    /// One of the accepted formats.
    #[schema(example = "image/jpeg")]
    content_type: String,
    /// Bytes, exactly.
    #[schema(example = 347_327)]
    size: u64,
    /// SHA-256 of the file in hexadecimal.
    sha256: String,
}

/// What becomes of each photograph, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhotographPromises {
    results: Vec<PhotographPromise>,
}

/// What becomes of a photograph.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum PhotographPromise {
    /// It is to be sent.
    Promised(Box<UploadPromise>),
    /// It is known, and in the batch now: nothing to send.
    Known(KnownFile),
    /// It is the same file as one before it in the request.
    Repeated(RepeatedFile),
    /// It is not allowed.
    Refused(RefusedFile),
}

/// The same file stands in the request before.
#[derive(Debug, Serialize, ToSchema)]
struct RepeatedFile {
    /// The place of that one in the request, from 0 on. Once that one is accepted and this one is asked for again, it is
    /// known, and the batch remembers its name.
    duplicate_within: usize,
}

/// The file is not allowed.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedFile {
    error: FailureReport,
}

/// What was decided on a photograph: what an answer is made of, also when it is asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Promised(UploadId, Timestamp),
    Known(ImageId),
    Repeated(usize),
    Refused(FailureReport),
}

/// Promise many photographs
///
/// Up to 1,000 at once, each with its digest, so that what is known is not sent again; it joins the batch all the same.
/// Each of the others gets a URL to send the file to, straight to the bucket, as `POST /uploads` promises it. A file
/// that is not allowed hinders no other.
#[utoipa::path(post, path = "/uploads/batch", tag = "uploads", request_body = PhotographsRequest, params(
    ("idempotency-key" = Option<String>, Header, description = "The same key and body promise the same, for 24 hours"),
), responses(
    (status = 200, description = "What becomes of each, in the order of the request", body = PhotographPromises),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 409, description = "The same request is under way (`idempotency_in_progress`)", body = Problem),
    (status = 422, description = "No file or more than 1,000, a field is missing, or the idempotency key was used with another body", body = Problem),
))]
pub(crate) async fn create_uploads(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    headers: HeaderMap,
    body: JsonBody<PhotographsRequest, BODY_BYTES>,
) -> HttpResult<Json<PhotographPromises>> {
    let JsonBody {
        value: request,
        bytes,
    } = body;
    if !(1..=MAX_FILES).contains(&request.uploads.len()) {
        let message = format!("must have 1 to {MAX_FILES} entries");
        return Err(HttpError::validation(&["body", "uploads"], message));
    }
    let batch_id = request.batch_id;
    let declared: Vec<Result<Declaration, FailureReport>> = request
        .uploads
        .into_iter()
        .map(|upload| {
            service
                .photograph(upload, batch_id)
                .map_err(|error| error.to_report())
        })
        .collect();
    let now = service.ground.clock.now();
    let work = Box::pin(service.decide(&tenant, batch_id, &declared, now));
    // A thousand URLs are more than a record holds: they are signed anew for each answer.
    let route = "POST /uploads/batch";
    let decisions = once(&service.records, &tenant, route, &headers, &bytes, now, work).await?;
    let results = stream::iter(decisions.into_iter().zip(declared))
        .map(|(decision, declared)| service.told(&tenant, decision, declared, now))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Json(PhotographPromises { results }))
}

impl Service {
    /// The declaration of a photograph, held against the limits.
    fn photograph(
        &self,
        declared: PhotographDeclaration,
        batch_id: Option<BatchId>,
    ) -> HttpResult<Declaration> {
        let filename = checked_filename(declared.filename)?;
        self.limits.check_bytes(declared.size)?;
        Ok(Declaration {
            purpose: Purpose::Photograph { batch_id },
            filename,
            content_type: image_type(&declared.content_type)?.to_owned(),
            size: declared.size,
            sha256: Some(checked_sha256(declared.sha256)?),
        })
    }

    async fn decide(
        &self,
        tenant: &TenantId,
        batch: Option<BatchId>,
        declared: &[Result<Declaration, FailureReport>],
        now: Timestamp,
    ) -> HttpResult<Vec<Decision>> {
        self.expect_batch(tenant, batch).await?;
        let firsts = firsts(declared);
        let each = declared.iter().cloned().zip(firsts);
        let mut decisions: Vec<Decision> = stream::iter(each)
            .map(|(declared, first)| async move {
                match (declared, first) {
                    (Err(report), _) => Ok(Decision::Refused(report)),
                    (Ok(_), Some(first)) => Ok(Decision::Repeated(first)),
                    (Ok(declaration), None) => self.decide_one(tenant, declaration, now).await,
                }
            })
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        // What is the same as one that is known is known too.
        for (place, declared) in declared.iter().enumerate() {
            if let Some(Decision::Repeated(first)) = decisions.get(place)
                && let Some(known @ Decision::Known(_)) = decisions.get(*first).cloned()
                && let Ok(declaration) = declared
                && let Some(decision) = decisions.get_mut(place)
            {
                self.known(tenant, declaration).await?;
                *decision = known;
            }
        }
        Ok(decisions)
    }

    async fn decide_one(
        &self,
        tenant: &TenantId,
        declaration: Declaration,
        now: Timestamp,
    ) -> Result<Decision, Failure> {
        if let Some(known) = self.known(tenant, &declaration).await? {
            return Ok(Decision::Known(known));
        }
        let id = UploadId::from_uuid(self.ground.ids.next());
        let upload = Upload::promised(id, tenant.clone(), declaration, now);
        self.record(&upload, None).await?;
        Ok(Decision::Promised(id, upload.send_until))
    }

    async fn told(
        &self,
        tenant: &TenantId,
        decision: Decision,
        declared: Result<Declaration, FailureReport>,
        now: Timestamp,
    ) -> HttpResult<PhotographPromise> {
        Ok(match (decision, declared) {
            (Decision::Promised(id, send_until), Ok(declaration)) => {
                let upload = Upload {
                    send_until,
                    ..Upload::promised(id, tenant.clone(), declaration, now)
                };
                PhotographPromise::Promised(Box::new(self.promised_put(&upload, now).await?))
            }
            (Decision::Known(duplicate_of), Ok(_)) => PhotographPromise::Known(KnownFile { duplicate_of }),
            (Decision::Repeated(duplicate_within), Ok(_)) => {
                PhotographPromise::Repeated(RepeatedFile { duplicate_within })
            }
            (Decision::Refused(error), _) | (_, Err(error)) => {
                PhotographPromise::Refused(RefusedFile { error })
            }
        })
    }
}

/// For each file that has the digest of one before it: the place of the first of them.
fn firsts(declared: &[Result<Declaration, FailureReport>]) -> Vec<Option<usize>> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    declared
        .iter()
        .enumerate()
        .map(|(place, declared)| {
            let sha256 = declared.as_ref().ok()?.sha256.as_deref()?;
            let first = *known.entry(sha256).or_insert(place);
            (first != place).then_some(first)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use darkroom_domain::Code;

    use super::*;

    fn declared(digest: &str) -> Result<Declaration, FailureReport> {
        Ok(Declaration {
            purpose: Purpose::Photograph { batch_id: None },
            filename: "a.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            size: 9,
            sha256: Some(digest.to_owned()),
        })
    }

    #[test]
    fn the_first_of_the_same_files_is_the_one() {
        let refused = Err(FailureReport {
            code: Code::EmptyFile,
            detail: "The file is empty.".to_owned(),
        });
        let all = [
            refused,
            declared("a"),
            declared("b"),
            declared("a"),
            declared("a"),
        ];
        assert_eq!(firsts(&all), [None, None, None, Some(1), Some(1)]);
    }

    #[test]
    fn decisions_are_remembered_briefly_and_told_in_full() {
        let id = UploadId::from_uuid(darkroom_cloud::Ground::default().ids.next());
        let now = Timestamp::from_unix_milliseconds(1_700_000_000_000).unwrap();
        let decisions = [
            Decision::Promised(id, now),
            Decision::Known(id.into()),
            Decision::Repeated(7),
        ];
        let text = serde_json::to_string(&decisions).unwrap();
        assert!(text.len() < 300, "a thousand of them fit into a record: {text}");
        assert_eq!(serde_json::from_str::<Vec<Decision>>(&text).unwrap(), decisions);
        let told = PhotographPromise::Repeated(RepeatedFile { duplicate_within: 7 });
        assert_eq!(serde_json::to_string(&told).unwrap(), "{\"duplicate_within\":7}");
    }

    #[test]
    fn a_digest_is_asked_for() {
        let without = serde_json::json!({
            "uploads": [{"filename": "a.jpg", "content_type": "image/jpeg", "size": 9}],
        });
        assert!(serde_json::from_value::<PhotographsRequest>(without).is_err());
    }
}
