//! How far the clusters of a picture have come, and what they are.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    Analysis, AnalysisId, Failure, Findings, ImageId, JobId, Method, TenantId, Timestamp,
    analysis::kmeans::{KmeansData, KmeansParams},
};
use darkroom_http::{HttpResult, Problem, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Service, results::AnalysisStatus};

/// How far the clusters have come, in the words of these routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KmeansStatus {
    /// Queued, or being worked on.
    Processing,
    /// There.
    Completed,
    /// It came to nothing, or was called off; `error` says why.
    Failed,
}

/// The latest clusters of a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KmeansResult {
    result_id: AnalysisId,
    image_id: ImageId,
    method: Method,
    status: KmeansStatus,
    created_at: Timestamp,
    result: KmeansFlat,
    /// Whether the picture can be fetched that is painted with them.
    has_result_image: bool,
    /// Why it came to nothing.
    error: Option<String>,
    job_id: Option<JobId>,
}

/// What was asked and, once it is there, what was found, side by side.
#[derive(Debug, Serialize, ToSchema)]
struct KmeansFlat {
    status: KmeansStatus,
    /// 0 as long as it is being worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    params: KmeansParams,
    #[serde(flatten)]
    data: Option<KmeansData>,
}

/// The latest clusters
#[utoipa::path(get, path = "/api/v1/analysis/kmeans/{image_id}/result", tag = "analysis",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "How far they have come, and what they are", body = KmeansResult),
    (status = 404, description = "Nobody asked for them", body = Problem),
))]
pub(crate) async fn get_kmeans(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<KmeansResult>> {
    service.kmeans_result(&tenant, &id).await
}

/// The latest clusters, under the older path
#[utoipa::path(get, path = "/api/v1/analysis/kmeans/kmeans/{image_id}/result", tag = "analysis",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "How far they have come, and what they are", body = KmeansResult),
    (status = 404, description = "Nobody asked for them", body = Problem),
))]
pub(crate) async fn get_kmeans_old(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<KmeansResult>> {
    service.kmeans_result(&tenant, &id).await
}

/// Clusters that were asked for, as far as they have come.
pub(super) struct Clusters {
    pub(super) analysis: Analysis,
    pub(super) params: KmeansParams,
    pub(super) data: Option<KmeansData>,
    pub(super) status: KmeansStatus,
    pub(super) error: Option<String>,
}

impl Service {
    async fn kmeans_result(&self, tenant: &TenantId, id: &str) -> HttpResult<Json<KmeansResult>> {
        let clusters = self
            .clusters(tenant, id)
            .await?
            .ok_or_else(|| Failure::not_found("K-means calculation never started for this image"))?;
        let Clusters {
            analysis,
            params,
            data,
            status,
            error,
        } = clusters;
        Ok(Json(KmeansResult {
            result_id: analysis.id,
            image_id: analysis.image_id,
            method: Method::Kmeans,
            status,
            created_at: analysis.created_at,
            has_result_image: analysis.is_painted,
            result: KmeansFlat {
                status,
                progress: (status == KmeansStatus::Processing).then_some(0),
                error: error.clone(),
                params,
                data,
            },
            error,
            job_id: analysis.job_id,
        }))
    }

    /// The clusters of a picture, if anybody asked for them. How far they have come stands in their job.
    pub(super) async fn clusters(&self, tenant: &TenantId, id: &str) -> Result<Option<Clusters>, Failure> {
        let Ok(id) = id.parse() else { return Ok(None) };
        if self.records.image(tenant, id).await?.is_none() {
            return Ok(None);
        }
        let Some(analysis) = self.analyses.latest(tenant, id, Method::Kmeans).await? else {
            return Ok(None);
        };
        let Findings::Kmeans { params, data } = analysis.findings.clone() else {
            return Ok(None);
        };
        let (status, error) = self.standing(&analysis).await?;
        let status = match status {
            AnalysisStatus::Processing => KmeansStatus::Processing,
            AnalysisStatus::Done => KmeansStatus::Completed,
            AnalysisStatus::Failed | AnalysisStatus::Cancelled => KmeansStatus::Failed,
        };
        Ok(Some(Clusters {
            analysis,
            params,
            data,
            status,
            error: error.map(|error| error.detail),
        }))
    }
}
