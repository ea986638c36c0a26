//! `GET /images/metadata/{image_id}`: what a camera and an editor wrote into the file.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use darkroom_domain::{Failure, ImageId, PhotographMetadata};
use darkroom_http::{HttpResult, PathId, Problem, Tenant};
use http::header;

use crate::Service;

/// What is known of a photograph beside its pixels
///
/// From EXIF, XMP and IPTC as they stand in the file. A value that the file does not hold, or holds wrongly, is null. Where a
/// photograph was taken is told to its owner alone.
#[utoipa::path(get, path = "/images/metadata/{image_id}", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "What is known", body = PhotographMetadata),
    (status = 404, description = "There is no such picture", body = Problem),
))]
pub(crate) async fn get_metadata(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<Response> {
    let image = service
        .records
        .image(&tenant, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("Image {id} not found")))?;
    let headers = [(header::CACHE_CONTROL, "private")];
    Ok((headers, Json(image.photograph_metadata())).into_response())
}
