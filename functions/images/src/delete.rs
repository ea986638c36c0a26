//! `DELETE /images/{image_id}`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::ImageId;
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// The picture is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageDeleted {
    #[schema(example = "Image ID 0192f0c1-2345-7abc-8def-0123456789ab and its files have been deleted.")]
    message: String,
}

/// Delete a picture
///
/// Its record, its jobs, its analyses, what is known of it, the original and everything made of it; also what was sent and is not accepted
/// (yet). Work that is under way finds its record gone and clears up after itself.
#[utoipa::path(delete, path = "/images/{image_id}", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "Deleted", body = ImageDeleted),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn delete_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<Json<ImageDeleted>> {
    if service.removal.image(&tenant, id).await? {
        Ok(Json(ImageDeleted {
            message: format!("Image ID {id} and its files have been deleted."),
        }))
    } else {
        Err(not_found::<ImageId>().into())
    }
}
