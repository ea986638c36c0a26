//! The part of a picture that counts: `/api/v1/analysis/crop/…`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{Code, CropBox, Failure, Findings, Image, ImageId, Method};
use darkroom_http::{HttpResult, JsonBody, Problem, Tenant};
use darkroom_vision::lightness;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Service;

/// The picture to look at.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AutoCropRequest {
    #[schema(value_type = ImageId)]
    image_id: String,
}

/// Rows and columns, in pixels of the upright picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CropAnswer {
    success: bool,
    message: &'static str,
    data: CropBox,
}

/// That it was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CropStored {
    success: bool,
    message: &'static str,
    /// Always null.
    data: Option<CropBox>,
}

/// Find the part that stands out from a bright background
///
/// Nothing is kept.
#[utoipa::path(post, path = "/api/v1/analysis/crop/auto-crop", tag = "analysis", request_body = AutoCropRequest,
    responses(
    (status = 200, description = "The part", body = CropAnswer),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "All of it is background", body = Problem),
))]
pub(crate) async fn auto_crop(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    body: JsonBody<AutoCropRequest>,
) -> HttpResult<Json<CropAnswer>> {
    let image = service.picture(&tenant, &body.value.image_id, missing).await?;
    Ok(Json(CropAnswer {
        success: true,
        message: "Image cropped successfully",
        data: service.find_crop(&image).await?,
    }))
}

/// Store the part that counts
///
/// K-means looks at nothing else. It takes the place of the older one; no pixel is cut.
#[utoipa::path(post, path = "/api/v1/analysis/crop/crop-image/{image_id}", tag = "analysis", request_body = CropBox,
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "Stored", body = CropStored),
    (status = 400, description = "It is empty, or beside the picture", body = Problem),
    (status = 404, description = "There is no such picture", body = Problem),
))]
pub(crate) async fn crop_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<CropBox>,
) -> HttpResult<Json<CropStored>> {
    let params = body.value;
    if params.is_empty() {
        return Err(Failure::permanent(Code::InvalidRequest, "Cropped area is empty").into());
    }
    let image = service.picture(&tenant, &id, missing).await?;
    if params.within(image.width, image.height).is_none() {
        return Err(Failure::permanent(Code::InvalidRequest, "Cropped area is empty").into());
    }
    service.store_crop(&image, params).await?;
    Ok(Json(CropStored {
        success: true,
        message: "Image cropped and result saving in background",
        data: None,
    }))
}

/// The part that counts
///
/// As it was stored; where nothing was, it is found and stored.
#[utoipa::path(get, path = "/api/v1/analysis/crop/get-crop/{image_id}", tag = "analysis",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The part", body = CropAnswer),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "All of it is background", body = Problem),
))]
pub(crate) async fn get_crop(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<CropAnswer>> {
    let image = service.picture(&tenant, &id, missing).await?;
    let stored = service.analyses.latest(&tenant, image.id, Method::Crop).await?;
    if let Some(Findings::Crop { params }) = stored.map(|stored| stored.findings) {
        return Ok(Json(CropAnswer {
            success: true,
            message: "Crop results retrieved successfully",
            data: params,
        }));
    }
    let params = service.find_crop(&image).await?;
    service.store_crop(&image, params).await?;
    Ok(Json(CropAnswer {
        success: true,
        message: "Crop computed automatically (no prior data found)",
        data: params,
    }))
}

fn missing() -> String {
    "Image not found".to_owned()
}

impl Service {
    async fn find_crop(&self, image: &Image) -> Result<CropBox, Failure> {
        self.on_file(image, |file, limits| {
            darkroom_vision::auto_crop(&lightness(file, limits)?).ok_or_else(|| {
                Failure::permanent(
                    Code::ValidationFailed,
                    "No content found in image — entire image appears to be background",
                )
            })
        })
        .await
    }

    async fn store_crop(&self, image: &Image, params: CropBox) -> Result<(), Failure> {
        let analysis = self.analysis(image, Findings::Crop { params }, None);
        self.analyses.put(&analysis, None).await
    }
}
