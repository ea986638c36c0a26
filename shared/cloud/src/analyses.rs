//! Analyses of pictures: their records, and what of them is too large for one.

use std::sync::Arc;

use bytes::Bytes;
use darkroom_domain::{
    Analysis, AnalysisFile, AnalysisId, Code, Failure, FileKey, Findings, ImageId, Job, Method, TenantId,
    Timestamp,
};

use crate::{
    clock::Clock,
    fault::unreadable,
    files::Files,
    records::{AnalysisRecord, Finish, ImportedImage, KeptFindings, Records},
};

/// Findings of more bytes than this lie in a file: an item of the table holds 400 KB in all.
const IN_RECORD: usize = 64 * 1024;
/// The most bytes that findings are read with: what was written is far below.
const MAX_FINDINGS: u64 = 64 * 1024 * 1024;

/// The analyses in table and bucket.
#[derive(Clone, Debug)]
pub struct Analyses {
    files: Files,
    records: Records,
    clock: Arc<dyn Clock>,
}

impl Analyses {
    /// The analyses in these.
    #[must_use]
    pub fn new(files: Files, records: Records, clock: Arc<dyn Clock>) -> Self {
        Self {
            files,
            records,
            clock,
        }
    }

    /// The latest analysis of a picture by a method, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn latest(
        &self,
        tenant: &TenantId,
        image: ImageId,
        method: Method,
    ) -> Result<Option<Analysis>, Failure> {
        match self.records.analysis_record(tenant, image, method).await? {
            Some(record) => self.analysis(record).await,
            None => Ok(None),
        }
    }

    /// All analyses of a picture, at most one of each method.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn of_image(&self, tenant: &TenantId, image: ImageId) -> Result<Vec<Analysis>, Failure> {
        let mut analyses = Vec::new();
        for record in self.records.analysis_records(tenant, image).await? {
            analyses.extend(self.analysis(record).await?);
        }
        Ok(analyses)
    }

    /// Puts an analysis in the place of the older one of its method, together with the job that is going to find what
    /// it waits for, if it takes one. The older one's files go, and its job is called off.
    ///
    /// # Errors
    /// `not_found` when the picture is gone; `unavailable` or `internal`.
    pub async fn put(&self, analysis: &Analysis, job: Option<&Job>) -> Result<(), Failure> {
        let method = analysis.findings.method();
        let older = self
            .records
            .analysis_record(&analysis.tenant, analysis.image_id, method)
            .await?;
        let record = self.record(analysis).await?;
        if !self.records.put_analysis(&record, job).await? {
            self.discard(&analysis.tenant, analysis.image_id, analysis.id)
                .await?;
            return Err(Failure::not_found("Image not found"));
        }
        match older {
            Some(older) => self.retire(&older).await,
            None => Ok(()),
        }
    }

    /// Writes down what the job `done` found, if it is still what is waited for. If not, the analysis's files may be
    /// another's by now: who clears up must look.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn finish(&self, analysis: &Analysis, done: Job) -> Result<Finish, Failure> {
        let record = self.record(analysis).await?;
        self.records.finish_analysis(&record, done).await
    }

    /// Deletes the files of an analysis that nobody waits for.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn discard(
        &self,
        tenant: &TenantId,
        image: ImageId,
        analysis: AnalysisId,
    ) -> Result<(), Failure> {
        for file in AnalysisFile::ALL {
            let key = FileKey::Analysis {
                tenant: tenant.clone(),
                image,
                analysis,
                file,
            };
            self.files.delete(&key).await?;
        }
        Ok(())
    }

    /// A picture that an import brings, with its analyses.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn imported(
        &self,
        image: darkroom_domain::Image,
        thumbnail_job: Job,
        analyses: &[Analysis],
    ) -> Result<ImportedImage, Failure> {
        let mut records = Vec::with_capacity(analyses.len());
        for analysis in analyses {
            records.push(self.record(analysis).await?);
        }
        Ok(ImportedImage {
            image,
            thumbnail_job,
            analyses: records,
        })
    }

    /// Clears away what a newer analysis replaced.
    async fn retire(&self, older: &AnalysisRecord) -> Result<(), Failure> {
        if let Some(id) = older.job_id
            && let Some(job) = self.records.job(&older.tenant, id).await?
            && !job.state.is_final()
        {
            let now: Timestamp = self.clock.now();
            match self.records.save_job(job.cancelled(now)?).await {
                Ok(_) => {}
                // The worker ended it at this very moment, and finds out by itself that it was superseded.
                Err(failure) if failure.code == Code::Conflict => {}
                Err(failure) => return Err(failure),
            }
        }
        if older.is_painted || older.job_id.is_some() || older.findings == KeptFindings::InFile {
            self.discard(&older.tenant, older.image_id, older.id).await?;
        }
        Ok(())
    }

    /// The record of an analysis, its findings written to a file where they are large.
    async fn record(&self, analysis: &Analysis) -> Result<AnalysisRecord, Failure> {
        let text =
            serde_json::to_string(&analysis.findings).map_err(|error| unreadable("findings", error))?;
        let findings = if text.len() <= IN_RECORD {
            KeptFindings::Here(text)
        } else {
            let key = findings_key(&analysis.tenant, analysis.image_id, analysis.id);
            let media_type = AnalysisFile::Findings.media_type();
            self.files.write(&key, media_type, Bytes::from(text)).await?;
            KeptFindings::InFile
        };
        Ok(AnalysisRecord {
            id: analysis.id,
            tenant: analysis.tenant.clone(),
            image_id: analysis.image_id,
            method: analysis.findings.method(),
            created_at: analysis.created_at,
            job_id: analysis.job_id,
            is_painted: analysis.is_painted,
            findings,
        })
    }

    /// The analysis that a record keeps; none if its file is gone, because a newer one has just taken its place.
    async fn analysis(&self, record: AnalysisRecord) -> Result<Option<Analysis>, Failure> {
        let findings: Findings = match &record.findings {
            KeptFindings::Here(text) => AnalysisRecord::parse(text.as_bytes())?,
            KeptFindings::InFile => {
                let key = findings_key(&record.tenant, record.image_id, record.id);
                let Some(file) = self.files.read(&key, None, MAX_FINDINGS).await? else {
                    return Ok(None);
                };
                AnalysisRecord::parse(&file.bytes)?
            }
        };
        Ok(Some(Analysis {
            id: record.id,
            tenant: record.tenant,
            image_id: record.image_id,
            created_at: record.created_at,
            job_id: record.job_id,
            is_painted: record.is_painted,
            findings,
        }))
    }
}

fn findings_key(tenant: &TenantId, image: ImageId, analysis: AnalysisId) -> FileKey {
    FileKey::Analysis {
        tenant: tenant.clone(),
        image,
        analysis,
        file: AnalysisFile::Findings,
    }
}
