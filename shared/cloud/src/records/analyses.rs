//! The latest analyses of pictures.

use darkroom_domain::{
    AnalysisId, Failure, ImageId, Job, JobId, Method, RecordKey, Subject, TenantId, Timestamp,
    record_key::ANALYSIS_PREFIX,
};
use serde::{Deserialize, Serialize};

use super::{
    Records,
    item::{Record, string},
    table::{Transaction, put},
};
use crate::fault::unreadable;

/// Where findings are kept: in the record, as JSON, or in a file where they are large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeptFindings {
    Here(String),
    InFile,
}

/// An analysis as it lies in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnalysisRecord {
    pub(crate) id: AnalysisId,
    pub(crate) tenant: TenantId,
    pub(crate) image_id: ImageId,
    pub(crate) method: Method,
    pub(crate) created_at: Timestamp,
    pub(crate) job_id: Option<JobId>,
    pub(crate) is_painted: bool,
    pub(crate) findings: KeptFindings,
}

impl Record for AnalysisRecord {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Analysis(self.image_id, self.method))
    }
}

/// How writing down what a job found ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It stands.
    Done,
    /// A newer analysis took its place, the job was called off, or the picture was deleted: nothing was written.
    Superseded,
}

impl Records {
    pub(crate) async fn analysis_record(
        &self,
        tenant: &TenantId,
        image: ImageId,
        method: Method,
    ) -> Result<Option<AnalysisRecord>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Analysis(image, method)))
            .await
    }

    pub(crate) async fn analysis_records(
        &self,
        tenant: &TenantId,
        image: ImageId,
    ) -> Result<Vec<AnalysisRecord>, Failure> {
        let picture = RecordKey::new(tenant.clone(), Subject::Image(image));
        self.partition(&picture, ANALYSIS_PREFIX, None, Method::ALL.len())
            .await
    }

    /// Puts an analysis in the place of the older one of its method, with its job, if it takes one. False if the
    /// picture is gone.
    pub(crate) async fn put_analysis(
        &self,
        record: &AnalysisRecord,
        job: Option<&Job>,
    ) -> Result<bool, Failure> {
        let picture = RecordKey::new(record.tenant.clone(), Subject::Image(record.image_id));
        let mut writes = vec![self.exists(&picture)?, put(self.overwriting(record)?)];
        if let Some(job) = job {
            writes.push(put(self.creation(job)?));
        }
        Ok(matches!(self.transact(writes).await?, Transaction::Done))
    }

    /// Writes down what the job `done` found, if it is still what is waited for.
    pub(crate) async fn finish_analysis(
        &self,
        record: &AnalysisRecord,
        done: Job,
    ) -> Result<Finish, Failure> {
        let version = done.version;
        let done = Job {
            version: version.saturating_add(1),
            ..done
        };
        let mut found = self.overwriting(record)?;
        found.condition_expression = Some("id = :analysis".to_owned());
        found.expression_attribute_values = Some([(":analysis".to_owned(), string(record.id))].into());
        let writes = vec![put(found), put(self.replacement(&done, version)?)];
        match self.transact(writes).await? {
            Transaction::Done => Ok(Finish::Done),
            Transaction::Refused(_) => Ok(Finish::Superseded),
        }
    }
}

impl AnalysisRecord {
    /// What its findings are, where they lie in the record.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(text).map_err(|error| unreadable("findings", error))
    }
}
