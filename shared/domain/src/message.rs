//! Messages between functions: ids, never data.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{JobId, UploadId},
    job::{Job, Task},
    tenant::TenantId,
    upload::Upload,
};

/// The version that messages are written in. A reader refuses what it does not know.
pub const SCHEMA_VERSION: u32 = 1;

/// Do this job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobMessage {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whose it is.
    pub tenant: TenantId,
    /// The job.
    pub job_id: JobId,
    /// Which worker it is for, and what to clear away if the job is gone.
    pub task: Task,
}

impl JobMessage {
    /// The message for `job`.
    #[must_use]
    pub fn for_job(job: &Job) -> Self {
        Self::of(job.tenant.clone(), job.id, job.task)
    }

    /// The message for a job that is known by its id and its task alone.
    #[must_use]
    pub const fn of(tenant: TenantId, job_id: JobId, task: Task) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tenant,
            job_id,
            task,
        }
    }
}

/// Look at this upload, whose event seems to be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestMessage {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whose it is.
    pub tenant: TenantId,
    /// The upload.
    pub upload_id: UploadId,
}

impl IngestMessage {
    /// The message for `upload`.
    #[must_use]
    pub fn for_upload(upload: &Upload) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tenant: upload.tenant.clone(),
            upload_id: upload.id,
        }
    }
}

/// A body that is no message of ours.
#[derive(Debug, thiserror::Error)]
pub enum NotAMessage {
    /// It is not the JSON that this reader takes.
    #[error("unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It was written for a later reader, or for one long gone.
    #[error("schema version {0} is not understood")]
    SchemaVersion(u32),
}

macro_rules! parse {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = NotAMessage;

            fn from_str(body: &str) -> Result<Self, NotAMessage> {
                let message: Self = serde_json::from_str(body)?;
                match message.schema_version {
                    SCHEMA_VERSION => Ok(message),
                    other => Err(NotAMessage::SchemaVersion(other)),
                }
            }
        }
    };
}

parse!(JobMessage);
parse!(IngestMessage);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_round_trip_and_refuse_other_versions() {
        let upload = crate::upload::tests::upload();
        let body = serde_json::to_string(&IngestMessage::for_upload(&upload)).unwrap();
        assert_eq!(
            body.parse::<IngestMessage>().unwrap(),
            IngestMessage::for_upload(&upload)
        );
        let later = body.replace("\"schema_version\":1", "\"schema_version\":2");
        assert!(matches!(
            later.parse::<IngestMessage>(),
            Err(NotAMessage::SchemaVersion(2))
        ));
        assert!(matches!(
            body.parse::<JobMessage>(),
            Err(NotAMessage::Unreadable(_))
        ));
        assert!("{}".parse::<IngestMessage>().is_err());
    }
}
