//! `POST /api/v1/analysis/manual/gaussian-blur/{image_id}`.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use darkroom_domain::{AnalysisId, FileKey, ImageId, TenantId};
use darkroom_http::{Disposition, FileRedirect, HttpError, HttpResult, JsonBody, Problem, Tenant};
use darkroom_vision::{BlurParameters, encode, gaussian_blur as blurred, lightness, stretched, viridis};
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Service;

/// The most bytes that an answer carries: 6 MB in Lambda, of which base64 takes a third.
const DIRECT_BYTES: usize = 4 * 1024 * 1024;

/// How to blur.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct BlurRequest {
    /// Pixels that the kernel covers along each axis: odd, at most 4095. 0 or less leaves it to the sigmas.
    #[serde(default = "three")]
    #[schema(default = 3)]
    kernel_size: i64,
    /// Standard deviation along rows, in pixels; 0 leaves it to the size.
    #[serde(default)]
    sigma_x: f64,
    /// Standard deviation along columns, in pixels; 0 means that of rows.
    #[serde(default)]
    sigma_y: f64,
    /// In false colours, stretched to full scale; else grey.
    #[serde(default = "yes")]
    #[schema(default = true)]
    apply_viridis: bool,
}

const fn three() -> i64 {
    3
}

const fn yes() -> bool {
    true
}

/// Blur the lightness of a picture
///
/// Answers with a PNG; nothing is kept. One that does not fit into an answer is fetched where the redirect leads.
#[utoipa::path(post, path = "/api/v1/analysis/manual/gaussian-blur/{image_id}", tag = "analysis",
    request_body = BlurRequest, params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The picture", content_type = "image/png"),
    (status = 303, description = "To the picture, for five minutes"),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "There is no such kernel", body = Problem),
))]
pub(crate) async fn gaussian_blur(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<BlurRequest>,
) -> HttpResult<Response> {
    let request = body.value;
    let parameters = BlurParameters {
        kernel_size: request.kernel_size,
        sigma_x: request.sigma_x,
        sigma_y: request.sigma_y,
    };
    let (horizontal, vertical) = parameters.kernels().map_err(|error| {
        HttpError::validation(
            &["body", "kernel_size"],
            format!("Error in gaussian blur: {error}"),
        )
    })?;
    let image = service
        .picture(&tenant, &id, || format!("Image {id} not found"))
        .await?;
    let png = service
        .on_file(&image, move |file, limits| {
            let blurred = blurred(&lightness(file, limits)?, &horizontal, &vertical);
            if request.apply_viridis {
                encode::png(&viridis(&stretched(&blurred)))
            } else {
                encode::png(&blurred.into_raster())
            }
        })
        .await?;
    service
        .answer_with(tenant, png.into(), &format!("{id}_blurred.png"))
        .await
}

impl Service {
    /// A PNG, in the answer where it fits.
    async fn answer_with(&self, tenant: TenantId, png: Bytes, filename: &str) -> HttpResult<Response> {
        const MEDIA_TYPE: &str = "image/png";
        if png.len() <= DIRECT_BYTES {
            let headers = [
                (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
                (header::CONTENT_DISPOSITION, Disposition::Inline.header(filename)),
            ];
            return Ok((headers, png).into_response());
        }
        let key = FileKey::Answer {
            tenant,
            answer: AnalysisId::from_uuid(self.ground.ids.next()),
        };
        self.files.write(&key, MEDIA_TYPE, png).await?;
        let found = FileRedirect::found(&key, MEDIA_TYPE, Disposition::Inline, filename);
        FileRedirect {
            status: StatusCode::SEE_OTHER,
            ..found
        }
        .answer(&self.files)
        .await
    }
}
