//! One picture: what it is, its file, its end.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use darkroom_domain::{Failure, FileKey, Image, ImageId, TenantId};
use darkroom_http::{Disposition, FileRedirect, HttpResult, Problem, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::DatasetImageView;
use crate::Service;

/// A picture of a dataset
#[utoipa::path(get, path = "/api/v1/IO/image/image/{image_id}", tag = "datasets",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The picture", body = DatasetImageView),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_dataset_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<DatasetImageView>> {
    let image = service.image(&tenant, &id).await?;
    Ok(Json(DatasetImageView {
        id: image.id,
        filename: image.stored_filename(),
        dataset_id: image.dataset_id,
        original_filename: image.filename,
    }))
}

/// The file of a picture as it was sent
#[utoipa::path(get, path = "/api/v1/IO/image/download-image/{image_id}", tag = "datasets",
    params(("image_id" = ImageId, Path)), responses(
    (status = 302, description = "To the file, for five minutes"),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn download_dataset_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Response> {
    let image = service.image(&tenant, &id).await?;
    let key = FileKey::Original {
        tenant,
        image: image.id,
    };
    if service.files.head(&key).await?.is_none() {
        return Err(Failure::not_found("Image file not found on server").into());
    }
    let media_type = image.format.media_type();
    FileRedirect::found(&key, media_type, Disposition::Attachment, &image.filename)
        .answer(&service.files)
        .await
}

/// It is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetImageRemoved {
    success: bool,
    #[schema(example = "Image 0192f0c1-2345-7abc-8def-0123456789ab deleted successfully")]
    message: String,
    /// Always null: kept for older clients.
    data: Option<()>,
}

/// Delete a picture of a dataset
///
/// With everything made of it.
#[utoipa::path(delete, path = "/api/v1/IO/image/remove-image/{image_id}", tag = "datasets",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "It is gone", body = DatasetImageRemoved),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn remove_dataset_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<DatasetImageRemoved>> {
    let image: ImageId = id.parse().map_err(|_| no_image(&id))?;
    if !service.removal.image(&tenant, image).await? {
        return Err(no_image(&id).into());
    }
    Ok(Json(DatasetImageRemoved {
        success: true,
        message: format!("Image {id} deleted successfully"),
        data: None,
    }))
}

impl Service {
    async fn image(&self, tenant: &TenantId, id: &str) -> Result<Image, Failure> {
        let image = match id.parse::<ImageId>() {
            Ok(id) => self.records.image(tenant, id).await?,
            Err(_) => None,
        };
        image.ok_or_else(|| no_image(id))
    }
}

fn no_image(id: &str) -> Failure {
    Failure::not_found(format!("Image with id {id} not found"))
}
