//! `POST /uploads`: a promise, and the URL to send the file to.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use darkroom_domain::{
    FileKey, ImageId, Purpose, TenantId, Timestamp, Upload, UploadId, upload::Declaration,
};
use darkroom_http::{HttpResult, JsonBody, Problem, Query, Tenant, idempotent};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Service, declaration::UploadRequest};

/// How the file is going to be sent.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadOptions {
    /// `put`, a request with exact headers; or `post`, a form for browsers, with bounds on the size.
    #[serde(default)]
    #[param(inline)]
    method: Method,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Method {
    #[default]
    Put,
    Post,
}

/// Where the file goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadPromise {
    /// Asks for the state under `/uploads/{upload_id}`; the picture will have the same id.
    upload_id: UploadId,
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

/// The file is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownFile {
    /// The picture with the same bytes.
    duplicate_of: ImageId,
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
/// a dataset. With the purpose `dataset_import` the file is an archive, and its upload leads to a job.
#[utoipa::path(post, path = "/uploads", tag = "uploads", request_body = UploadRequest, params(
    UploadOptions,
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 201, description = "Promised", body = UploadPromise),
    (status = 200, description = "Known already: nothing to send", body = KnownFile),
    (status = 404, description = "There is no such dataset", body = Problem),
    (status = 409, description = "The same request is under way (`idempotency_in_progress`)", body = Problem),
    (status = 413, description = "Too large (`file_too_large`, `archive_too_large`)", body = Problem),
    (status = 415, description = "Not an accepted format (`unsupported_format`)", body = Problem),
    (status = 422, description = "A field is at fault, or the idempotency key was used with another body", body = Problem),
))]
pub(crate) async fn create_upload(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<UploadOptions>,
    headers: HeaderMap,
    body: JsonBody<UploadRequest>,
) -> HttpResult<Response> {
    let declared = service.declaration(&tenant, body.value).await?;
    let route = format!("POST /uploads?method={:?}", options.method);
    let now = service.ground.clock.now();
    let work = Box::pin(service.promise(tenant.clone(), declared, options.method));
    idempotent(
        &service.records,
        &tenant,
        &route,
        &headers,
        &body.bytes,
        now,
        work,
    )
    .await
}

impl Service {
    async fn promise(
        &self,
        tenant: TenantId,
        declared: Declaration,
        method: Method,
    ) -> HttpResult<(StatusCode, Answer)> {
        if declared.purpose == Purpose::Image
            && let Some(sha256) = &declared.sha256
            && let Some(duplicate_of) = self.records.image_with_digest(&tenant, sha256).await?
        {
            return Ok((StatusCode::OK, Answer::Known(KnownFile { duplicate_of })));
        }
        let now = self.ground.clock.now();
        let upload = Upload::promised(
            UploadId::from_uuid(self.ground.ids.next()),
            tenant.clone(),
            declared,
            now,
        );
        // The record stands before the URL is known to anybody: an object without one is nobody's.
        self.records.create_upload(&upload).await?;
        let key = FileKey::Upload {
            tenant,
            upload: upload.id,
        };
        let (method, url, headers, fields) = match method {
            Method::Put => {
                let sha256 = upload.sha256.as_deref();
                let put = self
                    .files
                    .presign_put(&key, &upload.content_type, upload.size, sha256, Upload::PROMISE)
                    .await?;
                ("PUT", put.url, put.headers.into_iter().collect(), None)
            }
            Method::Post => {
                let post =
                    self.files
                        .presign_post(&key, &upload.content_type, upload.size, now, Upload::PROMISE)?;
                (
                    "POST",
                    post.url,
                    BTreeMap::new(),
                    Some(post.fields.into_iter().collect()),
                )
            }
        };
        let promise = UploadPromise {
            upload_id: upload.id,
            method,
            url,
            headers,
            fields,
            expires_at: upload.send_until,
        };
        Ok((StatusCode::CREATED, Answer::Promised(Box::new(promise))))
    }
}
