//! The work itself: the original in, clusters and a painted picture out.

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_cloud::Finish;
use darkroom_domain::{
    Analysis, AnalysisFile, AnalysisId, Code, CropBox, Failure, FileKey, Findings, ImageFormat, Job,
    JobMessage, JobResult, JobState, Method, Task, analysis::kmeans::KmeansParams,
};
use darkroom_lambda::{Deadline, JobHandler, jobs};

use crate::{Clusterer, clusters::clustered};

/// What is left to be written down.
pub(crate) struct Clustered {
    analysis: Analysis,
    results: Vec<JobResult>,
}

#[async_trait]
impl JobHandler for Clusterer {
    type Output = Clustered;

    async fn work(&self, job: &Job, deadline: Deadline) -> Result<Clustered, Failure> {
        let Task::Kmeans {
            image_id,
            analysis_id,
        } = job.task
        else {
            return Err(Failure::permanent(
                Code::InvalidRequest,
                "This is another worker's job.",
            ));
        };
        let (analysis, params) = self.awaited(job, analysis_id).await?;
        let limit = self.limits.bytes;
        let content = self.files.original(&job.tenant, image_id, limit).await?;
        let stored = self.stored_crop(&analysis).await?;
        let (limits, left) = (self.limits, deadline.left(self.ground.clock.now()));
        let asked = params.clone();
        let found = jobs::on_pixels(left, move || clustered(&content.bytes, &limits, stored, &asked)).await?;
        if let Some(params) = found.found_crop {
            self.store_crop(&analysis, params).await?;
        }
        let results = vec![
            self.write(&analysis, AnalysisFile::Png, found.png).await?,
            self.write(&analysis, AnalysisFile::Jpeg, found.jpeg).await?,
        ];
        Ok(Clustered {
            analysis: Analysis {
                is_painted: true,
                findings: Findings::Kmeans {
                    params,
                    data: Some(found.data),
                },
                ..analysis
            },
            results,
        })
    }

    /// What was found and that the job is done become visible together, or not at all.
    async fn complete(&self, job: Job, output: Clustered) -> Result<Finish, Failure> {
        let done = job.done(output.results, self.ground.clock.now())?;
        self.analyses.finish(&output.analysis, done).await
    }

    /// Files of an analysis that nobody waits for any more go, and everything of a picture that is gone.
    async fn clear_up(&self, message: &JobMessage) -> Result<(), Failure> {
        let Task::Kmeans {
            image_id,
            analysis_id,
        } = message.task
        else {
            return Ok(());
        };
        let tenant = &message.tenant;
        if self.records.image(tenant, image_id).await?.is_none() {
            return self.files.delete_derived(tenant, image_id).await;
        }
        let latest = self.analyses.latest(tenant, image_id, Method::Kmeans).await?;
        if let Some(latest) = latest.filter(|latest| latest.id == analysis_id) {
            // It stands, or is still waited for: another attempt writes, or wrote, the very same files.
            let job = self.records.job(tenant, message.job_id).await?;
            let is_called_off =
                job.is_none_or(|job| matches!(job.state, JobState::Cancelled | JobState::Failed));
            if latest.is_painted || !is_called_off {
                return Ok(());
            }
        }
        self.analyses.discard(tenant, image_id, analysis_id).await
    }
}

impl Clusterer {
    /// The analysis that waits for what this job finds.
    async fn awaited(&self, job: &Job, id: AnalysisId) -> Result<(Analysis, KmeansParams), Failure> {
        let latest = match job.task.image_id() {
            Some(image) => self.analyses.latest(&job.tenant, image, Method::Kmeans).await?,
            None => None,
        };
        let analysis = latest.filter(|latest| latest.id == id).ok_or_else(superseded)?;
        let Findings::Kmeans { params, .. } = &analysis.findings else {
            return Err(superseded());
        };
        let params = params.clone();
        Ok((analysis, params))
    }

    async fn stored_crop(&self, analysis: &Analysis) -> Result<Option<CropBox>, Failure> {
        let stored = self
            .analyses
            .latest(&analysis.tenant, analysis.image_id, Method::Crop)
            .await?;
        Ok(stored.and_then(|stored| match stored.findings {
            Findings::Crop { params } => Some(params),
            _ => None,
        }))
    }

    async fn store_crop(&self, analysis: &Analysis, params: CropBox) -> Result<(), Failure> {
        let crop = Analysis {
            id: AnalysisId::from_uuid(self.ground.ids.next()),
            created_at: self.ground.clock.now(),
            job_id: None,
            is_painted: false,
            findings: Findings::Crop { params },
            ..analysis.clone()
        };
        self.analyses.put(&crop, None).await
    }

    async fn write(
        &self,
        analysis: &Analysis,
        file: AnalysisFile,
        bytes: Vec<u8>,
    ) -> Result<JobResult, Failure> {
        let key = FileKey::Analysis {
            tenant: analysis.tenant.clone(),
            image: analysis.image_id,
            analysis: analysis.id,
            file,
        };
        let result = JobResult::ClusteredPicture {
            analysis_id: analysis.id,
            format: if file == AnalysisFile::Png {
                ImageFormat::Png
            } else {
                ImageFormat::Jpeg
            },
            bytes: bytes.len() as u64,
        };
        self.files
            .write(&key, file.media_type(), Bytes::from(bytes))
            .await?;
        Ok(result)
    }
}

/// A newer analysis took the place of the one that waited: this job has nothing to do any more.
fn superseded() -> Failure {
    Failure::permanent(Code::Cancelled, "A newer analysis of the picture took its place.")
}
