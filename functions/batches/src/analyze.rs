//! `PUT /batches/{batch_id}/analyze`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    Batch, BatchId, Code, Failure, GroupingParameters, Job, JobId, JobMessage, JobState, Task, TenantId,
    sorter::UnknownDistance,
};
use darkroom_http::{HttpError, HttpResult, Problem, Tenant};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Service,
    attempts::attempted,
    body::Body,
    page::Part,
    response::{BatchResponse, MAX_ASSOCIATIONS},
};

/// Up to how many photographs the request waits for the groups.
const AWAITED: usize = 2_000;
/// How long it waits: the gateway does for 30 seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long between two looks at the job, at first and at last.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What groups are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalysisRequest {
    /// How many photographs make a group, at the least: 2 to 10,000.
    #[serde(default = "five")]
    #[schema(default = 5, minimum = 2, maximum = 10_000)]
    min_cluster_size: i64,
    /// How many neighbours a photograph must have close by to be in the midst of a group: 1 to 10,000.
    #[serde(default = "five")]
    #[schema(default = 5, minimum = 1, maximum = 10_000)]
    min_samples: i64,
    /// How far two photographs are from each other: cosine, euclidean, manhattan or chebyshev.
    #[serde(default = "cosine")]
    #[schema(default = "cosine")]
    metric: String,
    /// Whether what was sorted by hand stays where it is.
    #[serde(default = "yes")]
    #[schema(default = true)]
    keep_manual: bool,
}

const fn five() -> i64 {
    5
}

fn cosine() -> String {
    "cosine".to_owned()
}

const fn yes() -> bool {
    true
}

impl AnalysisRequest {
    fn parameters(&self) -> HttpResult<GroupingParameters> {
        let metric = self.metric.parse().map_err(|error: UnknownDistance| {
            HttpError::validation(&["body", "metric"], error.to_string())
        })?;
        // What is no u32 is out of the range all the same.
        let number = |number: i64| u32::try_from(number).unwrap_or(0);
        let parameters = GroupingParameters {
            min_cluster_size: number(self.min_cluster_size),
            min_samples: number(self.min_samples),
            metric,
        };
        for (field, alone) in [
            (
                "min_cluster_size",
                GroupingParameters {
                    min_cluster_size: parameters.min_cluster_size,
                    ..GroupingParameters::default()
                },
            ),
            (
                "min_samples",
                GroupingParameters {
                    min_samples: parameters.min_samples,
                    ..GroupingParameters::default()
                },
            ),
        ] {
            alone
                .check()
                .map_err(|failure| HttpError::validation(&["body", field], failure.detail))?;
        }
        Ok(parameters)
    }
}

/// Group the photographs of a batch
///
/// By density (HDBSCAN). Of at most 2,000 photographs the groups are waited for, 20 seconds at the most; otherwise the batch
/// comes back `processing`, and `GET /batches/{batch_id}` tells how far it is. The groups that there were hold until then.
/// An older analysis that is not over is called off. Groups keep their names from one analysis to the next.
#[utoipa::path(put, path = "/batches/{batch_id}/analyze", tag = "batches", request_body = AnalysisRequest,
    params(("batch_id" = BatchId, Path)), responses(
    (status = 200, description = "The batch, with its groups or `processing`", body = BatchResponse),
    (status = 400, description = "It is empty, or photographs are not described yet (`embeddings_missing`)", body = Problem),
    (status = 404, description = "There is no such batch", body = Problem),
    (status = 422, description = "A parameter is out of its range, or the batch has more photographs than this deployment \
        can group (`batch_too_large`)", body = Problem),
))]
pub(crate) async fn analyze_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: Body<AnalysisRequest>,
) -> HttpResult<Json<BatchResponse>> {
    let began = Instant::now();
    let parameters = body.value.parameters()?;
    let batch = service.batch(&tenant, &id).await?;
    let photographs = service.members_now(&batch).await?.len();
    if photographs == 0 {
        return Err(Failure::permanent(Code::InvalidRequest, "Cannot analyze an empty batch.").into());
    }
    service.queues.check_batch_analysis(photographs)?;
    let (job, older) = service
        .begin_analysis(&tenant, &id, parameters, !body.value.keep_manual)
        .await?;
    service.call_off(&tenant, older).await?;
    // Should this fail, the janitor finds the job standing still and sends it.
    service
        .queues
        .send_batch_analysis(&JobMessage::for_job(&job), photographs)
        .await?;
    if photographs <= AWAITED {
        let ended = service.ended(&tenant, job.id, began).await?;
        if let Some(error) = ended.and_then(|job| refusal(&job)) {
            return Err(error);
        }
    }
    let batch = service.batch(&tenant, &id).await?;
    Ok(Json(service.told(batch, Part::first(MAX_ASSOCIATIONS)).await?))
}

/// The answer to a request whose analysis failed over what its caller can mend.
fn refusal(job: &Job) -> Option<HttpError> {
    let failure = job.failure.as_ref().filter(|_| job.state == JobState::Failed)?;
    match failure.code {
        Code::EmbeddingsMissing => Some(
            HttpError::from(Failure::permanent(
                Code::EmbeddingsMissing,
                "One or more images are missing feature embeddings.",
            ))
            .with_status(StatusCode::BAD_REQUEST),
        ),
        Code::BatchTooLarge => Some(Failure::permanent(Code::BatchTooLarge, failure.detail.clone()).into()),
        _ => None,
    }
}

impl Service {
    /// Begins an analysis; with its job the one whose turn it was before.
    async fn begin_analysis(
        &self,
        tenant: &TenantId,
        id: &str,
        parameters: GroupingParameters,
        discards_manual: bool,
    ) -> Result<(Job, Option<JobId>), Failure> {
        attempted(|| async {
            let batch: Batch = self.batch(tenant, id).await?;
            let (older, now) = (batch.job_id(), self.ground.clock.now());
            let task = Task::BatchAnalysis { batch_id: batch.id };
            let job_id = JobId::from_uuid(self.ground.ids.next());
            let job = Job::queued(job_id, tenant.clone(), task, now);
            let batch = batch.analyzed_by(job.id, parameters, discards_manual, now);
            self.records.begin_batch_analysis(batch, &job).await?;
            Ok((job, older))
        })
        .await
    }

    /// The job once it is over; none if that takes longer than the request may.
    async fn ended(&self, tenant: &TenantId, id: JobId, began: Instant) -> Result<Option<Job>, Failure> {
        let mut pause = PAUSE;
        while began.elapsed() < PATIENCE {
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            let Some(job) = self.records.job(tenant, id).await? else {
                return Ok(None);
            };
            if job.state.is_final() {
                return Ok(Some(job));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{FailureReport, Timestamp, sorter::GroupingMetric};

    use super::*;

    fn parameters(body: &str) -> Result<GroupingParameters, String> {
        let request: AnalysisRequest = serde_json::from_str(body).map_err(|error| error.to_string())?;
        request.parameters().map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn all_may_be_left_out() {
        assert_eq!(parameters("{}").unwrap(), GroupingParameters::default());
        let request: AnalysisRequest = serde_json::from_str("{}").unwrap();
        assert!(request.keep_manual);
        let own = parameters(r#"{"min_cluster_size":2,"min_samples":1,"metric":"manhattan"}"#).unwrap();
        assert_eq!(
            (own.min_cluster_size, own.min_samples, own.metric),
            (2, 1, GroupingMetric::Manhattan)
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, field) in [
            (r#"{"min_cluster_size":1}"#, "min_cluster_size"),
            (r#"{"min_cluster_size":-5}"#, "min_cluster_size"),
            (r#"{"min_cluster_size":4294967301}"#, "min_cluster_size"),
            (r#"{"min_samples":0}"#, "min_samples"),
            (r#"{"min_samples":10001}"#, "min_samples"),
            (r#"{"metric":"minkowski"}"#, "metric"),
            (r#"{"metric":""}"#, "metric"),
            (r#"{"epsilon":1}"#, "epsilon"),
        ] {
            let error = parameters(body).unwrap_err();
            assert!(error.contains(field), "{body}: {error}");
        }
        assert!(parameters(r#"{"min_samples":2.5}"#).is_err());
    }

    #[test]
    fn only_what_the_caller_can_mend_is_refused() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        let task = Task::BatchAnalysis {
            batch_id: id.parse().unwrap(),
        };
        let failed = |code| {
            let report = FailureReport {
                code,
                detail: "3 of them".to_owned(),
            };
            Job::queued(id.parse().unwrap(), TenantId::single(), task, now)
                .failed(report, now)
                .unwrap()
        };
        let missing = format!("{:?}", refusal(&failed(Code::EmbeddingsMissing)).unwrap());
        assert!(missing.contains("One or more images are missing feature embeddings."));
        assert!(missing.contains("400"));
        assert!(refusal(&failed(Code::BatchTooLarge)).is_some());
        assert!(refusal(&failed(Code::Internal)).is_none());
        let waiting = Job::queued(id.parse().unwrap(), TenantId::single(), task, now);
        assert!(refusal(&waiting).is_none());
    }
}
