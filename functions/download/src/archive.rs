//! `GET /api/download/{user_hash}`: the result of an archive of pictures.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use darkroom_domain::{ArchiveId, FileKey};
use darkroom_http::{Disposition, FileRedirect, HttpResult, LINK, PathId, Problem, Tenant, not_found};

use crate::Service;

/// Download the result of an archive of pictures
///
/// As often as you like until it expires; no download prolongs that.
#[utoipa::path(get, path = "/api/download/{user_hash}", tag = "archives", params(("user_hash" = ArchiveId, Path)), responses(
    (status = 302, description = "To the zip, for as long as it is kept and at most five minutes"),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "It is not finished", body = Problem),
    (status = 410, description = "It has expired", body = Problem),
))]
pub(crate) async fn download_archive(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ArchiveId>,
) -> HttpResult<Response> {
    let archive = service
        .records
        .archive(&tenant, id)
        .await?
        .filter(|archive| archive.order.segmentation().is_ok())
        .ok_or_else(not_found::<ArchiveId>)?;
    let now = service.ground.clock.now();
    let left = archive.available_until(now)?.since(now);
    let key = FileKey::SegmentedArchive { tenant, archive: id };
    let filename = archive.result_filename();
    let found = FileRedirect::found(&key, "application/zip", Disposition::Attachment, &filename);
    FileRedirect {
        // The link does not outlive what it leads to.
        lifetime: LINK.min(left).max(Duration::from_secs(1)),
        ..found
    }
    .answer(&service.files)
    .await
}
