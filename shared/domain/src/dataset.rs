//! Datasets: named sets of pictures that belong together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    failure::{Code, Failure},
    ids::{DatasetId, ImageId, JobId},
    image::Image,
    tenant::TenantId,
    timestamp::Timestamp,
};

/// How far a dataset has come. Only what is `Ready` is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DatasetState {
    /// It is there.
    Ready,
    /// An import is filling it; nobody sees it before it is whole.
    Importing {
        /// The job that fills it.
        job_id: JobId,
    },
    /// It is being cleared away; nobody sees it any more.
    Deleting,
}

/// A named set of pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its id.
    pub id: DatasetId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What its owner calls it; may be empty.
    pub title: String,
    /// What its owner says about it.
    pub description: Option<String>,
    /// How far it has come.
    #[serde(flatten)]
    pub state: DatasetState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When title or description were changed last.
    pub updated_at: Option<Timestamp>,
    /// When somebody should look after it; none once it is ready.
    pub due_at: Option<Timestamp>,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Dataset {
    /// Longest title, in bytes.
    pub const MAX_TITLE_BYTES: usize = 1024;
    /// Longest description, in bytes.
    pub const MAX_DESCRIPTION_BYTES: usize = 4 * 1024;
    /// How long after its deletion a dataset is looked after once more: a picture that was on its way into it has
    /// arrived by then, and goes too.
    pub const SWEEP: Duration = Duration::from_secs(15 * 60);
    /// How long an import may take before somebody looks whether it still lives.
    pub const IMPORT: Duration = Duration::from_secs(60 * 60);

    /// A new dataset without pictures.
    ///
    /// # Errors
    /// `validation_failed` for a title or a description that is too long.
    pub fn new(
        id: DatasetId,
        tenant: TenantId,
        title: String,
        description: Option<String>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        check_length("title", &title, Self::MAX_TITLE_BYTES)?;
        check_length(
            "description",
            description.as_deref().unwrap_or_default(),
            Self::MAX_DESCRIPTION_BYTES,
        )?;
        Ok(Self {
            id,
            tenant,
            title,
            description,
            state: DatasetState::Ready,
            created_at: now,
            updated_at: None,
            due_at: None,
            version: 1,
        })
    }

    /// The same dataset, hidden while `job_id` fills it.
    #[must_use]
    pub fn importing(self, job_id: JobId, now: Timestamp) -> Self {
        Self {
            state: DatasetState::Importing { job_id },
            due_at: Some(now.after(Self::IMPORT)),
            ..self
        }
    }

    /// The import is whole: from here on it is seen.
    ///
    /// # Errors
    /// `conflict` when it is not being imported.
    pub fn imported(self) -> Result<Self, Failure> {
        match self.state {
            DatasetState::Importing { .. } => Ok(Self {
                state: DatasetState::Ready,
                due_at: None,
                ..self
            }),
            DatasetState::Ready | DatasetState::Deleting => Err(Failure::permanent(
                Code::Conflict,
                "This dataset is not being imported.",
            )),
        }
    }

    /// From here on nobody sees it; what is in it is cleared away.
    #[must_use]
    pub fn deleting(self, now: Timestamp) -> Self {
        Self {
            state: DatasetState::Deleting,
            due_at: Some(now.after(Self::SWEEP)),
            ..self
        }
    }

    /// Whether it is shown.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self.state, DatasetState::Ready)
    }

    /// The dataset under another title, another description, or both; what is none stays as it is.
    ///
    /// # Errors
    /// `invalid_request` when both are none, `validation_failed` for texts that are too long.
    pub fn renamed(
        self,
        title: Option<String>,
        description: Option<String>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if title.is_none() && description.is_none() {
            return Err(Failure::permanent(
                Code::InvalidRequest,
                "No dataset fields to update",
            ));
        }
        let checked = Self::new(
            self.id,
            self.tenant,
            title.unwrap_or(self.title),
            description.or(self.description),
            self.created_at,
        )?;
        Ok(Self {
            state: self.state,
            updated_at: Some(now),
            due_at: self.due_at,
            version: self.version,
            ..checked
        })
    }

    /// The name that an export of it is downloaded under: `dataset_<id>_<title>.zip`, with what is safe of the title.
    #[must_use]
    pub fn export_filename(&self) -> String {
        let safe: String = self
            .title
            .chars()
            .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'))
            .take(100)
            .collect();
        format!("dataset_{}_{}.zip", self.id, safe.trim())
    }
}

fn check_length(what: &str, text: &str, limit: usize) -> Result<(), Failure> {
    if text.len() > limit {
        return Err(Failure::permanent(
            Code::ValidationFailed,
            format!("The {what} may have at most {limit} bytes."),
        ));
    }
    Ok(())
}

/// A picture's place in its dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetImage {
    /// Whose it is.
    pub tenant: TenantId,
    /// The dataset.
    pub dataset_id: DatasetId,
    /// The picture.
    pub image_id: ImageId,
    /// The client's name for the file.
    pub original_filename: String,
    /// The name that the file has in archives: its id, and an extension that says what it is.
    pub filename: String,
}

impl DatasetImage {
    /// The place of `image`, if it is in a dataset.
    #[must_use]
    pub fn of(image: &Image) -> Option<Self> {
        Some(Self {
            tenant: image.tenant.clone(),
            dataset_id: image.dataset_id?,
            image_id: image.id,
            original_filename: image.filename.clone(),
            filename: image.stored_filename(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(milliseconds).unwrap()
    }

    fn dataset(title: &str) -> Dataset {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        Dataset::new(id, TenantId::single(), title.to_owned(), None, at(0)).unwrap()
    }

    #[test]
    fn a_change_needs_something_to_change() {
        let unchanged = dataset("a").renamed(None, None, at(1)).unwrap_err();
        assert_eq!(unchanged.code, Code::InvalidRequest);
        let described = dataset("a").renamed(None, Some("b".to_owned()), at(1)).unwrap();
        assert_eq!(
            (described.title.as_str(), described.description.as_deref()),
            ("a", Some("b"))
        );
        assert_eq!(described.updated_at, Some(at(1)));
        let long = "x".repeat(Dataset::MAX_TITLE_BYTES + 1);
        let failure = described.renamed(Some(long), None, at(2)).unwrap_err();
        assert_eq!(failure.code, Code::ValidationFailed);
    }

    #[test]
    fn an_export_has_a_name_that_is_safe() {
        assert_eq!(
            dataset("../Лес & field-1_b ").export_filename(),
            "dataset_0192f0c1-2345-7abc-8def-0123456789ab_Лес  field-1_b.zip"
        );
    }

    #[test]
    fn nobody_sees_what_is_half_there() {
        let job = "0192f0c1-2345-7abc-8def-0123456789ac".parse().unwrap();
        let importing = dataset("a").importing(job, at(0));
        assert!(!importing.is_ready() && importing.due_at.is_some());
        let ready = importing.clone().imported().unwrap();
        assert!(ready.is_ready() && ready.due_at.is_none());
        assert!(!ready.clone().deleting(at(0)).is_ready());
        assert_eq!(ready.imported().unwrap_err().code, Code::Conflict);
        let record = serde_json::to_value(&importing).unwrap();
        assert_eq!(record["state"], "importing");
        assert_eq!(serde_json::from_value::<Dataset>(record).unwrap(), importing);
    }
}
