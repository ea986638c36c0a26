//! `DELETE /images/{image_id}`.

use std::sync::Arc;

use axum::extract::State;
use darkroom_domain::ImageId;
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use http::StatusCode;

use crate::Service;

/// Delete a picture
///
/// Its record, its jobs, its analyses, the original and everything made of it; also what was sent and is not accepted
/// (yet). Work that is under way finds its record gone and clears up after itself.
#[utoipa::path(delete, path = "/images/{image_id}", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 204, description = "Deleted"),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn delete_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<StatusCode> {
    if service.removal.image(&tenant, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(not_found::<ImageId>().into())
    }
}
