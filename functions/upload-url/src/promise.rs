//! `POST /uploads`: a promise, and where to send the file to.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use darkroom_domain::{
    ArchiveId, ArchiveOrder, Failure, ImageId, JobId, PictureArchive, Purpose, TenantId, Timestamp, Upload,
    UploadId,
    parts::{MAX_REQUEST_BYTES, PARTS_ABOVE},
    upload::Declaration,
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Language, Problem, Query, Tenant, idempotent, once};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Service,
    declaration::{ARCHIVE_TYPE, Declared, UploadRequest},
    parts::{PartsPromise, key_of, multipart_of},
};

/// How the file is going to be sent.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadOptions {
    /// `put`, a request with exact headers; `post`, a form for browsers, with bounds on the size; or `multipart`, an archive
    /// in parts. `put` where nothing is said, but `multipart` for archives above 64 MiB.
    #[param(inline)]
    method: Option<Method>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Method {
    Put,
    Post,
    Multipart,
}

/// A file is sent as a whole or in parts.
enum Way {
    Whole(Request),
    Parts,
}

/// One request carries the whole file.
#[derive(Clone, Copy, Debug)]
enum Request {
    Put,
    Post,
}

impl Way {
    /// How a file is sent, as far as the client leaves it open.
    fn of(requested: Option<Method>, declared: &Declaration) -> HttpResult<Self> {
        let invalid = |message| HttpError::validation(&["query", "method"], message);
        let is_archive = declared.purpose.is_archive() && declared.content_type == ARCHIVE_TYPE;
        match requested {
            None if is_archive && declared.size > PARTS_ABOVE => Ok(Self::Parts),
            Some(Method::Multipart) if is_archive => Ok(Self::Parts),
            Some(Method::Multipart) => Err(invalid("multipart is for archives only".to_owned())),
            Some(Method::Put | Method::Post) if declared.size > MAX_REQUEST_BYTES => Err(invalid(format!(
                "one request carries at most {MAX_REQUEST_BYTES} bytes: use multipart"
            ))),
            None | Some(Method::Put) => Ok(Self::Whole(Request::Put)),
            Some(Method::Post) => Ok(Self::Whole(Request::Post)),
        }
    }
}

/// Where the file goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadPromise {
    /// Asks for the state under `/uploads/{upload_id}`; the picture will have the same id.
    upload_id: UploadId,
    /// Downloads the result under `/api/download/{user_hash}`, where the file is an archive of pictures to segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_hash: Option<ArchiveId>,
    /// Asks for what is found under `/predict/results/{result_id}`, where tools are looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_id: Option<ArchiveId>,
    /// `PUT` or `POST`.
    #[schema(example = "PUT")]
    method: &'static str,
    /// Where to.
    url: String,
    /// The headers to send, exactly so (PUT).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// The fields of the form, before the field `file` (POST).
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<String, String>>,
    /// Until when.
    expires_at: Timestamp,
}

impl UploadPromise {
    fn of(upload: &Upload, method: &'static str, url: String) -> Self {
        Self {
            upload_id: upload.id,
            user_hash: upload.purpose.user_hash(),
            result_id: upload.purpose.result_id(),
            method,
            url,
            headers: BTreeMap::new(),
            fields: None,
            expires_at: upload.send_until,
        }
    }
}

/// The file is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownFile {
    /// The picture with the same bytes.
    pub(crate) duplicate_of: ImageId,
}

/// Where the file goes, as a whole or in parts.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answers for the API document")]
pub(crate) enum PromisedUpload {
    Whole(UploadPromise),
    Parts(PartsPromise),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Promised(Box<UploadPromise>),
    Known(KnownFile),
}

/// Promise an upload
///
/// Answers with a URL to send the file to, straight to the bucket. Length, type and, where it is given, the digest
/// are signed: anything else is refused there. A picture whose `sha256` is known already is not asked for, but for one of
/// a dataset. With the purposes `dataset_import` and `archive` the file is an archive, with `prediction` an archive or a
/// picture, and its upload leads to a job. A `photograph` is described beside being developed; one that is known joins the
/// batch `batch_id` at once. Above 64 MiB an archive is sent in parts, each to a URL of its own, and completed by `POST /uploads/{upload_id}/complete`.
#[utoipa::path(post, path = "/uploads", tag = "uploads", request_body = UploadRequest, params(
    UploadOptions,
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 201, description = "Promised", body = PromisedUpload),
    (status = 200, description = "Known already: nothing to send", body = KnownFile),
    (status = 404, description = "There is no such dataset, batch, or kit of tools", body = Problem),
    (status = 409, description = "The same request is under way (`idempotency_in_progress`)", body = Problem),
    (status = 413, description = "Too large (`file_too_large`, `archive_too_large`)", body = Problem),
    (status = 415, description = "Not an accepted format (`unsupported_format`)", body = Problem),
    (status = 422, description = "A field is at fault, or the idempotency key was used with another body", body = Problem),
))]
pub(crate) async fn create_upload(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    Query(options): Query<UploadOptions>,
    headers: HeaderMap,
    body: JsonBody<UploadRequest>,
) -> HttpResult<Response> {
    let declared = service.declaration(&tenant, language, body.value).await?;
    let way = Way::of(options.method, &declared.declaration)?;
    let now = service.ground.clock.now();
    let (records, body) = (&service.records, &body.bytes);
    match way {
        Way::Whole(request) => {
            let route = format!("POST /uploads?method={request:?}");
            let work = Box::pin(service.promise(tenant.clone(), declared, request));
            idempotent(records, &tenant, &route, &headers, body, now, work).await
        }
        Way::Parts => {
            // A thousand URLs are more than a record holds, and last for an hour: they are signed anew for each answer.
            let route = "POST /uploads?method=Multipart";
            let work = Box::pin(service.begin_parts(tenant.clone(), declared));
            let upload = once(records, &tenant, route, &headers, body, now, work).await?;
            let promise = service
                .parts_promise(&upload, multipart_of(&upload)?, &[])
                .await?;
            Ok((StatusCode::CREATED, Json(promise)).into_response())
        }
    }
}

impl Service {
    /// Writes down what is promised, and what is to be done with the pictures of an archive.
    pub(crate) async fn record(&self, upload: &Upload, order: Option<ArchiveOrder>) -> Result<(), Failure> {
        match order {
            Some(order) => {
                let job = JobId::from_uuid(self.ground.ids.next());
                let archive = PictureArchive::awaited(upload, job, order)?;
                self.records.create_archive(upload, &archive).await
            }
            None => self.records.create_upload(upload).await,
        }
    }

    async fn promise(
        &self,
        tenant: TenantId,
        declared: Declared,
        request: Request,
    ) -> HttpResult<(StatusCode, Answer)> {
        let Declared { declaration, order } = declared;
        if let Some(duplicate_of) = self.known(&tenant, &declaration).await? {
            return Ok((StatusCode::OK, Answer::Known(KnownFile { duplicate_of })));
        }
        let now = self.ground.clock.now();
        let upload = Upload::promised(
            UploadId::from_uuid(self.ground.ids.next()),
            tenant.clone(),
            declaration,
            now,
        );
        // The record stands before the URL is known to anybody: an object without one is nobody's.
        self.record(&upload, order).await?;
        let promise = match request {
            Request::Put => self.promised_put(&upload, now).await?,
            Request::Post => self.promised_post(&upload, now)?,
        };
        Ok((StatusCode::CREATED, Answer::Promised(Box::new(promise))))
    }

    /// The picture that has the bytes of a file already, where the same picture is not kept twice. A photograph that is
    /// known joins the batch that it is meant for.
    pub(crate) async fn known(
        &self,
        tenant: &TenantId,
        declared: &Declaration,
    ) -> Result<Option<ImageId>, Failure> {
        let Some(sha256) = &declared.sha256 else {
            return Ok(None);
        };
        match declared.purpose {
            Purpose::Image => self.records.image_with_digest(tenant, sha256).await,
            Purpose::Photograph { batch_id } => {
                let known = self.known_photograph(tenant, sha256).await?;
                if let Some(image) = &known {
                    self.sort_copy(image, batch_id, &declared.filename).await?;
                }
                Ok(known.map(|image| image.id))
            }
            Purpose::DatasetImage { .. }
            | Purpose::DatasetImport
            | Purpose::Archive { .. }
            | Purpose::Prediction { .. } => Ok(None),
        }
    }

    /// Where the file of an upload is put, for as long as it may be sent.
    pub(crate) async fn promised_put(
        &self,
        upload: &Upload,
        now: Timestamp,
    ) -> Result<UploadPromise, Failure> {
        let left = upload.send_until.since(now);
        let put = self
            .files
            .presign_put(
                &key_of(upload),
                &upload.content_type,
                upload.size,
                upload.sha256.as_deref(),
                left.max(Duration::from_secs(1)),
            )
            .await?;
        Ok(UploadPromise {
            headers: put.headers.into_iter().collect(),
            ..UploadPromise::of(upload, "PUT", put.url)
        })
    }

    fn promised_post(&self, upload: &Upload, now: Timestamp) -> Result<UploadPromise, Failure> {
        let (key, content_type) = (key_of(upload), &upload.content_type);
        let post = self
            .files
            .presign_post(&key, content_type, upload.size, now, Upload::PROMISE)?;
        Ok(UploadPromise {
            fields: Some(post.fields.into_iter().collect()),
            ..UploadPromise::of(upload, "POST", post.url)
        })
    }
}
