//! `GET /images/{image_id}`: the record, or the way to the file.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use darkroom_domain::{ImageId, TenantId, UploadState};
use darkroom_http::{
    HttpResult, ImageView, PathId, Problem, Tenant, image_view::original_path, not_found, prefers_image,
};
use http::{HeaderMap, StatusCode, header};

use crate::Service;

/// A picture
///
/// Its record; with `Accept: image/*` the way to the file instead. What was sent and is not accepted (yet) is found
/// under the id of its upload.
#[utoipa::path(get, path = "/images/{image_id}", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The picture", body = ImageView),
    (status = 302, description = "With `Accept: image/*`: to `/images/{image_id}/original`"),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
    headers: HeaderMap,
) -> HttpResult<Response> {
    let view = service
        .view(&tenant, id)
        .await?
        .ok_or_else(not_found::<ImageId>)?;
    let vary = (header::VARY, "accept".to_owned());
    if prefers_image(&headers) {
        return Ok((
            StatusCode::FOUND,
            [vary, (header::LOCATION, original_path(view.id))],
        )
            .into_response());
    }
    Ok(([vary], Json(view)).into_response())
}

impl Service {
    async fn view(&self, tenant: &TenantId, id: ImageId) -> HttpResult<Option<ImageView>> {
        if let Some(view) = self.accepted(tenant, id).await? {
            return Ok(Some(view));
        }
        let Some(upload) = self.records.upload(tenant, id.into()).await? else {
            return Ok(None);
        };
        match upload.state {
            // Another picture with the same bytes was first: that is the one. If it is gone, so is this.
            UploadState::Accepted { image_id } => self.accepted(tenant, image_id).await,
            _ => Ok(Some(ImageView::of_upload(upload))),
        }
    }

    async fn accepted(&self, tenant: &TenantId, id: ImageId) -> HttpResult<Option<ImageView>> {
        let Some(image) = self.records.image(tenant, id).await? else {
            return Ok(None);
        };
        let job = self.records.job(tenant, image.thumbnail_job).await?;
        Ok(Some(ImageView::of(image, job.as_ref())))
    }
}
