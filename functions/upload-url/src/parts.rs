//! Uploads in parts: what they are promised as, and `GET /uploads/{upload_id}/parts`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use darkroom_cloud::ReceivedPart;
use darkroom_domain::{
    ArchiveId, Code, Failure, FileKey, Multipart, TenantId, Timestamp, Upload, UploadId, UploadState,
};
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Service, declaration::Declared};

/// Where the parts of a file go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartsPromise {
    /// Asks for the state under `/uploads/{upload_id}`.
    upload_id: UploadId,
    /// Downloads the result under `/api/download/{user_hash}`, where the file is an archive of pictures to segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_hash: Option<ArchiveId>,
    /// Asks for what is found under `/predict/results/{result_id}`, where tools are looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_id: Option<ArchiveId>,
    /// `MULTIPART`.
    #[schema(example = "MULTIPART")]
    method: &'static str,
    /// Bytes of each part but the last.
    #[schema(example = 16_777_216)]
    part_bytes: u64,
    /// The parts of the file in its order, whatever order they are sent in.
    parts: Vec<PromisedPart>,
    /// Where to post to once all parts are there.
    #[schema(example = "/uploads/0192f0c1-2345-7abc-8def-0123456789ab/complete")]
    complete: String,
    /// Until when the URLs hold. `GET /uploads/{upload_id}/parts` gives new ones.
    urls_expire_at: Timestamp,
    /// Until when all parts must be there, and posted to `complete`.
    expires_at: Timestamp,
}

/// One part of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PromisedPart {
    /// Its place, from 1 on.
    #[schema(example = 1)]
    number: u16,
    /// Its bytes, exactly.
    #[schema(example = 16_777_216)]
    bytes: u64,
    /// Whether it is there.
    is_received: bool,
    /// Where to PUT it, as long as it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// The parts of an upload
///
/// Which have arrived, and fresh URLs for those that have not: whoever was interrupted goes on from here, within 24 hours
/// of the promise.
#[utoipa::path(get, path = "/uploads/{upload_id}/parts", tag = "uploads", params(("upload_id" = UploadId, Path)), responses(
    (status = 200, description = "The parts", body = PartsPromise),
    (status = 404, description = "There is no such upload", body = Problem),
    (status = 409, description = "It is not sent in parts, or is completed (`conflict`)", body = Problem),
    (status = 410, description = "Its time is over (`upload_expired`)", body = Problem),
))]
pub(crate) async fn list_parts(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<UploadId>,
) -> HttpResult<Json<PartsPromise>> {
    let (upload, multipart) = service.upload_in_parts(&tenant, id).await?;
    match upload.state {
        UploadState::Pending => {}
        UploadState::Expired => return Err(expired().into()),
        _ => return Err(completed().into()),
    }
    let key = key_of(&upload);
    let Some(received) = service.files.received_parts(&key, &multipart.id).await? else {
        let is_there = service.files.head(&key).await?.is_some();
        return Err(if is_there { completed() } else { expired() }.into());
    };
    Ok(Json(service.parts_promise(&upload, &multipart, &received).await?))
}

impl Service {
    /// Promises a file that is sent in parts.
    pub(crate) async fn begin_parts(&self, tenant: TenantId, declared: Declared) -> HttpResult<Upload> {
        let now = self.ground.clock.now();
        let id = UploadId::from_uuid(self.ground.ids.next());
        let upload = Upload::promised(id, tenant, declared.declaration, now);
        // Parts that no record speaks of are forgotten by the bucket; none comes before its URL is given out.
        let multipart = self
            .files
            .begin_parts(&key_of(&upload), &upload.content_type)
            .await?;
        let upload = upload.in_parts(multipart);
        self.record(&upload, declared.order).await?;
        Ok(upload)
    }

    /// What a client is told of an upload in parts, of which these have arrived.
    pub(crate) async fn parts_promise(
        &self,
        upload: &Upload,
        multipart: &Multipart,
        received: &[ReceivedPart],
    ) -> HttpResult<PartsPromise> {
        let now = self.ground.clock.now();
        if now >= upload.send_until {
            return Err(expired().into());
        }
        let expires_in = upload
            .send_until
            .since(now)
            .clamp(Duration::from_secs(1), Upload::PART_URL);
        let received: BTreeMap<u16, u64> = received
            .iter()
            .map(|received| (received.part.number, received.part.bytes))
            .collect();
        let key = key_of(upload);
        let mut parts = Vec::new();
        for part in upload.parts(multipart) {
            let is_received = received.get(&part.number) == Some(&part.bytes);
            let url = if is_received {
                None
            } else {
                Some(
                    self.files
                        .presign_part(&key, &multipart.id, part, expires_in)
                        .await?,
                )
            };
            parts.push(PromisedPart {
                number: part.number,
                bytes: part.bytes,
                is_received,
                url,
            });
        }
        Ok(PartsPromise {
            upload_id: upload.id,
            user_hash: upload.purpose.user_hash(),
            result_id: upload.purpose.result_id(),
            method: "MULTIPART",
            part_bytes: multipart.part_bytes,
            parts,
            complete: format!("/uploads/{}/complete", upload.id),
            urls_expire_at: now.after(expires_in),
            expires_at: upload.send_until,
        })
    }

    /// The upload of this id, and how it is sent in parts.
    pub(crate) async fn upload_in_parts(
        &self,
        tenant: &TenantId,
        id: UploadId,
    ) -> HttpResult<(Upload, Multipart)> {
        let upload = self
            .records
            .upload(tenant, id)
            .await?
            .ok_or_else(not_found::<UploadId>)?;
        let multipart = multipart_of(&upload)?.clone();
        Ok((upload, multipart))
    }
}

/// How an upload is sent in parts.
pub(crate) fn multipart_of(upload: &Upload) -> Result<&Multipart, Failure> {
    upload
        .multipart
        .as_ref()
        .ok_or_else(|| Failure::permanent(Code::Conflict, "This upload is not sent in parts."))
}

/// Where the file of an upload goes.
pub(crate) fn key_of(upload: &Upload) -> FileKey {
    FileKey::Upload {
        tenant: upload.tenant.clone(),
        upload: upload.id,
    }
}

/// The time of a promise is over.
pub(crate) fn expired() -> Failure {
    Failure::permanent(
        Code::UploadExpired,
        "The parts were not there in time. Ask for a new upload.",
    )
}

fn completed() -> Failure {
    Failure::permanent(Code::Conflict, "This upload is completed.")
}
