//! Clusters of lightness or colour: `/api/v1/analysis/kmeans/{image_id}`, and the longer path that older clients know.

pub(crate) mod picture;
pub(crate) mod result;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    AnalysisId, Findings, ImageId, Job, JobId, JobMessage, Task, TenantId,
    analysis::kmeans::{KmeansCriteria, KmeansFlags, KmeansParams, KmeansSpace},
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Service;

/// How to cluster.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct KmeansRequest {
    /// How many clusters, 1 to 256.
    #[serde(default = "three")]
    #[schema(default = 3, minimum = 1, maximum = 256)]
    nclusters: u32,
    /// When to stop.
    #[serde(default)]
    criteria: KmeansCriteria,
    /// How many iterations at the most; 2 to 100 have an effect.
    #[serde(default = "hundred")]
    #[schema(default = 100)]
    max_iterations: i64,
    /// How many beginnings are tried, at most 100; times the clusters at most 2560 where colours are clustered.
    #[serde(default = "five")]
    #[schema(default = 5, maximum = 100)]
    attempts: i64,
    /// Movement of the centres below which it ends.
    #[serde(default = "half")]
    #[schema(default = 0.5)]
    epsilon: f64,
    /// How the first centres are chosen.
    #[serde(default)]
    flags: KmeansFlags,
    /// What each cluster is painted with, the darkest first: red, green, blue. As many as clusters; where colours are
    /// clustered, it may be missing, and each cluster is painted with its own mean.
    colors: Option<Vec<[u8; 3]>>,
    /// What is clustered.
    #[serde(default)]
    space: KmeansSpace,
}

const fn three() -> u32 {
    3
}

const fn five() -> i64 {
    5
}

const fn hundred() -> i64 {
    100
}

const fn half() -> f64 {
    0.5
}

impl KmeansRequest {
    fn params(self) -> HttpResult<KmeansParams> {
        if self.colors.is_none() && self.space == KmeansSpace::Lightness {
            return Err(HttpError::validation(&["body", "colors"], "Field required"));
        }
        let params = KmeansParams {
            nclusters: self.nclusters,
            criteria: self.criteria,
            max_iterations: self.max_iterations,
            epsilon: self.epsilon,
            flags: self.flags,
            colors: self.colors.unwrap_or_default(),
            attempts: self.attempts,
            space: self.space,
        };
        params
            .check()
            .map_err(|(field, failure)| HttpError::validation(&["body", field], failure.detail))?;
        Ok(params)
    }
}

/// It waits for a worker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KmeansQueued {
    success: bool,
    message: &'static str,
    image_id: ImageId,
    result_id: AnalysisId,
    #[schema(example = "processing")]
    status: &'static str,
    /// Asks for the state under `/jobs/{job_id}`.
    job_id: JobId,
}

/// Find clusters in a picture
///
/// In the part that was cropped; where nothing was, the part is found and stored first. The result takes the place of the
/// picture's older one, whose job, if it is not over, is called off.
#[utoipa::path(post, path = "/api/v1/analysis/kmeans/{image_id}", tag = "analysis", request_body = KmeansRequest,
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "Queued", body = KmeansQueued),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "A parameter is out of its range", body = Problem),
))]
pub(crate) async fn queue_kmeans(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<KmeansRequest>,
) -> HttpResult<Json<KmeansQueued>> {
    service.queue_kmeans(tenant, &id, body.value).await
}

/// Find clusters in a picture, under the older path
#[utoipa::path(post, path = "/api/v1/analysis/kmeans/kmeans/{image_id}", tag = "analysis",
    request_body = KmeansRequest, params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "Queued", body = KmeansQueued),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "A parameter is out of its range", body = Problem),
))]
pub(crate) async fn queue_kmeans_old(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<KmeansRequest>,
) -> HttpResult<Json<KmeansQueued>> {
    service.queue_kmeans(tenant, &id, body.value).await
}

impl Service {
    async fn queue_kmeans(
        &self,
        tenant: TenantId,
        id: &str,
        request: KmeansRequest,
    ) -> HttpResult<Json<KmeansQueued>> {
        let params = request.params()?;
        let image = self
            .picture(&tenant, id, || format!("Image {id} not found"))
            .await?;
        let job_id = JobId::from_uuid(self.ground.ids.next());
        let findings = Findings::Kmeans { params, data: None };
        let analysis = self.analysis(&image, findings, Some(job_id));
        let task = Task::Kmeans {
            image_id: image.id,
            analysis_id: analysis.id,
        };
        let job = Job::queued(job_id, tenant, task, analysis.created_at);
        self.analyses.put(&analysis, Some(&job)).await?;
        // Should this fail, the janitor finds the job standing still and sends it.
        self.queues.send_job(&JobMessage::for_job(&job)).await?;
        Ok(Json(KmeansQueued {
            success: true,
            message: "K-means task queued",
            image_id: image.id,
            result_id: analysis.id,
            status: "processing",
            job_id,
        }))
    }
}
