//! `POST /uploads`: a promise, and the URL to send the file to.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use darkroom_cloud::{IdempotentAnswer, Replay};
use darkroom_domain::{
    Code, Failure, FileKey, ImageFormat, ImageId, Purpose, TenantId, Timestamp, Upload, UploadId,
    upload::Declaration,
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Query, Tenant};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Service;

/// What is going to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadRequest {
    /// The file's name, up to 255 bytes. It is shown, never used as a path.
    #[schema(example = "photo.jpg")]
    filename: String,
    /// One of the accepted formats.
    #[schema(example = "image/jpeg")]
    content_type: String,
    /// Bytes, exactly; the most there may be with `method=post`.
    #[schema(example = 347_327)]
    size: u64,
    /// SHA-256 of the file in hexadecimal. A file that is known is not sent again, and S3 checks what arrives.
    sha256: Option<String>,
    /// What the file is for.
    #[serde(default = "image")]
    purpose: Purpose,
}

const fn image() -> Purpose {
    Purpose::Image
}

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

enum Answer {
    Promised(Box<UploadPromise>),
    Known(KnownFile),
}

impl Answer {
    fn to_parts(&self) -> HttpResult<IdempotentAnswer> {
        let (status, body) = match self {
            Self::Promised(promise) => (StatusCode::CREATED, serde_json::to_string(promise)),
            Self::Known(known) => (StatusCode::OK, serde_json::to_string(known)),
        };
        Ok(IdempotentAnswer {
            status: status.as_u16(),
            body: body.map_err(Failure::unknown)?,
        })
    }
}

/// Promise an upload
///
/// Answers with a URL to send the file to, straight to the bucket. Length, type and, where it is given, the digest
/// are signed: anything else is refused there. A file whose `sha256` is known already is not asked for.
#[utoipa::path(post, path = "/uploads", tag = "uploads", request_body = UploadRequest, params(
    UploadOptions,
    ("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer, for 24 hours"),
), responses(
    (status = 201, description = "Promised", body = UploadPromise),
    (status = 200, description = "Known already: nothing to send", body = KnownFile),
    (status = 409, description = "The same request is under way (`idempotency_in_progress`)", body = Problem),
    (status = 413, description = "Too large (`file_too_large`)", body = Problem),
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
    let declared = service.declaration(body.value)?;
    let Some(key) = idempotency_key(&headers)? else {
        return respond(
            service
                .promise(tenant, declared, options.method)
                .await?
                .to_parts()?,
        );
    };
    let route = format!("POST /uploads?method={:?}", options.method);
    let now = service.ground.clock.now();
    match service
        .records
        .begin(&tenant, &route, &key, &body.bytes, now)
        .await?
    {
        Replay::Answered(answer) => respond(answer),
        Replay::New(record) => match service.promise(tenant, declared, options.method).await {
            Ok(answer) => {
                let answer = answer.to_parts()?;
                service.records.complete(&record, &answer).await?;
                respond(answer)
            }
            Err(error) => {
                service.records.abandon(&record).await?;
                Err(error)
            }
        },
    }
}

fn respond(answer: IdempotentAnswer) -> HttpResult<Response> {
    let status = StatusCode::from_u16(answer.status).map_err(Failure::unknown)?;
    let mut response = (status, answer.body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn idempotency_key(headers: &HeaderMap) -> HttpResult<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(HttpError::validation(
            &["header", "idempotency-key"],
            "must be 1 to 255 ASCII characters",
        )),
    }
}

impl Service {
    /// The declaration that a request makes, held against the limits.
    fn declaration(&self, request: UploadRequest) -> HttpResult<Declaration> {
        let filename = checked_filename(request.filename)?;
        let format = ImageFormat::from_media_type(&request.content_type).ok_or_else(|| {
            Failure::permanent(
                Code::UnsupportedFormat,
                format!(
                    "{} is not accepted. Accepted: {}.",
                    request.content_type,
                    accepted_types()
                ),
            )
        })?;
        self.limits.check_bytes(request.size)?;
        let sha256 = request.sha256.map(|digest| digest.to_ascii_lowercase());
        let is_sha256 =
            |digest: &str| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if sha256.as_deref().is_some_and(|digest| !is_sha256(digest)) {
            return Err(HttpError::validation(
                &["body", "sha256"],
                "must be 64 hexadecimal digits",
            ));
        }
        Ok(Declaration {
            purpose: request.purpose,
            filename,
            content_type: format.media_type().to_owned(),
            size: request.size,
            sha256,
        })
    }

    async fn promise(&self, tenant: TenantId, declared: Declaration, method: Method) -> HttpResult<Answer> {
        if let Some(sha256) = &declared.sha256
            && let Some(duplicate_of) = self.records.image_with_digest(&tenant, sha256).await?
        {
            return Ok(Answer::Known(KnownFile { duplicate_of }));
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
        Ok(Answer::Promised(Box::new(promise)))
    }
}

/// A file name as it may be kept: shown later, so nothing in it may act.
pub(crate) fn checked_filename(filename: String) -> HttpResult<String> {
    if filename.trim().is_empty() {
        return Err(Failure::permanent(Code::FilenameMissing, "No filename provided").into());
    }
    if filename.len() > 255 || filename.chars().any(char::is_control) {
        return Err(HttpError::validation(
            &["body", "filename"],
            "must have at most 255 bytes and no control characters",
        ));
    }
    Ok(filename)
}

fn accepted_types() -> String {
    ImageFormat::ALL.map(ImageFormat::media_type).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_kept_as_they_are_or_not_at_all() {
        assert_eq!(
            checked_filename("../été \"1\".jpg".to_owned()).unwrap(),
            "../été \"1\".jpg"
        );
        assert!(checked_filename("  ".to_owned()).is_err());
        assert!(checked_filename("a\nb.jpg".to_owned()).is_err());
        assert!(checked_filename("x".repeat(255)).is_ok());
        assert!(checked_filename("x".repeat(256)).is_err());
    }

    #[test]
    fn idempotency_keys_have_a_length() {
        let with = |value: &str| {
            HeaderMap::from_iter([("idempotency-key".parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
        assert_eq!(idempotency_key(&with("k")).unwrap(), Some("k".to_owned()));
        assert!(idempotency_key(&with("")).is_err());
        assert!(idempotency_key(&with(&"k".repeat(256))).is_err());
    }
}
