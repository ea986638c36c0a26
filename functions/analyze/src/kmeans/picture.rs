//! The picture that is painted with its clusters.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use darkroom_domain::{AnalysisFile, Code, Failure, FileKey, ImageId, TenantId};
use darkroom_http::{Disposition, FileRedirect, HttpResult, Problem, Query, Tenant};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::result::KmeansStatus;
use crate::Service;

/// What the file is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PictureOptions {
    /// `png` has exactly the colours of the clusters; `jpeg` has those between them too.
    #[serde(default)]
    #[param(inline)]
    format: PictureFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PictureFormat {
    #[default]
    Jpeg,
    Png,
}

/// The picture painted with its clusters
#[utoipa::path(get, path = "/api/v1/analysis/kmeans/{image_id}/result/image", tag = "analysis",
    params(("image_id" = ImageId, Path), PictureOptions), responses(
    (status = 302, description = "To the picture, for five minutes"),
    (status = 400, description = "It is still being worked on, or came to nothing", body = Problem),
    (status = 404, description = "Nobody asked for it", body = Problem),
))]
pub(crate) async fn get_kmeans_picture(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(options): Query<PictureOptions>,
) -> HttpResult<Response> {
    service.kmeans_picture(tenant, &id, options.format).await
}

/// The picture painted with its clusters, under the older path
#[utoipa::path(get, path = "/api/v1/analysis/kmeans/kmeans/{image_id}/result/image", tag = "analysis",
    params(("image_id" = ImageId, Path), PictureOptions), responses(
    (status = 302, description = "To the picture, for five minutes"),
    (status = 400, description = "It is still being worked on, or came to nothing", body = Problem),
    (status = 404, description = "Nobody asked for it", body = Problem),
))]
pub(crate) async fn get_kmeans_picture_old(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    Query(options): Query<PictureOptions>,
) -> HttpResult<Response> {
    service.kmeans_picture(tenant, &id, options.format).await
}

impl Service {
    async fn kmeans_picture(
        &self,
        tenant: TenantId,
        id: &str,
        format: PictureFormat,
    ) -> HttpResult<Response> {
        let clusters = self
            .clusters(&tenant, id)
            .await?
            .ok_or_else(|| Failure::not_found("Result not found"))?;
        let refused = |detail| Err(Failure::permanent(Code::InvalidRequest, detail).into());
        match clusters.status {
            KmeansStatus::Processing => return refused("Image is still processing"),
            KmeansStatus::Failed => return refused("Processing failed, no image available"),
            KmeansStatus::Completed => {}
        }
        if !clusters.analysis.is_painted {
            return Err(Failure::not_found("Result file missing on server").into());
        }
        let (file, extension) = match format {
            PictureFormat::Jpeg => (AnalysisFile::Jpeg, "jpg"),
            PictureFormat::Png => (AnalysisFile::Png, "png"),
        };
        let key = FileKey::Analysis {
            tenant,
            image: clusters.analysis.image_id,
            analysis: clusters.analysis.id,
            file,
        };
        let filename = format!("{id}_kmeans_{}.{extension}", clusters.params.nclusters);
        FileRedirect::found(&key, file.media_type(), Disposition::Attachment, &filename)
            .answer(&self.files)
            .await
    }
}
