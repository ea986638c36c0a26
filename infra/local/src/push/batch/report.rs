//! What became of a push into a batch, as a table and as JSON.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use darkroom_domain::BatchId;
use serde::Serialize;

use super::api::OpenBatch;
use crate::push::{
    error::Fault,
    report::{FileError, printable},
};

mod table;
#[cfg(test)]
mod tests;

/// What became of one photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PhotographResult {
    /// Sent and accepted: the batch has it.
    New,
    /// Its content was known before: the batch has it too.
    Known,
    /// The API will not have it.
    Rejected,
    /// It did not get through.
    Failed,
}

impl PhotographResult {
    /// All of them, in the order in which they are counted.
    const ALL: [Self; 4] = [Self::New, Self::Known, Self::Rejected, Self::Failed];

    const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// What became of one file, and how to find it again.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PhotographReport {
    /// The file.
    pub path: PathBuf,
    /// What became of it.
    pub result: PhotographResult,
    /// The image, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
}

impl PhotographReport {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            result: PhotographResult::Failed,
            image_id: None,
            error: None,
        }
    }

    pub(super) fn failed(path: &Path, fault: &Fault) -> Self {
        let mut report = Self::new(path);
        report.fail(fault);
        report
    }

    pub(super) fn fail(&mut self, fault: &Fault) {
        self.result = if matches!(fault, Fault::Rejected { .. }) {
            PhotographResult::Rejected
        } else {
            PhotographResult::Failed
        };
        self.error = Some(FileError::from(fault));
    }

    /// What is to be said of it, if anything went wrong.
    pub(super) fn problem(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        let path = self.path.to_string_lossy();
        let word = self.result.word();
        Some(printable(&format!(
            "{path}: {word} {}: {}",
            error.code, error.detail
        )))
    }
}

/// How far the photographs of a batch are described, those of former pushes among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Described {
    /// Photographs in the batch.
    pub total: u64,
    /// Described.
    pub described: u64,
    /// Not describable: they stand in no group.
    pub failed: u64,
    /// Not described yet.
    pub waiting: u64,
}

/// The photograph that is the best of its group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BestPhotograph {
    /// The image.
    pub image_id: String,
    /// The file of it that was pushed; of another time, its name. None where nobody knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BatchGroup {
    /// What it is called.
    pub label: String,
    /// How many photographs it has.
    pub size: u64,
    /// The best of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<BestPhotograph>,
    /// The image in its midst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medoid: Option<String>,
    /// Mean distance from that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// By what the best is the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking_metric: Option<String>,
}

/// How many photographs are nearly the same as another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NearDuplicates {
    /// Photographs whose very same file came under several names.
    pub exact: u64,
    /// Pairs of files of the same picture, encoded anew or in another size.
    pub reencoded: u64,
    /// Pairs that are much the same to see.
    pub similar: u64,
}

/// The groups of a batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupsReport {
    /// In the order of the API.
    pub groups: Vec<BatchGroup>,
    /// How many photographs are in none.
    pub ungrouped: u64,
    /// How many photographs the last analysis put elsewhere than the one before it.
    pub moved: u64,
    /// How many are nearly the same as another.
    pub near_duplicates: NearDuplicates,
}

/// What became of all photographs, and of their batch.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct BatchReport {
    /// The batch.
    pub batch_id: BatchId,
    /// What it is called.
    pub name: String,
    /// Whether it was made by this push.
    pub is_new: bool,
    /// Where it is found.
    pub url: String,
    /// In the order in which they were found.
    pub photographs: Vec<PhotographReport>,
    /// How far its photographs are described, if the API says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub described: Option<Described>,
    /// Its groups, where they were asked for and made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsReport>,
    /// Why there are none, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
    /// Bytes sent to storage.
    pub bytes_sent: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl BatchReport {
    pub(super) fn new(name: &str, batch: OpenBatch, base: &str, photographs: Vec<PhotographReport>) -> Self {
        Self {
            batch_id: batch.id,
            name: name.to_owned(),
            is_new: batch.is_new,
            url: format!("{base}/batches/{}", batch.id),
            photographs,
            described: None,
            groups: None,
            error: None,
            bytes_sent: 0,
            seconds: 0.0,
        }
    }

    pub(super) fn took(&mut self, elapsed: Duration) {
        let milliseconds = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        self.seconds = f64::from(milliseconds) / 1_000.0;
    }

    /// The file of each image; of several, the first.
    pub(super) fn files(&self) -> HashMap<String, PathBuf> {
        let mut files = HashMap::new();
        for photograph in &self.photographs {
            if let Some(image) = &photograph.image_id {
                files
                    .entry(image.clone())
                    .or_insert_with(|| photograph.path.clone());
            }
        }
        files
    }

    /// Whether every file is in the batch, and it is grouped if that was asked for. Photographs that cannot be described
    /// are told, and change nothing about that.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.error.is_none()
            && self
                .photographs
                .iter()
                .all(|photograph| photograph.image_id.is_some())
    }

    fn count(&self, result: PhotographResult) -> usize {
        self.photographs
            .iter()
            .filter(|photograph| photograph.result == result)
            .count()
    }

    /// The same as JSON, for a program.
    #[must_use]
    pub fn json(&self) -> String {
        // Paths that are no text are the only thing that JSON could not hold; they are written as well as can be.
        let lossy = |path: &Path| PathBuf::from(path.to_string_lossy().into_owned());
        let mut report = self.clone();
        for photograph in &mut report.photographs {
            photograph.path = lossy(&photograph.path);
        }
        for group in report.groups.iter_mut().flat_map(|groups| &mut groups.groups) {
            if let Some(file) = group.best.as_mut().and_then(|best| best.file.as_mut()) {
                *file = lossy(file);
            }
        }
        let mut value = serde_json::to_value(report).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            let counts =
                PhotographResult::ALL.map(|result| (result.word().to_owned(), self.count(result).into()));
            let summary: serde_json::Map<String, serde_json::Value> = counts.into_iter().collect();
            fields.insert("summary".to_owned(), summary.into());
        }
        value.sort_all_objects();
        format!("{value:#}\n")
    }
}
