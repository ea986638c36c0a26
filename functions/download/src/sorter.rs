//! `GET /images/thumbnail/{image_id}`: the photo sorter's thumbnail.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use darkroom_domain::{Failure, ImageId, ThumbnailPreset};
use darkroom_http::{HttpResult, PathId, Problem, Tenant};

use crate::{Service, made};

/// The photo sorter's thumbnail
///
/// The whole picture, upright, fitted into 266 by 150 pixels if it is wider than high, else into 150 by 266; never larger than
/// the picture.
#[utoipa::path(get, path = "/images/thumbnail/{image_id}", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 302, description = "To the JPEG, for five minutes"),
    (status = 404, description = "There is no such picture, or its thumbnail is not finished", body = Problem),
))]
pub(crate) async fn get_sorter_thumbnail(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<Response> {
    let image = service
        .records
        .image(&tenant, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("Image {id} not found")))?;
    let job = service.records.job(&tenant, image.thumbnail_job).await?;
    if !job.is_some_and(|job| made(&job, ThumbnailPreset::Sorter)) {
        return Err(Failure::not_found("Thumbnail does not exist for this image.").into());
    }
    service.lead_to_thumbnail(&image, ThumbnailPreset::Sorter).await
}
