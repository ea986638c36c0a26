//! `POST /uploads/{upload_id}/complete`: parts become a file.

use std::{collections::BTreeMap, fmt::Write, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use darkroom_cloud::ReceivedPart;
use darkroom_domain::{Code, Failure, Multipart, Upload, UploadId, UploadState};
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    parts::{expired, key_of},
};

/// How long the bucket is waited for: the answer must leave within the time of the function.
const JOINING: Duration = Duration::from_secs(22);
/// How many gaps an error names.
const NAMED_GAPS: usize = 20;

/// All parts of an upload are one file now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompletedUpload {
    upload_id: UploadId,
    /// As under `/uploads/{upload_id}`: `received`, `accepted` or `rejected`.
    #[schema(example = "received")]
    state: &'static str,
}

impl From<Upload> for CompletedUpload {
    fn from(upload: Upload) -> Self {
        Self {
            upload_id: upload.id,
            state: upload.state.name(),
        }
    }
}

/// Complete an upload in parts
///
/// Makes one file of the parts, which is then examined like any other: ask for the upload. There is no body. Completing
/// again does nothing and is answered in the same way, so that a lost answer does no harm. A large file may take the
/// bucket longer than a request can wait (`unavailable`): ask again.
#[utoipa::path(post, path = "/uploads/{upload_id}/complete", tag = "uploads", params(("upload_id" = UploadId, Path)), responses(
    (status = 200, description = "Completed, now or before", body = CompletedUpload),
    (status = 404, description = "There is no such upload", body = Problem),
    (status = 409, description = "Parts are missing, which `detail` names; or it is not sent in parts (`conflict`)", body = Problem),
    (status = 410, description = "Its time is over (`upload_expired`)", body = Problem),
    (status = 503, description = "It takes longer (`unavailable`)", body = Problem),
))]
pub(crate) async fn complete_upload(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<UploadId>,
) -> HttpResult<Json<CompletedUpload>> {
    let (upload, multipart) = service.upload_in_parts(&tenant, id).await?;
    let upload = match upload.state {
        UploadState::Pending => service.joined(upload, &multipart).await?,
        _ => upload,
    };
    match upload.state {
        UploadState::Pending | UploadState::Expired => Err(expired().into()),
        _ => Ok(Json(upload.into())),
    }
}

impl Service {
    /// The upload after its parts were joined, if they could be; as somebody else made it, otherwise.
    async fn joined(&self, upload: Upload, multipart: &Multipart) -> HttpResult<Upload> {
        let key = key_of(&upload);
        let now = self.ground.clock.now();
        let is_joined = now < upload.send_until && self.join(&upload, multipart).await?;
        // It may have been joined before, and the answer was lost.
        if is_joined || self.files.head(&key).await?.is_some() {
            let (tenant, id) = (upload.tenant.clone(), upload.id);
            // From here on the event of the bucket drives it. It may even be through already.
            match self.records.save_upload(upload.received(None, now)).await {
                Err(failure) if failure.code == Code::Conflict => {
                    let known = self.records.upload(&tenant, id).await?;
                    Ok(known.ok_or_else(not_found::<UploadId>)?)
                }
                saved => Ok(saved?),
            }
        } else {
            let known = self.records.upload(&upload.tenant, upload.id).await?;
            Ok(known.ok_or_else(not_found::<UploadId>)?)
        }
    }

    /// False if nothing arrives for this upload any more.
    async fn join(&self, upload: &Upload, multipart: &Multipart) -> HttpResult<bool> {
        let key = key_of(upload);
        let Some(received) = self.files.received_parts(&key, &multipart.id).await? else {
            return Ok(false);
        };
        let mut received: BTreeMap<u16, ReceivedPart> = received
            .into_iter()
            .map(|received| (received.part.number, received))
            .collect();
        let (mut parts, mut missing) = (Vec::new(), Vec::new());
        for part in upload.parts(multipart) {
            match received.remove(&part.number) {
                Some(there) if there.part == part => parts.push(there),
                _ => missing.push(part.number),
            }
        }
        if !missing.is_empty() {
            return Err(Failure::permanent(
                Code::Conflict,
                format!(
                    "Parts are missing: {}. {} of {} are there.",
                    gaps(&missing),
                    parts.len(),
                    parts.len().saturating_add(missing.len())
                ),
            )
            .into());
        }
        let joined = self.files.join_parts(&key, &multipart.id, &parts, JOINING).await;
        Ok(joined.map_err(|failure| match failure.code {
            Code::Unavailable => Failure {
                detail: "The parts are not put together yet. Ask again.".to_owned(),
                ..failure
            },
            _ => failure,
        })?)
    }
}

/// Ascending numbers, neighbours drawn together, cut where it gets long.
fn gaps(numbers: &[u16]) -> String {
    let mut gaps: Vec<(u16, u16)> = Vec::new();
    for &number in numbers {
        match gaps.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => gaps.push((number, number)),
        }
    }
    let mut text = String::new();
    for (place, (first, last)) in gaps.iter().take(NAMED_GAPS).enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = if first == last {
            write!(text, "{comma}{first}")
        } else {
            write!(text, "{comma}{first} to {last}")
        };
    }
    if gaps.len() > NAMED_GAPS {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_told_briefly() {
        assert_eq!(gaps(&[3]), "3");
        assert_eq!(gaps(&[1, 2, 3, 7, 9, 10]), "1 to 3, 7, 9 to 10");
        let odd: Vec<u16> = (0..1_000).step_by(2).collect();
        assert!(gaps(&odd).ends_with("36, 38, …"), "{}", gaps(&odd));
    }
}
