//! `GET /images/{image_id}/results`: what is known of a picture, without anything being computed for it.

use std::{cmp::Reverse, sync::Arc};

use axum::{Json, extract::State};
use darkroom_domain::{
    Analysis, AnalysisId, Failure, FailureReport, Findings, ImageId, JobId, JobState, Method, QualityMetric,
    TenantId, Timestamp,
    sorter::{Description, QualityScore},
};
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Service, quality};

/// The most bytes of JSON that the parameters of one analysis may take here. Imports bring larger ones, and the answer must
/// fit through the gateway.
const MAX_PARAMETERS: usize = 256 * 1024;

/// What is known of a picture.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ImageResults {
    image_id: ImageId,
    /// The latest analysis by each method that was asked for, newest first.
    analyses: Vec<AnalysisSummary>,
    /// What is known of it as a photograph; null where nothing is.
    description: Option<DescriptionView>,
}

/// What was asked of a method, and how far it has come.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AnalysisSummary {
    id: AnalysisId,
    method: Method,
    status: AnalysisStatus,
    /// What was asked, as the method's own route tells it. Null where it is more than 256 KiB: the method's own route has it.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
    /// Why it came to nothing.
    error: Option<FailureReport>,
    /// The job that finds it, where that takes one.
    job_id: Option<JobId>,
    created_at: Timestamp,
}

/// How far an analysis has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AnalysisStatus {
    /// Queued, or being worked on.
    Processing,
    /// There.
    Done,
    /// It came to nothing; `error` says why.
    Failed,
    /// It was called off.
    Cancelled,
}

/// What is known of a picture as a photograph.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct DescriptionView {
    /// The model that made its vector; null as long as it has none.
    #[schema(example = "efficientnet_lite0")]
    model: Option<String>,
    /// SHA-256 of that model's file, in hexadecimal.
    model_sha256: Option<String>,
    /// When what is known of it was changed last.
    described_at: Timestamp,
    /// The measures that it was scored by.
    scores: Vec<ScoreView>,
}

/// How good it is by one measure.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ScoreView {
    #[schema(example = "brisque")]
    metric: &'static str,
    /// Within `range`; null where the measure is not defined for such a picture.
    #[schema(example = 21.4)]
    score: Option<f64>,
    /// Which scores are the good ones: `higher` or `lower`.
    #[schema(example = "lower")]
    better: &'static str,
    /// The lowest and the highest score that there can be; null where there is no such end.
    #[schema(min_items = 2, max_items = 2, example = json!([0.0, 100.0]))]
    range: Vec<Option<f64>>,
    /// How it was measured: scores of different versions are not to be compared.
    #[schema(example = "1")]
    version: String,
    analyzed_at: Timestamp,
}

/// What is known of a picture
///
/// What was asked of each method and how far it has come, and the scores that were measured. Nothing is computed: what is
/// not listed was not asked for.
#[utoipa::path(get, path = "/images/{image_id}/results", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "What is known", body = ImageResults),
    (status = 404, description = "There is no such picture", body = Problem),
))]
pub(crate) async fn get_results(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<Json<ImageResults>> {
    if service.records.image(&tenant, id).await?.is_none() {
        return Err(not_found::<ImageId>().into());
    }
    let (description, crop, lines, categories, clusters) = tokio::try_join!(
        service.records.description(&tenant, id),
        service.summary(&tenant, id, Method::Crop),
        service.summary(&tenant, id, Method::CalculateMeanLines),
        service.summary(&tenant, id, Method::CalculateCategorizedMean),
        service.summary(&tenant, id, Method::Kmeans),
    )?;
    let mut analyses: Vec<_> = [crop, lines, categories, clusters]
        .into_iter()
        .flatten()
        .collect();
    analyses.sort_by_key(|analysis| Reverse(analysis.created_at));
    Ok(Json(ImageResults {
        image_id: id,
        analyses,
        description: description.map(DescriptionView::from),
    }))
}

impl Service {
    async fn summary(
        &self,
        tenant: &TenantId,
        image: ImageId,
        method: Method,
    ) -> Result<Option<AnalysisSummary>, Failure> {
        let Some(analysis) = self.analyses.latest(tenant, image, method).await? else {
            return Ok(None);
        };
        let (status, error) = self.standing(&analysis).await?;
        Ok(Some(AnalysisSummary {
            id: analysis.id,
            method,
            status,
            parameters: parameters(&analysis.findings)?,
            error,
            job_id: analysis.job_id,
            created_at: analysis.created_at,
        }))
    }

    /// How far an analysis has come, and why it came to nothing if it did. As long as it has found nothing, that stands in
    /// its job.
    pub(crate) async fn standing(
        &self,
        analysis: &Analysis,
    ) -> Result<(AnalysisStatus, Option<FailureReport>), Failure> {
        let Findings::Kmeans { data: None, .. } = &analysis.findings else {
            return Ok((AnalysisStatus::Done, None));
        };
        let job = match analysis.job_id {
            Some(id) => self.records.job(&analysis.tenant, id).await?,
            None => None,
        };
        Ok(match job {
            Some(job) if job.state == JobState::Failed => (AnalysisStatus::Failed, job.failure),
            Some(job) if job.state == JobState::Cancelled => (AnalysisStatus::Cancelled, job.failure),
            Some(_) => (AnalysisStatus::Processing, None),
            // Jobs that came to nothing are forgotten after a month.
            None => {
                let gone = Failure::not_found("The job is gone.");
                (AnalysisStatus::Failed, Some(gone.to_report()))
            }
        })
    }
}

/// What was asked, unless it is too much to be told beside others.
fn parameters(findings: &Findings) -> Result<Option<Value>, Failure> {
    let parameters = findings.params().map_err(Failure::unknown)?;
    let bytes = serde_json::to_vec(&parameters).map_err(Failure::unknown)?.len();
    Ok((bytes <= MAX_PARAMETERS).then_some(parameters))
}

impl From<Description> for DescriptionView {
    fn from(description: Description) -> Self {
        let scores = QualityMetric::ALL.into_iter().filter_map(|metric| {
            let score = description.score(metric)?;
            Some(ScoreView::of(metric, score))
        });
        Self {
            scores: scores.collect(),
            model: description.model,
            model_sha256: description.model_sha256,
            described_at: description.updated_at,
        }
    }
}

impl ScoreView {
    fn of(metric: QualityMetric, score: &QualityScore) -> Self {
        Self {
            metric: metric.name(),
            score: score.score,
            better: quality::better(metric),
            range: quality::range(metric),
            version: score.version.clone(),
            analyzed_at: score.analyzed_at,
        }
    }
}

#[cfg(test)]
mod tests;
